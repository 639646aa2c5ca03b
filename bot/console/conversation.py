"""Chat, compare, thumbs and corrections."""

import json
import secrets
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.answers.questions import QUOTED, Question, Reply
from bot.console.dependencies import PERSON, ConsoleDependencies, fields
from bot.console.labels import plainly, said_of
from bot.console.streaming import Answers
from bot.errors import NightschoolError
from bot.lessons.curation import SAMPLE_SOURCE
from bot.store import StoredReply

COOKIE = "nightschool_conversation"
TURNS_SHOWN = 50
SUGGESTIONS = 3
SUGGESTION_LENGTH = 80
OPINIONS = {1: "up", -1: "down", 0: ""}


@dataclass(frozen=True)
class AnswerFooter:
    """What stands under an answer: who gave it, the thumbs, and what became of them."""

    id: int
    adapter: str | None
    by: str
    took: str
    tokens: int
    opinion: str
    note: str = ""
    correcting: bool = False
    correction: str = ""
    errors: tuple[str, ...] = ()


class ConversationPage:
    """The left side of the page."""

    def __init__(self, rooms: ConsoleDependencies, answers: Answers) -> None:
        self._rooms = rooms
        self._answers = answers

    def routes(self) -> list[BaseRoute]:
        """Where the page finds it."""
        return [
            Route("/chat", self.chat, methods=["POST"]),
            Route("/compare", self.compare, methods=["POST"]),
            Route("/conversation", self.restart, methods=["POST"]),
            Route("/replies/{id:int}/up", self.up, methods=["POST"]),
            Route("/replies/{id:int}/down", self.down, methods=["POST"]),
            Route("/replies/{id:int}/take-back", self.take_back, methods=["POST"]),
            Route("/replies/{id:int}/correct", self.correct, methods=["POST"]),
        ]

    def context(self, request: Request) -> dict[str, Any]:
        """The conversation so far, or what to begin one with."""
        thread = request.cookies.get(COOKIE)
        replies = self._rooms.store.replies
        stored = replies.in_thread(PERSON, thread, TURNS_SHOWN) if thread else []
        turns = [
            {"question": reply.question, "text": reply.text, "reply": self._under(reply)}
            for reply in stored
        ]
        return {"turns": turns, "suggestions": [] if turns else self._suggestions()}

    async def chat(self, request: Request) -> Response:
        """The answer as lines of JSON: pieces, then the whole with what stands under it."""
        (text,) = await fields(request, "question")
        thread = request.cookies.get(COOKIE) or secrets.token_urlsafe(16)
        response = self._answer(
            self._pieces(Question(text, PERSON, PERSON, thread, "console")),
        )
        if COOKIE not in request.cookies:
            _remember(response, thread)
        return response

    async def compare(self, request: Request) -> Response:
        """Base and tuned side by side, as one line of JSON."""
        (text,) = await fields(request, "question")
        return self._answer(self._both(Question(text, PERSON, PERSON, None, "console")))

    async def restart(self, _: Request) -> Response:
        """An empty conversation; the old one stays in the store."""

        def render() -> str:
            suggestions = self._suggestions()
            return self._rooms.render("conversation.html", turns=[], suggestions=suggestions)

        response = HTMLResponse(await run_in_threadpool(render))
        _remember(response, secrets.token_urlsafe(16))
        return response

    async def up(self, request: Request) -> Response:
        """A thumbs-up: the answer becomes a lesson."""

        def judge(reply: int) -> dict[str, Any]:
            return {"note": said_of(self._rooms.ratings.thumbs_up(reply, PERSON))}

        return await self._judge(request, judge)

    async def down(self, request: Request) -> Response:
        """A thumbs-down: asks what the answer should have been."""

        def judge(reply: int) -> dict[str, Any]:
            self._rooms.ratings.thumbs_down(reply, PERSON)
            return {"correcting": True}

        return await self._judge(request, judge)

    async def take_back(self, request: Request) -> Response:
        """No opinion any more."""

        def judge(reply: int) -> dict[str, Any]:
            self._rooms.ratings.take_back(reply, PERSON)
            return {"note": "Taken back."}

        return await self._judge(request, judge)

    async def correct(self, request: Request) -> Response:
        """What it should have said; refused ones keep the form open with the reasons."""
        (text,) = await fields(request, "completion")

        def judge(reply: int) -> dict[str, Any]:
            taught = self._rooms.ratings.correct(reply, PERSON, text)
            if taught.errors:
                return {"correcting": True, "correction": text, "errors": plainly(taught.errors)}
            return {"note": said_of(taught)}

        return await self._judge(request, judge)

    async def _judge(self, request: Request, judge: Callable[[int], dict[str, Any]]) -> Response:
        reply = request.path_params["id"]

        def work() -> str:
            shown = judge(reply)
            under = self._under(self._rooms.store.replies.get(reply), **shown)
            return self._rooms.render("opinion.html", reply=under)

        html = await run_in_threadpool(work)
        return HTMLResponse(html, headers={"HX-Trigger": "lessons"})

    def _answer(self, lines: Generator[str, None, None]) -> Response:
        followed = self._answers.follow(_with_errors(lines))
        return StreamingResponse(followed, media_type="application/x-ndjson")

    def _pieces(self, question: Question) -> Generator[str, None, None]:
        for piece in self._rooms.assistant.stream(question):
            if isinstance(piece, str):
                yield _line(piece=piece)
            else:
                html = self._rooms.render("opinion.html", reply=self._under(piece))
                yield _line(text=piece.text, under=html)

    def _both(self, question: Question) -> Generator[str, None, None]:
        compared = self._rooms.assistant.compare(question)
        adapter = compared.tuned.adapter
        titles = ("Base model", f"Tuned, {adapter}" if adapter else "Not tuned yet")
        answers = (compared.base, compared.tuned)
        sides = [
            {"kind": kind, "title": title, "text": answer.text, "reply": self._under(answer)}
            for kind, title, answer in zip(("base", "tuned"), titles, answers, strict=True)
        ]
        html = self._rooms.render("comparison.html", sides=sides, tuned=adapter)
        yield _line(compared=html)

    def _under(self, reply: StoredReply | Reply, **shown: Any) -> AnswerFooter:
        return AnswerFooter(
            reply.id,
            reply.adapter,
            "your words, learned tonight"
            if reply.model == QUOTED
            else reply.adapter or "base model",
            "" if reply.model == QUOTED else f"{reply.seconds:.1f} s",
            reply.completion_tokens,
            OPINIONS[self._rooms.store.ratings.of(reply.id, PERSON)],
            **shown,
        )

    def _suggestions(self) -> list[str]:
        """Questions that were taught, the samples' first."""
        examples = self._rooms.store.examples
        found = examples.search(status="approved", source=SAMPLE_SOURCE)[::-1]
        found += examples.search(status="approved")
        prompts = dict.fromkeys(e.prompt for e in found if len(e.prompt) <= SUGGESTION_LENGTH)
        return list(prompts)[:SUGGESTIONS]


def _with_errors(lines: Generator[str, None, None]) -> Generator[str, None, None]:
    """The same lines; what goes wrong becomes the last of them."""
    try:
        yield from lines
    except NightschoolError as error:
        yield _line(error=str(error))


def _line(**event: str) -> str:
    return json.dumps(event, ensure_ascii=False) + "\n"


def _remember(response: Response, thread: str) -> None:
    response.set_cookie(COOKIE, thread, httponly=True, samesite="strict")
