"""The conversation on the page: chat, comparison, thumbs and corrections."""

import json
import secrets
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.answers.questions import DECLINED, QUOTED, Question, Reply
from bot.answers.source_words import BASE, UNTAUGHT, own_words, sureness
from bot.console.dependencies import CONSOLE_USER, ConsoleDependencies, form_fields
from bot.console.labels import (
    kinds_in,
    local_day,
    origin,
    plain_errors,
    taken_out,
    teaching_notice,
)
from bot.console.streaming import AnswerStreams
from bot.errors import NightschoolError
from bot.feedback.reply_lessons import Extent, turns_above
from bot.lessons.curation import SAMPLE_SOURCE
from bot.lessons.reviews.freshness import Freshness
from bot.messages import Message
from bot.store import Example, StoredReply
from bot.store.examples.scope import PUBLIC
from trainer.reasoning import without_reasoning

CONVERSATION_COOKIE = "nightschool_conversation"
MAX_TURNS = 50
MAX_SUGGESTIONS = 3
MAX_SUGGESTION_LENGTH = 80
UNDECIDED = "I was taught another answer to that: decide under “Undecided”."
RATINGS = {1: "up", -1: "down", 0: ""}


@dataclass(frozen=True)
class LessonLink:
    """A lesson behind an answer; a click on it shows it in the list."""

    id: int
    before: str
    """What stands before the lesson: how it is related to the answer."""
    words: str
    """Who taught it, when, and since when it was not confirmed where it is due."""


@dataclass(frozen=True)
class AnswerFooter:
    """The line under an answer: where it comes from, the rating, and what came of the rating."""

    id: int
    adapter: str | None
    source: str
    """The adapter or model that answered, or that nobody taught this; empty for a quotation."""
    lessons: tuple[LessonLink, ...]
    sure: str
    """How surely the answer is right; empty where that says nothing."""
    teach: str
    """The question that a click puts into the form to teach; empty for no such link."""
    duration: str
    """Seconds in words; empty for an answer that was not generated."""
    tokens: int
    rating: str
    """`up`, `down` or empty."""
    note: str = ""
    correction_open: bool = False
    """Whether the form for a correction is shown."""
    correction: str = ""
    errors: tuple[str, ...] = ()
    taken_out: tuple[str, ...] = ()
    """Kinds of things that were taken out of question and correction; nothing is stored yet."""
    question: str = ""
    """The question as it would be stored; it is shown where something was taken out."""
    above: tuple[Message, ...] = ()
    """The turns above, where a correction may hold only in such a talk."""
    in_talk: bool = False
    """Whether that is chosen."""
    no_answer: bool = False
    """Whether the correction says that nothing is known, and the person is to decide about that."""

    @property
    def redaction_notice(self) -> str:
        """What was taken out, and how it will be said."""
        return taken_out(self.taken_out)


