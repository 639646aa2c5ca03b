"""Chat, compare, thumbs and corrections as the page asks for them."""

import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.console.conversation import CONVERSATION_COOKIE
from tests.bot.console.console_parts import ConsoleParts


def chat(client: TestClient, question: str) -> list[dict[str, Any]]:
    """The lines that answer a question."""
    answer = client.post("/chat", data={"question": question})
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def compare(client: TestClient, question: str) -> dict[str, Any]:
    """The one line that answers a comparison."""
    answer = client.post("/compare", data={"question": question})
    assert answer.status_code == 200
    line: dict[str, Any] = json.loads(answer.text)
    return line


def reply_of(client: TestClient, question: str = "Who waters the plants?") -> int:
    """Asks, and returns the id of the reply."""
    found = re.search(r'id="reply-(\d+)"', chat(client, question)[-1]["footer"])
    assert found
    return int(found[1])


def test_an_answer_comes_in_pieces_and_whole_at_the_end(
    client: TestClient, parts: ConsoleParts
) -> None:
    *pieces, last = chat(client, "Who waters the plants?")
    assert len(pieces) > 1
    assert "".join(piece["piece"] for piece in pieces) == last["text"] == parts.engine.base
    assert "base model" in last["footer"]


def test_the_reply_is_kept_as_the_consoles(client: TestClient, parts: ConsoleParts) -> None:
    reply = parts.store.replies.get(reply_of(client))
    assert (reply.source, reply.channel, reply.person) == ("console", "console", "console")


def test_a_conversation_is_remembered_by_a_cookie_that_scripts_and_other_sites_cannot_use(
    client: TestClient,
) -> None:
    cookie = client.post("/chat", data={"question": "Hello"}).headers["set-cookie"].lower()
    assert CONVERSATION_COOKIE in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "set-cookie" not in client.post("/chat", data={"question": "Again"}).headers


def test_the_second_question_is_asked_with_the_first(
    client: TestClient, parts: ConsoleParts
) -> None:
    chat(client, "First?")
    chat(client, "Second?")
    assert [message["content"] for message in parts.engine.asked[-1]] == [
        "First?",
        parts.engine.base,
        "Second?",
    ]


def test_a_reload_shows_the_conversation_with_its_thumbs(client: TestClient) -> None:
    reply = reply_of(client, "Who waters the plants?")
    client.post(f"/replies/{reply}/up")
    page = client.get("/").text
    assert "Who waters the plants?" in page
    assert re.search(rf'id="up-{reply}" aria-pressed="true"', page)


def test_a_new_conversation_knows_nothing_of_the_old_one(
    client: TestClient, parts: ConsoleParts
) -> None:
    chat(client, "First?")
    client.post("/conversation")
    chat(client, "Second?")
    assert [message["content"] for message in parts.engine.asked[-1]] == ["Second?"]
    assert "First?" not in client.get("/").text


def test_two_browsers_have_two_conversations(client: TestClient, parts: ConsoleParts) -> None:
    chat(client, "Mine?")
    other = TestClient(parts.app(), base_url=str(client.base_url), headers=dict(client.headers))
    assert "Mine?" not in other.get("/").text


@pytest.mark.parametrize("question", ["", "  \n "])
def test_an_empty_question_is_one_friendly_line(client: TestClient, question: str) -> None:
    (line,) = chat(client, question)
    assert "no question" in line["error"]


def test_too_long_a_question_is_one_friendly_line(client: TestClient) -> None:
    (line,) = chat(client, "x" * 5000)
    assert "5000 characters" in line["error"]


def test_an_engine_that_fails_is_one_friendly_line_and_nothing_is_kept(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.engine.broken = "The model is out of memory: ask for less."
    assert chat(client, "Who?") == [{"error": parts.engine.broken}]
    assert compare(client, "Who?") == {"error": parts.engine.broken}
    assert "Who?" not in client.get("/").text


def test_what_people_and_models_write_is_never_html(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.engine.base = "<img src=x onerror=alert(1)>"
    last = chat(client, "<script>alert(2)</script>")[-1]
    assert last["text"] == parts.engine.base
    page = client.get("/").text
    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "<img src=x" not in compare(client, "Who?")["compared"]


def test_a_thumbs_up_makes_a_lesson_and_taking_it_back_withdraws_it(
    client: TestClient, parts: ConsoleParts
) -> None:
    reply = reply_of(client)
    up = client.post(f"/replies/{reply}/up")
    assert "is for tonight" in up.text
    assert up.headers["hx-trigger"] == "lessons"
    assert parts.store.examples.counts()["approved"] == 1
    assert f'hx-post="/replies/{reply}/take-back"' in up.text
    client.post(f"/replies/{reply}/take-back")
    assert parts.store.ratings.of(reply, "console") == 0
    assert parts.store.examples.counts()["withdrawn"] == 1


def test_a_thumbs_down_asks_for_the_right_answer_and_learns_it(
    client: TestClient, parts: ConsoleParts
) -> None:
    reply = reply_of(client, "Who waters the plants?")
    assert "What should I have said?" in client.post(f"/replies/{reply}/down").text
    corrected = client.post(f"/replies/{reply}/correct", data={"completion": "Noor does."})
    assert "is for tonight" in corrected.text
    (example,) = parts.store.examples.approved()
    assert (example.prompt, example.completion) == ("Who waters the plants?", "Noor does.")
    assert example.source == "correction"


def test_an_empty_correction_keeps_the_form_open_and_says_why(client: TestClient) -> None:
    reply = reply_of(client)
    refused = client.post(f"/replies/{reply}/correct", data={"completion": " "})
    assert "Empty answer." in refused.text
    assert "What should I have said?" in refused.text


def test_a_correction_too_long_is_not_lost(client: TestClient) -> None:
    reply = reply_of(client)
    text = "long " * 1000
    assert text in client.post(f"/replies/{reply}/correct", data={"completion": text}).text


def test_a_thumb_for_an_unknown_reply_is_refused_in_one_line(client: TestClient) -> None:
    answer = client.post("/replies/999/up")
    assert (answer.status_code, answer.text) == (404, "there is no reply 999")


def test_comparing_before_the_first_night_says_that_nothing_is_tuned(client: TestClient) -> None:
    html = compare(client, "Who waters the plants?")["compared"]
    assert "Not tuned yet" in html
    assert "no adapter yet" in html


def test_comparing_shows_both_answers_under_the_adapters_version(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who waters the plants?", "Noor does.", "U1")
    version = parts.finish_night(parts.begin_night())
    html = compare(client, "Who waters the plants?")["compared"]
    base, tuned = html.split('<section class="side ')[1:]
    assert parts.engine.base in base
    assert "Noor does." not in base
    assert "Noor does." in tuned
    assert f"Tuned, {version}" in tuned


def test_a_new_conversation_suggests_what_was_taught(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who waters the plants?", "Noor does.", "Nightschool", "sample")
    parts.curation.teach("x" * 100, "Too long for a button.", "U1")
    page = client.get("/").text
    assert page.count('class="suggestion"') == 1
    assert ">Who waters the plants?</button>" in page
