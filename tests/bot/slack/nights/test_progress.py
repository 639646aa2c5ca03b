"""The message that shows a night: its bar, its figures, and how often it is changed."""

import threading

import pytest

from bot.home import Home
from bot.slack.nights import progress
from bot.slack.nights.progress import NightAsker, NightProgress
from bot.store import Store
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA
from trainer.adapters.registry import Registry


class Seconds(threading.Event):
    """The end of the service, which does not come; each second that is waited for is a step."""

    def __init__(self, store: Store, last: int) -> None:
        super().__init__()
        self._store = store
        self._last = last
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0.0)
        step = len(self.waited)
        if step < self._last:
            self._store.runs.progress(1, phase="train", step=step, steps=99)
        elif self._store.runs.get(1).status == "running":
            self._store.runs.finish(1, "skipped", "Nothing new.", seconds=1.0)
        return self.is_set()


def night(direct: Direct, closing: threading.Event) -> NightProgress:
    registry = Registry(direct.home.adapters)
    return NightProgress(direct.store, registry, direct.parts.app.client, closing)


def text(home: Home, **values: object) -> str:
    home.prepare()
    store = Store(home.database)
    run = store.runs.start(1).id
    store.runs.progress(run, **values)
    shown = progress.progress(store.runs.get(run)).text
    store.close()
    return shown


def test_the_bar_is_as_long_at_the_end_as_on_the_way(home: Home) -> None:
    half = text(home, phase="train", step=30, steps=60)
    assert f"`{'▓' * 10}{'░' * 10}` 30 of 60" in half


def test_a_step_too_many_makes_the_bar_no_longer(home: Home) -> None:
    assert f"`{'▓' * 20}` 90 of 60" in text(home, phase="train", step=90, steps=60)


def test_the_loss_is_shown_while_it_is_trained_and_the_rest_of_the_time_if_known(
    home: Home,
) -> None:
    shown = text(home, phase="train", step=1, steps=2, loss=1.5)
    assert "loss 1.5" in shown
    assert "left" not in shown
    assert "left" in text(home, phase="train", step=1, steps=2, loss=1.5, seconds_left=90.0)


def test_a_loss_that_a_training_left_is_not_that_of_the_exam(home: Home) -> None:
    assert "loss" not in text(home, phase="evaluate", loss=1.5)


def test_the_message_is_changed_every_third_second_at_most(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = drive()
    steps: list[str] = []
    changed = direct.parts.app.client.chat_update

    def update(**arguments: object) -> object:
        steps.append(str(arguments["text"]).rpartition("` ")[2].partition(" of ")[0])
        return changed(**arguments)  # type: ignore[arg-type]  # passed on as given

    monkeypatch.setattr(direct.parts.app.client, "chat_update", update)
    direct.store.runs.start(1)
    closing = Seconds(direct.store, 10)
    followed = night(direct, closing)
    followed.begin(1, NightAsker(ANNA, "http://127.0.0.1:9/expired"))
    followed.join(60)
    assert closing.waited[1:] == [progress.LOOK_SECONDS] * (len(closing.waited) - 1)
    assert [step for step in steps if step.isdigit()] == ["3", "6", "9"]
    assert direct.store.runs.followed() == []


def test_a_night_that_ends_as_the_service_stops_ends_in_its_message(drive: Drive) -> None:
    direct = drive()
    direct.store.runs.start(1)
    closing = Seconds(direct.store, 1)
    closing.set()
    followed = night(direct, closing)
    followed.begin(1, NightAsker(ANNA, "http://127.0.0.1:9/expired"))
    followed.join(60)
    own = direct.workspace.direct(ANNA).id
    (message,) = [m for m in direct.workspace.messages if m.channel == own]
    assert "no school tonight" in message.everything
    assert direct.store.runs.get(1).followed_at is None


def test_who_is_told_how_it_ended_is_told_once(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = drive()
    run = direct.store.runs.start(1).id
    followed = night(direct, threading.Event())
    monkeypatch.setattr(followed, "_post", lambda *_: None)
    followed.begin(run, NightAsker(ANNA, "http://127.0.0.1:9/expired"))
    followed.tell_asker(direct.store.runs.get(run))
    ended = direct.store.runs.finish(run, "skipped", "Nothing new.", seconds=1.0)
    for _ in range(2):
        followed.tell_asker(ended)
    own = direct.workspace.direct(ANNA).id
    told = [m for m in direct.workspace.messages if m.channel == own]
    assert len(told) == 1
