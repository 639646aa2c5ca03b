"""Slack's own Stop button and the state of its sessions, as stories over the socket."""

import pytest

from tests.bot.slack.conftest import School
from tests.slack_server.workspace import ANNA, BEN


@pytest.fixture
def modern(school: School) -> School:
    """A workspace with agent sessions."""
    school.slack.workspace.has_sessions = True
    return school


def test_a_question_has_a_session_until_it_is_answered(modern: School) -> None:
    question = modern.slack.send_mention("Where is the *key*?")
    modern.slack.wait_for_message(contains="says:", thread=question.ts)
    modern.slack.wait_until(
        lambda: [s.status for s in modern.slack.workspace.sessions.values()] == ["active"],
        "the session did not end",
    )
    session = modern.slack.workspace.sessions[question.channel, question.ts]
    assert session.title == "Where is the key ?"
    assert session.person == ANNA


@pytest.mark.parametrize("user", [ANNA, BEN])
def test_the_button_stops_the_answer_and_ends_the_session(modern: School, user: str) -> None:
    modern.engine.open.clear()
    question = modern.slack.send_mention("Where is the key?")
    sessions = modern.slack.workspace.sessions
    modern.slack.wait_until(lambda: sessions.get((question.channel, question.ts)), "no session")
    modern.slack.press_stop(question, user=user)
    modern.slack.wait_for_message(contains="Stopped", thread=question.ts)
    modern.slack.wait_until(
        lambda: sessions[question.channel, question.ts].status == "active",
        "the session did not end",
    )
    modern.engine.open.set()
    modern.quiet()
    said = modern.slack.bot_messages(thread=question.ts)
    assert len(said) == 1
    assert "says:" not in said[0].everything


def test_a_late_event_does_not_stop_the_next_question(modern: School) -> None:
    modern.engine.open.clear()
    first = modern.slack.send_mention("Where is the key?")
    sessions = modern.slack.workspace.sessions
    modern.slack.wait_until(lambda: sessions.get((first.channel, first.ts)), "no session")
    with modern.slack.holding_deliveries() as held:
        modern.slack.press_stop(first)
    modern.engine.open.set()
    modern.slack.wait_for_message(contains="says:", thread=first.ts)
    modern.quiet()
    modern.engine.open.clear()
    second = modern.slack.send_message("And the spare one?", thread=first.ts)
    modern.heard()
    for delivery in held:
        modern.slack.redeliver(delivery)
    modern.heard()
    modern.engine.open.set()
    modern.slack.wait_for_message(contains="spare", thread=second.thread_ts)
    assert not modern.slack.bot_messages(contains="Stopped", thread=first.ts)
