"""What was asked about lessons and nobody has decided: on the page it can be, whoever was asked.

Shown are questions about lessons for everyone, and those that the page asked itself. That of the
form beside them is left out while the form shows it.
"""

import json
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
from bot.console.labels import local_day, teaching_notice
from bot.errors import InputError, NotFoundError
from bot.feedback.open_questions import Choice
from bot.messages import is_talk
from bot.store import Example
from bot.store.examples.scope import sees
from bot.store.open_questions import OpenQuestion

IN_A_TALK = " (only in such a talk)"
DECIDED = "That is decided already, or gone."
CHOICES: dict[str, Choice] = {"replace": "replace", "keep": "keep", "cancel": "cancel"}


@dataclass(frozen=True)
class QuestionRow:
    """One undecided lesson, and the other answers to its question."""

    key: str
    prompt: str
    completion: str
    asked: str
    """Who was asked, and when."""
    conflicts: tuple[tuple[str, str], ...]
    """Question and answer of each lesson that it contradicts."""


@dataclass(frozen=True)
class QuestionList:
    """The content of the part; `note`, what came of a decision, stays until the list changes."""

    shown: tuple[QuestionRow, ...]
    note: str = ""
    fingerprint: str = ""


class QuestionsPart:
    """The endpoints and the content of what is undecided."""

    def __init__(self, dependencies: ConsoleDependencies) -> None:
        self._dependencies = dependencies

    def routes(self) -> list[BaseRoute]:
        """Returns the paths and their endpoints."""
        return [
            Route("/questions", self.show, methods=["POST"]),
            Route("/questions/{key}", self.decide, methods=["POST"]),
        ]

    def context(self) -> dict[str, Any]:
        """Returns what the page shows first."""
        return {"questions": self._list()}

    async def show(self, request: Request) -> Response:
        """Returns the questions, or no content (204) where the page shows them already."""
        shown, of_form = await form_fields(request, "shown", "key")
        questions = await run_in_threadpool(self._list, of_form)
        if shown == questions.fingerprint:
            return Response(status_code=204)
        return HTMLResponse(self._dependencies.render("questions.html", questions=questions))

    async def decide(self, request: Request) -> Response:
        """Teaches the lesson of a question, or drops it, as `choice` says."""
        choice, of_form = await form_fields(request, "choice", "key")

        def work() -> str:
            note = self._decided(request.path_params["key"], choice)
            questions = self._list(of_form, note)
            return self._dependencies.render("questions.html", questions=questions)

        html = await run_in_threadpool(work)
        events = json.dumps({"lessons": "", "nights": ""})
        return HTMLResponse(html, headers={"HX-Trigger": events})

    def _decided(self, key: str, choice: str) -> str:
        if choice not in CHOICES:
            raise InputError("A lesson can replace the other, stand beside it, or be dropped.")
        decided = self._dependencies.decisions.decide(key, None, CHOICES[choice])
        if decided is None:
            return DECIDED
        return teaching_notice(decided.taught) if decided.taught else "Nothing was changed."

    def _list(self, of_form: str = "", note: str = "") -> QuestionList:
        store = self._dependencies.store.open_questions
        questions = [*store.of(CONSOLE_USER), *store.for_everyone()]
        asked = {one.key: one for one in questions if one.conflicts and one.key != of_form}
        rows = tuple(map(self._row, asked.values()))
        return QuestionList(rows, note, fingerprint(rows))

    def _row(self, question: OpenQuestion) -> QuestionRow:
        lesson = question.lesson
        day = local_day(question.at)
        who = "" if question.person == CONSOLE_USER else f"{question.person} "
        return QuestionRow(
            question.key,
            str(lesson["prompt"]) + (IN_A_TALK if lesson.get("messages") else ""),
            str(lesson["completion"]),
            f"{who}on {day}",
            tuple(
                (
                    example.prompt + (IN_A_TALK if is_talk(example.messages) else ""),
                    example.completion,
                )
                for number in question.conflicts
                if (example := self._visible(number))
            ),
        )

    def _visible(self, number: int) -> Example | None:
        """Returns a lesson if it may be shown here: it can have been narrowed meanwhile."""
        try:
            example = self._dependencies.store.examples.get(number)
        except NotFoundError:
            return None
        return example if sees(READER, example.for_whom) else None
