"""The lessons on the page: the list of them, beside the form that teaches and what is undecided.

Lessons for one channel or for somebody else stand in the list without their words: the page may be
open on a screen that others see.
"""

import re
from dataclasses import dataclass, replace
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
from bot.console.labels import THIS_PAGE, lesson_state, local_day, origin, whom
from bot.console.open_questions import QuestionsPart
from bot.console.teaching_form import TeachingForm
from bot.errors import AdapterError, InputError, NotFoundError
from bot.lessons.quality import marks
from bot.lessons.reviews.freshness import Freshness
from bot.lessons.withdrawal import barred
from bot.nights.report import counted
from bot.store import Example
from bot.store.examples.rows import LIVE
from bot.store.examples.scope import EVERYONE, sees
from trainer.adapters.registry import Registry

LIST_LENGTH, MAX_LIST_LENGTH = 20, 500
"""Lessons that are shown at first, and at most when all are asked for."""
NUMBER = re.compile(r"#([0-9]{1,15})")
SAMPLES_KEPT_COOKIE = "nightschool_samples"
COOKIE_SECONDS = 365 * 24 * 3600
ACTIONS = {
    "approved": ("withdraw", "Withdraw"),
    "pending": ("approve", "Approve"),
    "quarantined": ("approve", "Approve"),
    "withdrawn": ("approve", "Teach again"),
    "rejected": ("approve", "Teach again"),
}
HIDDEN_STATUSES = ("superseded", "rejected")
"""Lessons of these statuses are shown in the results of a search only."""
SCOPES = {"everyone": EVERYONE, "person": THIS_PAGE}
"""Whom a lesson can be made for on the page, by the value of the field."""


@dataclass(frozen=True)
class LessonRow:
    """One line of the list; `action` and `action_label` are those of its button, or empty.

    `for_whom` says whom it is for, and `other_scope` whom a second button makes it for, or is
    empty. The words of a `hidden` one are left out, also those of its reason and its link.
    """

    id: int
    prompt: str
    completion: str
    status: str
    state: str
    origin: str
    day: str
    reason: str
    marks: tuple[str, ...]
    permalink: str
    action: str
    action_label: str
    for_whom: str
    other_scope: str
    private: bool
    hidden: bool


@dataclass(frozen=True)
class LessonList:
    """The content of the list."""

    shown: tuple[LessonRow, ...]
    summary: str
    samples: int
    """Sample lessons that the page offers to drop; 0 for no offer."""
    more: int
    """Lessons that are not shown."""
    show_all: bool
    fingerprint: str = ""


