"""What the bot brings, on the page: a week beside the week before, nights, and due lessons."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.console.dependencies import READER, ConsoleDependencies, fingerprint
from bot.feedback.benefits.figures import NightLift, benefits
from bot.feedback.benefits.wording import WEEK_HEADS, FigureRow, rows, sentences
from bot.lessons.reviews.freshness import Freshness
from bot.store import Example
from trainer.adapters.registry import Registry
from trainer.results.evaluation import Marks

DUE = 5
"""At most so many due lessons are listed; the others are counted."""
NIGHTS = 7


@dataclass(frozen=True)
class LiftBar:
    """A part of a night's exam: its name, the share that was right after it, and both marks."""

    name: str
    share: float
    text: str


@dataclass(frozen=True)
class LiftRow:
    """One night."""

    title: str
    bars: tuple[LiftBar, ...]


@dataclass(frozen=True)
class DueRow:
    """A lesson that its owner is to look at, and since when it was not confirmed."""

    id: int
    prompt: str
    since: str


@dataclass(frozen=True)
class FiguresCard:
    """The content of the card; without any questions, nights and due lessons it is `empty`."""

    heads: tuple[str, ...]
    rows: tuple[FigureRow, ...]
    lines: tuple[str, ...]
    nights: tuple[LiftRow, ...]
    due: tuple[DueRow, ...]
    empty: bool
    fingerprint: str = ""


class FiguresPart:
    """The endpoint and the content of the card."""

    def __init__(self, dependencies: ConsoleDependencies) -> None:
        self._store = dependencies.store
        self._render = dependencies.render
        self._registry = Registry(dependencies.home.adapters)
        self._days = dependencies.settings.lessons.review_days
        self._freshness = Freshness(dependencies.settings)

    def routes(self) -> list[BaseRoute]:
        """Returns the path and its endpoint."""
        return [Route("/figures", self.show)]

    def context(self) -> dict[str, Any]:
        """Returns what the page shows first."""
        return {"figures": self._card()}

    async def show(self, request: Request) -> Response:
        """Returns the card, or no content (204) where the page shows it already."""
        card = await run_in_threadpool(self._card)
        if request.query_params.get("fingerprint") == card.fingerprint:
            return Response(status_code=204)
        return HTMLResponse(self._render("figures.html", figures=card))

    def _card(self) -> FiguresCard:
        now = datetime.now(UTC)
        told = benefits(self._store, self._registry, now, review_days=self._days, audience=READER)
        on = now.date().isoformat()
        due = self._store.freshness.due(on, self._days, audience=READER, limit=DUE)
        asked = told.week.questions or told.before.questions
        card = FiguresCard(
            WEEK_HEADS,
            rows(told.weeks[:2]),
            tuple(sentences(told)),
            tuple(_lift(lift) for lift in told.nights[-NIGHTS:]),
            tuple(self._due(example, now) for example in due),
            empty=not (asked or told.nights or due),
        )
        return FiguresCard(**vars(card) | {"fingerprint": fingerprint(card)})

    def _due(self, example: Example, now: datetime) -> DueRow:
        return DueRow(example.id, example.prompt, self._freshness.since(example, now) or "")


def _lift(lift: NightLift) -> LiftRow:
    kept = "" if lift.promoted else ", not used"
    parts = (
        ("as deployed", lift.taught),
        ("other words", lift.reworded),
        ("general", lift.general),
    )
    bars = tuple(_bar(name, *marks) for name, marks in parts if marks[1].asked)
    return LiftRow(f"{lift.at[:10]}: {lift.version or f'run {lift.run}'}{kept}", bars)


def _bar(name: str, before: Marks, now: Marks) -> LiftBar:
    return LiftBar(name, now.share, f"{now} (was {before.right})")
