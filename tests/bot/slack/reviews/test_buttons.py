"""Owners press buttons below their due lessons: each counts once, and the message says so."""

import json
from pathlib import Path

import pytest

from bot.lessons.exporting import export_approved
from bot.settings import LessonSettings, Settings
from bot.slack.reviews.messages import ALL_TRUE, EDIT, RETIRE, SHOWN, TRUE
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.bot.slack.reviews.steps import CARL, DAYS, TEACHER, age, messages_to, press
from tests.slack_server.workspace import ANNA, BEN, GENERAL, PRIVATE


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.with_changes(lessons=LessonSettings(review_days=DAYS))


@pytest.fixture
def direct(drive: Drive) -> Direct:
    """Ben has taught two lessons that are due, and there is a teacher."""
    bot = drive(teachers=(TEACHER,))
    people = bot.workspace.people
    for person in (TEACHER, CARL):
        people[person] = type(people[ANNA])(person, person.lower())
        bot.workspace.channels[GENERAL].members.add(person)
    bot.command("Who bakes? => Ben does.", name="/teach", user=BEN)
    bot.command("Where is the key? => In the drawer.", name="/teach", user=BEN)
    age(bot.store, DAYS + 1)
    bot.parts.rounds.once()
    return bot


def exported(direct: Direct, folder: Path, settings: Settings) -> tuple[list[int], dict[str, str]]:
    """What the next adapter would be trained on, and why the rest is left out."""
    export_approved(direct.store, settings, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    left = {str(one["id"]): one["reasons"][0] for one in manifest["left_out"]}
    return sorted([*manifest["train"], *manifest["held_out"]]), left


def test_one_is_confirmed_and_another_retired_and_gone_from_the_next_export(
    direct: Direct, tmp_path: Path, settings: Settings
) -> None:
    (asked,) = messages_to(direct, BEN)
    assert "Who bakes?" in asked.everything
    assert "In the drawer." in asked.everything
    assert "not confirmed since" in asked.everything
    press(direct, asked, TRUE, 1, BEN)
    assert "still true (U0BEN)" in asked.everything
    press(direct, asked, RETIRE, 2, BEN)
    assert "retired (U0BEN)" in asked.everything
    assert "nothing waits here any more" in asked.everything
    assert TRUE not in json.dumps(asked.blocks)
    assert direct.store.examples.get(2).status == "withdrawn"
    age(direct.store, DAYS - 1)
    direct.parts.rounds.once()
    trained, left = exported(direct, tmp_path / "export", settings)
    assert trained == [1]
    assert left == {"2": "withdrawn"}


def test_what_nobody_confirms_is_told_with_a_mark_and_leaves_the_nights(
    direct: Direct, tmp_path: Path, settings: Settings
) -> None:
    assert "not confirmed since" in direct.ask("Who bakes?").everything
    press(direct, messages_to(direct, BEN)[0], TRUE, 2, BEN)
    age(direct.store, DAYS)
    trained, left = exported(direct, tmp_path / "export", settings)
    assert trained == [2]
    assert left["1"].startswith("not confirmed by")
    answer = direct.ask("Who bakes?").everything
    assert "Ben does." in answer
    assert "not confirmed since" in answer
    assert "next night" not in answer
    direct.parts.rounds.once()
    press(direct, messages_to(direct, BEN)[-1], TRUE, 1, BEN)
    assert 1 in exported(direct, tmp_path / "again", settings)[0]


def test_two_clicks_on_one_button_count_once(direct: Direct) -> None:
    (asked,) = messages_to(direct, BEN)
    assert press(direct, asked, TRUE, 1, BEN).text == ""
    before = direct.store.examples.history(1)
    assert "decided already" in press(direct, asked, TRUE, 1, BEN).text
    assert direct.store.examples.history(1) == before
    assert press(direct, asked, RETIRE, 2, BEN).text == ""
    assert "decided already" in press(direct, asked, RETIRE, 2, BEN).text


def test_all_that_are_shown_are_confirmed_and_the_others_follow(direct: Direct) -> None:
    for number in range(SHOWN):
        direct.command(f"What is {number}? => It is {number}.", name="/teach", user=BEN)
    age(direct.store, DAYS + 1)
    direct.parts.rounds.once()
    _, asked = messages_to(direct, BEN)
    assert "2 more follow" in asked.everything
    assert len(asked.blocks) <= 50
    press(direct, asked, ALL_TRUE, asked.button_value(ALL_TRUE), BEN)
    due = [e.id for e in direct.store.freshness.due("2000-01-01", None)]
    assert due == []
    assert asked.everything.count("not confirmed since") == 2
    press(direct, asked, ALL_TRUE, asked.button_value(ALL_TRUE), BEN)
    assert "nothing waits here any more" in asked.everything


def test_nobody_else_confirms_or_retires(direct: Direct) -> None:
    (asked,) = messages_to(direct, BEN)
    for action, value in ((TRUE, 1), (RETIRE, 1), (EDIT, 1), (ALL_TRUE, 1)):
        told = direct.press(action, str(value), user=CARL).text
        assert "may do that" in told or "for teachers" in told or "do not know" in told
    assert direct.store.examples.get(1).status == "approved"
    assert "Who bakes?" in asked.everything
    assert direct.store.examples.get(1).confirmed_at is None


def test_a_teacher_decides_as_well_and_the_owner_hears_of_it(direct: Direct) -> None:
    direct.press(RETIRE, "1", user=TEACHER, ts="")
    direct.parts.rounds.once()
    (asked,) = messages_to(direct, BEN)
    assert f"retired ({TEACHER.lower()})" in asked.everything
    channel = direct.workspace.direct(BEN).id
    told = [m.text for m in direct.workspace.messages if m.channel == channel]
    assert any("withdrew your lesson (example 1)" in text for text in told)


def test_an_edited_one_is_fresh_keeps_its_owner_and_the_message_says_so(direct: Direct) -> None:
    (asked,) = messages_to(direct, BEN)
    press(direct, asked, EDIT, 1, BEN)
    direct.submit({"question": "Who bakes?", "answer": "Noor does.", "review_days": "7"}, user=BEN)
    direct.parts.rounds.once()
    new = direct.store.examples.get(3)
    assert (new.completion, new.owned_by, new.review_days) == ("Noor does.", BEN, 7)
    assert "edited" in asked.everything
    assert direct.store.freshness.owners("2000-01-01", DAYS) == []


def test_another_interval_alone_confirms(direct: Direct) -> None:
    (asked,) = messages_to(direct, BEN)
    press(direct, asked, EDIT, 1, BEN)
    told = direct.submit(
        {"question": "Who bakes?", "answer": "Ben does.", "review_days": "90"}, user=BEN
    )
    assert "example 1" in told.text
    example = direct.store.examples.get(1)
    assert (example.status, example.review_days) == ("approved", 90)
    assert example.confirmed_at is not None


def test_what_is_not_in_use_any_more_cannot_be_confirmed(direct: Direct) -> None:
    (asked,) = messages_to(direct, BEN)
    direct.command("examples withdraw 1", user=BEN)
    assert "is withdrawn" in press(direct, asked, TRUE, 1, BEN).text


def test_days_that_are_none_are_refused_in_the_form(direct: Direct) -> None:
    (asked,) = messages_to(direct, BEN)
    press(direct, asked, EDIT, 1, BEN)
    view = direct.form()
    state = {
        "question": {"text": {"value": "Who bakes?"}},
        "answer": {"text": {"value": "Noor."}},
        "review_days": {"text": {"value": "99999"}},
    }
    answered = direct.answer_to(view | {"state": {"values": state}}, user=BEN)
    assert "from 0 to 3650" in answered
    assert direct.store.examples.get(1).status == "approved"


def test_a_press_on_the_home_tab_shows_it_anew(direct: Direct) -> None:
    """Slack leaves a Home tab as it is until the app publishes another."""
    shown = direct.open_home(BEN)
    assert "Who bakes?" in shown
    assert "Where is the key?" in shown
    shown = direct.press_home(TRUE, "1", user=BEN)
    assert "Who bakes?" not in shown
    assert "Where is the key?" in shown
    assert "Where is the key?" not in direct.press_home(RETIRE, "2", user=BEN)
    assert direct.store.examples.get(2).status == "withdrawn"


def test_what_is_decided_in_a_message_publishes_no_home_tab(direct: Direct) -> None:
    press(direct, messages_to(direct, BEN)[0], TRUE, 1, BEN)
    assert BEN not in direct.workspace.homes


def test_lists_and_why_say_since_when_it_was_not_confirmed(direct: Direct) -> None:
    assert "not confirmed since" in direct.command("lessons show 1", user=BEN).everything
    direct.ask("Who bakes?", user=BEN)
    assert "not confirmed since" in direct.command("why", user=BEN).everything
    direct.press(TRUE, "1", user=BEN, ts="")
    assert "not confirmed since" not in direct.command("lessons show 1", user=BEN).everything
    assert "Who bakes?" in direct.command("why", user=BEN).everything
    assert "1 Who bakes? → Ben does. (not" not in direct.command("why", user=BEN).everything


def test_a_message_of_somebody_else_is_not_confirmed_as_a_whole(direct: Direct) -> None:
    told = direct.press(ALL_TRUE, "1", user=TEACHER)
    assert "do not know any more" in told.text
    assert direct.store.examples.get(1).confirmed_at is None


def test_a_lesson_of_another_place_is_not_confirmed_by_its_number(direct: Direct) -> None:
    direct.workspace.channels[PRIVATE].members.add(BEN)
    direct.command("The code? => 7.", name="/teach", user=BEN, channel=PRIVATE)
    age(direct.store, DAYS + 1)
    for action in (TRUE, RETIRE):
        told = direct.press(action, "3", user=TEACHER).everything
        assert "code" not in told
    assert direct.store.examples.get(3).status == "approved"
    assert direct.store.examples.get(3).confirmed_at is None
