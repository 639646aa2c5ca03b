"""The form for a better answer."""

import json

import pytest

from bot.slack.feedback import notices
from bot.slack.lessons import forms
from bot.slack.messages import modals
from bot.slack.state import conflicts
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server.pressing import initial_values
from tests.slack_server.workspace import ANNA, BEN, BOT, GENERAL, Message, texts_in


def open_form(direct: Direct, user: str = ANNA) -> str:
    """Opens the form for the bot's answer, and returns what stands in its field."""
    answer = next(m for m in direct.workspace.messages if "answer to" in m.text)
    reply = direct.store.replies.at(GENERAL, answer.ts)
    direct.press(notices.CORRECT, str(reply), user=user)
    return initial_values(direct.form())[modals.ANSWER]


def test_what_somebody_corrected_before_stands_in_their_form_alone(drive: Drive) -> None:
    direct = drive()
    direct.ask("Who are you?")
    assert open_form(direct) == ""
    direct.submit({modals.ANSWER: "Noor."})
    assert open_form(direct) == "Noor."
    assert open_form(direct, BEN) == ""


def test_a_correction_that_is_put_otherwise_stays_a_correction(drive: Drive) -> None:
    """So a thumb does not teach the answer that was wrong, and the pair to train on is kept."""
    direct = drive()
    direct.ask("Who are you?")
    open_form(direct)
    asked = direct.submit({modals.ANSWER: "I don't know."})
    key = asked.button_value(conflicts.REWORD)
    direct.press(conflicts.REWORD, key)
    assert initial_values(direct.form())[modals.ANSWER] == "I don't know."
    direct.submit({modals.ANSWER: "Noor."})
    (lesson,) = direct.store.examples.approved()
    assert (lesson.source, lesson.completion, lesson.reply_id) == ("correction", "Noor.", 1)
    assert direct.store.ratings.corrections(1) == {ANNA: "Noor."}
    assert direct.store.open_questions.of(ANNA) == [], "the question is answered by that"


def test_on_the_home_tab_a_correction_is_put_otherwise_as_one(drive: Drive) -> None:
    direct = drive()
    direct.ask("Who are you?")
    open_form(direct)
    asked = direct.submit({modals.ANSWER: "No idea."})
    direct.press(conflicts.ON_HOME[conflicts.REWORD], asked.button_value(conflicts.REWORD))
    assert initial_values(direct.form())[modals.ANSWER] == "No idea."


def test_who_likes_an_answer_that_seems_to_say_nothing_confirms_it_by_a_button(
    drive: Drive,
) -> None:
    direct = drive()
    direct.engine.says = lambda _question: "We do not know."
    direct.ask("Who knows the date?")
    direct.press(notices.MEANT, "1")
    (lesson,) = direct.store.examples.approved()
    assert (lesson.source, lesson.completion) == ("reaction", "We do not know.")
    assert direct.store.ratings.everyone(1) == {ANNA: 1}


def test_a_line_that_the_form_would_cut_is_not_shown_in_it(drive: Drive) -> None:
    direct = drive()
    told = direct.command(f"Which way? => In => out. {'Slowly. ' * 400}", name="/teach")
    assert "too long for a form" in told.text
    assert direct.workspace.views == {}


def test_a_correction_that_contradicts_a_lesson_is_asked_about_first(drive: Drive) -> None:
    direct = drive(teachers=(ANNA,))
    direct.command("Who are you? => A school.", name="/teach", user=BEN)
    other = direct.store.examples.approved()[0]
    direct.store.examples.change(other.id, "withdrawn", BEN)
    direct.ask("Who are you?")
    direct.store.examples.change(other.id, "approved", BEN)
    open_form(direct)
    asked = direct.submit({modals.ANSWER: "Noor."})
    assert "another answer" in asked.everything
    assert [e.completion for e in direct.store.examples.approved()] == ["A school."]
    direct.press(conflicts.REPLACE, asked.button_value(conflicts.REPLACE))
    (left,) = direct.store.examples.approved()
    assert left.completion == "Noor."
    assert direct.store.examples.get(left.id).permalink is not None


def test_for_no_more_people_is_proposed_than_what_was_told(drive: Drive) -> None:
    """Who only writes the better answer has not chosen to make a private lesson known."""
    direct = drive()
    here = Scope("channel", GENERAL)
    direct.store.examples.add(NewExample("Who are you?", "Noor.", "teach", ANNA, scope=here))
    answer = direct.ask("Who are you?")
    reply = direct.store.replies.at(GENERAL, answer.ts)
    assert reply is not None
    assert direct.store.replies.get(reply).recalled
    direct.press(notices.CORRECT, str(reply))
    (field,) = [b for b in direct.form()["blocks"] if b.get("block_id") == modals.SCOPE]
    assert field["element"]["initial_option"]["value"] == "channel"


