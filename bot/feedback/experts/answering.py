"""An expert's answer becomes a lesson, and goes to whoever waits for it. Knows no Slack."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot.answers.retrieval import in_force
from bot.errors import InputError, NotFoundError
from bot.lessons.curation import Curation
from bot.lessons.teaching import EXPERT, Lesson, Taught
from bot.settings import Settings
from bot.store import Example, Store
from bot.store.examples.scope import EVERYONE, Scope
from bot.store.questions.expert_requests import ExpertRequest
from bot.store.questions.gaps import Gap, Waiting, covers

Whom = Literal["everyone", "place"]
"""Whom an answer is for: everyone, or those who may read the question, and no others."""
TAKEN_BACK = "That question was taken back, so nobody waits for its answer any more."
STORED = ("approved", "pending", "quarantined", "duplicate")
AT_ONCE = 100
"""Requests that are looked at in one round."""
LATE = timedelta(days=1)
"""How long after an answer those are looked for who were being answered by a model meanwhile."""


@dataclass(frozen=True)
class Answer:
    """What an expert has written.

    Attributes:
        request_id: what they answer.
        person: their id.
        text: the answer.
        whom: whom it is for.
        taken_out: kinds of what was taken out of it before they were shown it so.
    """

    request_id: int
    person: str
    text: str
    whom: Whom
    taken_out: tuple[str, ...] = ()


class ExpertAnswers:
    """Teaches answers, and finds out which questions were answered; safe from any thread."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._curation = Curation(store, settings)
        self.limits = settings.examples

    def place(self, request: ExpertRequest) -> Scope:
        """Returns the scope of the place in which a question was asked."""
        if request.scope.private or request.reply_id is None:
            return request.scope
        channel = self._store.replies.get(request.reply_id).channel
        return Scope("channel", channel) if channel else EVERYONE

    def lesson(self, answer: Answer) -> Lesson:
        """Returns the lesson that an answer makes.

        Raises:
            NotFoundError: there is no such request.
            InputError: its question was taken back.
        """
        request = self._store.expert_requests.get(answer.request_id)
        if not request.question or request.status == "gone":
            raise InputError(TAKEN_BACK)
        place = self.place(request)
        return Lesson(
            request.question,
            answer.text,
            answer.person,
            EXPERT,
            channel=place.id if place.kind == "channel" else None,
            scope=EVERYONE if answer.whom == "everyone" else place,
            redaction="accept" if answer.taken_out else "ask",
            taken_out=answer.taken_out,
            sure=False,
        )

    def teach(self, answer: Answer) -> Taught:
        """Teaches an answer; nothing is stored where its author has to be asked first.

        Who answers first has answered; a later answer is a lesson like any other, which may be
        proposed in the place of the first.

        Raises:
            NotFoundError, InputError: as `lesson`; its author has opted out, or the channel in
                which it was asked is switched off.
        """
        taught = self._curation.learn(self.lesson(answer), "ask")
        if taught.id is not None and taught.status in STORED:
            self._store.expert_requests.answer(answer.request_id, taught.id, answer.person)
        return taught

    def look(self) -> None:
        """Finds out which open questions were answered or taken back, and who is told of answers.

        An answer that contradicts another lesson is stored once its author has decided; others
        may have taught it meanwhile; and a lesson that waits for a teacher is told once it may be.
        """
        for request in self._store.expert_requests.with_status("wanted", "asked", limit=AT_ONCE):
            self._look_at(request)
        for request in self._store.expert_requests.with_status("answered", limit=AT_ONCE):
            self._hand_on(request)
        self._hand_on_late()

    def _look_at(self, request: ExpertRequest) -> None:
        requests = self._store.expert_requests
        if not self._still_asked(request):
            requests.move(request.id, "gone")
        elif taught := requests.taught_since(request, EXPERT):
            requests.answer(request.id, *taught)
        elif (lesson := self._closing(request)) is not None:
            requests.answer(request.id, lesson, None)

    def _still_asked(self, request: ExpertRequest) -> bool:
        """Returns whether the words of a question were neither forgotten nor deleted."""
        if not request.question or request.reply_id is None:
            return False
        return bool(self._store.replies.get(request.reply_id).question)

    def _closing(self, request: ExpertRequest) -> int | None:
        """Returns the lesson by which a gap of the request was closed meanwhile."""
        closed = (gap.lesson for gap in self._gaps(request) if gap.status == "closed")
        return next((lesson for lesson in closed if lesson is not None), None)

    def _gaps(self, request: ExpertRequest) -> list[Gap]:
        """Returns the gaps of a request that are still there; one may have joined another."""
        gaps: dict[int, Gap] = {}
        for gap_id in self._store.expert_requests.gaps(request.id):
            with suppress(NotFoundError):
                gap = self._store.gaps.get(gap_id, None)
                gaps[gap.id] = gap
        return list(gaps.values())

    def _hand_on(self, request: ExpertRequest) -> None:
        """Stores where an answer is to be posted, once its lesson is in force."""
        lesson = self._lesson(request)
        if lesson is None or lesson.status not in ("approved", "pending", "quarantined"):
            self._store.expert_requests.move(request.id, "closed", of=("answered",))
        elif in_force(lesson):
            with self._store.connections.write():
                for gap in self._gaps(request):
                    self._deliver(request, gap.id, lesson)
                self._store.expert_requests.move(request.id, "told", of=("answered",))

    def _deliver(self, request: ExpertRequest, gap_id: int, lesson: Example) -> None:
        for place in self._store.expert_deliveries.places(gap_id, lesson.id, request.at):
            self._deliver_to(place, request.id, lesson)
        self._store.gaps.close(gap_id, lesson.id, lesson.author)

    def _hand_on_late(self) -> None:
        """Follows questions that were asked before the answer came, and became gaps after it."""
        since = (datetime.now(UTC) - LATE).isoformat(timespec="milliseconds")
        for request_id, place in self._store.expert_deliveries.late(since, AT_ONCE):
            request = self._store.expert_requests.get(request_id)
            if (lesson := self._lesson(request)) is not None and in_force(lesson):
                self._deliver_to(place, request_id, lesson)

    def _deliver_to(self, place: Waiting, request_id: int, lesson: Example) -> None:
        told = covers(lesson.for_whom, place.source, place.channel, place.person)
        if told and place.source == "slack":
            thread = place.thread or place.question_ts or ""
            self._store.expert_deliveries.add(
                request_id, lesson.id, place.reply_id, place.channel, thread
            )

    def _lesson(self, request: ExpertRequest) -> Example | None:
        try:
            return self._store.examples.get(request.lesson_id or 0)
        except NotFoundError:
            return None
