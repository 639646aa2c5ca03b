"""Answers that are being written share their pace by who waits longest; streams have an end."""

import pytest

from bot.slack.state.pacing import ALIVE_SECONDS, START, STOP, StreamingState, StreamRoom, Turns
from bot.slack.transport.pacing.pacer import Pacer
from bot.slack.transport.pacing.tiers import TIER_2
from tests.slack_server.clock import JumpingClock


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


class Time:
    """A time that passes when it is told to."""

    seconds = 100.0

    def now(self) -> float:
        return self.seconds


def test_after_something_was_shown_nothing_is_for_a_while() -> None:
    time = Time()
    turns = Turns(time.now)
    assert turns.may("a", 2.0)
    assert not turns.may("a", 2.0)
    assert not turns.may("b", 2.0)
    time.seconds += 2.0
    assert turns.may("b", 2.0)


def test_without_a_pause_the_next_may_follow_at_once() -> None:
    turns = Turns(Time().now)
    assert turns.may("a", 0.0)
    assert turns.may("a", 0.0)


def test_whoever_waits_longest_is_next_and_each_has_as_many_turns() -> None:
    time = Time()
    turns = Turns(time.now)
    shown = {"a": 0, "b": 0, "c": 0}
    for _ in range(240):
        time.seconds += 0.125
        for who in shown:  # always in the same order, in which the first would have them all
            shown[who] += turns.may(who, 1.0)
    assert sum(shown.values()) == 30
    assert max(shown.values()) - min(shown.values()) <= 2


def test_an_answer_with_nothing_to_show_holds_up_nobody() -> None:
    time = Time()
    turns = Turns(time.now)
    assert turns.may("c", 1.0)
    assert not turns.may("b", 1.0)
    time.seconds += 0.5
    assert not turns.may("a", 1.0)
    assert not turns.may("b", 1.0)
    time.seconds += 0.5
    assert not turns.may("a", 1.0), "b waits longer"
    time.seconds += ALIVE_SECONDS + 0.1
    assert turns.may("a", 1.0), "b has not asked again"


def test_an_answer_that_has_left_waits_no_longer() -> None:
    time = Time()
    turns = Turns(time.now)
    assert turns.may("a", 0.1)
    assert not turns.may("b", 0.1)
    time.seconds += 0.2
    turns.leave("b")
    assert turns.may("a", 0.1)


def test_a_stream_begins_only_where_there_is_room_for_all_ends(clock: JumpingClock) -> None:
    pacer = Pacer(clock)
    room = StreamRoom(pacer)
    burst = TIER_2.workspace.burst
    assert [room.reserve() for _ in range(burst + 1)] == [True] * burst + [False]
    room.release()
    assert room.reserve(), "one of them has ended"


def test_a_stream_needs_room_for_its_beginning_too(clock: JumpingClock) -> None:
    pacer = Pacer(clock)
    room = StreamRoom(pacer)
    for _ in range(TIER_2.workspace.burst):
        pacer.take(START, "C1")
    assert pacer.room(STOP)
    assert not room.reserve()
    clock.advance(60.0)
    assert room.reserve()


def test_answers_are_streamed_until_slack_says_otherwise() -> None:
    assert StreamingState().streams
