"""Has somebody asked about a gap, unless that was done already. Knows no Slack.

What is wanted is a row in the store, so that the page and the terminal may want it as well; the
rounds of `bot.slack.experts` put it to an expert.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np

from bot.answers.retrieval import in_force
from bot.engine.client import EngineClient
from bot.errors import EngineError, InputError, NotFoundError
from bot.feedback.experts.choice import chosen
from bot.feedback.experts.directory import Directory
from bot.lessons.scoping import default_scope
from bot.privacy.consent import Privacy
from bot.settings import MEMBER, Settings
from bot.store import Store, StoredReply
from bot.store.examples.scope import CONSOLE, EVERYONE, Audience, Scope
from bot.store.questions.expert_requests import ExpertRequest, NewRequest
from bot.store.questions.experts import Expert
from bot.store.questions.gaps import covers
from trainer.similarity import near_duplicate

Outcome = Literal["asked", "already", "today", "nobody", "consent"]
SAME = 0.92
"""The cosine of two questions from which they are taken for the same question.

Of 120 close rewordings (two of each second question of two files of `bench/pairs`) the bundled
encoder puts 39 there, and of 180 questions that were written to be mistaken for others 1; from 0.85
on it would be 53 and 13. Who is asked once too often is less harm than who is never asked. For
other encoders this was not measured.
"""
DAY = timedelta(days=1)
GONE = "I no longer know that question, so I cannot ask anybody."
NO_EXPERTS = (
    "Nobody is set up to be asked yet. An admin can change that: "
    "`/nightschool experts #channel words of its topics`."
)
NOBODY = "I know nobody who could be asked about that. Teach me if you find it out."
TODAY = (
    "All who could know it were asked enough for today. I ask tomorrow, and what they answer comes "
    "to where it was asked."
)
ASKS = "I ask somebody who may know, and what they answer comes to where it was asked."
CONSENT = (
    "You asked that in private. Others will read your question, without your name, and may teach "
    "its answer to everyone. Shall I ask them?"
)
NOT_YOURS = "That was asked in private: only who asked it can have others asked."


@dataclass(frozen=True)
class Wanted:
    """What whoever wants somebody to be asked is told.

    Attributes:
        outcome: `asked`; `already`, then or before; `today`, tomorrow there is somebody again;
            `nobody` knows it; `consent`, who asked it in private has to agree, and nothing was
            stored.
        sentence: the same for people, in plain words.
        request_id: the request, where there is one.
    """

    outcome: Outcome
    sentence: str
    request_id: int | None = None


class ExpertAsking:
    """Stores who is to be asked what; may be used from any thread."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        engine: EngineClient,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`clock` tells the present time, with its zone."""
        self._store = store
        self._engine = engine
        self._clock = clock
        self._per_day = settings.asking.per_day
        self._privacy = Privacy(store, settings)
        self.directory = Directory(store, settings)

    def possible(self) -> bool:
        """Returns whether any expert is set up."""
        return bool(self.directory.experts())

    def want(
        self,
        gap_id: int,
        by: str,
        reply_id: int | None = None,
        audience: Audience | None = None,
        *,
        consent: bool = False,
    ) -> Wanted:
        """Stores that somebody is to be asked about a gap, unless they were asked already.

        Args:
            gap_id: the gap.
            by: the id of who wants it.
            reply_id: the answer below which they do; without one, the question that is known to
                most people is the one that is asked.
            audience: who reads in the place where they do; None at the machine.
            consent: whether they agree that a question of direct messages is shown to others.

        Raises:
            NotFoundError: there is no such gap, or this audience does not see it.
            InputError: the question is gone, `by` has opted out, or it was somebody else who asked
                it in private.
        """
        self._privacy.require_kept(by)
        if not self.possible():
            return Wanted("nobody", NO_EXPERTS)
        reply, scope = self._asked(gap_id, reply_id, audience)
        if scope.kind == "person":
            if by != scope.id and not (scope.id == CONSOLE and not MEMBER.fullmatch(by)):
                raise InputError(NOT_YOURS)
            if scope.id != CONSOLE and not consent:
                return Wanted("consent", CONSENT)
        request = self._with_vector(NewRequest(reply.id, reply.question, scope, by))
        candidates = self.candidates(request.question, gap_id, by)
        with self._store.connections.write():
            if earlier := self._earlier(gap_id, request, reply):
                self._store.expert_requests.link(earlier.id, gap_id)
                return Wanted("already", self._already(earlier), earlier.id)
            if not candidates:
                return Wanted("nobody", NOBODY)
            stored = self._store.expert_requests.add(request, gap_id)
            self._store.gaps.asked(gap_id)
        if not any(self.has_room(expert) for expert in candidates):
            return Wanted("today", TODAY, stored.id)
        return Wanted("asked", ASKS, stored.id)

    def candidates(self, question: str, gap_id: int, by: str | None) -> list[Expert]:
        """Returns who may know about a question, best first.

        Nobody is asked what they asked themselves, nor of whom nothing may be kept.

        Args:
            question: its words.
            gap_id: its gap.
            by: the id of who wants somebody to be asked.
        """
        askers = {waiting.person for waiting in self._store.gaps.waiting(gap_id, None)} | {by}
        experts = [
            one
            for one in self.directory.experts()
            if one.target not in askers and (one.channel or self._privacy.keeps(one.target))
        ]
        return chosen(question, experts, self._engine)

    def has_room(self, expert: Expert) -> bool:
        """Returns whether an expert was not asked enough within the last 24 hours."""
        since = (self._clock() - DAY).isoformat(timespec="milliseconds")
        asked = self._store.expert_messages.number_since(expert.target, since)
        return asked < self._per_day

    def _asked(
        self, gap_id: int, reply_id: int | None, audience: Audience | None
    ) -> tuple[StoredReply, Scope]:
        """Returns the reply whose question is asked, and who may read that question."""
        self._store.gaps.get(gap_id, audience)
        if reply_id is not None:
            ids = [reply_id]
        else:
            ids = [one.reply_id for one in self._store.gaps.waiting(gap_id, audience)]
        replies = [self._store.replies.get(one) for one in ids]
        known = [(reply, self._scope(reply)) for reply in replies if reply.question]
        if not known:
            raise InputError(GONE)
        order = ("everyone", "channel", "person")
        return min(known, key=lambda pair: order.index(pair[1].kind))

    def _scope(self, reply: StoredReply) -> Scope:
        if reply.source != "slack":
            return Scope("person", CONSOLE)
        return default_scope(self._store, reply.channel, reply.person)

    def _with_vector(self, request: NewRequest) -> NewRequest:
        try:
            vectors = self._engine.embed([request.question])
        except EngineError:
            return request
        vector = vectors.rows[0].astype("<f4").tobytes()
        return replace(request, vector=vector, revision=vectors.revision)

    def _earlier(
        self, gap_id: int, request: NewRequest, reply: StoredReply
    ) -> ExpertRequest | None:
        """Returns the request by which the same was asked before, and that still counts.

        What was asked where this person does not read keeps nobody from asking, and nobody hears of
        it.
        """
        of_gap = self._store.expert_requests.of_gap(gap_id)
        alike = (
            one
            for one in self._store.expert_requests.comparable(request.scope)
            if _same(one, request)
        )
        both = [
            one
            for one in (of_gap, next(alike, None))
            if one is not None and one.scope in (EVERYONE, request.scope)
        ]
        return next((one for one in both if self._counts(one, reply)), None)

    def _counts(self, request: ExpertRequest, reply: StoredReply) -> bool:
        """Returns whether a request keeps others from being made.

        It does not where its answer is gone again, or may not be told where it is asked now.
        """
        if request.lesson_id is None:
            return True
        try:
            lesson = self._store.examples.get(request.lesson_id)
        except NotFoundError:
            return False
        told = covers(lesson.for_whom, reply.source, reply.channel, reply.person)
        return told and (lesson.status in ("pending", "quarantined") or in_force(lesson))

    def _already(self, request: ExpertRequest) -> str:
        day = datetime.fromisoformat(request.at)
        asked = f"That was asked on {day.day} {day:%B} already"
        if request.open:
            return f"{asked}; the answer comes to where it was asked as soon as there is one."
        if request.status == "closed":
            return f"{asked}, and nobody could answer it. Teach me if you find it out."
        return f"{asked}, and answered: ask me again, and I tell you."


def _same(known: ExpertRequest, request: NewRequest) -> bool:
    """Returns whether two questions are the same, by meaning where both have a vector."""
    if not known.question:
        return False
    if known.vector and request.vector and known.revision == request.revision:
        one, other = (np.frombuffer(each, "<f4") for each in (known.vector, request.vector))
        if one.shape == other.shape and float(one @ other) >= SAME:
            return True
    return near_duplicate(known.question, request.question)
