"""The form for a better answer."""

from bot.slack.feedback import notices
from bot.slack.messages import modals
from bot.slack.state import conflicts
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server.pressing import initial_values
from tests.slack_server.workspace import ANNA, BEN, GENERAL


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
