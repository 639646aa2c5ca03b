"""Refuses requests of other web pages and other accounts: Host, token, same-origin posts, headers.

A page anywhere on the web may send requests to 127.0.0.1 from the visitor's browser, directly
(cross-site request forgery) or under a name of its own that resolves to 127.0.0.1 (DNS
rebinding). The first shows in Origin and Sec-Fetch-Site, the second in Host. Another account of
the machine may send what it likes: it lacks the token.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.operations.page_access import COOKIE_SECONDS, PARAMETER, REFUSAL, PageAccess

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY_BYTES = 256 * 1024

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}


class RequestGuard:
    """ASGI middleware that refuses requests that do not come from the page itself."""

    def __init__(self, app: ASGIApp, access: PageAccess) -> None:
        self.app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a refused request itself; adds the security headers to every response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        headers = Headers(scope=scope)
        refusal = host_refusal(headers)
        answer: ASGIApp
        if refusal is None and (opened := self._opened(HTTPConnection(scope), scope["method"])):
            answer = opened
        else:
            refusal = refusal or refusal_of(scope["method"], headers)
            answer = PlainTextResponse(refusal[1], refusal[0]) if refusal else self.app
        await answer(scope, receive, send_with_headers)

    def _opened(self, request: HTTPConnection, method: str) -> Response | None:
        """Lets in or refuses who came by an address or without a cookie; None lets them go on."""
        if request.scope["path"] == "/" and method == "GET" and PARAMETER in request.query_params:
            if not self._access.knows(request.query_params[PARAMETER]):
                return PlainTextResponse(REFUSAL, 403)
            # The token does not stay in the address bar, where somebody might copy it from.
            answer = RedirectResponse("/", 303)
            answer.set_cookie(
                self._access.cookie,
                self._access.token,
                max_age=COOKIE_SECONDS,
                path="/",
                httponly=True,
                # Not "strict": a link to the page, and the file that opens it, come from elsewhere.
                # Whatever changes something is a POST, which has to come from the page itself.
                samesite="lax",
            )
            return answer
        if not self._access.knows(request.cookies.get(self._access.cookie)):
            return PlainTextResponse(REFUSAL, 403)
        return None


def host_refusal(headers: Headers) -> tuple[int, str] | None:
    """Returns the status and the reason with which a request for another host is refused."""
    if _hostname(headers.get("host", "")) not in LOOPBACK_NAMES:
        return 421, "This console answers on this machine's own address only."
    return None


def refusal_of(method: str, headers: Headers) -> tuple[int, str] | None:
    """Returns the HTTP status and the reason with which a request is refused, or None."""
    if refusal := host_refusal(headers):
        return refusal
    if method in SAFE_METHODS:
        return None
    host = headers.get("host", "")
    # Every browser sends one of the two with a POST; curl and scripts have the command line.
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    same_origin = {site in (None, "same-origin"), origin in (None, f"http://{host}")}
    if same_origin != {True} or (site is None and origin is None):
        return 403, "Only the console's own page may do this."
    length = headers.get("content-length", "")
    if not length.isdecimal():
        return 411, "The length of the request is missing."
    if int(length) > MAX_BODY_BYTES:
        return 413, "That is more text than the console takes."
    return None


def _hostname(host: str) -> str | None:
    """Returns the name in a Host header without its port; None if it holds anything else."""
    try:
        parts = urlsplit(f"//{host}")
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None
