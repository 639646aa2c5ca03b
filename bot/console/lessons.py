"""Teaching, and the list of what was taught."""

import json
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.console.dependencies import PERSON, ConsoleDependencies, fields, fingerprint
from bot.console.labels import count, day, origin, plainly, said_of, standing
from bot.errors import AdapterError
from bot.lessons.quality import marks
from bot.lessons.teaching import Lesson as TaughtLesson
from bot.lessons.teaching import OnConflict, Taught
from bot.lessons.withdrawal import barred
from bot.store import Example
from trainer.adapters.registry import Registry

FEW, MANY = 20, 500
KEPT_COOKIE = "nightschool_samples"
A_YEAR = 365 * 24 * 3600
CHANGES = {
    "approved": ("withdraw", "Withdraw"),
    "pending": ("approve", "Approve"),
    "quarantined": ("approve", "Approve"),
    "withdrawn": ("approve", "Teach again"),
    "rejected": ("approve", "Teach again"),
}
HIDDEN = ("superseded", "rejected")
"""Shown only to who searches."""


@dataclass(frozen=True)
class LessonRow:
    """One line of the list; `path` and `label` are those of its button."""

    id: int
    prompt: str
    completion: str
    status: str
    standing: str
    origin: str
    day: str
    reason: str
    marks: tuple[str, ...]
    permalink: str
    path: str
    label: str


@dataclass(frozen=True)
class LessonList:
    """What the list shows, and whether that is all."""

    shown: tuple[LessonRow, ...]
    summary: str
    samples: int
    more: int
    all: bool
    seen: str = ""


