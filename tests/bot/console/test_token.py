"""Without its token the page says one sentence, and does nothing."""

import logging

import httpx
import pytest
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from bot.operations.page_access import REFUSAL, PageAccess
from tests.bot.console.conftest import ADDRESS
from tests.bot.console.console_parts import ConsoleParts

HEADERS = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}
KNOWN_ROUTES = 10
"""The page has more of them: a walk that finds fewer walks the wrong way."""


@pytest.fixture
def stranger(parts: ConsoleParts) -> TestClient:
    """Another account of the machine: it sends any header, and knows no token."""
    return TestClient(parts.app(), base_url=ADDRESS, headers=HEADERS)


@pytest.fixture
def access(parts: ConsoleParts) -> PageAccess:
    return PageAccess(parts.home)


def routes(client: TestClient) -> list[tuple[str, str]]:
    """Every method and path of the console, with 1 for what is variable in it."""
    found = []
    for route in client.app.routes:  # type: ignore[attr-defined]
        if isinstance(route, Mount):
            found.append(("GET", f"{route.path}/console.js"))
        elif isinstance(route, Route):
            filled = dict.fromkeys(route.param_convertors, "1")
            path = str(route.url_path_for(route.name, **filled)) if filled else route.path
            found += [(method, path) for method in sorted(route.methods or ())]
    return found


def test_every_route_is_closed_to_who_has_no_token(
    stranger: TestClient, parts: ConsoleParts
) -> None:
    walked = routes(stranger)
    assert len(walked) > KNOWN_ROUTES
    form = {"prompt": "Who?", "completion": "Me.", "question": "Who?"}
    for method, path in walked:
        answer = stranger.request(method, path, data=form if method == "POST" else None)
        assert answer.status_code == 403, path
        assert answer.text in (REFUSAL, ""), path
        assert not answer.headers.get("set-cookie"), path
    assert parts.store.examples.search() == []


def test_every_route_lets_in_who_has_the_cookie(client: TestClient) -> None:
    """Whatever else it then says of a form without content."""
    for method, path in routes(client):
        answer = client.request(method, path, data={} if method == "POST" else None)
        assert answer.text != REFUSAL, path


@pytest.mark.parametrize("wrong", ["", "wrong", "é"])
def test_a_wrong_token_is_refused_like_none(
    client: TestClient, stranger: TestClient, wrong: str
) -> None:
    for one in (stranger, client):
        answer = one.get("/", params={"token": wrong}, follow_redirects=False)
        assert (answer.status_code, answer.text) == (403, REFUSAL)


def test_the_address_sets_a_cookie_and_leads_to_the_page(
    stranger: TestClient, access: PageAccess
) -> None:
    first = stranger.get("/", params={"token": access.token}, follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"].lower()
    assert cookie.startswith(f"{access.cookie}={access.token.lower()};")
    assert "httponly" in cookie
    assert "samesite=" in cookie
    assert "path=/" in cookie
    page = stranger.get("/")
    assert page.status_code == 200
    assert access.token not in page.text


def test_the_cookie_of_another_home_is_none(stranger: TestClient, access: PageAccess) -> None:
    for name, value in ((access.cookie, "x" * 43), ("nightschool_00000000", access.token)):
        stranger.cookies.clear()
        stranger.cookies.set(name, value)
        assert stranger.get("/").status_code == 403


def test_the_token_opens_the_first_page_only_by_get(
    stranger: TestClient, access: PageAccess
) -> None:
    query = f"?token={access.token}"
    assert stranger.post(f"/teach{query}", data={}).status_code == 403
    assert stranger.post(f"/{query}", data={}).status_code == 403
    assert stranger.get(f"/static/console.js{query}").status_code == 403


def test_another_page_is_refused_though_the_browser_has_the_cookie(client: TestClient) -> None:
    evil = {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}
    answer = client.post("/teach", data={"prompt": "Who?", "completion": "Me."}, headers=evil)
    assert answer.status_code == 403
    assert answer.text != REFUSAL


def test_a_host_that_is_not_ours_hears_nothing_of_tokens(
    stranger: TestClient, access: PageAccess
) -> None:
    for host in ("evil.example", "127.0.0.1:99999", "127.0.0.1:x", "[::1", "a@127.0.0.1"):
        answer = stranger.get("/", params={"token": access.token}, headers={"host": host})
        assert answer.status_code == 421, host
        assert "set-cookie" not in answer.headers


def test_no_log_has_the_token(parts: ConsoleParts, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    console = parts.console()
    console.start()
    try:
        token = console.address.partition("token=")[2]
        httpx.get(console.address, trust_env=False, follow_redirects=True)
    finally:
        console.stop()
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith("http")]
    assert token
    assert not [line for line in ours if token in line]