class LessonsPart:
    """The endpoints and the content of form, questions and list, the right side of the page."""

    def __init__(self, dependencies: ConsoleDependencies) -> None:
        self._dependencies = dependencies
        self._form = TeachingForm(dependencies)
        self._questions = QuestionsPart(dependencies)
        self._registry = Registry(dependencies.home.adapters)

    def routes(self) -> list[BaseRoute]:
        """Returns the paths and their endpoints.

        The list is a POST, so that searched text stays out of addresses.
        """
        return [
            *self._form.routes(),
            *self._questions.routes(),
            Route("/lessons", self.search, methods=["POST"]),
            Route("/lessons/{id:number}/withdraw", self.withdraw, methods=["POST"]),
            Route("/lessons/{id:number}/approve", self.approve, methods=["POST"]),
            Route("/lessons/{id:number}/scope", self.rescope, methods=["POST"]),
            Route("/samples/keep", self.keep_samples, methods=["POST"]),
            Route("/samples/drop", self.drop_samples, methods=["POST"]),
        ]

    def context(self, request: Request) -> dict[str, Any]:
        """Returns what the page shows first: an empty form, what is undecided, and the list."""
        return {
            **self._form.context(),
            **self._questions.context(),
            "lessons": self._list(request),
        }

    async def search(self, request: Request) -> Response:
        """Returns the list, or no content (204) where the page shows it already."""
        search, show_all, shown = await form_fields(request, "search", "show_all", "fingerprint")
        lessons = await run_in_threadpool(self._list, request, search.strip(), bool(show_all))
        return (
            Response(status_code=204)
            if shown == lessons.fingerprint
            else self._render_list(lessons)
        )

    async def withdraw(self, request: Request) -> Response:
        """Withdraws a lesson."""
        return await self._change_lesson(request, self._dependencies.curation.withdraw)

    async def approve(self, request: Request) -> Response:
        """Approves a lesson, also one that was withdrawn."""
        return await self._change_lesson(request, self._dependencies.curation.approve)

    async def rescope(self, request: Request) -> Response:
        """Makes a lesson that the page shows one for everyone, or for this page alone."""
        (value,) = await form_fields(request, "scope")
        if value not in SCOPES:
            raise InputError("A lesson is for everyone, or for this page alone.")
        lesson = request.path_params["id"]
        await run_in_threadpool(
            self._dependencies.curation.rescope, lesson, SCOPES[value], CONSOLE_USER, READER
        )
        return await self._refreshed_list(request)

    async def keep_samples(self, request: Request) -> Response:
        """Keeps the sample lessons, and does not ask again in this browser."""
        search, show_all = await form_fields(request, "search", "show_all")

        def work() -> LessonList:
            return self._list(request, search.strip(), bool(show_all), offer_samples=False)

        response = self._render_list(await run_in_threadpool(work))
        response.set_cookie(
            SAMPLES_KEPT_COOKIE, "kept", COOKIE_SECONDS, httponly=True, samesite="strict"
        )
        return response

    async def drop_samples(self, request: Request) -> Response:
        """Withdraws the sample lessons."""
        await run_in_threadpool(self._dependencies.curation.drop_samples, CONSOLE_USER)
        return await self._refreshed_list(request)

    async def _change_lesson(self, request: Request, change: Any) -> Response:
        await run_in_threadpool(change, request.path_params["id"], CONSOLE_USER, "in the console")
        return await self._refreshed_list(request)

    async def _refreshed_list(self, request: Request) -> Response:
        search, show_all = await form_fields(request, "search", "show_all")
        lessons = await run_in_threadpool(self._list, request, search.strip(), bool(show_all))
        response = self._render_list(lessons)
        response.headers["HX-Trigger"] = "nights"
        return response

    def _render_list(self, lessons: LessonList) -> Response:
        return HTMLResponse(self._dependencies.render("lessons.html", lessons=lessons))

    def _list(
        self,
        request: Request,
        search: str = "",
        show_all: bool = False,
        *,
        offer_samples: bool = True,
    ) -> LessonList:
        store = self._dependencies.store
        examples = self._search(search)
        shown = examples if show_all else examples[:LIST_LENGTH]
        adapter, trained_on = self._trained_examples()
        freshness = Freshness(self._dependencies.settings)
        offers = offer_samples and SAMPLES_KEPT_COOKIE not in request.cookies
        lessons = LessonList(
            tuple(
                _lesson_row(
                    example,
                    adapter,
                    trained_on,
                    freshness.since(example),
                    barred=self._barred(example),
                )
                for example in shown
            ),
            _summary(store.examples.counts(), search, len(examples)),
            len(self._dependencies.curation.samples()) if offers else 0,
            len(examples) - len(shown),
            show_all,
        )
        return replace(lessons, fingerprint=fingerprint(lessons))

    def _search(self, search: str) -> list[Example]:
        """Returns the lessons of a search: words in them, or `#` and the number of one."""
        examples = self._dependencies.store.examples
        if numbered := NUMBER.fullmatch(search):
            try:
                return [examples.get(int(numbered[1]))]
            except NotFoundError:
                return []
        if search:
            # That a word stands in a hidden lesson would tell of it as well.
            return examples.search(text=search, limit=MAX_LIST_LENGTH, audience=READER)
        found = examples.search(limit=MAX_LIST_LENGTH)
        return [e for e in found if e.status not in HIDDEN_STATUSES]

    def _barred(self, example: Example) -> bool:
        """Returns whether a lesson is gone and nobody may teach it again."""
        out = example.status in ("withdrawn", "rejected")
        return out and bool(barred(self._dependencies.store, example))

    def _trained_examples(self) -> tuple[str | None, frozenset[int]]:
        """Returns the current adapter and the ids of the examples that it was trained on."""
        try:
            adapter = self._registry.current()
            return adapter, frozenset(self._registry.card(adapter).example_ids if adapter else ())
        except AdapterError:
            return None, frozenset()


def _lesson_row(
    example: Example,
    adapter: str | None,
    trained_on: frozenset[int],
    since: str | None,
    *,
    barred: bool,
) -> LessonRow:
    # An erased one has no words to hide.
    hidden = bool(example.prompt) and not sees(READER, example.for_whom)
    link = example.permalink or ""
    action, action_label = ("", "") if barred else ACTIONS.get(example.status, ("", ""))
    if hidden and action != "withdraw":
        # What nobody reads here is not let in here.
        action, action_label = "", ""
    movable = not hidden and example.status in LIVE
    other_scope = "everyone" if example.for_whom.private else "person"
    return LessonRow(
        example.id,
        "" if hidden else example.prompt,
        "" if hidden else example.completion,
        example.status,
        lesson_state(example, adapter, trained_on),
        origin(example),
        local_day(example.created_at),
        "" if hidden else example.reason or "",
        () if hidden else (*marks(example.completion), *([since] if since else [])),
        link if link.startswith("https://") and not hidden else "",
        action,
        action_label,
        whom(example.for_whom),
        other_scope if movable else "",
        example.for_whom.private,
        hidden,
    )


def _summary(counts: dict[str, int], search: str, found: int) -> str:
    if search:
        return f"{counted(found, 'lesson')} found." if found else "Nothing found."
    if not any(counts.values()):
        return "Nothing yet. What you teach, correct or give a thumbs-up appears here."
    waiting = f", {counts['pending']} to be approved" if counts["pending"] else ""
    return f"{counted(counts['approved'], 'lesson')}{waiting}."
