"""The pace stays below what Slack takes, in any minute."""

import pytest

from bot.slack.transport.pacing.tiers import METHODS, TIER_2, limits_of
from tests.slack_server import rate_limits
from tests.slack_server.web_api import SCOPES


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_burst_and_a_minute_together_are_less_than_the_tier(method: str) -> None:
    limit = METHODS[method].workspace
    assert limit.burst + limit.per_minute < rate_limits.LIMITS[method]


def test_a_channel_gets_a_message_a_second_and_less_than_slacks_burst() -> None:
    limit = METHODS["chat.postMessage"].channel
    assert limit is not None
    assert limit.burst < rate_limits.CHANNEL_BURST
    assert limit.per_minute <= 60


def test_every_method_that_is_called_has_its_limits_on_both_sides() -> None:
    assert set(SCOPES) <= set(METHODS)
    assert set(METHODS) == set(rate_limits.LIMITS)


def test_an_unknown_method_counts_as_a_slow_one() -> None:
    assert limits_of("chat.unheardOf") == TIER_2
