"""The application: one page with its three parts, and errors as one sentence."""

import pytest
from starlette.testclient import TestClient

from bot.errors import NightschoolError, NotFoundError
from bot.feedback.ratings import ReplyRatings
from tests.bot.console.console_parts import ConsoleParts


def test_the_page_has_its_three_parts_and_the_limits_of_the_settings(
    client: TestClient, parts: ConsoleParts
) -> None:
    page = client.get("/").text
    assert 'id="log"' in page
    assert 'id="lesson-list"' in page
    assert 'id="school-title"' in page
    assert f'maxlength="{parts.settings.examples.max_prompt_length}"' in page


def test_the_static_files_are_served(client: TestClient) -> None:
    assert client.get("/static/console.js").status_code == 200


@pytest.mark.parametrize(
    ("error", "status"), [(NotFoundError("there is none"), 404), (NightschoolError("not now"), 409)]
)
def test_an_error_is_its_sentence_as_plain_text(
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    error: NightschoolError,
    status: int,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(ReplyRatings, "thumbs_up", fail)
    answer = client.post("/replies/1/up")
    assert (answer.status_code, answer.text) == (status, str(error))
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_path_that_does_not_exist_is_not_found(client: TestClient) -> None:
    assert client.get("/nowhere").status_code == 404
