"""The night: sending the bot to school, how far it is, and what came of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.console.dependencies import ConsoleDependencies, fingerprint
from bot.console.labels import count, model_name, night_at, remaining
from bot.nights.report import EXAM, PHASES, duration
from bot.operations.status import Status, status
from bot.store import Run

TITLES = {
    "promoted": "Promoted {version}",
    "rejected": "Kept what it was",
    "skipped": "No school this time",
    "failed": "The night failed",
    "reverted": "Went back from {version}",
}


@dataclass(frozen=True)
class ExamBar:
    """One result of the exam, as a share of what there was."""

    when: str
    share: float
    text: str


@dataclass(frozen=True)
class LastNight:
    """How the last night ended."""

    kind: str
    title: str
    reason: str
    exam: tuple[tuple[str, tuple[ExamBar, ...]], ...]
    """What was asked for, and the results before and after."""
    facts: str


@dataclass(frozen=True)
class Panel:
    """What the school's card and the badge show."""

    model: str
    adapter: str | None
    running: bool
    timetable: str
    last: int
    """The id of the last night that has ended, 0 before the first."""
    phase: str = ""
    step: int | None = None
    steps: int | None = None
    facts: tuple[tuple[str, str], ...] = ()
    outcome: LastNight | None = None
    seen: str = ""

    @property
    def light(self) -> str:
        """The badge's lamp."""
        if self.running:
            return "at-school"
        return "tuned" if self.adapter else "base"


class NightsPage:
    """The school's card, and the badge at the top of the page."""

    def __init__(self, rooms: ConsoleDependencies) -> None:
        self._rooms = rooms

    def routes(self) -> list[BaseRoute]:
        """Where the page finds it."""
        return [Route("/school", self.go, methods=["POST"]), Route("/school", self.look)]

    def context(self) -> dict[str, Any]:
        """The card as it is now."""
        return {"school": self._panel(), "swapped": False}

    async def look(self, request: Request) -> Response:
        """The card; nothing (204) where the page shows it already."""
        panel = await run_in_threadpool(self._panel)
        if request.query_params.get("seen") == panel.seen:
            return Response(status_code=204)
        response = self._show(panel)
        last = request.query_params.get("last", "")
        if panel.outcome and last.isdecimal() and int(last) < panel.last:
            events = {"back-from-school": _back(panel.outcome, panel.adapter), "lessons": ""}
            response.headers["HX-Trigger"] = json.dumps(events)
        return response

    async def go(self, _: Request) -> Response:
        """Sends the bot to school, whether or not there is something new to learn."""
        await run_in_threadpool(lambda: self._rooms.nights.start(force=True))
        return self._show(await run_in_threadpool(self._panel))

    def _show(self, panel: Panel) -> Response:
        return HTMLResponse(self._rooms.render("school.html", school=panel, swapped=True))

    def _panel(self) -> Panel:
        self._rooms.nights.running()  # closes runs whose process is gone
        now = status(self._rooms.home, self._rooms.settings, self._rooms.store)
        panel = view(now, datetime.now(UTC))
        return replace(panel, seen=fingerprint(panel))


def view(now: Status, moment: datetime) -> Panel:
    """The school's state as the card shows it."""
    ended = None if now.running else now.last_run
    lessons = count(now.examples["approved"], "lesson")
    panel = Panel(
        model_name(now.model),
        now.adapter,
        now.running is not None,
        f"{lessons} on the timetable. {night_at(now.next_night, moment)}",
        ended.id if ended else (now.running.id - 1 if now.running else 0),
        outcome=_outcome(ended) if ended else None,
    )
    if (run := now.running) is None:
        return panel
    facts = []
    if run.phase == "train" and run.loss is not None:
        facts.append(("loss", f"{run.loss:.3f}"))
    if run.phase == "train" and run.tokens_per_second:
        facts.append(("tokens/s", f"{run.tokens_per_second:.0f}"))
    if run.phase == "train" and run.peak_memory_gb:
        facts.append(("memory", f"{run.peak_memory_gb:.1f} GB"))
    if run.phase == "train" and run.seconds_left is not None:
        facts.append(("left", remaining(run.seconds_left)))
    return replace(
        panel,
        phase=PHASES.get(run.phase or "", run.phase or "At school"),
        step=run.step,
        steps=run.steps,
        facts=tuple(facts),
    )


def _outcome(run: Run) -> LastNight:
    facts = []
    if run.status in ("promoted", "rejected"):
        facts = [count(run.examples or 0, "lesson"), duration(run.seconds or 0.0)]
    return LastNight(
        run.status,
        TITLES.get(run.status, run.status).format(version=run.version),
        " ".join(filter(None, (run.reason, *run.notes))),
        tuple(_exam(run.evaluation or {})),
        ", ".join(facts),
    )


def _exam(evaluation: dict[str, Any]) -> Iterator[tuple[str, tuple[ExamBar, ...]]]:
    """Before and after, for what was taught and for what it knew already."""
    for name, right, asked in EXAM:
        bars = []
        for side, when in (("base", "before"), ("candidate", "after")):
            result = evaluation.get(side) or {}
            if right in result and result.get(asked):
                share = result[right] / result[asked]
                bars.append(ExamBar(when, share, f"{result[right]} of {result[asked]}"))
        if bars:
            yield name, tuple(bars)


def _back(outcome: LastNight, adapter: str | None) -> str:
    if outcome.kind == "promoted":
        return f"Back from school. From now on {adapter or 'the base model'} answers."
    return f"{outcome.title}. {outcome.reason}"
