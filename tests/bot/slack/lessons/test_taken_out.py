"""Who teaches something personal or secret is shown what would be kept before it is stored."""

from typing import Any

import pytest

from bot.slack.lessons import forms
from bot.slack.lessons.edits import EDIT
from bot.slack.messages import modals
from bot.slack.state.conflicts import ACCEPT, CANCEL, REWORD
from bot.store.examples.rows import NewExample
from tests.bot.slack.conftest import Drive, School
from tests.slack_server.pressing import initial_values
from tests.slack_server.workspace import ANNA, BEN, texts_in

ADDRESS = "anna.berg@example.com"
QUESTION, ANSWER = "Who keeps the keys?", f"Anna does: {ADDRESS}."
KEPT = "Anna does: [e-mail]."


def everything(school: School) -> str:
    """All that is stored, as text."""
    rows = [
        *school.store.connections.db.query("select * from examples"),
        *school.store.connections.db.query("select * from open_questions"),
    ]
    return str(rows)


def previewed(school: School, callback: str, values: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """Submits a form; the form that it is replaced by, with its id."""
    view, _ = school.slack.wait_for_view(callback)
    answer = school.slack.send_view_submission(view, values).answer
    assert answer["response_action"] == "update"
    assert school.store.examples.counts()["approved"] == 0
    assert ADDRESS not in everything(school)
    return view, school.slack.workspace.views[view]


def test_the_form_is_shown_again_with_what_would_be_kept(school: School) -> None:
    school.slack.send_command("/teach")
    given = {modals.QUESTION: QUESTION, modals.ANSWER: ANSWER, modals.SCOPE: "person"}
    view, shown = previewed(school, modals.TEACH, given)
    assert initial_values(shown) == {modals.QUESTION: QUESTION, modals.ANSWER: KEPT}
    assert shown["submit"]["text"] == "Teach it so"
    assert "say “[e-mail]” in its place" in "\n".join(texts_in(shown["blocks"]))
    assert ADDRESS not in str(shown)
    # What was chosen before is chosen still.
    again = initial_values(shown)
    assert school.slack.send_view_submission(view, again).answer == {}
    told = school.slack.wait_for_message(ephemeral_to=ANNA, contains="for you alone")
    assert "Left out, as personal or secret: e-mail" in told.text
    (example,) = school.store.examples.approved()
    assert (example.prompt, example.completion, example.scope) == (QUESTION, KEPT, "person")


def test_it_may_be_put_otherwise_and_is_looked_at_again(school: School) -> None:
    school.slack.send_command("/teach")
    view, _ = previewed(school, modals.TEACH, {modals.QUESTION: QUESTION, modals.ANSWER: ANSWER})
    worse = {modals.QUESTION: QUESTION, modals.ANSWER: "Ben does: ben@example.com."}
    previewed(school, modals.TEACH, worse)
    better = {modals.QUESTION: QUESTION, modals.ANSWER: "Ask at the door."}
    assert school.slack.send_view_submission(view, better).answer == {}
    told = school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    assert "Left out" not in told.text
    assert [e.completion for e in school.store.examples.approved()] == ["Ask at the door."]


def test_so_it_is_of_words_of_people(school: School) -> None:
    said = school.slack.send_message(ANSWER, user=BEN)
    school.slack.use_shortcut("teach_this", said)
    view, shown = previewed(
        school, forms.TEACH_THIS, {modals.QUESTION: QUESTION, modals.ANSWER: ANSWER}
    )
    assert school.slack.send_view_submission(view, initial_values(shown)).answer == {}
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    (example,) = school.store.examples.approved()
    assert example.completion == KEPT
    # Who wrote them keeps their say.
    assert school.store.provenance.wrote(example.id, BEN)


def test_so_it_is_of_a_correction(school: School) -> None:
    asked = school.slack.send_mention(QUESTION)
    answer = school.slack.wait_for_answer(asked.ts)
    school.slack.press(answer, "Bad answer")
    view, shown = previewed(school, forms.CORRECTION, {modals.ANSWER: ANSWER})
    assert initial_values(shown) == {modals.ANSWER: KEPT}
    assert school.slack.send_view_submission(view, initial_values(shown)).answer == {}
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    assert [e.completion for e in school.store.examples.approved()] == [KEPT]


def test_so_it_is_of_an_edit(school: School) -> None:
    new = NewExample(QUESTION, "Anna does.", "teach", ANNA, "pending")
    example = school.store.examples.add(new).id
    school.slack.send_command("/nightschool", f"examples edit {example}")
    view, shown = previewed(school, EDIT, {modals.QUESTION: QUESTION, modals.ANSWER: ANSWER})
    assert initial_values(shown)[modals.ANSWER] == KEPT
    assert school.slack.send_view_submission(view, initial_values(shown)).answer == {}
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="Thank you")
    assert school.store.examples.get(example).status == "superseded"


@pytest.mark.parametrize(
    ("action", "answers"), [(ACCEPT, [KEPT]), (CANCEL, [])], ids=["teach it so", "cancel"]
)
def test_a_line_is_asked_about(drive: Drive, action: str, answers: list[str]) -> None:
    direct = drive()
    asked = direct.command(f"{QUESTION} => {ANSWER}", name="/teach")
    assert KEPT in asked.text
    assert ADDRESS not in asked.everything
    assert ADDRESS not in str(direct.store.open_questions.of(ANNA))
    assert direct.store.examples.approved() == []
    direct.press(action, asked.button_value(action))
    assert [e.completion for e in direct.store.examples.approved()] == answers
    assert direct.store.open_questions.of(ANNA) == []


def test_a_line_may_be_put_otherwise_in_the_form(drive: Drive) -> None:
    direct = drive()
    asked = direct.command(f"{QUESTION} => {ANSWER}", name="/teach")
    key = asked.button_value(REWORD)
    direct.press(REWORD, key, user=BEN)
    assert direct.workspace.views == {}, "somebody else was shown the lesson"
    direct.press(REWORD, key)
    assert initial_values(direct.form()) == {modals.QUESTION: QUESTION, modals.ANSWER: KEPT}
    direct.submit({modals.QUESTION: QUESTION, modals.ANSWER: "Ask at the door."})
    assert [e.completion for e in direct.store.examples.approved()] == ["Ask at the door."]
    # The question is answered by that.
    assert direct.store.open_questions.of(ANNA) == []


def test_after_that_it_is_asked_about_a_contradiction(drive: Drive) -> None:
    direct = drive()
    direct.command(f"{QUESTION} => Noor does.", name="/teach")
    asked = direct.command(f"{QUESTION} => {ANSWER}", name="/teach")
    assert "another answer" not in asked.text
    following = direct.press(ACCEPT, asked.button_value(ACCEPT))
    assert "another answer" in following.text
    assert "Noor does." in following.text
    direct.press("settle_replace", following.button_value("settle_replace"))
    assert [e.completion for e in direct.store.examples.approved()] == [KEPT]
