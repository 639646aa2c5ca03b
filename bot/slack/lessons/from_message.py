"""Words of people become lessons: marked by one, edited, taught; their authors can refuse."""

from typing import Any

import structlog
from slack_sdk.models.blocks import ButtonElement
from slack_sdk.models.views import View

from bot.lessons.teaching import Lesson, OnConflict, Taught
from bot.slack.dependencies import Services
from bot.slack.events.reaction import Reaction
from bot.slack.lessons import corrections, forms, message_source
from bot.slack.lessons.forms import Proposal
from bot.slack.messages import blocks, posting
from bot.slack.messages.ephemeral import Recipient, send_ephemeral, with_buttons
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.transport.errors import SLACK_TROUBLE, code_of, explain
from bot.store import Example

log = structlog.get_logger(__name__)
SHORTCUT = "teach_this"
OFFER, REFUSE = "teach_this_offer", "refuse"
SOURCE = "shortcut"
MINE = "That is an answer of mine: a thumbs-up makes it a lesson, a thumbs-down asks for a better."
NOBODY = "I learn the words of people, and these are nobody's, or gone."
QUOTED = 1200


def open_form(
    services: Services, recipient: Recipient, trigger: str, message: dict[str, Any] | None, ts: str
) -> None:
    """Opens the form for a message that was marked; `message` None is read first.

    Raises:
        SlackClientError: the trigger is too old.
    """
    reply = services.store.replies.at(recipient.channel, ts)
    if reply is not None:
        corrections.open_form(services, recipient, trigger, reply)
        return
    opened = services.client.views_open(trigger_id=trigger, view=forms.waiting())
    try:
        view = _form(
            services, recipient, message or message_source.fetch(services, recipient.channel, ts)
        )
    except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
        view = forms.unfit(escape(explain(error, "teach this")))
    services.client.views_update(view_id=opened["view"]["id"], view=view)


def _form(services: Services, recipient: Recipient, message: dict[str, Any] | None) -> View:
    if message is None or not message_source.is_of_a_person(message):
        return forms.unfit(NOBODY)
    found = message_source.passage(services, recipient.channel, message)
    return forms.teach_this_form(found, recipient, services.settings.examples)


def offer(services: Services, mark: Reaction) -> None:
    """The emoji was put on a message: it opens no form by itself, so a button is offered."""
    if not services.store.handled_events.claim(mark.key):
        return
    recipient = Recipient(mark.user, mark.channel)
    if services.store.replies.at(mark.channel, mark.ts) is not None:
        send_ephemeral(services.client, recipient, MessageContent(MINE))
        return
    message = message_source.fetch(services, mark.channel, mark.ts)
    if message is None or not message_source.is_of_a_person(message):
        return
    thread = message.get("thread_ts")
    button = ButtonElement(
        text="Teach this", action_id=OFFER, value=f"{mark.channel}:{mark.ts}", style="primary"
    )
    said = ":mortar_board: Shall I learn these words?"
    recipient = Recipient(mark.user, mark.channel, thread)
    send_ephemeral(services.client, recipient, with_buttons(said, button))


def take_back(services: Services, mark: Reaction) -> None:
    """The emoji was removed: what this person taught out of the message is withdrawn."""
    if not services.store.handled_events.claim(mark.key):
        return
    for example in services.curation.taught_from(mark.channel, mark.ts, mark.user):
        services.curation.withdraw(example, mark.user, "mark taken back")
        said = f"I will not learn that (example {example})."
        send_ephemeral(services.client, Recipient(mark.user, mark.channel), MessageContent(said))


def learn(
    services: Services,
    proposal: Proposal,
    on_conflict: OnConflict = "ask",
    conflicts: tuple[Example, ...] = (),
) -> Taught:
    """Teaches what was proposed; asks first where it contradicts another lesson.

    Raises:
        InputError: the author of the words has refused before.
    """
    lesson = Lesson(
        proposal.prompt,
        proposal.completion,
        proposal.recipient.user,
        SOURCE,
        channel=proposal.recipient.channel,
        permalink=proposal.permalink,
    )
    return services.curation.learn_from(lesson, proposal.words, on_conflict, conflicts)


def outcome(services: Services, proposal: Proposal, taught: Taught) -> MessageContent:
    """What the teacher hears: what became of it, or the question what shall. Tells the authors."""
    if taught.status != "contradiction":
        _tell_authors(services, proposal, taught)
        return blocks.taught(taught)

    def settle(choice: OnConflict) -> MessageContent:
        settled = learn(services, proposal, choice, taught.conflicts)
        _tell_authors(services, proposal, settled)
        return blocks.taught(settled)

    return services.conflicts.ask(proposal.recipient.user, taught.conflicts, settle)


def refuse(services: Services, person: str, example_id: int) -> MessageContent:
    """The author of the words does not want it; whoever taught them hears of it.

    Raises:
        InputError: these are not the words of `person`.
    """
    teacher = services.curation.refuse(example_id, person).author
    said = f"The author of the words in example {example_id} does not want that I learn them."
    try:
        posting.say(services.client, Place(teacher), MessageContent(f"{said} It is withdrawn."))
    except SLACK_TROUBLE as error:
        log.info("a teacher was not told", error=type(error).__name__, code=code_of(error))
    return MessageContent(":no_entry_sign: Withdrawn: I will not learn these words.")


def _tell_authors(services: Services, proposal: Proposal, taught: Taught) -> None:
    if taught.id is None or taught.status == "duplicate":
        return
    example = services.store.examples.get(taught.id)
    authors = services.store.provenance.authors(example.id) - {proposal.recipient.user}
    piece = _notice(services, proposal, example)
    for author in sorted(authors):
        try:
            posting.say(services.client, Place(author), piece)
        except SLACK_TROUBLE as error:
            log.info("no direct message", error=type(error).__name__, code=code_of(error))
            send_ephemeral(services.client, Recipient(author, proposal.recipient.channel), piece)


def _notice(services: Services, proposal: Proposal, example: Example) -> MessageContent:
    name = escape(services.member_names.name(proposal.recipient.user))
    what = "words of yours"
    if proposal.permalink:
        what = f"<{escape(proposal.permalink)}|{what}>"
    return with_buttons(
        f":mortar_board: {name} taught me {what}:\n"
        f"*{_quoted(example.prompt)}*\n{_quoted(example.completion)}\n"
        "If you do not want that I learn them, say so: nobody needs a reason.",
        ButtonElement(
            text="Do not learn this", action_id=REFUSE, value=str(example.id), style="danger"
        ),
    )


def _quoted(text: str) -> str:
    return shorten(escape(text), QUOTED)
