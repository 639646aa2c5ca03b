"""Calls wait for their place, in the order in which they came, and none goes over a limit."""

import threading

import pytest

from bot.slack.transport.pacing.pacer import NoRoomError, Pacer
from bot.slack.transport.pacing.tiers import MESSAGES, TIER_2
from tests.slack_server.clock import JumpingClock
from tests.slack_server.rate_limits import RateLimits

POST, START = "chat.postMessage", "chat.startStream"
BURST = TIER_2.workspace.burst


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def pacer(clock: JumpingClock) -> Pacer:
    return Pacer(clock)


@pytest.mark.parametrize("method", [START, POST, "chat.appendStream", "chat.update"])
def test_slack_refuses_nothing_however_many_calls_there_are(
    pacer: Pacer, clock: JumpingClock, method: str
) -> None:
    slack = RateLimits(clock)
    for number in range(400):
        channel = f"C{number % 3}"
        pacer.take(method, channel)
        assert not slack.refusal(method, {"channel": channel})


def test_without_waiting_it_is_said_that_there_is_no_room(pacer: Pacer) -> None:
    with pacer.at_once():
        for _ in range(BURST):
            pacer.take(START, "C1")
        with pytest.raises(NoRoomError) as full:
            pacer.take(START, "C1")
    assert (full.value.method, full.value.refused) == (START, False)
    assert pacer.room(START) == 0
    assert pacer.waits


def test_a_channel_has_a_pace_of_its_own(pacer: Pacer) -> None:
    assert MESSAGES.channel is not None
    with pacer.at_once():
        for _ in range(MESSAGES.channel.burst):
            pacer.take(POST, "C1")
        with pytest.raises(NoRoomError):
            pacer.take(POST, "C1")
        pacer.take(POST, "C2")


def test_a_place_that_was_waited_for_is_used_by_the_thread_that_waited(pacer: Pacer) -> None:
    for _ in range(BURST):
        pacer.take(START, "C1")
    assert pacer.wait(START, "C1", lambda: False)
    with pacer.at_once():
        pacer.take(START, "C1")
        with pytest.raises(NoRoomError):
            pacer.take(START, "C1")


def test_whoever_gives_up_takes_no_place(pacer: Pacer, clock: JumpingClock) -> None:
    clock.held = True
    for _ in range(BURST):
        pacer.take(START, "C1")
    assert not pacer.wait(START, "C1", lambda: True)
    clock.advance(60.0 / TIER_2.workspace.per_minute)
    assert pacer.room(START) == 1


def test_a_refusal_closes_a_method_for_everybody_and_a_channel_alone(
    pacer: Pacer, clock: JumpingClock
) -> None:
    clock.held = True
    pacer.pause(START, "C1", 30)
    pacer.pause(POST, "C1", 30)
    assert pacer.room(START, "C2") == 0
    assert pacer.room(POST, "C1") == 0
    assert pacer.room(POST, "C2") > 0
    clock.advance(30.5)
    assert pacer.room(START, "C2") == 1, "no burst right after a refusal"
    assert pacer.room(POST, "C1") == 1


def test_whoever_waits_longest_goes_first(pacer: Pacer, clock: JumpingClock) -> None:
    clock.held = True
    for _ in range(BURST):
        pacer.take(START, "C1")
    order: list[int] = []

    def take(number: int) -> None:
        pacer.take(START, "C1")
        order.append(number)

    threads = []
    for number in range(3):
        thread = threading.Thread(target=take, args=(number,))
        thread.start()
        threads.append(thread)
        with pacer._changed:
            assert pacer._changed.wait_for(lambda n=number: len(pacer._waiting) > n, 60)  # type: ignore[misc]  # a default binds it
    for number in range(3):
        clock.advance(60.0 / TIER_2.workspace.per_minute + 0.001)
        threads[number].join(60)
    assert order == [0, 1, 2]


def test_nobody_overtakes_those_who_wait(pacer: Pacer, clock: JumpingClock) -> None:
    clock.held = True
    for _ in range(BURST):
        pacer.take(START, "C1")
    gone = threading.Event()
    waiting = threading.Thread(target=lambda: pacer.wait(START, "C1", gone.is_set))
    waiting.start()
    with pacer._changed:
        assert pacer._changed.wait_for(lambda: bool(pacer._waiting), 60)
        clock.advance(60.0 / TIER_2.workspace.per_minute + 0.001)
        assert pacer.room(START) == 0
        with pacer.at_once(), pytest.raises(NoRoomError):
            pacer.take(START, "C1")
    gone.set()
    waiting.join(60)


def test_when_the_service_stops_nothing_waits(pacer: Pacer, clock: JumpingClock) -> None:
    clock.held = True
    pacer.pause(START, None, 3600)
    pacer.hurry()
    pacer.take(START, "C1")
    assert pacer.room(START)
    pacer.hurry(on=False)
    assert not pacer.room(START)


def test_channels_that_nobody_uses_are_forgotten(
    pacer: Pacer, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.transport.pacing.pacer.MOST_CHANNELS", 5)
    for number in range(50):
        pacer.take(POST, f"C{number}")
        clock.advance(60)
    assert len(pacer._buckets) <= 7
