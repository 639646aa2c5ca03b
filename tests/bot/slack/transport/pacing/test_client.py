"""Where Slack refuses a call for its limits, it is made again when Slack says, and once."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.messages import posting
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.transport.pacing.client import REFUSALS, PacedClient, pacer_of
from bot.slack.transport.pacing.pacer import NoRoomError
from tests.slack_server import SlackServer
from tests.slack_server.clock import JumpingClock
from tests.slack_server.workspace import GENERAL

HELLO = MessageContent("hello")


def test_a_refused_call_waits_as_long_as_slack_says(
    slack: SlackServer, client: PacedClient, pace_clock: JumpingClock
) -> None:
    slack.fail("chat.postMessage", "ratelimited", status=429, retry_after=30)
    before = pace_clock.now()
    ts = posting.say(client, Place(GENERAL), HELLO)
    assert pace_clock.now() - before >= 30
    assert [message.ts for message in slack.bot_messages()] == [ts]


def test_whoever_does_not_wait_hears_of_the_refusal(
    slack: SlackServer, client: PacedClient
) -> None:
    slack.fail("chat.postMessage", "ratelimited", status=429, retry_after=30)
    with client.pacer.at_once():
        for refused in (True, False):
            with pytest.raises(NoRoomError) as full:
                posting.say(client, Place(GENERAL), HELLO)
            assert full.value.refused is refused
    assert len(slack.calls) == 1


def test_a_call_that_is_refused_for_ever_fails_in_the_end(
    slack: SlackServer, client: PacedClient
) -> None:
    slack.fail("chat.postMessage", "ratelimited", status=429, retry_after=1, times=99)
    with pytest.raises(SlackApiError):
        posting.say(client, Place(GENERAL), HELLO)
    assert len(slack.calls) == REFUSALS + 1


def test_many_messages_in_one_channel_all_come_and_none_is_refused(
    slack: SlackServer, client: PacedClient
) -> None:
    for _ in range(20):
        posting.say(client, Place(GENERAL), HELLO)
    assert len(slack.bot_messages()) == 20
    assert not slack.calls_of("chat.postMessage", failed=True)


def test_a_client_without_a_pace_gets_one_that_is_never_refused() -> None:
    assert pacer_of(WebClient()).room("chat.startStream") > 0
