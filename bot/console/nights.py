"""The nights on the page: starting one, its progress, and how the last one ended."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.console.dependencies import ConsoleDependencies, fingerprint
from bot.console.labels import model_name, next_night_text, time_left
from bot.nights.not_mastered import mastery_lines, mastery_of
from bot.nights.report import EXAM, PHASES, counted, duration, further_lines
from bot.operations.status import Status, status
from bot.store import Run
from bot.store.database.clock import today
from trainer.adapters.registry import Registry
from trainer.results.evaluation import Evaluation

RUN = re.compile(r"[0-9]{1,15}")
"""The number of a run, as a page says it."""
OUTCOME_TITLES = {
    "promoted": "Promoted {version}",
    "rejected": "Kept what it was",
    "skipped": "No school this time",
    "failed": "The night failed",
    "reverted": "Went back from {version}",
}


@dataclass(frozen=True)
class ExamBar:
    """One result of the exam."""

    when: str
    """`before` or `after` the training."""
    share: float
    """Right answers, from 0 to 1."""
    text: str


@dataclass(frozen=True)
class NightOutcome:
    """The result of the last night."""

    kind: str
    title: str
    reason: str
    exam: tuple[tuple[str, tuple[ExamBar, ...]], ...]
    """The parts of the exam by name, each with its results before and after the training."""
    facts: str
    lines: tuple[str, ...] = ()
    """How the bot as deployed answers, how many lessons are mastered, and which are not."""


@dataclass(frozen=True)
class NightsCard:
    """The content of the card about nights and of the badge at the top."""

    model: str
    adapter: str | None
    running: bool
    schedule: str
    last_run: int
    """The id of the last run that has ended, 0 before the first."""
    phase: str = ""
    step: int | None = None
    steps: int | None = None
    facts: tuple[tuple[str, str], ...] = ()
    outcome: NightOutcome | None = None
    fingerprint: str = ""

    @property
    def badge(self) -> str:
        """The state that the badge shows: `at-school`, `tuned` or `base`."""
        if self.running:
            return "at-school"
        return "tuned" if self.adapter else "base"


class NightsPart:
    """The endpoints and the content of the card about nights, and of the badge at the top."""

    def __init__(self, dependencies: ConsoleDependencies) -> None:
        self._dependencies = dependencies

    def routes(self) -> list[BaseRoute]:
        """Returns the paths and their endpoints."""
        return [Route("/nights", self.start_night, methods=["POST"]), Route("/nights", self.show)]

    def context(self) -> dict[str, Any]:
        """Returns what the page shows first: the card as it is now."""
        return {"card": self._card(), "swapped": False}

    async def show(self, request: Request) -> Response:
        """Returns the card, or no content (204) where the page shows it already."""
        card = await run_in_threadpool(self._card)
        if request.query_params.get("fingerprint") == card.fingerprint:
            return Response(status_code=204)
        response = self._render(card)
        last_run = request.query_params.get("last_run", "")
        if card.outcome and RUN.fullmatch(last_run) and int(last_run) < card.last_run:
            events = {"night-ended": _ended_notice(card.outcome, card.adapter), "lessons": ""}
            response.headers["HX-Trigger"] = json.dumps(events)
        return response

    async def start_night(self, _: Request) -> Response:
        """Starts a night, also where no lesson is new."""
        await run_in_threadpool(lambda: self._dependencies.nights.start(force=True))
        return self._render(await run_in_threadpool(self._card))

    def _render(self, card: NightsCard) -> Response:
        return HTMLResponse(self._dependencies.render("nights.html", card=card, swapped=True))

    def _card(self) -> NightsCard:
        state = status(
            self._dependencies.home, self._dependencies.settings, self._dependencies.store
        )
        private = self._dependencies.store.examples.private_count()
        expired = self._dependencies.store.freshness.expired_count(today())
        card = nights_card(state, datetime.now(UTC), private, expired)
        if card.outcome and card.outcome.kind in ("promoted", "rejected") and state.last_run:
            registry = Registry(self._dependencies.home.adapters)
            mastery = mastery_of(registry, state.last_run.version)
            told = mastery_lines(self._dependencies.store, mastery)
            lines = (*further_lines(state.last_run.evaluation), *told)
            card = replace(card, outcome=replace(card.outcome, lines=lines))
        return replace(card, fingerprint=fingerprint(card))


def nights_card(state: Status, moment: datetime, private: int = 0, expired: int = 0) -> NightsCard:
    """Returns the content of the card, without its fingerprint.

    Args:
        state: the status of the bot.
        moment: the current time; "today" and "tomorrow" are relative to it.
        private: how many of the lessons are for one channel or one person, and so not trained.
        expired: how many more are not trained, as nobody confirmed them.
    """
    ended = None if state.running else state.last_run
    lessons = counted(state.examples["approved"] - private - expired, "lesson")
    untrained = f" {private} more, not trained: told in one place only." if private else ""
    untrained += f" {expired} more, not trained: not confirmed." if expired else ""
    card = NightsCard(
        model_name(state.model),
        state.adapter,
        state.running is not None,
        f"{lessons} on the timetable.{untrained} {next_night_text(state.next_night, moment)}",
        ended.id if ended else (state.running.id - 1 if state.running else 0),
        outcome=_outcome(ended) if ended else None,
    )
    if (run := state.running) is None:
        return card
    facts = []
    if run.phase == "train" and run.loss is not None:
        facts.append(("loss", f"{run.loss:.3f}"))
    if run.phase == "train" and run.tokens_per_second:
        facts.append(("tokens/s", f"{run.tokens_per_second:.0f}"))
    if run.phase == "train" and run.peak_memory_gb:
        facts.append(("memory", f"{run.peak_memory_gb:.1f} GB"))
    if run.phase == "train" and run.seconds_left is not None:
        facts.append(("left", time_left(run.seconds_left)))
    return replace(
        card,
        phase=PHASES.get(run.phase or "", run.phase or "At school"),
        step=run.step,
        steps=run.steps,
        facts=tuple(facts),
    )


def _outcome(run: Run) -> NightOutcome:
    facts = []
    if run.status in ("promoted", "rejected"):
        facts = [counted(run.examples or 0, "lesson"), duration(run.seconds or 0.0)]
    return NightOutcome(
        run.status,
        OUTCOME_TITLES.get(run.status, run.status).format(version=run.version),
        " ".join(filter(None, (run.reason, *run.notes))),
        tuple(_exam(run.evaluation)),
        ", ".join(facts),
    )


def _exam(evaluation: Evaluation | None) -> Iterator[tuple[str, tuple[ExamBar, ...]]]:
    """Yields the parts of the exam that asked something, with results before and after."""
    if evaluation is None:
        return
    sides = ((evaluation.base, "before"), (evaluation.candidate, "after"))
    for part in EXAM:
        marks = [(when, part.marks(scores)) for scores, when in sides if scores]
        bars = [ExamBar(when, one.share, str(one)) for when, one in marks if one.asked]
        if bars:
            yield part.name, tuple(bars)


def _ended_notice(outcome: NightOutcome, adapter: str | None) -> str:
    if outcome.kind == "promoted":
        return f"Back from school. From now on {adapter or 'the base model'} answers."
    return f"{outcome.title}. {outcome.reason}"
