"""Chat, compare, thumbs and corrections as the page asks for them."""

import html
import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.answers.questions import DECLINED, QUOTED
from bot.console.conversation import CONVERSATION_COOKIE
from bot.console.labels import local_day
from bot.lessons.teaching import Lesson
from bot.messages import Completion, Message
from bot.store.examples.scope import Scope
from bot.store.replies import Origin
from tests.bot.console.console_parts import ConsoleParts
from tests.bot.redaction.made_up import SLACK
from trainer.retrieval.decision import Source


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
    app = parts.app()
    other = TestClient(
        app,
        base_url=str(client.base_url),
        headers=dict(client.headers),
        cookies={app.state.access.cookie: app.state.access.token},
    )
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


def talked(client: TestClient) -> int:
    """Asks twice in a conversation, and returns the id of the second reply."""
    reply_of(client, "When is lunch?")
    return reply_of(client, "And tea?")


def test_in_a_talk_a_correction_is_of_its_question_unless_such_a_talk_is_chosen(
    client: TestClient, parts: ConsoleParts
) -> None:
    reply = talked(client)
    form = client.post(f"/replies/{reply}/down").text
    assert "What was said before it" in form
    assert "When is lunch?" in form
    client.post(f"/replies/{reply}/correct", data={"completion": "At four.", "when": "question"})
    assert [example.messages for example in parts.store.examples.approved()] == [None]
    client.post(f"/replies/{reply}/correct", data={"completion": "At five.", "when": "talk"})
    (example,) = parts.store.examples.approved()
    assert [turn.content for turn in example.messages or ()][::2] == ["When is lunch?", "And tea?"]


def test_outside_of_a_talk_the_form_does_not_ask_when_a_correction_holds(
    client: TestClient,
) -> None:
    assert 'name="when"' not in client.post(f"/replies/{reply_of(client)}/down").text


@pytest.mark.parametrize("when", ["question", "talk"])
def test_a_correction_that_contradicts_a_lesson_is_left_to_be_decided(
    client: TestClient, parts: ConsoleParts, when: str
) -> None:
    reply = talked(client)
    parts.curation.teach("And tea?", "Never.", "U0BEN")
    text = {"completion": "At four.", "when": when}
    answer = client.post(f"/replies/{reply}/correct", data=text)
    assert "another answer" in answer.text
    assert answer.headers["HX-Trigger-After-Settle"] == "questions"
    assert [example.completion for example in parts.store.examples.approved()] == ["Never."]
    (question,) = parts.store.open_questions.of("console")
    undecided = client.post("/questions").text
    assert all(words in undecided for words in ("At four.", "Never."))
    client.post(f"/questions/{question.key}", data={"choice": "replace"})
    (example,) = parts.store.examples.approved()
    assert (example.completion, example.messages is not None) == ("At four.", when == "talk")


def test_of_a_correction_is_told_what_is_taken_out_before_anything_is_stored(
    client: TestClient, parts: ConsoleParts
) -> None:
    reply = reply_of(client, f"Is it {SLACK}?")
    asked = client.post(f"/replies/{reply}/correct", data={"completion": f"No: {SLACK}!"}).text
    assert SLACK not in asked
    for shown in ("Taken out: secret. I will say", "No: [secret]!", "Is it [secret]?", "Reword"):
        assert shown in asked
    assert parts.store.examples.search() == []
    form = {"completion": "No: [secret]!", "taken_out": "secret"}
    reworded = client.post(f"/replies/{reply}/correct", data=form | {"choice": "reword"}).text
    assert ("No: [secret]!" in reworded, "Taken out" in reworded) == (True, False)
    assert parts.store.examples.search() == []
    taught = client.post(f"/replies/{reply}/correct", data=form | {"choice": "accept"}).text
    assert "is for tonight. Taken out: secret." in taught
    (example,) = parts.store.examples.approved()
    assert (example.prompt, example.completion) == ("Is it [secret]?", "No: [secret]!")


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


def test_what_is_not_for_everyone_is_not_suggested(client: TestClient, parts: ConsoleParts) -> None:
    for scope in (Scope("channel", "C9"), Scope("person", "U1"), Scope("person", "console")):
        parts.curation.learn(Lesson("Where is the lantern?", "Here.", "U1", scope=scope))
    assert 'class="suggestion"' not in client.get("/").text


def answered(
    parts: ConsoleParts,
    model: str,
    *lessons: int,
    basis: Source | None,
    adapter: str | None = None,
    known: bool = True,
) -> None:
    """An answer in the conversation `talk`, as it is kept."""
    parts.store.replies.add(
        Completion("So.", model, adapter, 1, 1, 0.5, "stop"),
        [Message("user", "Who bakes the <cake>?")],
        source="console",
        channel="console",
        thread="talk",
        person="console",
        origin=Origin(lessons, basis, 0.25 if basis and known else None),
    )


def under(client: TestClient) -> str:
    """What a person reads below the answers of the conversation `talk`."""
    client.cookies.set(CONVERSATION_COOKIE, "talk")
    footers = re.findall(
        r'class="by">(.*?)<button type="button" class="thumb', page(client), re.DOTALL
    )
    texts = (re.sub(r"<[^>]+>", " ", footer) for footer in footers)
    return html.unescape("\n".join(" ".join(text.split()) for text in texts))


