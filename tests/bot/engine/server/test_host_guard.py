"""The model server answers only where the Host header names this machine."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.engine.server.host_guard import HostGuard


async def health(_: Request) -> Response:
    return PlainTextResponse("ok")


@pytest.fixture
def client() -> TestClient:
    app = Starlette(routes=[Route("/health", health)], middleware=[Middleware(HostGuard)])
    return TestClient(app)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "LOCALHOST:1", "[::1]:8000"])
def test_names_of_this_machine_are_let_in(client: TestClient, host: str) -> None:
    assert client.get("/health", headers={"host": host}).text == "ok"


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "127.0.0.1.evil.example", "127.0.0.1:x", "127.0.0.1:99999", "[::1", "a@b"],
)
def test_other_names_get_one_line_in_the_form_of_the_api(client: TestClient, host: str) -> None:
    answer = client.get("/health", headers={"host": host})
    assert answer.status_code == 421
    assert "own address only" in answer.json()["error"]["message"]


def test_who_carries_a_token_is_judged_by_it(client: TestClient) -> None:
    headers = {"host": "tunnel.example", "authorization": "Bearer t0k"}
    assert client.get("/health", headers=headers).text == "ok"
