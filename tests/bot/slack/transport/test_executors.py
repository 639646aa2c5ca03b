"""Work runs beside the listeners, within bounds, and none of it is lost without a word."""

import threading

import pytest

from bot.slack.transport import executors
from bot.slack.transport.errors import BusyError
from bot.slack.transport.executors import Executors


def test_a_full_slow_executor_refuses_and_the_quick_one_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(executors, "SLOW", 1)
    monkeypatch.setattr(executors, "SLOW_WAITING", 2)
    everything = Executors()
    go, begun = threading.Event(), threading.Event()

    def wait() -> bool:
        begun.set()
        return go.wait(60)

    running = everything.slow.submit(wait)
    assert begun.wait(60)
    waiting = [everything.slow.submit(go.wait, 60) for _ in range(2)]
    with pytest.raises(BusyError, match="ask me again"):
        everything.slow.submit(go.wait, 60)
    assert everything.quick.submit(lambda: "through").result(60) == "through"
    assert not everything.drain(0)
    go.set()
    assert all(future.result(60) for future in [running, *waiting])
    assert everything.drain(60)
    assert everything.close(60)


def test_closing_lets_what_runs_end_and_begins_nothing_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(executors, "SLOW", 1)
    everything = Executors()
    go, begun = threading.Event(), threading.Event()

    def wait() -> bool:
        begun.set()
        return go.wait(60)

    running = everything.slow.submit(wait)
    assert begun.wait(60)
    waiting = everything.slow.submit(wait)
    assert not everything.close(0)
    assert waiting.cancelled()
    with pytest.raises(RuntimeError):
        everything.slow.submit(wait)
    go.set()
    assert running.result(60)
    assert everything.drain(60)


def test_a_failing_task_is_logged_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    everything = Executors()

    def fail() -> None:
        raise ValueError("what somebody wrote")

    assert isinstance(everything.quick.submit(fail).exception(60), ValueError)
    assert everything.close(60)
    logged = "".join(capsys.readouterr())
    assert "ValueError" in logged
    assert "somebody" not in logged
