"""The addresses of the server: Web API, response_url, file upload, and the WebSocket."""

import json
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from tests.slack_server.calls import Call, Fault
from tests.slack_server.delivering import Delivering
from tests.slack_server.rate_limits import RateLimits
from tests.slack_server.web_api import WebApi
from tests.slack_server.workspace import APP, Message, RefusedError

RESPONSE_URL_USES = 5


class HttpFace:
    """Checks tokens, scopes and limits, lets planned faults happen, and records every call."""

    def __init__(
        self,
        inside: Delivering,
        api: WebApi,
        scopes: set[str],
        bot_token: str,
        app_token: str,
        limits: RateLimits,
    ) -> None:
        self.faults: list[Fault] = []
        self.address = ""
        self.away = False
        self._inside = inside
        self._api = api
        self._scopes = scopes
        self._bot_token = bot_token
        self._app_token = app_token
        self._limits = limits
        self._tickets: set[str] = set()
        self._responses: dict[str, tuple[str, str, int]] = {}
        self._pressed: dict[str, Message] = {}

    def routes(self) -> list[BaseRoute]:
        """What the server answers to."""
        return [
            Route("/api/{method:path}", self._method, methods=["GET", "POST"]),
            Route("/response/{identifier}", self._response_url, methods=["POST"]),
            Route("/upload/{identifier}", self._upload, methods=["POST"]),
            WebSocketRoute("/link", self._link),
        ]

    def new_response_url(self, channel: str, user: str, pressed: Message | None = None) -> str:
        """An address where a command, or a press on a message, may be answered five times."""
        identifier = self._inside.workspace.identifier("R")
        self._responses[identifier] = (channel, user, 0)
        if pressed is not None:
            self._pressed[identifier] = pressed
        return f"{self.address}/response/{identifier}"

    def forget_response_urls(self) -> None:
        """They have all expired."""
        self._responses.clear()

    async def _link(self, websocket: WebSocket) -> None:
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self._tickets or self.away:
            await websocket.close(code=4001)
            return
        self._tickets.discard(ticket)
        await self._inside.sockets.serve(websocket)

    async def _method(self, request: Request) -> Response:
        method = request.path_params["method"]
        arguments = await _arguments(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        token = token or str(arguments.pop("token", ""))
        with self._inside.changed:
            answer, status, headers = self._call(method, arguments, token)
            error = None if answer["ok"] else str(answer["error"])
            self._inside.calls.append(Call(method, arguments, error))
            self._inside.changed.notify_all()
        return JSONResponse(answer, status_code=status, headers=headers)

    def _call(
        self, method: str, arguments: dict[str, Any], token: str
    ) -> tuple[dict[str, Any], int, dict[str, str]]:
        if self.away:
            return {"ok": False, "error": "service_unavailable"}, 503, {}
        for fault in self.faults:
            if fault.method == method:
                if fault.applied:
                    self._api.method(method)(arguments)
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
                headers = {"Retry-After": str(fault.retry_after)} if fault.status == 429 else {}
                return {"ok": False, "error": fault.error}, fault.status, headers
        try:
            self._authorise(method, arguments, token)
            if seconds := self._limits.refusal(method, arguments):
                return {"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(seconds)}
            if method == "apps.connections.open":
                return {"ok": True, "url": self._new_link()}, 200, {}
            answer = self._api.method(method)(arguments)
        except RefusedError as error:
            return {"ok": False, "error": error.code, **error.details}, 200, {}
        return {"ok": True, **answer}, 200, {"X-OAuth-Scopes": ",".join(sorted(self._scopes))}

    def _authorise(self, method: str, arguments: dict[str, Any], token: str) -> None:
        if not token:
            raise RefusedError("not_authed")
        if method == "apps.connections.open":
            if token == self._bot_token:
                raise RefusedError("not_allowed_token_type")
            if token != self._app_token:
                raise RefusedError("invalid_auth")
            return
        if token == self._app_token:
            raise RefusedError("not_allowed_token_type")
        if token != self._bot_token:
            raise RefusedError("invalid_auth")
        needed = self._api.scope(method, arguments)
        if needed and needed not in self._scopes:
            raise RefusedError("missing_scope", needed=needed, provided=",".join(self._scopes))

    def _new_link(self) -> str:
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        return f"{self.address.replace('http', 'ws', 1)}/link?ticket={ticket}&app_id={APP}"

    async def _response_url(self, request: Request) -> Response:
        body = json.loads(await request.body())
        with self._inside.changed:
            found = self._responses.get(request.path_params["identifier"])
            if found is None or found[2] >= RESPONSE_URL_USES:
                self._inside.calls.append(Call("response_url", body, "used_url"))
                return PlainTextResponse("used_url", status_code=404)
            channel, user, uses = found
            self._responses[request.path_params["identifier"]] = (channel, user, uses + 1)
            try:
                pressed = self._pressed.get(request.path_params["identifier"])
                self._inside.respond(channel, user, body, pressed)
            except RefusedError as error:
                self._inside.calls.append(Call("response_url", body, error.code))
                return PlainTextResponse(error.code, status_code=400)
            finally:
                self._inside.changed.notify_all()
            self._inside.calls.append(Call("response_url", body, None))
        return PlainTextResponse("ok")

    async def _upload(self, request: Request) -> Response:
        content = await request.body()
        with self._inside.changed:
            self._inside.workspace.files[request.path_params["identifier"]] = content
            self._inside.changed.notify_all()
        return PlainTextResponse(f"OK - {len(content)}")


async def _arguments(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").startswith("application/json"):
        loaded: dict[str, Any] = json.loads(await request.body() or b"{}")
        return loaded
    form = await request.form()
    return dict(request.query_params) | {key: str(value) for key, value in form.items()}
