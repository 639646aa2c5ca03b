"""The gaps on the page: what was asked and nobody has taught.

What was asked where not everybody reads is left out: the page may be open on a screen that others
see. A click on "Teach" puts the question into the form that teaches.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.console.dependencies import (
    CONSOLE_USER,
    READER,
    ConsoleDependencies,
    fingerprint,
    form_fields,
)
from bot.feedback.benefits.wording import asked_line
from bot.feedback.experts.asking import ExpertAsking
from bot.store.questions.gaps import Gap

SHOWN = 10
"""At most so many gaps are shown; the others are counted."""


@dataclass(frozen=True)
class GapRow:
    """One gap: its question, how often it was asked, and whether somebody can be asked now."""

    id: int
    question: str
    asked: str
    can_ask: bool


@dataclass(frozen=True)
class GapList:
    """The content of the part; `note` says what came of a click."""

    shown: tuple[GapRow, ...]
    more: int
    note: str = ""
    fingerprint: str = ""


class GapsPart:
    """The endpoints and the content of the list of gaps."""

    def __init__(self, dependencies: ConsoleDependencies) -> None:
        self._store = dependencies.store
        self._render = dependencies.render
        self._experts = ExpertAsking(
            dependencies.store, dependencies.settings, dependencies.assistant.engine
        )

    def routes(self) -> list[BaseRoute]:
        """Returns the paths and their endpoints; questions stay out of addresses."""
        return [
            Route("/gaps", self.show, methods=["POST"]),
            Route("/gaps/{id:number}/dismiss", self.dismiss, methods=["POST"]),
            Route("/gaps/{id:number}/ask", self.ask, methods=["POST"]),
        ]

    def context(self) -> dict[str, Any]:
        """Returns what the page shows first."""
        return {"gaps": self._list()}

    async def show(self, request: Request) -> Response:
        """Returns the gaps, or no content (204) where the page shows them already."""
        (shown,) = await form_fields(request, "shown")
        gaps = await run_in_threadpool(self._list)
        if shown == gaps.fingerprint:
            return Response(status_code=204)
        return HTMLResponse(self._render("gaps.html", gaps=gaps))

    async def dismiss(self, request: Request) -> Response:
        """Takes a gap out of the list for good."""

        def work() -> str:
            gap = self._store.gaps.get(request.path_params["id"], READER)
            done = self._store.gaps.dismiss(gap.id, CONSOLE_USER)
            return "Never mind, then." if done else "That is settled already."

        return await self._after(work)

    async def ask(self, request: Request) -> Response:
        """Has an expert asked."""

        def work() -> str:
            gap = self._store.gaps.get(request.path_params["id"], READER)
            return self._experts.want(gap.id, CONSOLE_USER, audience=READER).sentence

        return await self._after(work)

    async def _after(self, work: Callable[[], str]) -> Response:
        """Returns the list after a click, with the sentence of what came of it."""
        note = await run_in_threadpool(work)
        gaps = await run_in_threadpool(self._list, note)
        return HTMLResponse(self._render("gaps.html", gaps=gaps))

    def _list(self, note: str = "") -> GapList:
        listing = self._store.gaps.listed(READER, SHOWN)
        possible = bool(listing.gaps) and self._experts.possible()
        rows = tuple(_row(gap, possible=possible) for gap in listing.gaps)
        more = listing.count - len(rows)
        return GapList(rows, max(more, 0), note, fingerprint(rows, more))


def _row(gap: Gap, *, possible: bool) -> GapRow:
    waits = "; somebody was asked" if gap.status == "asked" else ""
    asked = f"{asked_line(gap)}{waits}"
    return GapRow(gap.id, gap.question, asked, possible and gap.status == "open")