def talked(direct: Direct) -> str:
    """A talk of two questions; returns the id of the second answer."""
    direct.ask("When is lunch?")
    first = next(m for m in direct.workspace.messages if "answer to" in m.text)
    direct.hear(direct.write(f"<@{BOT}> And tea?", user=ANNA, thread=first.thread_ts))
    assert direct.think()
    answer = next(m for m in direct.workspace.messages if "answer to And tea?" in m.text)
    return str(direct.store.replies.at(GENERAL, answer.ts))


def submit(direct: Direct, text: str, when: str | None = None) -> Message:
    """Submits the form that was opened last, with what was chosen in it."""
    view = direct.form()
    values: dict[str, dict[str, object]] = {modals.ANSWER: {modals.INPUT: {"value": text}}}
    if when:
        values[forms.TALK] = {modals.INPUT: {"selected_option": {"value": when}}}
    body = {"type": "view_submission", "view": view | {"state": {"values": values}}}
    return direct.act(body)


def test_in_a_talk_the_form_shows_the_turns_and_proposes_the_question_alone(drive: Drive) -> None:
    direct = drive()
    direct.press(notices.CORRECT, talked(direct))
    shown = "\n".join(texts_in(direct.form()["blocks"]))
    assert "_Asked:_ When is lunch?\n_I said:_ answer to When is lunch?" in shown
    (field,) = [b for b in direct.form()["blocks"] if b.get("block_id") == forms.TALK]
    assert field["element"]["initial_option"]["value"] == forms.ALONE


def test_outside_of_a_talk_nobody_is_asked_when_a_correction_holds(drive: Drive) -> None:
    direct = drive()
    direct.ask("When is lunch?")
    open_form(direct)
    assert forms.TALK not in [block.get("block_id") for block in direct.form()["blocks"]]


def test_a_correction_in_a_talk_is_told_at_once_to_whoever_asks_that_question(drive: Drive) -> None:
    direct = drive()
    direct.press(notices.CORRECT, talked(direct))
    submit(direct, "At four.")
    (lesson,) = direct.store.examples.approved()
    assert (lesson.prompt, lesson.completion, lesson.messages) == ("And tea?", "At four.", None)
    assert "At four." in direct.ask("And tea?", user=BEN).everything


def test_a_correction_of_such_a_talk_is_told_at_once_in_such_a_talk_alone(drive: Drive) -> None:
    direct = drive()
    direct.press(notices.CORRECT, talked(direct))
    submit(direct, "At four.", forms.IN_TALK)
    (lesson,) = direct.store.examples.approved()
    assert [turn.content for turn in lesson.messages or ()] == [
        "When is lunch?",
        "answer to When is lunch?",
        "And tea?",
        "At four.",
    ]
    assert "At four." not in direct.ask("And tea?", user=BEN).everything
    first = direct.ask("When is lunch?", user=BEN)
    direct.hear(direct.write(f"<@{BOT}> And tea?", thread=first.thread_ts))
    assert direct.think()
    assert "At four." in direct.workspace.messages[-1].everything


@pytest.mark.parametrize("when", [forms.ALONE, forms.IN_TALK])
def test_a_correction_in_a_talk_that_contradicts_a_lesson_is_asked_about(
    drive: Drive, when: str
) -> None:
    """Of the question as of the talk: whoever asks the question alone is told the other."""
    direct = drive(teachers=(ANNA,))
    answer = talked(direct)
    direct.command("and tea => Never.", name="/teach", user=BEN)
    direct.press(notices.CORRECT, answer)
    asked = submit(direct, "At four.", when)
    assert "another answer" in asked.everything
    assert ("At four. (only in such a talk)" in asked.everything) is (when == forms.IN_TALK)
    direct.press(conflicts.KEEP, asked.button_value(conflicts.KEEP))
    kept = direct.store.examples.approved()
    assert [lesson.completion for lesson in kept] == ["Never.", "At four."]
    assert (kept[1].messages is not None) is (when == forms.IN_TALK)


def test_a_form_with_something_taken_out_keeps_the_choice_of_the_talk(drive: Drive) -> None:
    direct = drive()
    direct.press(notices.CORRECT, talked(direct))
    view, state = direct.form(), {modals.ANSWER: {modals.INPUT: {"value": "ada@lantern.example"}}}
    chosen = {forms.TALK: {modals.INPUT: {"selected_option": {"value": forms.IN_TALK}}}}
    answered = json.loads(direct.answer_to(view | {"state": {"values": state | chosen}}))
    (field,) = [b for b in answered["view"]["blocks"] if b.get("block_id") == forms.TALK]
    assert field["element"]["initial_option"]["value"] == forms.IN_TALK
