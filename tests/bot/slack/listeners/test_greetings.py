"""The bot introduces itself once in each channel, and once to each person who opens it."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.slack.listeners.greetings import MUTE, UNASKED, WATCHED
from tests.bot.slack.conftest import School
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, BEN, BOT, CLEO, DIRECT, ELSEWHERE, GENERAL, PRIVATE

Drive = Callable[..., Direct]


def invite(bot: Direct, channel: str = GENERAL, user: str = BOT) -> dict[str, Any]:
    event = {"type": "member_joined_channel", "user": user, "channel": channel, "inviter": ANNA}
    body = bot.body(event)
    bot.dispatch(body)
    return body


def opened(bot: Direct, user: str = ANNA) -> None:
    channel = bot.workspace.direct(user).id
    told = {"type": "app_home_opened", "user": user, "channel": channel, "tab": "messages"}
    bot.dispatch(bot.body(told))


def said(bot: Direct) -> list[str]:
    return [message.text for message in bot.workspace.messages if message.user == BOT]


def test_a_channel_is_greeted_once_also_after_redelivery_and_a_second_invitation(
    drive: Drive,
) -> None:
    bot = drive()
    bot.dispatch(invite(bot))
    invite(bot)
    (greeting,) = said(bot)
    for words in ("I am Nightschool", "*Ask me*", "*Teach me*", "*What I keep*", "for everybody"):
        assert words in greeting
    invite(bot, PRIVATE)
    assert "for this channel alone" in said(bot)[1]


@pytest.mark.parametrize(("watched", "unasked"), [(True, False), (False, True), (False, False)])
def test_it_says_what_is_switched_on_there(drive: Drive, watched: bool, unasked: bool) -> None:
    bot = drive()
    bot.store.channels.watch(GENERAL, watched, ANNA)
    bot.store.channels.set_auto(GENERAL, unasked, ANNA)
    bot.store.channels.watch(PRIVATE, True, ANNA)
    invite(bot)
    (greeting,) = said(bot)
    assert (WATCHED in greeting) is watched
    assert (UNASKED in greeting) is unasked
    assert MUTE in greeting


def test_others_who_join_are_not_greeted(drive: Drive) -> None:
    bot = drive()
    invite(bot, user=BEN)
    assert said(bot) == []


def test_where_it_is_switched_off_it_says_so(drive: Drive) -> None:
    bot = drive(listen=False)
    invite(bot)
    (greeting,) = said(bot)
    assert "switched off here" in greeting
    assert "*Ask me*" not in greeting


def test_a_greeting_that_slack_did_not_take_is_said_with_the_next_round(drive: Drive) -> None:
    bot = drive()
    bot.client.refused["chat.postMessage"] = "internal_error"
    invite(bot)
    bot.client.refused.clear()
    for _ in range(2):
        bot.parts.rounds.once()
    assert len(said(bot)) == 1


def test_who_opens_the_direct_messages_first_is_greeted_once(drive: Drive) -> None:
    bot = drive()
    for _ in range(2):
        opened(bot)
    (greeting,) = said(bot)
    assert "for you alone" in greeting
    assert bot.workspace.prompts[DIRECT], "and the prompts are there"


@pytest.mark.parametrize("user", [CLEO, BEN, ANNA])
def test_outsiders_those_known_and_those_who_opted_out_are_not_greeted(
    drive: Drive, user: str
) -> None:
    bot = drive()
    if user == BEN:
        bot.ask("Where is the key?", user=BEN)
    if user == ANNA:
        bot.store.people.opt_out(ANNA)
    before = len(said(bot))
    opened(bot, user)
    assert len(said(bot)) == before


def test_an_invitation_is_heard_over_the_socket(school: School) -> None:
    school.slack.invite_bot(ELSEWHERE)
    greeting = school.slack.wait_for_message(channel=ELSEWHERE, contains="I am Nightschool")
    assert greeting.thread_ts is None


def test_a_group_message_is_answered_as_a_channel_is(drive: Drive) -> None:
    """With a mention, and in its thread without one; what is said among the people is not."""
    bot = drive()
    group = "G0GROUP"
    bot.hear(bot.write("Where is the key?", channel=group))
    assert not bot.think()
    answer = bot.ask("Where is the key?", channel=group, user=ANNA)
    assert answer.channel == group
    assert answer.thread_ts is not None
    bot.hear(bot.write("And the spare?", channel=group, user=ANNA, thread=answer.thread_ts))
    assert bot.think()
