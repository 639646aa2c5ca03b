"""The console put together: the page, its parts and their guard."""

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.answers.assistant import Assistant
from bot.console.conversation import ConversationPage
from bot.console.dependencies import HERE, ConsoleDependencies
from bot.console.lessons import LessonsPage
from bot.console.nights import NightsPage
from bot.console.security import RequestGuard
from bot.console.streaming import Answers
from bot.errors import NightschoolError, NotFoundError
from bot.home import Home
from bot.nights.runner import NightRunner
from bot.settings import Settings
from bot.store import Store


def create_app(
    home: Home,
    settings: Settings,
    store: Store,
    assistant: Assistant,
    nights: NightRunner,
) -> Starlette:
    """The console as an ASGI application; it keeps nothing in memory between requests.

    `state.answers.end()` ends the answers under way, so that a server can stop.
    """
    rooms = ConsoleDependencies(home, settings, store, assistant, nights)
    answers = Answers()
    conversation, lessons, school = (
        ConversationPage(rooms, answers),
        LessonsPage(rooms),
        NightsPage(rooms),
    )

    async def page(request: Request) -> Response:
        def render() -> str:
            return rooms.render(
                "page.html",
                **conversation.context(request),
                **lessons.context(request),
                **school.context(),
                limits=settings.examples,
            )

        return HTMLResponse(await run_in_threadpool(render))

    routes = [
        Route("/", page),
        *conversation.routes(),
        *lessons.routes(),
        *school.routes(),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(RequestGuard)],
        exception_handlers={NightschoolError: _refused},
    )
    app.state.answers = answers
    return app


def _refused(_: Request, error: Exception) -> Response:
    """The sentence alone; the page shows it as it is."""
    return PlainTextResponse(str(error), 404 if isinstance(error, NotFoundError) else 409)
