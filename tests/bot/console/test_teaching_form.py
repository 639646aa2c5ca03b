"""The form that teaches: what it refuses, what it asks, and what came of a lesson."""

import re

import pytest
from starlette.testclient import TestClient

from bot.store.examples.scope import EVERYONE, Scope
from tests.bot.console.console_parts import ConsoleParts
from tests.bot.redaction.made_up import SLACK


def listed(client: TestClient, **form: str) -> str:
    """The list as the page asks for it."""
    return client.post("/lessons", data=form).text


def field(html: str, name: str) -> str:
    """What stands in a field of the form."""
    found = re.search(rf'name="{name}"[^>]*>(.*?)</textarea>', html, re.DOTALL)
    found = found or re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def test_a_lesson_can_end_on_a_day_and_none_that_is_over_is_taken(
    client: TestClient, parts: ConsoleParts
) -> None:
    form = {"prompt": "Who is on duty?", "completion": "Noor.", "last_day": "2020-01-01"}
    assert "The last day, 2020-01-01, is over" in client.post("/teach", data=form).text
    form["last_day"] = "soon"
    assert "must be a date" in client.post("/teach", data=form).text
    form["last_day"] = "2999-12-31"
    assert "is for tonight" in client.post("/teach", data=form).text
    (example,) = parts.store.examples.approved()
    assert example.expires_on == "2999-12-31"


@pytest.mark.parametrize(
    ("prompt", "completion", "errors"),
    [
        ("", "", ["Empty question.", "Empty answer."]),
        ("Who?", "", ["Empty answer."]),
        ("", "Noor.", ["Empty question."]),
        ("Who? " * 1000, "Noor.", ["Question over 4096 characters (4999)."]),
        ("Who?", "<|im_end|>", ["Special tokens in the answer: &lt;|im_end|&gt;."]),
    ],
)
def test_a_refused_lesson_names_everything_wrong_and_keeps_the_text(
    client: TestClient, parts: ConsoleParts, prompt: str, completion: str, errors: list[str]
) -> None:
    html = client.post("/teach", data={"prompt": prompt, "completion": completion}).text
    assert re.findall(r"<li>(.*?)</li>", html) == errors
    assert prompt in html
    assert html.count('aria-invalid="true"') == len(errors)
    assert parts.store.examples.search() == []


def test_the_same_lesson_again_says_which_one_it_is(client: TestClient) -> None:
    form = {"prompt": "Who?", "completion": "Noor."}
    client.post("/teach", data=form)
    assert "as lesson 1" in client.post("/teach", data=form).text


def test_another_answer_to_the_same_question_replaces_the_first_if_one_wants(
    client: TestClient,
) -> None:
    client.post("/teach", data={"prompt": "Who?", "completion": "Noor."})
    asked = client.post("/teach", data={"prompt": "Who?", "completion": "Jan."})
    assert "taught another answer" in asked.text
    assert "Noor." in listed(client)
    form = {"prompt": "Who?", "completion": "Jan.", "choice": "replace"}
    again = client.post("/teach", data=form)
    assert "in place of lesson 1" in again.text
    assert "Noor." not in listed(client)


def test_a_contradiction_can_be_kept_beside_the_other_answer_or_dropped(
    client: TestClient, parts: ConsoleParts
) -> None:
    form = {"prompt": "Who?", "completion": "Jan."}
    client.post("/teach", data=form | {"completion": "Noor."})
    assert "Nothing was changed." in client.post("/teach", data=form | {"choice": "cancel"}).text
    assert [e.completion for e in parts.store.examples.approved()] == ["Noor."]
    client.post("/teach", data=form | {"choice": "keep"})
    assert {e.completion for e in parts.store.examples.approved()} == {"Noor.", "Jan."}


def test_a_lesson_is_for_everyone_or_for_this_page_alone(
    client: TestClient, parts: ConsoleParts
) -> None:
    everyone = client.post("/teach", data={"prompt": "Who?", "completion": "Noor."}).text
    assert "for everyone</span>" in everyone
    form = {"prompt": "Where?", "completion": "Here.", "scope": "person"}
    alone = client.post("/teach", data=form).text
    assert "for this page alone; it is not trained." in alone
    scopes = [example.for_whom for example in parts.store.examples.approved()]
    assert scopes == [EVERYONE, Scope("person", "console")]


def test_whom_it_is_for_stays_chosen_while_something_is_wrong(client: TestClient) -> None:
    html = client.post("/teach", data={"prompt": "Who?", "scope": "person"}).text
    assert 'value="person" selected' in html


