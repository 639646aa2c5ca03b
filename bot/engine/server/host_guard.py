"""Refuses requests whose Host header names another machine: pages of the web under a false name."""

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.engine.loopback import is_own_address
from bot.engine.server.protocol import ApiError

_MISDIRECTED = 421


class HostGuard:
    """ASGI middleware in front of all endpoints, those without a token too.

    What carries a token is left to the endpoints: a page of the web knows none.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 421 itself, and passes everything else on."""
        headers = Headers(scope=scope) if scope["type"] == "http" else None
        if (
            headers
            and "authorization" not in headers
            and not is_own_address(headers.get("host", ""))
        ):
            sentence = "This server answers on this machine's own address only."
            error = ApiError(_MISDIRECTED, "misdirected_request", sentence)
            await JSONResponse(error.body(), error.status)(scope, receive, send)
            return
        await self.app(scope, receive, send)
