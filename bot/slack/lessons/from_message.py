"""Messages of people become lessons; one person edits and teaches, the authors may refuse."""

from dataclasses import replace

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import ButtonElement
from slack_sdk.models.views import View

from bot.lessons.curation import Curation
from bot.lessons.teaching import UNDECIDED, Lesson, Taught
from bot.settings import ExampleSettings
from bot.slack.lessons import forms
from bot.slack.lessons.confirmation import Confirmations
from bot.slack.lessons.forms import Proposal
from bot.slack.messages import posting
from bot.slack.messages.ephemeral import Recipient, send_ephemeral, with_buttons
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.state.conflicts import Conflicts
from bot.slack.state.member_names import MemberNames
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.store import Example, Store
from bot.store.open_questions import OpenQuestion

log = structlog.get_logger(__name__)
REFUSE = "refuse"
SOURCE = "shortcut"
QUOTED = 1200
"""Characters of question and answer that the notice to an author shows."""


class MessageLessons:
    """Teaches messages of people, and withdraws what their authors refuse."""

    def __init__(
        self,
        store: Store,
        curation: Curation,
        limits: ExampleSettings,
        client: WebClient,
        conflicts: Conflicts,
        names: MemberNames,
        confirmations: Confirmations,
    ) -> None:
        self._store = store
        self._curation = curation
        self._limits = limits
        self._client = client
        self._conflicts = conflicts
        self._names = names
        self._confirmations = confirmations
        conflicts.on_decided("message", self._settled)

    def teach(self, proposal: Proposal) -> Taught:
        """Teaches the submitted lesson; stores nothing where its teacher has to be asked first.

        Raises:
            InputError: an author of the messages has refused this before, or opted out.
        """
        return self._curation.learn_from(_lesson(proposal), proposal.words, "ask")

    def outcome(
        self, proposal: Proposal, taught: Taught, reader: Recipient | None = None
    ) -> MessageContent:
        """Returns the notice for the teacher: the result, or buttons where they are asked.

        The authors of the messages are told as soon as they are taught.

        Args:
            proposal: the lesson.
            taught: what became of it.
            reader: the teacher where they read the notice, if not where it was proposed.
        """
        if taught.status in UNDECIDED:
            return self._conflicts.ask("message", _lesson(proposal), taught, proposal.words)
        self._tell_authors(proposal.recipient, taught)
        return self._confirmations.of(taught, reader or proposal.recipient)

    def submitted(self, proposal: Proposal, taught: Taught) -> MessageContent:
        """Returns the notice of a submitted form, and takes the buttons off what proposed it.

        They stay where the teacher is asked first, who may want them then.
        """
        content = self.outcome(proposal, taught)
        if proposal.offered and taught.status not in UNDECIDED:
            channel, ts = proposal.offered
            try:
                posting.replace(self._client, Place(channel), ts, [content])
            except SLACK_TROUBLE as error:
                log.info("buttons are left", error=type(error).__name__, code=code_of(error))
        return content

    def preview(self, proposal: Proposal, taught: Taught) -> View:
        """Returns the form with what would be stored, where something was taken out."""
        prompt, completion = taught.preview or (proposal.prompt, proposal.completion)
        shown = replace(proposal, prompt=prompt, completion=completion, taken_out=taught.redacted)
        return forms.proposal_form(shown, self._limits)

    def refuse(self, person: str, example_id: int) -> MessageContent:
        """Withdraws a lesson for an author of its messages, and tells the person who taught it.

        Raises:
            InputError: no message of this lesson is by `person`.
        """
        teacher = self._curation.refuse(example_id, person).author
        notice = f"The author of the words in example {example_id} does not want that I learn them."
        try:
            posting.say(self._client, Place(teacher), MessageContent(f"{notice} It is withdrawn."))
        except SLACK_TROUBLE as error:
            log.info("a teacher was not told", error=type(error).__name__, code=code_of(error))
        return MessageContent(":no_entry_sign: Withdrawn: I will not learn these words.")

    def _settled(self, question: OpenQuestion, taught: Taught) -> MessageContent:
        recipient = Recipient(question.person, str(question.lesson.get("channel") or ""))
        self._tell_authors(recipient, taught)
        return self._confirmations.of(taught, recipient)

    def _tell_authors(self, teacher: Recipient, taught: Taught) -> None:
        if taught.id is None or taught.status == "duplicate":
            return
        example = self._store.examples.get(taught.id)
        notice = self._notice(teacher.user, example)
        for author in sorted(self._store.provenance.authors(example.id) - {teacher.user}):
            try:
                posting.say(self._client, Place(author), notice)
            except SLACK_TROUBLE as error:
                log.info("no direct message", error=type(error).__name__, code=code_of(error))
                send_ephemeral(self._client, Recipient(author, teacher.channel), notice)

    def _notice(self, teacher: str, example: Example) -> MessageContent:
        name = escape(self._names.name(teacher))
        what = "words of yours"
        if example.permalink:
            what = f"<{escape(example.permalink)}|{what}>"
        return with_buttons(
            f":mortar_board: {name} taught me {what}:\n"
            f"*{_quoted(example.prompt)}*\n{_quoted(example.completion)}\n"
            "If you do not want that I learn them, say so: nobody needs a reason.",
            ButtonElement(
                text="Do not learn this", action_id=REFUSE, value=str(example.id), style="danger"
            ),
        )


def _lesson(proposal: Proposal) -> Lesson:
    return Lesson(
        proposal.prompt,
        proposal.completion,
        proposal.recipient.user,
        SOURCE,
        channel=proposal.recipient.channel,
        permalink=proposal.permalink,
        scope=proposal.scope,
        redaction="accept" if proposal.taken_out else "ask",
        taken_out=proposal.taken_out,
        sure=False,
    )


def _quoted(text: str) -> str:
    return shorten(escape(text), QUOTED)
