"""Undecided questions about lessons on the page: whose are shown, and what deciding does."""

import re
from contextlib import closing
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from bot.feedback.open_questions import Decisions
from bot.feedback.ratings import ReplyRatings
from bot.lessons.teaching import Lesson
from bot.messages import Message
from bot.store import Store
from bot.store.examples.scope import EVERYONE, Scope
from tests.bot.console.console_parts import ConsoleParts


def undecided(client: TestClient, **form: str) -> str:
    """The questions as the page asks for them."""
    return client.post("/questions", data=form).text


def test_a_lesson_that_holds_only_in_a_talk_says_so(
    client: TestClient, parts: ConsoleParts
) -> None:
    turns = tuple(
        Message(role, text)
        for role, text in (("user", "Tea?"), ("assistant", "At four."), ("user", "Who bakes?"))
    )
    said = Lesson("Who bakes?", "Noor.", "U0ANNA", scope=EVERYONE)
    talk = replace(said, messages=(*turns, Message("assistant", "Noor.")))
    parts.curation.learn(talk)
    ratings = ReplyRatings(parts.store, parts.settings)
    decisions = Decisions(parts.store, parts.settings, parts.curation, ratings)
    alone = replace(said, completion="Jan.")
    decisions.ask("typed", alone, parts.curation.learn(alone, "ask"))
    html = undecided(client)
    assert html.count('<p class="q">Who bakes? (only in such a talk)</p>') == 1


def ask(parts: ConsoleParts, author: str, scope: Scope = EVERYONE) -> str:
    """Somebody is asked about another answer to "Who bakes?"; returns the key."""
    parts.curation.learn(Lesson("Who bakes?", "Noor.", author, scope=scope))
    lesson = Lesson("Who bakes?", "Jan.", author, scope=scope)
    ratings = ReplyRatings(parts.store, parts.settings)
    decisions = Decisions(parts.store, parts.settings, parts.curation, ratings)
    return decisions.ask("typed", lesson, parts.curation.learn(lesson, "ask"))


def test_without_questions_the_part_is_hidden(client: TestClient) -> None:
    assert re.search(r'id="questions"[^>]* hidden', client.get("/").text)


def test_a_question_about_a_lesson_for_everyone_is_shown_whoever_was_asked(
    client: TestClient, parts: ConsoleParts
) -> None:
    ask(parts, "U1")
    html = client.get("/").text
    assert not re.search(r'id="questions"[^>]* hidden', html)
    part = html.partition('id="questions"')[2].partition("</section>")[0]
    for shown in ("Who bakes?", "Jan.", "Noor.", "Asked U1 on ", "Keep both"):
        assert shown in part


def test_questions_about_lessons_for_others_are_not_shown(
    client: TestClient, parts: ConsoleParts
) -> None:
    ask(parts, "U1", Scope("channel", "C9"))
    ask(parts, "U1", Scope("person", "U1"))
    assert "Jan." not in undecided(client)


def test_the_pages_own_question_is_shown_but_not_beside_the_form_that_shows_it(
    client: TestClient, parts: ConsoleParts
) -> None:
    key = ask(parts, "console", Scope("person", "console"))
    assert "Jan." in undecided(client)
    assert "Jan." not in undecided(client, key=key)


@pytest.mark.parametrize(
    ("choice", "told", "left"),
    [
        ("replace", "in place of lesson 1", ["Jan."]),
        ("keep", "Lesson 2 is for tonight", ["Noor.", "Jan."]),
        ("cancel", "Nothing was changed.", ["Noor."]),
    ],
)
def test_a_question_is_decided_once(
    client: TestClient, parts: ConsoleParts, choice: str, told: str, left: list[str]
) -> None:
    key = ask(parts, "U1")
    decided = client.post(f"/questions/{key}", data={"choice": choice})
    assert told in decided.text
    assert "Jan." not in decided.text
    assert set(decided.headers["hx-trigger"].split('"')) >= {"lessons", "nights"}
    assert [e.completion for e in parts.store.examples.approved()] == left
    assert "decided already" in client.post(f"/questions/{key}", data={"choice": choice}).text


def test_a_decision_of_another_kind_is_refused_and_the_question_stays(
    client: TestClient, parts: ConsoleParts
) -> None:
    key = ask(parts, "U1")
    for nonsense in ("", "accept", "drop"):
        assert client.post(f"/questions/{key}", data={"choice": nonsense}).status_code == 409
    assert parts.store.open_questions.get(key)


def test_a_question_outlasts_a_restart(client: TestClient, parts: ConsoleParts) -> None:
    client.post("/teach", data={"prompt": "Who?", "completion": "Noor."})
    client.post("/teach", data={"prompt": "Who?", "completion": "Jan."})
    with closing(Store(parts.home.database)) as again:
        (question,) = again.open_questions.of("console")
    assert question.lesson["completion"] == "Jan."
    assert "Jan." in client.get("/").text.partition('id="questions"')[2]


def test_questions_that_did_not_change_are_not_sent_again(
    client: TestClient, parts: ConsoleParts
) -> None:
    ask(parts, "U1")
    found = re.search(r'"shown": "(\w+)"', undecided(client))
    assert found
    assert client.post("/questions", data={"shown": found[1]}).status_code == 204
    (question,) = parts.store.open_questions.of("U1")
    parts.store.open_questions.take(question.key, "U1")
    assert client.post("/questions", data={"shown": found[1]}).status_code == 200


def test_an_answer_that_was_narrowed_meanwhile_is_not_shown_beside_a_question(
    client: TestClient, parts: ConsoleParts
) -> None:
    ask(parts, "U1")
    parts.store.examples.set_scope(1, Scope("channel", "C9"), "U1")
    shown = undecided(client)
    assert ("Jan." in shown, "Noor." in shown) == (True, False)


def test_what_people_are_asked_is_never_html(client: TestClient, parts: ConsoleParts) -> None:
    lesson = {"prompt": "<b>Who?</b>", "completion": "<script>x</script>"}
    fields = lesson | {"scope": "everyone", "author": "U1"}
    parts.curation.teach("Who?", "Noor.", "U1")
    parts.store.open_questions.add("<i>U1</i>", "typed", fields, conflicts=[1])
    assert not re.search("<script>|<b>|<i>", undecided(client))
