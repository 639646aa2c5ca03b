"""Answers that are being written share their pace by who waits longest; streams have an end."""

from itertools import pairwise

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


class Calls:
    """Calls of a method: some may be made at once, some come in, and time passes as it is told."""

    def __init__(self, burst: int, per_minute: float) -> None:
        self.time = Time()
        self.left = float(burst)
        self.turns = Turns(lambda: int(self.left), per_minute, self.time.now)
        self._per_second = per_minute / 60

    def may(self, who: str, seconds: float) -> bool:
        shown = self.turns.may(who, seconds)
        self.left -= shown
        return shown

    def run(self, seconds: float, *people: str, least: float = 0.7) -> dict[str, list[float]]:
        """Everybody asks eight times a second; returns when each had a turn."""
        shown: dict[str, list[float]] = {who: [] for who in people}
        end = self.time.seconds + seconds
        while self.time.seconds < end:
            self.time.seconds += 0.125
            self.left += self._per_second * 0.125
            for who in people:  # always in the same order, in which the first would have them all
                if self.may(who, least):
                    shown[who].append(self.time.seconds)
        return shown


def longest(times: list[float]) -> float:
    return max(b - a for a, b in pairwise(times))


def test_after_something_was_shown_the_same_answer_shows_nothing_for_a_while() -> None:
    calls = Calls(40, 60.0)
    assert calls.may("a", 2.0)
    assert not calls.may("a", 2.0)
    assert calls.may("b", 2.0), "there is room for another"
    calls.time.seconds += 2.0
    assert calls.may("a", 2.0)


def test_without_a_pause_the_next_may_follow_at_once() -> None:
    calls = Calls(40, 60.0)
    assert calls.may("a", 0.0)
    assert calls.may("a", 0.0)


def test_a_few_answers_grow_as_often_as_one_alone() -> None:
    shown = Calls(40, 58.0).run(5.0, "a", "b", "c")
    for times in shown.values():
        assert longest(times) <= 0.875


def test_many_answers_grow_evenly_and_slack_takes_them_all() -> None:
    calls = Calls(40, 58.0)
    people = [f"person {number}" for number in range(8)]
    soon = calls.run(3.0, *people)
    for times in soon.values():
        assert len(times) >= 3
        assert longest(times) <= 1.5
    assert calls.left >= 14, "each has another piece soon, so that no long pause follows"
    later = calls.run(60.0, *people)
    assert calls.left >= 0
    counts = [len(times) for times in later.values()]
    assert max(counts) - min(counts) <= 1
    assert max(longest(times) for times in later.values()) <= 1.25 * 8 * 60 / 58


@pytest.fixture
def full() -> Calls:
    """`b` has waited longest, then `a`, and one place has come in."""
    calls = Calls(2, 0.001)
    assert calls.may("b", 1.0)
    calls.time.seconds += 0.1
    assert calls.may("a", 1.0)
    calls.time.seconds += 1e6
    assert not calls.may("a", 1.0)
    assert not calls.may("b", 1.0)
    calls.left = 1.0
    return calls


def test_the_last_place_is_for_whoever_waits_longest(full: Calls) -> None:
    assert not full.may("a", 1.0)
    assert full.may("b", 1.0)


def test_an_answer_with_nothing_to_show_holds_up_nobody(full: Calls) -> None:
    full.time.seconds += ALIVE_SECONDS + 0.1
    assert full.may("a", 1.0), "b has not asked again"


def test_an_answer_that_has_left_waits_no_longer(full: Calls) -> None:
    full.turns.leave("b")
    assert full.may("a", 1.0)


def test_an_answer_that_has_begun_otherwise_waits_for_its_turn() -> None:
    calls = Calls(40, 60.0)
    calls.turns.shown("a")
    assert not calls.may("a", 0.7)
    calls.time.seconds += 0.75
    assert calls.may("a", 0.7)


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
