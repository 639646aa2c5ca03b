"""The form on the page that teaches: what it asks before anything is stored, and what came of it.

Three things are asked. What must not be stored is taken out, and the person sees what would be
kept; the fields hold that text then, to be taught so or to be reworded. An answer that says only
that nothing is known may be meant so, or not. And another answer to the same
question can be replaced or kept; this question is kept too, so that no restart loses it.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.console.dependencies import CONSOLE_USER, ConsoleDependencies, form_fields
from bot.console.labels import THIS_PAGE, kinds_in, plain_errors, teaching_notice, whom
from bot.console.labels import taken_out as taken_out_notice
from bot.lessons.teaching import Lesson, OnConflict, Taught
from bot.store import Example
from bot.store.examples.scope import EVERYONE

SETTLED: dict[str, OnConflict] = {"replace": "replace", "keep": "keep"}


@dataclass(frozen=True)
class Form:
    """The content of the form.

    Attributes:
        prompt: the question in its field.
        completion: the answer in its field.
        last_day: an ISO date, or empty.
        scope: `everyone` or `person`, which is this page alone.
        taken_out: kinds of things that were taken out of the two texts.
        errors: why it cannot be a lesson, as sentences.
        invalid_fields: the fields that those are about.
        preview: whether the person is to decide about that.
        no_answer: whether they are to decide about an answer that says nothing.
        conflicts: other answers to the question.
        key: of the stored question about those.
        note: what came of the last lesson.
        for_whom: whom that one is for; empty where there is none.
        focused: whether the question's field is to be written in at once.
    """

    prompt: str = ""
    completion: str = ""
    last_day: str = ""
    scope: str = "everyone"
    taken_out: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    invalid_fields: frozenset[str] = frozenset()
    preview: bool = False
    no_answer: bool = False
    conflicts: tuple[Example, ...] = ()
    key: str = ""
    note: str = ""
    for_whom: str = ""
    focused: bool = False

    @property
    def redaction_notice(self) -> str:
        """What was taken out, and how it will be said."""
        return taken_out_notice(self.taken_out)


class TeachingForm:
    """The endpoint and the content of the form."""

    def __init__(self, dependencies: ConsoleDependencies) -> None:
        self._dependencies = dependencies

    def routes(self) -> list[BaseRoute]:
        """Returns the path and its endpoint."""
        return [Route("/teach", self.teach, methods=["POST"])]

    def context(self) -> dict[str, Any]:
        """Returns what the page shows first: an empty form."""
        return {"form": Form()}

    async def teach(self, request: Request) -> Response:
        """Teaches a lesson, or shows the form again with what is asked or wrong.

        `choice` is what was pressed: nothing the first time, `accept` (the text as it is in the
        fields now) or `reword` after something was taken out or where the answer says nothing,
        `replace` or `keep` after another answer was found, and `cancel`.
        """
        names = ("prompt", "completion", "last_day", "scope", "taken_out", "choice", "key")
        prompt, completion, last_day, scope, taken_out, choice, key = await form_fields(
            request, *names
        )
        form = Form(
            prompt,
            completion,
            last_day,
            "person" if scope == "person" else "everyone",
            kinds_in(taken_out),
        )
        html = await run_in_threadpool(self._pressed, form, choice, key)
        events = json.dumps({"lessons": "", "nights": ""})
        headers = {"HX-Trigger": events, "HX-Trigger-After-Settle": "questions"}
        return HTMLResponse(html, headers=headers)

    def _pressed(self, form: Form, choice: str, key: str) -> str:
        if key:  # What it asked is decided, or is asked anew.
            self._dependencies.store.open_questions.take(key, CONSOLE_USER)
        if choice == "cancel":
            form = Form(note="Nothing was changed.")
        elif choice == "reword":
            form = replace(form, taken_out=(), focused=True)
        else:
            form = self._taught(form, choice)
        return self._dependencies.render("teach.html", form=form)

    def _taught(self, form: Form, choice: str) -> Form:
        """Teaches what stands in the form, and returns the form that is shown then."""
        lesson = Lesson(
            form.prompt,
            form.completion,
            CONSOLE_USER,
            "console",
            expires_on=form.last_day or None,
            scope=THIS_PAGE if form.scope == "person" else EVERYONE,
            redaction="ask",
            taken_out=form.taken_out,
            sure=choice in ("accept", *SETTLED),
        )
        taught = self._teach(lesson, choice)
        if taught.preview:
            prompt, completion = taught.preview
            kinds = tuple(dict.fromkeys((*form.taken_out, *taught.redacted)))
            return replace(
                form, prompt=prompt, completion=completion, taken_out=kinds, preview=True
            )
        if taught.status == "no_answer":
            return replace(form, no_answer=True)
        if taught.errors:
            invalid = {
                name
                for name in ("prompt", "completion")
                if any(name in error for error in taught.errors)
            }
            errors = plain_errors(taught.errors)
            return replace(form, errors=errors, invalid_fields=frozenset(invalid))
        if taught.conflicts:
            key = self._dependencies.decisions.ask("typed", lesson, taught)
            return replace(form, conflicts=taught.conflicts, key=key)
        whose = whom(taught.scope) if taught.scope and taught.id else ""
        return Form(note=teaching_notice(taught), for_whom=whose)

    def _teach(self, lesson: Lesson, choice: str) -> Taught:
        """Teaches a lesson; a contradiction is settled by `choice`, and returned without one."""
        taught = self._dependencies.curation.learn(lesson, "ask")
        if taught.status == "contradiction" and choice in SETTLED:
            return self._dependencies.curation.settle(lesson, taught.conflicts, SETTLED[choice])
        return taught
