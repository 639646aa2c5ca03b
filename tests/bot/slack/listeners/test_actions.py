"""Buttons: each says what is wrong with a press, and does nothing then."""

import pytest

from bot.slack.answers import blind_comparison
from bot.slack.feedback import notices
from bot.slack.lessons import marked_messages
from bot.slack.messages import feedback_buttons
from bot.slack.state import conflicts
from tests.bot.slack.conftest import Drive
from tests.slack_server.workspace import ANNA, BEN, ELSEWHERE, GENERAL


@pytest.mark.parametrize(
    ("action", "value", "said"),
    [
        (feedback_buttons.ACTION, "sideways:1", "do not know that answer"),
        (notices.CORRECT, "nonsense", "do not know that answer"),
        (notices.TAKE_BACK, "0", "do not know that answer"),
        (feedback_buttons.TEACH, "nonsense", "do not know that answer"),
        (f"{blind_comparison.ACTION}a", "nonsense", "do not know this comparison"),
        (marked_messages.OFFER, f"{ELSEWHERE}:1.0", "Press it where the words are."),
        (conflicts.KEEP, "unknown", "no longer know what this was about"),
    ],
)
def test_a_press_that_cannot_be_meant_is_answered_by_why(
    drive: Drive, action: str, value: str, said: str
) -> None:
    assert said in drive().press(action, value).text


@pytest.mark.parametrize("action", [notices.CORRECT, notices.TAKE_BACK, feedback_buttons.TEACH])
def test_an_answer_is_rated_and_taught_where_it_stands_alone(drive: Drive, action: str) -> None:
    direct = drive()
    answer = direct.ask("Who are you?")
    reply = direct.store.replies.at(GENERAL, answer.ts)
    assert reply is not None
    elsewhere = direct.press(action, str(reply), channel=direct.workspace.direct(ANNA).id)
    assert "do not know that answer" in elsewhere.text
    assert direct.workspace.views == {}


@pytest.mark.parametrize(
    ("teachers", "approved", "pending"), [((ANNA,), ["There."], []), ((), ["Here."], ["There."])]
)
def test_only_who_teaches_decides_about_a_contradiction(
    drive: Drive, teachers: tuple[str, ...], approved: list[str], pending: list[str]
) -> None:
    """What a teacher decides is done; what a member decides about Ben's lesson is proposed."""
    direct = drive(teachers=teachers)
    direct.command("Where? => Here.", name="/teach", user=BEN)
    asked = direct.command("Where? => There.", name="/teach")
    assert "another answer" in asked.everything
    key = asked.button_value(conflicts.REPLACE)
    assert "Only who taught this" in direct.press(conflicts.REPLACE, key, user=BEN).text
    assert [e.completion for e in direct.store.examples.approved()] == ["Here."]
    direct.press(conflicts.REPLACE, key, user=ANNA)
    assert [e.completion for e in direct.store.examples.approved()] == approved
    waiting = direct.store.examples.search(status="pending")
    assert [example.completion for example in waiting] == pending
