"""`/nightschool status` and `help`; help lists the commands that this person may use."""

from collections.abc import Callable

from slack_sdk import WebClient

from bot.operations.status import Status
from bot.permissions import Rights
from bot.slack.messages import blocks
from bot.slack.messages.blocks import section
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.mrkdwn import escape
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.command import Command

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
        "/nightschool examples everyone|here|me 12",
        "whom your lesson is for: all channels, this one, or you alone",
    ),
    (
        "",
        "/nightschool why <link>",
        "where an answer of mine came from; without a link the last one",
    ),
    ("", "/nightschool adapters", "the versions that nights have made"),
    ("", "/nightschool night", "school now, with live progress; `night force` if nothing is new"),
    ("", "/nightschool people", "who is a teacher, who an admin"),
    ("", "/nightschool experts", "whom I ask what nobody has taught me"),
    ("", "/nightschool channels", "where I listen, watch, and answer without a mention"),
    ("", "/nightschool forget me", "removes everything of yours"),
    ("", "/nightschool opt out", "the same, and nothing is kept from then on; `opt in` ends it"),
    ("teacher", "/nightschool examples pending", "approve or reject what waits"),
    ("admin", "/nightschool night stop", "ends the night that is under way"),
    ("admin", "/nightschool adapters", "promote one, or roll back"),
    ("admin", "/nightschool export", "the lessons for everyone, as a file in our direct messages"),
    ("admin", "/nightschool channels listen|mute [#channel]", "switches a channel on or off"),
    (
        "admin",
        "/nightschool experts #channel|@name words",
        "who knows about what; `*` for anything else, `experts remove #channel|@name`",
    ),
    (
        "admin",
        "/nightschool channels watch|unwatch [#channel]",
        "proposes answers of teachers there to them, as lessons",
    ),
    (
        "admin",
        "/nightschool channels auto [off|reset] [#channel]",
        "answers there without a mention what I was taught, and nothing else",
    ),
    ("admin", "/nightschool people teacher|admin|remove @name", "gives and takes rights"),
)
"""Each row has the role that it needs (empty for everybody), the command and what it does."""


class HelpCommands:
    """Sends the status and the help text, each to the person who asked alone."""

    def __init__(
        self, read_status: Callable[[], Status], rights: Rights, client: WebClient
    ) -> None:
        self._read_status = read_status
        self._rights = rights
        self._client = client

    def status(self, command: Command) -> None:
        """Sends the status: model, lessons, last and next night."""
        send_ephemeral(self._client, command.recipient, blocks.status(self._read_status()))

    def help(self, command: Command) -> None:
        """Sends the list of commands, without those that this person has no right to."""
        rights = self._rights
        open_to = {
            "": True,
            "teacher": rights.is_teacher(command.user),
            "admin": rights.is_admin(command.user),
        }
        lines = [f"• `{what}`: {does}" for role, what, does in COMMANDS if open_to[role]]
        if not rights.has_admin():
            lines.append(
                "Nobody is an admin yet. Whoever runs me makes you one in `nightschool.toml`: "
                f'under `[slack]`, `admins = ["{command.user}"]`.'
            )
        first = blocks.help_text()
        more = escape("\n".join(lines))
        content = MessageContent(f"{first.text}\n\n{more}", (section(first.text), section(more)))
        send_ephemeral(self._client, command.recipient, content)
