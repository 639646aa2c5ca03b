"""The form to teach: its limits, what was filled in, and where an error belongs."""

from typing import Any

from bot.settings import ExampleSettings
from bot.slack.messages import modals
from bot.slack.messages.ephemeral import Recipient

ASKED = Recipient("U1", "C1", "1.0", "https://a.example")


def filled(**values: Any) -> dict[str, Any]:
    """A form as Slack sends it back."""
    limits = ExampleSettings(max_prompt_length=9, max_completion_length=9)
    view = modals.teach_form(ASKED, limits).to_dict()
    inputs = {
        block: {modals.INPUT: {"value": values.get(block)}}
        for block in (modals.QUESTION, modals.ANSWER)
    }
    day = {modals.LAST_DAY: {modals.INPUT: {"selected_date": values.get(modals.LAST_DAY)}}}
    return {**view, "state": {"values": inputs | (day if modals.LAST_DAY in values else {})}}


def test_a_filled_form_is_read_with_where_it_was_asked_for() -> None:
    view = filled(question="Where?", answer="Here.", last_day="2030-01-31")
    expected = modals.FormLesson("Where?", "Here.", "C1", "https://a.example", "2030-01-31", "1.0")
    assert modals.lesson(view) == expected


def test_empty_fields_are_empty_texts_and_no_last_day() -> None:
    expected = modals.FormLesson("", "", "C1", "https://a.example", None, "1.0")
    assert modals.lesson(filled()) == expected


def test_the_form_may_begin_with_a_question() -> None:
    shown = modals.teach_form(ASKED, ExampleSettings(), "Where?").to_dict()["blocks"]
    question, answer = (block["element"].get("initial_value") for block in shown[:2])
    assert (question, answer) == ("Where?", None)


def test_an_input_takes_what_the_settings_and_slack_allow() -> None:
    element = modals.field("b", "Label", "Example", 9, "x" * 20).to_dict()["element"]
    assert element["max_length"] == 9
    assert element["initial_value"] == "x" * 8 + "…"
    element = modals.field("b", "Label", "Example", 99999).to_dict()["element"]
    assert element["max_length"] == modals.INPUT_LIMIT
    assert "initial_value" not in element
    assert element["multiline"]


def test_each_error_stands_below_its_field() -> None:
    errors = (
        "the prompt is empty",
        "the Completion is empty",
        "the answer is too long",
        "the last day of this answer is over",
    )
    assert modals.field_errors(errors) == {
        modals.QUESTION: "the prompt is empty",
        modals.ANSWER: "the Completion is empty the answer is too long",
        modals.LAST_DAY: "the last day of this answer is over",
    }
