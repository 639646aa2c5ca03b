"""Templates escape what they show, forms are read as text, and changes can be told."""

import asyncio
from urllib.parse import urlencode

import pytest
from jinja2 import UndefinedError
from starlette.requests import Request
from starlette.types import Message

from bot.console.dependencies import (
    CONSOLE_USER,
    ConsoleDependencies,
    fingerprint,
    form_fields,
)
from bot.settings import ExampleSettings
from tests.bot.console.console_parts import ConsoleParts
from tests.bot.stored import reply


def posted(body: bytes, kind: str = "application/x-www-form-urlencoded") -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}
    return Request(scope, receive)


def read(request: Request, *names: str) -> list[str]:
    return asyncio.run(form_fields(request, *names))


def test_fields_come_in_the_order_asked_for_and_missing_ones_are_empty() -> None:
    body = urlencode({"answer": "Noor.\r\nAlways.", "question": "Who?"}).encode()
    assert read(posted(body), "question", "answer", "choice") == ["Who?", "Noor.\nAlways.", ""]


def test_a_file_in_place_of_a_text_is_empty() -> None:
    body = (
        b'--b\r\ncontent-disposition: form-data; name="question"; filename="x"\r\n\r\n'
        b"Who?\r\n--b--\r\n"
    )
    assert read(posted(body, "multipart/form-data; boundary=b"), "question") == [""]


@pytest.fixture
def dependencies(parts: ConsoleParts) -> ConsoleDependencies:
    return ConsoleDependencies(
        parts.home, parts.settings, parts.store, parts.assistant, parts.nights
    )


def test_what_a_template_shows_is_escaped(dependencies: ConsoleDependencies) -> None:
    html = dependencies.render("errors.html", errors=["<script>"], id="x")
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


def test_a_template_with_a_missing_value_fails(dependencies: ConsoleDependencies) -> None:
    with pytest.raises(UndefinedError, match="errors"):
        dependencies.render("errors.html", id="x")


def test_lessons_from_the_console_are_held_to_the_settings(parts: ConsoleParts) -> None:
    """Both services that teach take the limits of the home, not the defaults."""
    limits = ExampleSettings(max_completion_length=3)
    dependencies = ConsoleDependencies(
        parts.home,
        parts.settings.with_changes(examples=limits),
        parts.store,
        parts.assistant,
        parts.nights,
    )
    taught = dependencies.curation.teach("Who?", "Noor.", CONSOLE_USER)
    corrected = dependencies.ratings.correct(
        reply(parts.store, "Who?", "Nobody."), CONSOLE_USER, "Noor."
    )
    assert [taught.status, corrected.status] == ["refused", "refused"]


def test_a_fingerprint_changes_with_any_value() -> None:
    assert fingerprint("a", 1) == fingerprint("a", 1)
    assert len({fingerprint("a", 1), fingerprint("a", 2), fingerprint("a"), fingerprint("a1")}) == 4
