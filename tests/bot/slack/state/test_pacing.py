"""All answers together stay under Slack's rate limits."""

from bot.slack.state.pacing import Pace, StreamingState


def test_after_something_was_shown_nothing_is_for_a_while() -> None:
    pace = Pace()
    assert pace.may(3600.0)
    assert not pace.may(3600.0)
    assert not pace.may(0.0)


def test_without_a_pause_the_next_may_follow_at_once() -> None:
    pace = Pace()
    assert pace.may(0.0)
    assert pace.may(0.0)


def test_answers_are_streamed_until_slack_says_otherwise() -> None:
    assert StreamingState().streams
