"""The server refuses what Slack would refuse, and says when it takes it."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.manifest import manifest
from tests.slack_server import SlackServer
from tests.slack_server.clock import JumpingClock
from tests.slack_server.rate_limits import CHANNEL_BURST, LIMITS, RateLimits
from tests.slack_server.web_api import SCOPES
from tests.slack_server.workspace import GENERAL


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


def test_every_method_of_the_server_has_a_limit() -> None:
    assert set(SCOPES) <= set(LIMITS)


def test_a_minute_takes_as_many_calls_as_the_tier_says(clock: JumpingClock) -> None:
    limits = RateLimits(clock)
    assert not any(limits.refusal("chat.stopStream", {}) for _ in range(20))
    seconds = limits.refusal("chat.stopStream", {})
    assert 0 < seconds <= 60
    assert not limits.refusal("chat.startStream", {})
    clock.advance(seconds)
    assert not any(limits.refusal("chat.stopStream", {}) for _ in range(20))


def test_a_channel_takes_a_short_burst_and_then_a_message_a_second(clock: JumpingClock) -> None:
    limits = RateLimits(clock)
    for _ in range(CHANNEL_BURST):
        assert not limits.refusal("chat.postMessage", {"channel": "C1"})
    assert limits.refusal("chat.postMessage", {"channel": "C1"}) == 1
    assert not limits.refusal("chat.postMessage", {"channel": "C2"})
    clock.advance(1)
    assert not limits.refusal("chat.postMessage", {"channel": "C1"})
    assert limits.refusal("chat.postMessage", {"channel": "C1"}) == 1


def test_the_refusal_is_slacks_and_nothing_is_done(clock: JumpingClock) -> None:
    with SlackServer(manifest(), clock=clock) as slack:
        client = WebClient(slack.bot_token, base_url=slack.api_url)
        client.proxy = None
        for _ in range(CHANNEL_BURST):
            client.chat_postMessage(channel=GENERAL, text="hello")
        with pytest.raises(SlackApiError) as refused:
            client.chat_postMessage(channel=GENERAL, text="hello")
        answer = refused.value.response
        assert (answer.status_code, answer["error"]) == (429, "ratelimited")
        assert answer.headers["Retry-After"] == "1"
        assert len(slack.bot_messages()) == CHANNEL_BURST