class ConversationPart:
    """The endpoints and the content of the conversation, the left side of the page."""

    def __init__(self, dependencies: ConsoleDependencies, streams: AnswerStreams) -> None:
        self._dependencies = dependencies
        self._streams = streams

    def routes(self) -> list[BaseRoute]:
        """Returns the paths and their endpoints."""
        return [
            Route("/chat", self.chat, methods=["POST"]),
            Route("/compare", self.compare, methods=["POST"]),
            Route("/conversation", self.restart, methods=["POST"]),
            Route("/replies/{id:number}/up", self.up, methods=["POST"]),
            Route("/replies/{id:number}/down", self.down, methods=["POST"]),
            Route("/replies/{id:number}/take-back", self.take_back, methods=["POST"]),
            Route("/replies/{id:number}/correct", self.correct, methods=["POST"]),
        ]

    def context(self, request: Request) -> dict[str, Any]:
        """Returns what the page shows first: the conversation so far, or suggestions."""
        thread = request.cookies.get(CONVERSATION_COOKIE)
        replies = self._dependencies.store.replies
        stored = replies.in_thread(CONSOLE_USER, thread, MAX_TURNS) if thread else []
        turns = [
            {
                "question": reply.question,
                "text": without_reasoning(reply.text),
                "reply": self._footer(reply),
            }
            for reply in stored
        ]
        return {"turns": turns, "suggestions": [] if turns else self._suggestions()}

    async def chat(self, request: Request) -> Response:
        """Streams the answer as lines of JSON.

        Each line has a `piece` of it; the last has `footer` and the fields of `ask --json`, among
        them `text`, the whole answer; or else an `error`, a sentence for the reader. A stream that
        ends without such a last line broke off.
        """
        (text,) = await form_fields(request, "question")
        thread = request.cookies.get(CONVERSATION_COOKIE) or secrets.token_urlsafe(16)
        response = self._stream(
            self._answer_lines(Question(text, CONSOLE_USER, CONSOLE_USER, thread, "console")),
        )
        if CONVERSATION_COOKIE not in request.cookies:
            _set_cookie(response, thread)
        return response

    async def compare(self, request: Request) -> Response:
        """Streams one line of JSON, whose `compared` is base and tuned side by side, or `error`."""
        (text,) = await form_fields(request, "question")
        return self._stream(
            self._comparison_lines(Question(text, CONSOLE_USER, CONSOLE_USER, None, "console"))
        )

    async def restart(self, _: Request) -> Response:
        """Begins an empty conversation; the old one stays in the store."""

        def render() -> str:
            suggestions = self._suggestions()
            return self._dependencies.render("conversation.html", turns=[], suggestions=suggestions)

        response = HTMLResponse(await run_in_threadpool(render))
        _set_cookie(response, secrets.token_urlsafe(16))
        return response

    async def up(self, request: Request) -> Response:
        """Records a thumbs-up, by which the answer becomes a lesson.

        Where it answers nothing, the form asks for the right one.
        """

        def rate(reply: int) -> dict[str, Any]:
            taught = self._dependencies.ratings.thumbs_up(reply, CONSOLE_USER)
            return {
                "note": teaching_notice(taught),
                "correction_open": taught.status == "untaught",
            }

        return await self._rate(request, rate)

    async def down(self, request: Request) -> Response:
        """Records a thumbs-down, and opens the form for a correction."""

        def rate(reply: int) -> dict[str, Any]:
            self._dependencies.ratings.thumbs_down(reply, CONSOLE_USER)
            return {"correction_open": True}

        return await self._rate(request, rate)

    async def take_back(self, request: Request) -> Response:
        """Removes a rating."""

        def rate(reply: int) -> dict[str, Any]:
            result = self._dependencies.ratings.take_back(reply, CONSOLE_USER)
            there_was = result.status != "unrated"
            return {"note": "Taken back." if there_was else "There was nothing to take back."}

        return await self._rate(request, rate)

    async def correct(self, request: Request) -> Response:
        """Teaches a correction; if it is refused, the form stays open with the reasons.

        It stays open too where something must be taken out: then it holds what would be kept. In
        the middle of a talk `when` is `talk` where it holds only in such a talk. What contradicts
        another lesson is stored as a question, which the page shows beside it.
        """
        names = ("completion", "choice", "taken_out", "when")
        text, choice, kinds, when = await form_fields(request, *names)

        def rate(reply: int) -> dict[str, Any]:
            opened = {"correction_open": True, "correction": text, "in_talk": when == "talk"}
            if choice == "reword":
                return opened
            accepted = choice == "accept"
            extent = Extent(in_talk=when == "talk")
            taught = self._dependencies.ratings.correct(
                reply,
                CONSOLE_USER,
                text,
                "ask",
                extent=extent,
                redaction="accept" if accepted else "ask",
                taken_out=kinds_in(kinds) if accepted else (),
            )
            if taught.conflicts:
                lesson = self._dependencies.ratings.correction(reply, CONSOLE_USER, text, extent)
                self._dependencies.decisions.ask("correction", lesson, taught, reply_id=reply)
                return {"note": UNDECIDED}
            if taught.preview:
                question, correction = taught.preview
                kept = {"correction": correction, "taken_out": taught.redacted}
                return opened | kept | {"question": question}
            if taught.status == "no_answer":
                return opened | {"no_answer": True}
            if taught.errors:
                return opened | {"errors": plain_errors(taught.errors)}
            return {"note": teaching_notice(taught)}

        return await self._rate(request, rate)

    async def _rate(self, request: Request, rate: Callable[[int], dict[str, Any]]) -> Response:
        reply = request.path_params["id"]

        def work() -> str:
            shown = rate(reply)
            footer = self._footer(self._dependencies.store.replies.get(reply), **shown)
            return self._dependencies.render("footer.html", reply=footer)

        html = await run_in_threadpool(work)
        events = {"HX-Trigger": "lessons", "HX-Trigger-After-Settle": "questions"}
        return HTMLResponse(html, headers=events)

    def _stream(self, lines: Generator[str, None, None]) -> Response:
        stream = self._streams.open(_with_errors(lines))
        return StreamingResponse(stream, media_type="application/x-ndjson")

    def _answer_lines(self, question: Question) -> Generator[str, None, None]:
        for piece in self._dependencies.assistant.stream(question):
            if isinstance(piece, str):
                yield _line(piece=piece)
            else:
                html = self._dependencies.render("footer.html", reply=self._footer(piece))
                yield _line(**piece.to_json(), footer=html)

    def _comparison_lines(self, question: Question) -> Generator[str, None, None]:
        compared = self._dependencies.assistant.compare(question)
        adapter = compared.tuned.adapter
        titles = ("Base model", f"Tuned, {adapter}" if adapter else "Not tuned yet")
        answers = (compared.base, compared.tuned)
        sides = [
            {"kind": kind, "title": title, "text": answer.text, "reply": self._footer(answer)}
            for kind, title, answer in zip(("base", "tuned"), titles, answers, strict=True)
        ]
        html = self._dependencies.render("comparison.html", sides=sides, tuned=adapter)
        yield _line(compared=html)

    def _footer(self, reply: StoredReply | Reply, **shown: Any) -> AnswerFooter:
        stored = (
            reply
            if isinstance(reply, StoredReply)
            else self._dependencies.store.replies.get(reply.id)
        )
        generated = stored.model not in (QUOTED, DECLINED)
        lessons = [self._dependencies.store.examples.get(number) for number in stored.recalled]
        return AnswerFooter(
            stored.id,
            stored.adapter,
            self._source(stored),
            tuple(self._link(stored, lesson) for lesson in lessons if lesson.prompt),
            sureness(stored.basis, stored.confidence),
            stored.question if stored.basis in ("near", "none") else "",
            f"{stored.seconds:.1f} s" if generated else "",
            stored.completion_tokens,
            RATINGS[self._dependencies.store.ratings.of(stored.id, CONSOLE_USER)],
            above=turns_above(stored),
            **shown,
        )

    def _source(self, reply: StoredReply) -> str:
        """Says who answered; a comparison and an older row have no more than that."""
        if reply.basis in ("near", "none"):
            return UNTAUGHT
        if reply.basis == "model":
            return own_words(reply.adapter, known=reply.confidence is not None)
        return "" if reply.model == QUOTED else reply.adapter or BASE

    def _link(self, reply: StoredReply, lesson: Example) -> LessonLink:
        before = {"near": "the nearest is", "model": "told"}.get(reply.basis or "", "")
        if reply.basis == "taught" and reply.model != QUOTED:
            before = "checked against" if lesson.id == reply.recalled[0] else "told"
        day = local_day(lesson.created_at)
        words = f"lesson {lesson.id}, {origin(lesson)} on {day}"
        since = Freshness(self._dependencies.settings).since(lesson)
        return LessonLink(lesson.id, before, f"{words}, {since}" if since else words)

    def _suggestions(self) -> list[str]:
        """Returns a few approved questions for everyone, those of the sample lessons first."""
        search = self._dependencies.store.examples.search
        examples = search(status="approved", source=SAMPLE_SOURCE, audience=PUBLIC)[::-1]
        examples += search(status="approved", audience=PUBLIC)
        prompts = dict.fromkeys(
            e.prompt for e in examples if len(e.prompt) <= MAX_SUGGESTION_LENGTH
        )
        return list(prompts)[:MAX_SUGGESTIONS]


def _with_errors(lines: Generator[str, None, None]) -> Generator[str, None, None]:
    """Yields the same lines, and a NightschoolError as the last of them."""
    try:
        yield from lines
    except NightschoolError as error:
        yield _line(error=str(error))


def _line(**event: Any) -> str:
    return json.dumps(event, ensure_ascii=False) + "\n"


def _set_cookie(response: Response, thread: str) -> None:
    # Neither scripts nor other sites may use the cookie.
    response.set_cookie(CONVERSATION_COOKIE, thread, httponly=True, samesite="strict")
