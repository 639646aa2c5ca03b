"""The console as one ASGI application: the page, its parts and the request guard."""

import sqlite3

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.answers.assistant import Assistant
from bot.console.asking_back.figures import FiguresPart
from bot.console.asking_back.gaps import GapsPart
from bot.console.conversation import ConversationPart
from bot.console.dependencies import CONSOLE_FOLDER, ConsoleDependencies
from bot.console.lessons import LessonsPart
from bot.console.nights import NightsPart
from bot.console.security import RequestGuard
from bot.console.streaming import AnswerStreams
from bot.errors import NightschoolError, NotFoundError, disk_sentence, full_disk
from bot.home import Home
from bot.nights.runner import NightRunner
from bot.operations.page_access import PageAccess
from bot.settings import Settings
from bot.store import Store


def create_app(
    home: Home,
    settings: Settings,
    store: Store,
    assistant: Assistant,
    nights: NightRunner,
) -> Starlette:
    """Returns the console as an ASGI application; it keeps no state between requests.

    `app.state.answer_streams.close_all()` ends the answers under way, so that a server can stop.
    `app.state.access` holds the token that every request needs; it is made here where none is yet.

    Raises:
        SettingsError: the file with the token cannot be written.
    """
    dependencies = ConsoleDependencies(home, settings, store, assistant, nights)
    access = PageAccess(home)
    answer_streams = AnswerStreams()
    conversation_part = ConversationPart(dependencies, answer_streams)
    lessons_part = LessonsPart(dependencies)
    nights_part = NightsPart(dependencies)
    gaps_part = GapsPart(dependencies)
    figures_part = FiguresPart(dependencies)

    async def page(request: Request) -> Response:
        def render() -> str:
            return dependencies.render(
                "page.html",
                **conversation_part.context(request),
                **lessons_part.context(request),
                **nights_part.context(),
                **gaps_part.context(),
                **figures_part.context(),
                limits=settings.examples,
            )

        return HTMLResponse(await run_in_threadpool(render))

    routes = [
        Route("/", page),
        *conversation_part.routes(),
        *lessons_part.routes(),
        *nights_part.routes(),
        *gaps_part.routes(),
        *figures_part.routes(),
        Mount("/static", StaticFiles(directory=CONSOLE_FOLDER / "static")),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(RequestGuard, access=access)],
        exception_handlers={
            NightschoolError: _error_response,
            OSError: _disk_response,
            sqlite3.Error: _disk_response,
        },
    )
    app.state.answer_streams = answer_streams
    app.state.access = access
    app.state.folder = home.data
    return app


def _disk_response(request: Request, error: Exception) -> Response:
    """Answers with the sentence about a full disk; any other error of the system is a fault."""
    if not full_disk(error):
        raise error
    return PlainTextResponse(disk_sentence(request.app.state.folder), 409)


def _error_response(_: Request, error: Exception) -> Response:
    """Answers with the sentence of the error alone; the page shows it as it is."""
    return PlainTextResponse(str(error), 404 if isinstance(error, NotFoundError) else 409)
