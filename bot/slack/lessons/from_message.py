"""Messages of people become lessons; one person edits and teaches, the authors may refuse."""

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import ButtonElement

from bot.lessons.curation import Curation
from bot.lessons.teaching import Lesson, OnConflict, Taught
from bot.slack.lessons.forms import Proposal
from bot.slack.messages import blocks, posting
from bot.slack.messages.ephemeral import Recipient, send_ephemeral, with_buttons
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.state.conflicts import Conflicts
from bot.slack.state.member_names import MemberNames
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.store import Example, Store

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
        client: WebClient,
        conflicts: Conflicts,
        names: MemberNames,
    ) -> None:
        self._store = store
        self._curation = curation
        self._client = client
        self._conflicts = conflicts
        self._names = names

    def teach(
        self,
        proposal: Proposal,
        on_conflict: OnConflict = "ask",
        conflicts: tuple[Example, ...] = (),
    ) -> Taught:
        """Teaches the submitted lesson.

        Args:
            proposal: the lesson, and the messages that it was made of.
            on_conflict: what to do about other answers to the question; `ask` stores nothing.
            conflicts: those other answers, when the person has decided.

        Raises:
            InputError: an author of the messages has refused this before, or opted out.
        """
        lesson = Lesson(
            proposal.prompt,
            proposal.completion,
            proposal.recipient.user,
            SOURCE,
            channel=proposal.recipient.channel,
            permalink=proposal.permalink,
        )
        return self._curation.learn_from(lesson, proposal.words, on_conflict, conflicts)

    def outcome(self, proposal: Proposal, taught: Taught) -> MessageContent:
        """Returns the notice for the teacher: the result, or buttons for a contradiction.

        The authors of the messages are told as soon as they are taught.
        """
        if taught.status != "contradiction":
            self._tell_authors(proposal, taught)
            return blocks.taught(taught)

        def settle(choice: OnConflict) -> MessageContent:
            settled = self.teach(proposal, choice, taught.conflicts)
            self._tell_authors(proposal, settled)
            return blocks.taught(settled)

        return self._conflicts.ask(proposal.recipient.user, taught.conflicts, settle)

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

    def _tell_authors(self, proposal: Proposal, taught: Taught) -> None:
        if taught.id is None or taught.status == "duplicate":
            return
        example = self._store.examples.get(taught.id)
        authors = self._store.provenance.authors(example.id) - {proposal.recipient.user}
        notice = self._notice(proposal, example)
        for author in sorted(authors):
            try:
                posting.say(self._client, Place(author), notice)
            except SLACK_TROUBLE as error:
                log.info("no direct message", error=type(error).__name__, code=code_of(error))
                send_ephemeral(self._client, Recipient(author, proposal.recipient.channel), notice)

    def _notice(self, proposal: Proposal, example: Example) -> MessageContent:
        name = escape(self._names.name(proposal.recipient.user))
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
