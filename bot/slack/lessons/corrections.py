"""Corrections of answers: the form "What should I have said?" and its submission."""

from slack_sdk import WebClient
from slack_sdk.models.views import View

from bot.feedback.ratings import ReplyRatings
from bot.feedback.reply_lessons import Extent
from bot.lessons.teaching import UNDECIDED, Taught
from bot.settings import ExampleSettings
from bot.slack.lessons.confirmation import Confirmations
from bot.slack.lessons.forms import Correction, correction_form
from bot.slack.messages.ephemeral import Recipient, replace_ephemeral
from bot.slack.messages.permalinks import Permalinks
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.conflicts import Conflicts
from bot.store import Store, StoredReply
from bot.store.examples.scope import Scope
from bot.store.open_questions import OpenQuestion


class Corrections:
    """Opens the form for a better answer, and teaches what was submitted in it."""

    def __init__(
        self,
        store: Store,
        ratings: ReplyRatings,
        limits: ExampleSettings,
        client: WebClient,
        dispatcher: Dispatcher,
        conflicts: Conflicts,
        permalinks: Permalinks,
        confirmations: Confirmations,
    ) -> None:
        self._store = store
        self._ratings = ratings
        self._limits = limits
        self._client = client
        self._dispatcher = dispatcher
        self._conflicts = conflicts
        self._permalinks = permalinks
        self._confirmations = confirmations
        conflicts.on_decided("correction", self._settled)
        conflicts.on_reword("correction", self._reword)

    def open_form(self, recipient: Recipient, trigger: str, reply_id: int) -> None:
        """Opens the form, filled with an earlier correction of the same person.

        Args:
            recipient: the person who corrects.
            trigger: Slack's permission to open a form; it lives three seconds.
            reply_id: the id of the answer.

        Raises:
            NotFoundError: there is no such reply.
            SlackClientError: the trigger is too old.
        """
        reply = self._store.replies.get(reply_id)
        earlier = self._ratings.correction_of(reply_id, recipient.user)
        scope = self._whom(reply, recipient)
        form = correction_form(reply, recipient, earlier, self._limits, Extent(scope))
        self._client.views_open(trigger_id=trigger, view=form)

    def teach(self, correction: Correction) -> Taught:
        """Teaches the better answer; stores nothing where its author has to be asked first."""
        user = correction.recipient.user
        taught = self._ratings.correct(
            correction.reply,
            user,
            correction.text,
            "ask",
            extent=_extent(correction),
            redaction="accept" if correction.taken_out else "ask",
            taken_out=correction.taken_out,
        )
        if correction.question and taught.status not in ("refused", "sensitive", "no_answer"):
            self._store.open_questions.take(correction.question, user)
        return taught

    def outcome(self, correction: Correction, taught: Taught) -> MessageContent:
        """Returns the notice for the teacher: the result, or buttons where they are asked."""
        user, reply = correction.recipient.user, correction.reply
        if taught.status in UNDECIDED:
            lesson = self._ratings.correction(reply, user, correction.text, _extent(correction))
            return self._conflicts.ask("correction", lesson, taught, reply_id=reply)
        return self._thanks(reply, correction.recipient, taught)

    def accept(self, recipient: Recipient, reply_id: int) -> None:
        """Teaches the reply in its own words, though they seem to say nothing.

        The notice whose button was pressed is replaced by the result, or by what is asked.

        Args:
            recipient: who likes it and says that it is the answer.
            reply_id: the id of the answer.

        Raises:
            NotFoundError: there is no such reply.
            InputError: nothing of it may be kept.
        """
        text = self._store.replies.get(reply_id).text
        correction = Correction(reply_id, text, recipient, in_talk=True)
        extent = _extent(correction)
        taught = self._ratings.correct(reply_id, recipient.user, text, "ask", extent=extent)
        replace_ephemeral(self._client, recipient, self.outcome(correction, taught))

    def preview(self, correction: Correction, taught: Taught) -> View:
        """Returns the form with what would be stored, where something was taken out."""
        reply, recipient = self._store.replies.get(correction.reply), correction.recipient
        _, completion = taught.preview or ("", correction.text)
        scope = self._whom(reply, recipient)
        if scope is not None:
            scope = correction.scope or scope
        return correction_form(
            reply,
            recipient,
            completion,
            self._limits,
            Extent(scope, correction.in_talk, correction.review_days),
            taught.redacted,
            question=correction.question,
        )

    def _whom(self, reply: StoredReply, recipient: Recipient) -> Scope | None:
        """Returns whom a correction is for, where its author may choose.

        One of an answer that was made of what others said in a thread stays in its place. No more
        people are proposed than those whom everything told in the conversation is for.
        """
        if reply.with_context:
            return None
        return self._ratings.scope_of_words(reply, recipient.user)

    def _reword(
        self, recipient: Recipient, trigger: str, question: OpenQuestion, _from_home: bool
    ) -> None:
        """Opens the form with a correction that its author was asked about: it stays one."""
        reply, lesson = self._store.replies.get(question.reply_id or 0), question.lesson
        kept = Scope(lesson["scope"], lesson["scope_id"])
        form = correction_form(
            reply,
            recipient,
            str(lesson["completion"]),
            self._limits,
            Extent(
                None if self._whom(reply, recipient) is None else kept,
                bool(lesson.get("messages")),
                lesson.get("review_days"),
            ),
            tuple(lesson.get("taken_out") or ()),
            question=question.key,
        )
        self._client.views_open(trigger_id=trigger, view=form)

    def _settled(self, question: OpenQuestion, taught: Taught) -> MessageContent:
        channel = str(question.lesson.get("channel") or "")
        return self._thanks(question.reply_id or 0, Recipient(question.person, channel), taught)

    def _thanks(self, reply: int, recipient: Recipient, taught: Taught) -> MessageContent:
        # The link takes a call to Slack; the teacher does not wait for it.
        self._dispatcher.later(self._permalinks.keep, taught.id, reply)
        return self._confirmations.of(taught, recipient)


def _extent(correction: Correction) -> Extent:
    return Extent(correction.scope, correction.in_talk, correction.review_days)