class LessonsPage:
    """The form and the list on the right side of the page."""

    def __init__(self, rooms: ConsoleDependencies) -> None:
        self._rooms = rooms
        self._registry = Registry(rooms.home.adapters)

    def routes(self) -> list[BaseRoute]:
        """Where the page finds them. The list is a POST: searched text stays out of addresses."""
        return [
            Route("/teach", self.teach, methods=["POST"]),
            Route("/lessons", self.search, methods=["POST"]),
            Route("/lessons/{id:int}/withdraw", self.withdraw, methods=["POST"]),
            Route("/lessons/{id:int}/approve", self.approve, methods=["POST"]),
            Route("/samples/keep", self.keep_samples, methods=["POST"]),
            Route("/samples/drop", self.drop_samples, methods=["POST"]),
        ]

    def context(self, request: Request) -> dict[str, Any]:
        """An empty form and the list."""
        return {"lesson": _form(), "lessons": self._list(request)}

    async def teach(self, request: Request) -> Response:
        """Takes a lesson, or gives it back with everything that is wrong with it."""
        prompt, completion, last_day, choice = await fields(
            request, "prompt", "completion", "last_day", "choice"
        )

        def work() -> str:
            if choice == "cancel":
                return self._rooms.render("teach.html", lesson=_form(note="Nothing was changed."))
            lesson = TaughtLesson(
                prompt, completion, PERSON, "console", expires_on=last_day or None
            )
            taught = self._teach(lesson, choice)
            if taught.errors or taught.conflicts:
                form = _form(
                    prompt, completion, taught.errors, conflicts=taught.conflicts, last_day=last_day
                )
                return self._rooms.render("teach.html", lesson=form)
            return self._rooms.render("teach.html", lesson=_form(note=said_of(taught)))

        html = await run_in_threadpool(work)
        return HTMLResponse(html, headers={"HX-Trigger": json.dumps({"lessons": "", "school": ""})})

    def _teach(self, lesson: TaughtLesson, choice: str) -> Taught:
        """Teaches; what contradicts it is asked about first, then settled as was chosen."""
        taught = self._rooms.curation.learn(lesson, "ask")
        if taught.status == "contradiction" and choice in ("replace", "keep"):
            settled: OnConflict = "replace" if choice == "replace" else "keep"
            return self._rooms.curation.settle(lesson, taught.conflicts, settled)
        return taught

    async def search(self, request: Request) -> Response:
        """The list; nothing (204) where the page shows it already."""
        search, everything, seen = await fields(request, "search", "all", "seen")
        lessons = await run_in_threadpool(self._list, request, search.strip(), bool(everything))
        return Response(status_code=204) if seen == lessons.seen else self._show(lessons)

    async def withdraw(self, request: Request) -> Response:
        """Takes a lesson back."""
        return await self._change(request, self._rooms.curation.withdraw)

    async def approve(self, request: Request) -> Response:
        """Lets a lesson in, also one that was withdrawn."""
        return await self._change(request, self._rooms.curation.approve)

    async def keep_samples(self, request: Request) -> Response:
        """Does not ask again in this browser."""
        search, everything = await fields(request, "search", "all")

        def work() -> LessonList:
            return self._list(request, search.strip(), bool(everything), ask=False)

        response = self._show(await run_in_threadpool(work))
        response.set_cookie(KEPT_COOKIE, "kept", A_YEAR, httponly=True, samesite="strict")
        return response

    async def drop_samples(self, request: Request) -> Response:
        """Withdraws the sample lessons."""
        await run_in_threadpool(self._rooms.curation.drop_samples, PERSON)
        return await self._again(request)

    async def _change(self, request: Request, change: Any) -> Response:
        await run_in_threadpool(change, request.path_params["id"], PERSON, "in the console")
        return await self._again(request)

    async def _again(self, request: Request) -> Response:
        search, everything = await fields(request, "search", "all")
        lessons = await run_in_threadpool(self._list, request, search.strip(), bool(everything))
        response = self._show(lessons)
        response.headers["HX-Trigger"] = "school"
        return response

    def _show(self, lessons: LessonList) -> Response:
        return HTMLResponse(self._rooms.render("lessons.html", lessons=lessons))

    def _list(
        self, request: Request, search: str = "", everything: bool = False, *, ask: bool = True
    ) -> LessonList:
        store = self._rooms.store
        found = store.examples.search(text=search or None, limit=MANY)
        if not search:
            found = [example for example in found if example.status not in HIDDEN]
        shown = found if everything else found[:FEW]
        adapter, trained_on = self._learned()
        asks = ask and KEPT_COOKIE not in request.cookies
        lessons = LessonList(
            tuple(
                _lesson(example, adapter, trained_on, barred=self._barred(example))
                for example in shown
            ),
            _summary(store.examples.counts(), search, len(found)),
            len(self._rooms.curation.samples()) if asks else 0,
            len(found) - len(shown),
            everything,
        )
        return LessonList(**{**vars(lessons), "seen": fingerprint(lessons)})

    def _barred(self, example: Example) -> bool:
        """Whether it is out, and nobody may teach it again."""
        out = example.status in ("withdrawn", "rejected")
        return out and bool(barred(self._rooms.store, example))

    def _learned(self) -> tuple[str | None, frozenset[int]]:
        """The current adapter and the examples that it was trained on."""
        try:
            adapter = self._registry.current()
            return adapter, frozenset(self._registry.card(adapter).example_ids if adapter else ())
        except AdapterError:
            return None, frozenset()


def _form(
    prompt: str = "",
    completion: str = "",
    errors: tuple[str, ...] = (),
    note: str = "",
    conflicts: tuple[Example, ...] = (),
    last_day: str = "",
) -> dict[str, Any]:
    return {
        "last_day": last_day,
        "conflicts": conflicts,
        "prompt": prompt,
        "completion": completion,
        "wrong": {name for name in ("prompt", "completion") if any(name in e for e in errors)},
        "errors": plainly(errors),
        "note": note,
    }


def _lesson(
    example: Example, adapter: str | None, trained_on: frozenset[int], *, barred: bool
) -> LessonRow:
    link = example.permalink or ""
    path, label = ("", "") if barred else CHANGES.get(example.status, ("", ""))
    return LessonRow(
        example.id,
        example.prompt,
        example.completion,
        example.status,
        standing(example, adapter, trained_on),
        origin(example),
        day(example.created_at),
        example.reason or "",
        tuple(marks(example.completion)),
        link if link.startswith("https://") else "",
        path,
        label,
    )


def _summary(counts: dict[str, int], search: str, found: int) -> str:
    if search:
        return f"{count(found, 'lesson')} found." if found else "Nothing found."
    if not any(counts.values()):
        return "Nothing yet. What you teach, correct or give a thumbs-up appears here."
    waiting = f", {counts['pending']} to be approved" if counts["pending"] else ""
    return f"{count(counts['approved'], 'lesson')}{waiting}."
