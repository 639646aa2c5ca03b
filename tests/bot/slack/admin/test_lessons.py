"""/nightschool examples and its buttons: search, pages, show, edit, approve, reject, withdraw."""

import pytest

from bot.slack.lessons.edits import EDIT
from bot.slack.messages import modals
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.rows import NewExample
from tests.bot.slack.admin.steps import ask, changed, labels, with_admin
from tests.bot.slack.conftest import Drive, School
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, BEN, GENERAL


def add(school: School, prompt: str, author: str = BEN, status: str = "approved") -> int:
    new = NewExample(prompt, f"The answer to {prompt}", "teach", author, status=status)
    return school.store.examples.add(new).id


def test_the_list_is_paged_and_searched(school: School) -> None:
    for number in range(12):
        add(school, f"Question {number}?")
    shown = ask(school, "examples", "Question 11?")
    assert "Question 7?" in shown.everything
    assert "Question 6?" not in shown.everything
    school.slack.press(shown, "Older")
    changed(school, shown, "Question 2?")
    assert "Question 7?" not in shown.everything
    school.slack.press(shown, "Newer")
    changed(school, shown, "Question 11?")
    found = ask(school, "examples question 3", "Question 3?")
    assert "Question 11?" not in found.everything


def test_only_teachers_see_what_others_taught_and_nobody_approved(school: School) -> None:
    with_admin(school)
    mine = add(school, "Mine?", BEN, "pending")
    theirs = add(school, "Secret?", "U0OTHER", "pending")
    assert "Secret?" in ask(school, "examples pending", "Lessons").everything
    told = ask(school, "examples pending", "Lessons", user=BEN)
    assert "Mine?" in told.everything
    assert "Secret?" not in told.everything
    ask(school, f"examples show {theirs}", "for teachers", user=BEN)
    assert "Mine?" in ask(school, f"examples show {mine}", "Mine?", user=BEN).everything


@pytest.mark.parametrize(
    ("label", "status"),
    [("Approve", "approved"), ("Reject", "rejected"), ("Withdraw", "withdrawn")],
)
def test_a_teacher_decides_by_button(school: School, label: str, status: str) -> None:
    with_admin(school)
    waiting = add(school, "Well?", BEN, "pending")
    card = ask(school, f"examples show {waiting}", "Well?")
    school.slack.press(card, label)
    changed(school, card, f"is {status} now")
    assert school.store.examples.get(waiting).status == status
    assert school.store.examples.history(waiting)[-1].who == ANNA


@pytest.mark.parametrize("does", ["approve", "reject", "withdraw"])
def test_nobody_else_does_by_command_or_button(school: School, does: str) -> None:
    """A button can be pressed by whoever gets hold of it, so the right is asked again."""
    with_admin(school)
    waiting = add(school, "Well?", "U0OTHER", "pending")
    ask(school, f"examples {does} {waiting}", "teachers", user=BEN)
    card = ask(school, f"examples show {waiting}", "Well?")
    school.slack.press(card, does.capitalize(), user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="teachers", count=2)
    assert school.store.examples.get(waiting).status == "pending"


def test_a_right_that_was_taken_away_is_gone_from_buttons_shown_before(school: School) -> None:
    with_admin(school)
    waiting = add(school, "Well?", BEN, "pending")
    card = ask(school, f"examples show {waiting}", "Well?")
    school.store.people.unmake(ANNA)
    school.slack.press(card, "Approve")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="for teachers")
    assert school.store.examples.get(waiting).status == "pending"


def test_the_author_withdraws_and_edits_and_may_not_approve(school: School) -> None:
    with_admin(school)
    mine = add(school, "Mine?", BEN)
    card = ask(school, f"examples show {mine}", "Mine?", user=BEN)
    assert labels(card) == ["Withdraw", "Edit", "Only this channel", "Only me"]
    school.slack.press(card, "Withdraw", user=BEN)
    changed(school, card, "is withdrawn now")
    # What its author took back no teacher brings back.
    ask(school, f"examples approve {mine}", "only who wrote it")
    # Nor by a rejection in between.
    ask(school, f"examples reject {mine}", "out already")
    ask(school, f"examples approve {mine}", "only who wrote it", user=ANNA)
    assert school.store.examples.get(mine).status == "withdrawn"
    assert "Approve" not in labels(ask(school, f"examples show {mine}", "is withdrawn"))


def test_who_withdrew_a_lesson_may_bring_it_back(school: School) -> None:
    with_admin(school)
    theirs = add(school, "Theirs?", BEN)
    card = ask(school, f"examples show {theirs}", "Theirs?")
    school.slack.press(card, "Withdraw")
    changed(school, card, "is withdrawn now")
    school.slack.press(card, "Approve")
    changed(school, card, "is approved now")


def test_words_that_their_author_refused_are_offered_to_nobody(school: School) -> None:
    """Who taught them is no more asked than any other teacher."""
    with_admin(school)
    taught = add(school, "Whose?", ANNA)
    school.store.provenance.add(taught, SourceMessage("C0GENERAL", "1.1", BEN))
    school.store.provenance.refuse(taught, BEN)
    school.store.examples.change(taught, "withdrawn", BEN)
    card = ask(school, f"examples show {taught}", "Whose?")
    assert labels(card) == []
    ask(school, f"examples approve {taught}", "does not want")
    assert school.store.examples.get(taught).status == "withdrawn"


