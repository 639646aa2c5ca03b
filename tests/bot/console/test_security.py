"""Only the console's own page may use the console."""

import re

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from bot.console.security import MAX_BODY_BYTES, refusal_of
from tests.bot.console.console_parts import ConsoleParts

HOST = "127.0.0.1:3018"
OWN = {"host": HOST, "origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}


def status(method: str, **changes: str | None) -> int | None:
    """What a request from the page itself gets after some changes to its headers."""
    given = OWN | {"content-length": "9"} | {k.replace("_", "-"): v for k, v in changes.items()}
    refusal = refusal_of(method, Headers({k: v for k, v in given.items() if v is not None}))
    return refusal[0] if refusal else None


@pytest.mark.parametrize("host", [HOST, "localhost:3018", "127.0.0.1", "[::1]:3018", "LOCALHOST"])
def test_every_loopback_name_is_let_in(host: str) -> None:
    assert status("GET", host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "evil.example:3018",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "evil.example@localhost",
        "127.0.0.1/x",
        "[::1",
        "0.0.0.0:3018",
    ],
)
def test_another_name_for_this_machine_is_refused(host: str | None) -> None:
    """DNS rebinding: the attacker's name resolves to 127.0.0.1, but Host still tells it."""
    assert status("GET", host=host) == 421


@pytest.mark.parametrize(
    "changes",
    [
        {"sec_fetch_site": "cross-site", "origin": "http://evil.example"},
        {"sec_fetch_site": None, "origin": "http://evil.example"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": None, "sec_fetch_site": None},
    ],
)
def test_a_post_from_another_page_is_refused(changes: dict[str, str | None]) -> None:
    assert status("POST", **changes) == 403


@pytest.mark.parametrize("missing", ["origin", "sec_fetch_site"])
def test_a_browser_that_sends_one_of_the_two_headers_is_let_in(missing: str) -> None:
    assert status("POST", **{missing: None}) is None


def test_a_body_without_a_length_or_with_too_great_a_one_is_refused() -> None:
    assert status("POST", content_length=None) == 411
    assert status("POST", content_length="many") == 411
    assert status("POST", content_length=str(MAX_BODY_BYTES + 1)) == 413


def test_a_refused_post_changes_nothing(client: TestClient, parts: ConsoleParts) -> None:
    form = {"prompt": "Who?", "completion": "Me."}
    answer = client.post("/teach", data=form, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403
    assert parts.store.examples.search() == []


@pytest.mark.parametrize("path", ["/", "/static/console.js", "/nowhere"])
def test_every_answer_carries_the_strict_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_the_page_needs_nothing_that_the_policy_forbids(client: TestClient) -> None:
    """No inline script, style or handler, and no address outside this machine."""
    page = client.get("/").text
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|hx-on|javascript:", page)
    assert re.findall(r"(?:src|href)=\"(?!/|#)[^\"]*\"", page) == []