def page(client: TestClient) -> str:
    return client.get("/").text


def test_below_an_answer_stands_where_it_comes_from_and_how_surely(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who bakes?", "Noor.", "U0ANNA")
    lesson = f"lesson 1, taught by U0ANNA on {local_day(parts.store.examples.get(1).created_at)}"
    answered(parts, QUOTED, 1, basis="taught")
    answered(parts, "starter", 1, basis="taught", adapter="v0002")
    answered(parts, QUOTED, 1, basis="near")
    answered(parts, DECLINED, basis="none")
    answered(parts, "starter", basis="model")
    answered(parts, "starter", basis="model", adapter="v0002")
    answered(parts, "starter", basis=None, adapter="v0002")
    answered(parts, QUOTED, 1, basis=None)
    assert under(client).splitlines() == [
        f"{lesson} 25% sure",
        f"v0002 checked against {lesson} 25% sure 0.5 s",
        f"nobody taught this the nearest is {lesson} 25% sure",
        "nobody taught this",
        "nobody taught this · base model's own words 25% sure 0.5 s",
        "nobody taught this · v0002's own words 25% sure 0.5 s",
        "v0002 0.5 s",
        lesson,
    ]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (True, "nobody taught this · v0002's own words told lesson 1, taught"),
        (False, "v0002's own words told lesson 1, taught"),
    ],
)
def test_a_lesson_that_a_model_was_told_of_is_not_said_to_be_checked_against(
    client: TestClient, parts: ConsoleParts, known: bool, expected: str
) -> None:
    parts.curation.teach("Who bakes?", "Noor.", "U0ANNA")
    answered(parts, "starter", 1, basis="model", adapter="v0002", known=known)
    shown = under(client)
    assert shown.startswith(expected)
    assert ("25% sure" in shown) is known


def test_of_lessons_that_a_model_was_told_of_its_answer_is_checked_against_the_first(
    client: TestClient, parts: ConsoleParts
) -> None:
    for question, who in (("Who bakes?", "U0ANNA"), ("Who cooks?", "U0BEN")):
        parts.curation.teach(question, "Noor.", who)
    answered(parts, "starter", 2, 1, basis="taught", adapter="v0002")
    answered(parts, "starter", 1, basis="taught")
    day = local_day(parts.store.examples.get(1).created_at)
    anna, ben = f"lesson 1, taught by U0ANNA on {day}", f"lesson 2, taught by U0BEN on {day}"
    assert under(client).splitlines() == [
        f"v0002 checked against {ben} told {anna} 25% sure 0.5 s",
        f"base model checked against {anna} 25% sure 0.5 s",
    ]


def test_where_nobody_could_know_neither_what_was_taught_nor_a_chance_is_said(
    client: TestClient, parts: ConsoleParts
) -> None:
    """As without an encoder, and where no lesson is looked for."""
    answered(parts, "starter", basis="model", adapter="v0002", known=False)
    assert under(client) == "v0002's own words 0.5 s"


def test_what_nobody_taught_can_be_taught_from_below_it(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who bakes?", "Noor.", "U0ANNA")
    client.cookies.set(CONVERSATION_COOKIE, "talk")
    for lessons, basis, model, offered in (
        ([1], "taught", QUOTED, 0),
        ([], "model", "starter", 0),
        ([], None, "starter", 0),
        ([1], "near", QUOTED, 1),
        ([], "none", DECLINED, 2),
    ):
        answered(parts, model, *lessons, basis=basis)  # type: ignore[arg-type]  # sources, all of them
        assert page(client).count('data-teach="Who bakes the &lt;cake&gt;?"') == offered
    assert page(client).count('data-lesson="1"') == 2


def test_the_last_line_of_an_answer_has_what_the_command_line_says(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who bakes?", "Noor.", "U0ANNA")
    last = chat(client, "who bakes")[-1]
    assert last.pop("footer")
    assert last == {
        "text": "Noor.", "model": QUOTED, "adapter": None, "prompt_tokens": 0,
        "completion_tokens": 0, "seconds": 0.0, "source": "taught", "lessons": [1],
        "confidence": 0.99,
    }  # fmt: skip
    assert chat(client, "Who wrote Faust?")[-1]["source"] == "model"


def test_a_comparison_says_nothing_of_lessons(client: TestClient) -> None:
    assert "nobody taught" not in compare(client, "Who bakes?")["compared"]


def test_a_thumb_on_an_answer_that_says_nothing_asks_for_the_right_one(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.engine.base = "Sorry, I do not know."
    reply = reply_of(client)
    asked = client.post(f"/replies/{reply}/up").text
    assert "no answer in it to learn" in asked
    assert "What should I have said?" in asked
    nothing = {"completion": "Nobody knows: I have no idea."}
    assert "is for tonight" in client.post(f"/replies/{reply}/correct", data=nothing).text
    nothing = {"completion": "No idea."}
    again = client.post(f"/replies/{reply}/correct", data=nothing).text
    assert "That says only that I do not know." in again
    accepted = client.post(f"/replies/{reply}/correct", data=nothing | {"choice": "accept"}).text
    assert "is for tonight" in accepted
