"""Lessons that a person typed, in the line of /teach or in its form."""

from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient
from slack_sdk.models.views import View

from bot.lessons.curation import Curation
from bot.lessons.scoping import default_scope
from bot.lessons.teaching import UNDECIDED, Lesson, Taught
from bot.settings import ExampleSettings
from bot.slack.lessons.confirmation import Confirmations
from bot.slack.lessons.scope_buttons import chosen_scope, place_of
from bot.slack.messages import modals
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.modals import Draft
from bot.slack.messages.posting import MessageContent
from bot.slack.state.conflicts import Conflicts
from bot.store import Store
from bot.store.examples.scope import Scope
from bot.store.open_questions import OpenQuestion


@dataclass(frozen=True)
class TypedLesson:
    """A question and an answer as they were typed.

    Attributes:
        last_day: the last day (ISO date) on which it is true.
        scope: whom it is for; None leaves that to the place.
        taken_out: kinds of what was taken out of these words before their author was shown them.
        question: the key of the open question that the form was opened for.
        from_home: whether the form was opened on the Home tab.
        gap: the gap that the lesson is to close.
    """

    prompt: str
    completion: str
    recipient: Recipient
    last_day: str | None = None
    scope: Scope | None = None
    taken_out: tuple[str, ...] = ()
    question: str | None = None
    from_home: bool = False
    gap: int | None = None


def read(view: dict[str, Any], user: str) -> TypedLesson:
    """Reads the form of /teach that this user submitted."""
    filled = modals.lesson(view)
    return TypedLesson(
        filled.prompt,
        filled.completion,
        Recipient(user, filled.channel, filled.thread, filled.response_url),
        filled.last_day,
        chosen_scope(filled.whom, user, filled.channel),
        filled.taken_out,
        filled.question,
        filled.from_home,
        filled.gap,
    )


class TypedLessons:
    """Teaches typed lessons, and opens the form in which they are typed."""

    def __init__(
        self,
        store: Store,
        curation: Curation,
        limits: ExampleSettings,
        client: WebClient,
        conflicts: Conflicts,
        confirmations: Confirmations,
    ) -> None:
        self._store = store
        self._curation = curation
        self._limits = limits
        self._client = client
        self._conflicts = conflicts
        self._confirmations = confirmations
        conflicts.on_decided("typed", self._settled)
        conflicts.on_reword("typed", self._reword)

    def open_form(
        self, recipient: Recipient, trigger: str, question: str = "", answer: str = ""
    ) -> None:
        """Opens the form of /teach.

        Args:
            recipient: who teaches.
            trigger: Slack's permission to open a form; it lives three seconds.
            question: what stands in its first field.
            answer: what stands in its second field.

        Raises:
            SlackClientError: the trigger is too old.
        """
        here = default_scope(self._store, recipient.channel, recipient.user)
        self._open(recipient, trigger, Draft(question, answer, whom=here))

    def teach(self, typed: TypedLesson) -> Taught:
        """Teaches the lesson; stores nothing where its author has to be asked first.

        Raises:
            InputError: its author has opted out, or the channel is switched off.
        """
        taught = self._curation.learn(_lesson(typed), "ask")
        if typed.question and taught.status not in ("refused", "sensitive", "no_answer"):
            self._store.open_questions.take(typed.question, typed.recipient.user)
        if typed.gap and taught.status in ("approved", "duplicate") and taught.id is not None:
            self._store.gaps.close(typed.gap, taught.id, typed.recipient.user)
        return taught

    def outcome(self, typed: TypedLesson, taught: Taught) -> MessageContent:
        """Returns the notice for the teacher: the result, or buttons where they are asked."""
        if taught.status in UNDECIDED:
            reader = place_of(typed.recipient.user, "") if typed.from_home else None
            return self._conflicts.ask("typed", _lesson(typed), taught, audience=reader)
        return self._confirmations.of(taught, typed.recipient)

    def preview(self, typed: TypedLesson, taught: Taught) -> View:
        """Returns the form with what would be stored, where something was taken out."""
        prompt, completion = taught.preview or (typed.prompt, typed.completion)
        draft = Draft(
            prompt,
            completion,
            typed.last_day,
            typed.scope,
            taught.redacted,
            typed.question,
            typed.from_home,
            typed.gap,
        )
        return modals.teach_form(typed.recipient, self._limits, draft=draft)

    def _open(self, recipient: Recipient, trigger: str, draft: Draft) -> None:
        form = modals.teach_form(recipient, self._limits, draft=draft)
        self._client.views_open(trigger_id=trigger, view=form)

    def _reword(
        self, recipient: Recipient, trigger: str, question: OpenQuestion, from_home: bool
    ) -> None:
        lesson = question.lesson
        draft = Draft(
            str(lesson["prompt"]),
            str(lesson["completion"]),
            lesson.get("expires_on"),
            _scope(question),
            tuple(lesson.get("taken_out") or ()),
            question.key,
            from_home,
        )
        self._open(recipient, trigger, draft)

    def _settled(self, question: OpenQuestion, taught: Taught) -> MessageContent:
        channel = str(question.lesson.get("channel") or "")
        return self._confirmations.of(taught, Recipient(question.person, channel))


def _scope(question: OpenQuestion) -> Scope | None:
    kind = question.lesson.get("scope")
    return Scope(kind, question.lesson.get("scope_id")) if kind else None


def _lesson(typed: TypedLesson) -> Lesson:
    return Lesson(
        typed.prompt,
        typed.completion,
        typed.recipient.user,
        channel=typed.recipient.channel,
        expires_on=typed.last_day,
        scope=typed.scope,
        redaction="accept" if typed.taken_out else "ask",
        taken_out=typed.taken_out,
        sure=False,
    )
