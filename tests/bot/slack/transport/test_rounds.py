"""Small tasks are done again and again, and soon after they are asked for."""

import threading

import pytest

from bot.slack.transport.rounds import Rounds

PATIENCE = 60.0


def test_a_round_comes_at_the_start_and_when_it_is_wanted_until_the_end() -> None:
    came, closing = threading.Semaphore(0), threading.Event()
    rounds = Rounds([came.release], closing)
    rounds.start()
    assert came.acquire(timeout=PATIENCE)
    rounds.soon()
    assert came.acquire(timeout=PATIENCE)
    closing.set()
    rounds.join(PATIENCE)
    rounds.soon()
    assert not came.acquire(blocking=False)


def test_a_round_comes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slack.transport.rounds.SECONDS", 0.01)
    came, closing = threading.Semaphore(0), threading.Event()
    rounds = Rounds([came.release], closing)
    rounds.start()
    assert all(came.acquire(timeout=PATIENCE) for _ in range(3))
    closing.set()
    rounds.join(PATIENCE)


def test_a_task_that_fails_keeps_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []

    def fail() -> None:
        raise ZeroDivisionError("secret words")

    Rounds([fail, lambda: done.append("second")], threading.Event()).once()
    assert done == ["second"]
    logged = "".join(capsys.readouterr())
    assert "ZeroDivisionError" in logged
    assert "secret words" not in logged


def test_what_never_started_ends_at_once() -> None:
    Rounds([], threading.Event()).join(PATIENCE)