def test_what_is_taken_out_is_told_before_anything_is_stored(
    client: TestClient, parts: ConsoleParts
) -> None:
    form = {"prompt": "Which token?", "completion": f"It is {SLACK}.", "last_day": "2999-12-31"}
    asked = client.post("/teach", data=form).text
    assert parts.store.examples.search() == []
    assert SLACK not in asked
    assert "Taken out: secret. I will say \u201c[secret]\u201d there." in asked
    assert field(asked, "completion") == "It is [secret]."
    assert 'value="2999-12-31"' in asked
    assert ("Teach it so" in asked, "Reword" in asked) == (True, True)
    again = form | {"completion": field(asked, "completion"), "choice": "accept"}
    told = client.post("/teach", data=again | {"taken_out": field(asked, "taken_out")}).text
    assert "is for tonight. Taken out: secret." in told
    (example,) = parts.store.examples.approved()
    assert (example.completion, example.reason) == ("It is [secret].", "secret taken out")


def test_what_is_added_to_the_text_before_it_is_taught_so_is_asked_about_too(
    client: TestClient, parts: ConsoleParts
) -> None:
    form = {"prompt": "Whom?", "completion": "a.person@lantern.example", "choice": "accept"}
    asked = client.post("/teach", data=form | {"taken_out": "secret,nonsense"}).text
    assert "Taken out: secret, e-mail." in asked
    assert parts.store.examples.search() == []


def test_rewording_leaves_the_text_in_the_fields_and_nothing_in_the_store(
    client: TestClient, parts: ConsoleParts
) -> None:
    form = {"prompt": "Which?", "completion": "It is [secret].", "taken_out": "secret"}
    html = client.post("/teach", data=form | {"choice": "reword"}).text
    assert field(html, "completion") == "It is [secret]."
    assert field(html, "taken_out") == ""
    assert "data-focus" in html
    assert parts.store.examples.search() == []
    reworded = {"prompt": "Which?", "completion": "Ask Noor for it."}
    assert "Lesson 1 is for tonight." in client.post("/teach", data=reworded).text


def test_another_answer_is_asked_about_after_what_was_taken_out(
    client: TestClient, parts: ConsoleParts
) -> None:
    client.post("/teach", data={"prompt": "Which token?", "completion": "None."})
    form = {"prompt": "Which token?", "completion": SLACK}
    first = client.post("/teach", data=form).text
    assert ("Taken out" in first, "another answer" in first) == (True, False)
    accepted = form | {"completion": "[secret]", "choice": "accept", "taken_out": "secret"}
    second = client.post("/teach", data=accepted).text
    assert "another answer" in second
    assert field(second, "taken_out") == "secret"
    client.post("/teach", data=accepted | {"choice": "replace", "key": field(second, "key")})
    assert [e.completion for e in parts.store.examples.approved()] == ["[secret]"]


def test_a_contradiction_is_kept_as_a_question_until_it_is_decided(
    client: TestClient, parts: ConsoleParts
) -> None:
    form = {"prompt": "Who?", "completion": "Jan."}
    client.post("/teach", data=form | {"completion": "Noor."})
    for choice in ("replace", "keep", "cancel"):
        asked = client.post("/teach", data=form | {"completion": f"Jan, to {choice}."}).text
        (question,) = parts.store.open_questions.of("console")
        assert (question.key, question.lesson["completion"]) == (
            field(asked, "key"),
            f"Jan, to {choice}.",
        )
        client.post("/teach", data=form | {"choice": choice, "key": question.key})
        assert parts.store.open_questions.of("console") == []


def test_the_form_cannot_take_away_what_somebody_else_was_asked(
    client: TestClient, parts: ConsoleParts
) -> None:
    key = parts.store.open_questions.add("U1", "typed", {"scope": "everyone", "author": "U1"})
    client.post("/teach", data={"prompt": "Who?", "completion": "Noor.", "key": key})
    assert parts.store.open_questions.get(key)


def test_an_answer_that_says_nothing_is_stored_only_once_it_is_said_to_be_meant_so(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who?", "Jan.", "U1")
    form = {"prompt": "Who?", "completion": "I do not know."}
    asked = client.post("/teach", data=form).text
    assert "That says only that I do not know." in asked
    assert "I do not know.</textarea>" in asked
    assert client.post("/teach", data=form | {"choice": "reword"}).text.count("Teach it so") == 0
    second = client.post("/teach", data=form | {"choice": "accept"}).text
    assert "another answer" in second
    decided = form | {"choice": "replace", "key": field(second, "key")}
    client.post("/teach", data=decided)
    assert [e.completion for e in parts.store.examples.approved()] == ["I do not know."]
