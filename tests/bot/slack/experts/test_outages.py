"""Slack is away in the middle of asking and telling: nothing is said twice, and nothing lost."""

import pytest

from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.bot.slack.experts.asking import (
    ANSWER,
    QUESTION,
    answer_with,
    knows,
    requests_to,
    rounds,
    school,
    told,
    want,
)
from tests.slack_server.workspace import BEN, BOT, Message


@pytest.fixture
def bot(drive: Drive) -> Direct:
    """A bot whose expert is Ben, and of whom a question is wanted."""
    made = school(drive)
    knows(made, BEN)
    want(made, made.ask(QUESTION))
    return made


def asked(bot: Direct) -> list[Message]:
    """Every message that asks Ben, also one of which the bot knows nothing."""
    place = bot.workspace.direct(BEN).id
    messages = bot.workspace.messages
    return [m for m in messages if m.channel == place and m.user == BOT and not m.ephemeral_to]


def away(bot: Direct, method: str, times: int = 1) -> None:
    """Slack is away for some rounds, and back."""
    bot.client.refused[method] = "service_unavailable"
    for _ in range(times):
        rounds(bot)
    del bot.client.refused[method]


def test_a_request_that_slack_did_not_take_is_sent_by_a_later_round(bot: Direct) -> None:
    away(bot, "chat.postMessage", times=3)
    assert not asked(bot)
    rounds(bot)
    rounds(bot)
    assert len(asked(bot)) == 1
    assert len(requests_to(bot, BEN)) == 1


def test_a_request_whose_answer_of_slack_was_lost_is_not_sent_again(
    bot: Direct, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answer(bot, monkeypatch)
    assert len(asked(bot)) == 1
    rounds(bot)
    assert len(asked(bot)) == 1
    (request,) = requests_to(bot, BEN)
    answer_with(bot, request, ANSWER, user=BEN)
    rounds(bot)
    assert len(told(bot)) == 1


def lose_answer(bot: Direct, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round in which Slack takes messages, and the connection breaks before it says so."""
    real = bot.client.chat_postMessage

    def lost(**given: object) -> None:
        real(**given)  # type: ignore[arg-type]  # as it was called
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(bot.client, "chat_postMessage", lost)
        rounds(bot)


def test_an_answer_whose_fate_is_unknown_is_posted_once(
    bot: Direct, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds(bot)
    answer_with(bot, requests_to(bot, BEN)[0], ANSWER, user=BEN)
    lose_answer(bot, monkeypatch)
    for _ in range(2):
        rounds(bot)
    assert len(told(bot)) == 1


def test_an_answer_that_slack_did_not_take_is_posted_by_a_later_round(bot: Direct) -> None:
    rounds(bot)
    answer_with(bot, requests_to(bot, BEN)[0], ANSWER, user=BEN)
    away(bot, "chat.postMessage", times=2)
    assert not told(bot)
    for _ in range(2):
        rounds(bot)
    assert len(told(bot)) == 1


def test_a_channel_that_takes_no_message_leaves_the_question_to_the_next_best(
    drive: Drive,
) -> None:
    bot = school(drive)
    knows(bot, "C0HELP", "keys, cellar")
    knows(bot, BEN, "*")
    want(bot, bot.ask(QUESTION))
    bot.workspace.channels["C0HELP"].members.discard(BOT)
    rounds(bot)
    assert len(requests_to(bot, BEN)) == 1


def test_a_message_that_could_not_be_updated_is_updated_later(bot: Direct) -> None:
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    answer_with(bot, request, ANSWER, user=BEN)
    away(bot, "chat.update")
    assert "Answered" not in request.text
    rounds(bot)
    assert "Answered by" in request.text
