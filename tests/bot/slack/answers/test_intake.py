"""A message for the bot is taken once, by whichever event comes first; all others are let pass."""

import pytest

from bot.privacy.consent import MUTED
from bot.slack.answers import intake
from bot.slack.state.in_flight import InFlightAnswers
from tests.bot.slack.conftest import School
from tests.slack_server.workspace import ANNA, BEN, GENERAL


def test_in_a_muted_channel_the_author_alone_is_told_and_once(school: School) -> None:
    school.store.channels.set(GENERAL, False, BEN)
    asked = school.slack.send_mention("Well?")
    school.slack.redeliver(asked)
    school.quiet()
    assert [m.text for m in school.slack.bot_messages(ephemeral_to=ANNA)] == [MUTED]
    assert school.slack.bot_messages() == []


def test_a_reply_that_overtakes_the_beginning_of_its_thread_is_answered_after_it(
    school: School,
) -> None:
    with school.slack.holding_deliveries() as held:
        asked = school.slack.send_mention("Who is Ottilie?")
        school.slack.send_message("And her dog?", user=BEN, thread=asked.ts)
    for delivery in reversed(held):
        school.slack.redeliver(delivery)
        school.quiet()
    texts = [message.text for message in school.slack.bot_messages(thread=asked.ts)]
    assert texts == ["v0007 says: Who is Ottilie?", "v0007 says: And her dog?"]


def test_a_question_that_was_turned_to_somebody_else_before_it_came_is_let_pass(
    school: School,
) -> None:
    with school.slack.holding_deliveries() as held:
        asked = school.slack.send_mention("Who is Ottilie?")
        school.slack.edit_message(asked, f"<@{BEN}> Who is Ottilie?")
    for delivery in reversed(held):
        school.slack.redeliver(delivery)
        school.quiet()
    assert school.slack.bot_messages() == []
    assert school.store.pending_answers.all() == []
    assert school.parts.in_flight.all() == []


def test_a_failure_is_told_once_until_it_is_forgotten(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object, __: object) -> None:
        raise ValueError

    monkeypatch.setattr(intake, "KEPT", 1)
    monkeypatch.setattr(InFlightAnswers, "take", fail)
    first = school.slack.send_mention("First?")
    school.quiet()
    school.slack.send_mention("Second?")
    school.quiet()
    assert len(school.slack.bot_messages(ephemeral_to=ANNA)) == 2
    school.slack.redeliver(first)
    school.quiet()
    assert len(school.slack.bot_messages(ephemeral_to=ANNA)) == 3