def test_an_edited_lesson_takes_the_place_of_the_old_one(school: School) -> None:
    with_admin(school)
    old = add(school, "Wher is it?", BEN)
    card = ask(school, f"examples show {old}", "Wher is it?")
    school.slack.press(card, "Edit")
    view, form = school.slack.wait_for_view(EDIT)
    assert form["blocks"][0]["element"]["initial_value"] == "Wher is it?"
    school.slack.send_view_submission(
        view, {modals.QUESTION: "Where is it?", modals.ANSWER: "Here."}
    )
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    (new,) = school.store.examples.approved()
    assert (new.prompt, new.completion, new.author) == ("Where is it?", "Here.", ANNA)
    assert school.store.examples.get(old).status == "superseded"
    # Ben's words are in it still: he keeps his say.
    assert school.store.provenance.wrote(new.id, BEN)


def test_somebody_else_gets_no_form_and_cannot_submit_one(school: School) -> None:
    with_admin(school)
    old = add(school, "Where?", "U0OTHER")
    ask(school, f"examples edit {old}", "teachers", user=BEN)
    assert not school.slack.workspace.views
    card = ask(school, f"examples show {old}", "Where?")
    school.slack.press(card, "Edit")
    view, _ = school.slack.wait_for_view(EDIT)
    values = {modals.QUESTION: "Where?", modals.ANSWER: "Nowhere."}
    refused = school.slack.send_view_submission(view, values, user=BEN)
    assert "teachers" in refused.answer["errors"][modals.ANSWER]
    assert [e.id for e in school.store.examples.approved()] == [old]


def test_an_empty_or_unchanged_edit_is_shown_in_the_form(school: School) -> None:
    mine = add(school, "Mine?", ANNA)
    school.slack.send_command("/nightschool", f"examples edit {mine}")
    view, _ = school.slack.wait_for_view(EDIT)
    unchanged = {modals.QUESTION: "Mine?", modals.ANSWER: "The answer to Mine?"}
    refused = school.slack.send_view_submission(view, unchanged)
    assert "Nothing was changed" in refused.answer["errors"][modals.ANSWER]
    refused = school.slack.send_view_submission(
        view, {modals.QUESTION: "Mine?", modals.ANSWER: " "}
    )
    assert modals.ANSWER in refused.answer["errors"]
    assert school.store.examples.get(mine).status == "approved"


def test_what_is_not_there_is_said_to_be(school: School) -> None:
    ask(school, "examples show 77", "no example 77")
    ask(school, "examples nothing of that", "Nothing found")


def test_whose_lessons_are_listed_are_counted(school: School) -> None:
    with_admin(school)
    add(school, "Mine?", ANNA)
    add(school, "Theirs?", BEN)
    add(school, "Theirs too?", BEN, "pending")
    assert "1 approved" in ask(school, "examples mine", "Your lessons").everything
    told = ask(school, "examples mine", "Your lessons", user=BEN).everything
    assert "1 approved, 1 pending" in told or "1 pending, 1 approved" in told
    assert "2 approved" in ask(school, "examples", "Lessons").everything


def taught(direct: Direct, prompt: str, status: str = "approved", author: str = "U0OTHER") -> int:
    new = NewExample(prompt, "Yes.", "teach", author, status=status)
    return direct.store.examples.add(new).id


def test_how_many_were_rejected_is_said_to_teachers_alone(drive: Drive) -> None:
    direct = drive(admins=(ANNA,))
    taught(direct, "Right?")
    taught(direct, "Wrong?", "rejected")
    assert "1 approved, 1 rejected" in direct.command("examples").everything
    theirs = direct.command("examples", user=BEN).everything
    assert "1 approved" in theirs
    assert "rejected" not in theirs


def test_whose_words_are_in_a_lesson_may_see_and_withdraw_it(drive: Drive) -> None:
    direct = drive(admins=(ANNA,))
    lesson = taught(direct, "Mine?", "pending")
    assert "for teachers" in direct.command(f"examples show {lesson}", user=BEN).text
    direct.store.provenance.add(lesson, SourceMessage(GENERAL, "1.0", BEN))
    assert "Mine?" in direct.command(f"examples show {lesson}", user=BEN).everything
    direct.command(f"examples withdraw {lesson}", user=BEN)
    assert direct.store.examples.get(lesson).status == "withdrawn"


def test_a_lesson_that_is_too_long_for_a_form_is_edited_elsewhere(drive: Drive) -> None:
    direct = drive()
    new = NewExample("Long?", "x" * (modals.INPUT_LIMIT + 1), "teach", ANNA)
    lesson = direct.store.examples.add(new).id
    assert "edit it in the console" in direct.command(f"examples edit {lesson}").text


def test_lessons_of_ones_own_are_listed_apart(drive: Drive) -> None:
    direct = drive()
    taught(direct, "Theirs?")
    taught(direct, "Hers?", author=ANNA)
    said = direct.command("examples mine").everything
    assert "Hers?" in said
    assert "Theirs?" not in said
