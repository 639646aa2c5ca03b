"""/nightschool status and help: for everybody, with what only some may do marked as such."""

import structlog

from bot.operations.status import status as read_status
from bot.slack.dependencies import Services
from bot.slack.manifest import PROMPTS
from bot.slack.messages import blocks
from bot.slack.messages.ephemeral import section, send_ephemeral
from bot.slack.messages.mrkdwn import escape
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.command import Command
from bot.slack.transport.errors import SLACK_TROUBLE, code_of


def status(services: Services, command: Command) -> None:
    """How it is."""
    state = read_status(services.home, services.settings, services.store)
    send_ephemeral(services.client, command.recipient, blocks.status(state))


def help_(services: Services, command: Command) -> None:
    """What it understands; who has no right to something is not told of it."""
    rights = services.rights
    open_to = {
        "": True,
        "teacher": rights.is_teacher(command.user),
        "admin": rights.is_admin(command.user),
    }
    lines = [f"• `{what}`: {does}" for role, what, does in COMMANDS if open_to[role]]
    if not rights.has_admin():
        lines.append(
            "Nobody is an admin yet. Whoever runs me makes you one in `nightschool.toml`: under "
            f'`[slack]`, `admins = ["{command.user}"]`.'
        )
    first = blocks.help_text()
    more = escape("\n".join(lines))
    send_ephemeral(
        services.client,
        command.recipient,
        MessageContent(f"{first.text}\n\n{more}", (section(first.text), section(more))),
    )


log = structlog.get_logger(__name__)
TITLE = "Ask me, or teach me"


def suggest(services: Services, channel: str) -> None:
    """Puts the prompts under the newest words of a direct conversation.

    Without thread_ts: Slack lets such a call of an agent fall without a word.
    """
    prompts = [{"title": title, "message": message} for title, message in PROMPTS]
    try:
        services.client.assistant_threads_setSuggestedPrompts(
            channel_id=channel, title=TITLE, prompts=prompts
        )
    except SLACK_TROUBLE as error:
        log.warning("no prompts", error=type(error).__name__, code=code_of(error))


COMMANDS = (
    ("", "/nightschool status", "what I know, how last night went, when the next one is"),
    (
        "",
        "/nightschool examples [words]",
        "search what I was taught; `mine`, `pending`, `rejected`",
    ),
    ("", "/nightschool examples show 12", "one lesson; its author may edit or withdraw it"),
    (
        "",
        "/nightschool why <link>",
        "where an answer of mine came from; without a link the last one",
    ),
    ("", "/nightschool adapters", "the versions that nights have made"),
    ("", "/nightschool night", "school now, with live progress; `night force` if nothing is new"),
    ("", "/nightschool people", "who is a teacher, who an admin"),
    ("", "/nightschool channels", "where I listen"),
    ("", "/nightschool forget me", "removes everything of yours"),
    ("", "/nightschool opt out", "the same, and nothing is kept from then on; `opt in` ends it"),
    ("teacher", "/nightschool examples pending", "approve or reject what waits"),
    ("admin", "/nightschool night stop", "ends the night that is under way"),
    ("admin", "/nightschool adapters", "promote one, or roll back"),
    ("admin", "/nightschool export", "all lessons as a file, in your direct messages"),
    ("admin", "/nightschool channels listen|mute [#channel]", "switches a channel on or off"),
    ("admin", "/nightschool people teacher|admin|remove @name", "gives and takes rights"),
)
