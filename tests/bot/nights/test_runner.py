"""Nights from their start to their announcement.

What a night leaves is seen in a real one: the real trainer as a child, on a tiny model. Where the
training itself does not matter, one that ends at once stands in for it.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from bot.errors import NightschoolError
from bot.home import Home
from bot.lessons.curation import Curation
from bot.nights.runner import NightResult, NightRunner
from bot.settings import Settings, load_settings
from bot.store import Run, Store
from tests.bot.instant_training import InstantTraining
from trainer.adapters.registry import Registry
from trainer.evaluation.gate import Verdict
from trainer.models.loading import fingerprint
from trainer.planning.preflight import check_disk
from trainer.planning.settings import TrainingSettings
from trainer.results.progress import Progress


@pytest.fixture
def registry(home: Home) -> Registry:
    return Registry(home.adapters)


@pytest.fixture
def instant(monkeypatch: pytest.MonkeyPatch) -> InstantTraining:
    training = InstantTraining()
    monkeypatch.setattr("bot.nights.steps.train", training)
    return training


@pytest.fixture
def nights(
    home: Home, store: Store, settings: Settings, registry: Registry, instant: InstantTraining
) -> Iterator[NightRunner]:
    """Nights whose training ends at once; what they leave is promoted."""
    assert instant.given == []
    runner = NightRunner(home, settings, store, registry)
    yield runner
    runner.stop()


@dataclass(frozen=True)
class RealNight:
    """A night that was trained by the real trainer, on one lesson, and what it said meanwhile."""

    home: Home
    settings: Settings
    result: NightResult
    heard: list[Progress]
    rows: list[Run]
    """The run's row at every line of progress."""


@pytest.fixture(scope="module")
def real(
    tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path, shared_cache: Path
) -> RealNight:
    """Three steps of a random model teach nothing, and the gate sees that."""
    home = Home(tmp_path_factory.mktemp("real") / "home")
    home.prepare()
    short = TrainingSettings(iters=3, replay=0, variants=0, rank=4, validations=1)
    settings = Settings(model=str(tiny_folder), training=short)
    store = Store(home.database)
    Curation(store, settings).teach("When is lunch?", "At noon.", "U1")
    heard: list[Progress] = []
    rows: list[Run] = []

    def look(progress: Progress) -> None:
        heard.append(progress)
        rows.extend(store.runs.running())

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NIGHTSCHOOL_CACHE", str(shared_cache))
        result = NightRunner(home, settings, store, Registry(home.adapters)).run(on_progress=look)
    store.close()
    return RealNight(home, settings, result, heard, rows)


def test_a_night_without_lessons_is_skipped(nights: NightRunner) -> None:
    outcome = nights.run()
    assert outcome.status == "skipped"
    assert "Nothing was taught" in outcome.reason


def test_a_night_leaves_a_whole_adapter_and_its_history(real: RealNight, tiny_folder: Path) -> None:
    outcome, registry = real.result, Registry(real.home.adapters)
    assert (outcome.status, outcome.version, outcome.examples) == ("rejected", "v0001", 1)
    assert outcome.evaluation is not None
    assert registry.versions() == ["v0001"]
    assert registry.current() is None
    card = registry.card("v0001")
    assert (card.example_ids, card.verdict, card.reason) == ((1,), "rejected", outcome.reason)
    assert card.base_revision == fingerprint(tiny_folder)
    store = Store(real.home.database)
    assert [run.version for run in store.runs.of_example(1)] == ["v0001"]
    store.close()
    assert (real.home.exports / "0001" / "manifest.json").exists()
    phases = [line.phase for line in real.heard]
    assert (phases[0], phases[-1]) == ("load", "done")
    assert not list(real.home.adapters.glob(".staging-*"))


def test_a_run_tells_how_far_and_how_fast_it_is(real: RealNight) -> None:
    run = next(run for run in reversed(real.rows) if run.phase == "train" and run.loss)
    assert (run.step, run.steps) == (3, 3)
    figures = (run.loss, run.tokens_per_second, run.peak_memory_gb)
    assert all(figure is not None and figure > 0 for figure in figures)
    assert run.seconds_left is not None


@pytest.mark.usefixtures("cache")
def test_a_warm_start_goes_on_from_the_adapter_in_use_and_says_what_that_costs(
    real: RealNight, tmp_path: Path
) -> None:
    home = Home(shutil.copytree(real.home.root, tmp_path / "copy"))
    store, registry = Store(home.database), Registry(home.adapters)
    nights = NightRunner(home, real.settings, store, registry)
    assert "no adapter in use" in nights.run(warm_start=True).reason
    registry.promote("v0001")
    curation = Curation(store, real.settings)
    curation.withdraw(1, "U1")
    curation.teach("When is tea?", "At four.", "U1")
    second = nights.run(warm_start=True)
    store.close()
    assert second.version == "v0002"
    notes = registry.card(second.version).notes
    assert "withdrawn since (1 of its lessons) stays learned" in notes[0]
    assert notes[1] == "It went on from v0001 (warm start)."
    losses = [registry.card(version).losses for version in registry.versions()]
    before = [found.valid_before for found in losses if found]
    assert len(before) == 2
    assert before[0] != before[1]


def test_the_same_lessons_are_not_trained_twice_unless_forced(
    nights: NightRunner, curation: Curation, store: Store
) -> None:
    curation.teach("When is lunch?", "At noon.", "U1")
    assert nights.run().status == "promoted"
    again = nights.run()
    assert again.status == "skipped"
    assert "Nothing new since run 1" in again.reason
    assert nights.run(force=True).version == "v0002"
    curation.withdraw(1, "U1")
    curation.teach("When is tea?", "At four.", "U1")
    assert nights.run().version == "v0003"
    assert [run.version for run in store.runs.of_example(1)] == ["v0001", "v0002"]


@pytest.mark.usefixtures("instant")
def test_the_same_lessons_are_trained_again_when_the_base_model_has_changed(
    home: Home, store: Store, registry: Registry, tiny_folder: Path, curation: Curation
) -> None:
    model = home.root / "model"
    shutil.copytree(tiny_folder, model)
    runner = NightRunner(home, Settings(model=str(model)), store, registry)
    curation.teach("When is lunch?", "At noon.", "U1")
    assert runner.run().version == "v0001"
    assert runner.run().status == "skipped"
    with (model / "config.json").open("a") as config:
        config.write("\n")
    assert runner.run().version == "v0002"
    assert "base model's files have changed" in " ".join(registry.card("v0002").notes)


def test_only_one_night_at_a_time(
    nights: NightRunner, home: Home, store: Store, registry: Registry, curation: Curation
) -> None:
    curation.teach("When is lunch?", "At noon.", "U1")
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: Progress) -> None:
        begun.set()
        go_on.wait(60)

    outcomes: list[NightResult] = []
    first = threading.Thread(target=lambda: outcomes.append(nights.run(on_progress=hold)))
    first.start()
    assert begun.wait(60)
    second = NightRunner(home, load_settings(home), store, registry)
    assert second.running()
    with pytest.raises(NightschoolError, match="already running"):
        second.run()
    go_on.set()
    first.join()
    assert outcomes[0].status == "promoted"
    assert not second.running()


@pytest.mark.parametrize("pid", [os.getpid(), 1, 2**22 - 1], ids=["this", "first", "none"])
def test_a_crashed_run_is_neither_cancelled_nor_owned_whatever_process_has_its_id(
    nights: NightRunner, store: Store, pid: int
) -> None:
    run = store.runs.start(pid)
    assert not nights.owns(run.id)
    assert not nights.cancel(run.id)
    assert not nights.running()
    assert store.runs.get(run.id).status == "failed"


def test_a_night_in_the_background_lets_go_of_the_lock_at_its_end(
    nights: NightRunner, home: Home, store: Store, registry: Registry
) -> None:
    """It is taken in the thread that starts the night, and released in the night's own."""
    ended = threading.Event()
    nights.on_finished.append(lambda _: ended.set())
    run = nights.start()
    assert nights.owns(run)
    assert ended.wait(60)
    other = NightRunner(home, load_settings(home), store, registry)
    assert other.run().status == "skipped"


def test_a_night_in_the_background_may_be_forced(
    nights: NightRunner, store: Store, curation: Curation
) -> None:
    curation.teach("When is lunch?", "At noon.", "U1")
    nights.run()
    ended = threading.Event()
    nights.on_finished.append(lambda _: ended.set())
    run = nights.start(force=True)
    assert ended.wait(60)
    assert store.runs.get(run).version == "v0002"


def test_whoever_stops_a_night_in_the_background_waits_for_its_end(
    nights: NightRunner, store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    curation.teach("When is lunch?", "At noon.", "U1")
    begun, stopping, cancel = threading.Event(), threading.Event(), nights.cancel

    def decided(_: object) -> Verdict:
        begun.set()
        assert stopping.wait(60)
        return Verdict(True, "for the test")

    def cancelled(run: int) -> bool:
        try:
            return cancel(run)
        finally:
            stopping.set()

    monkeypatch.setattr("bot.nights.steps.decide", decided)
    monkeypatch.setattr(nights, "cancel", cancelled)
    run = nights.start()
    assert begun.wait(60)
    nights.stop()
    assert store.runs.get(run).status == "failed"


def test_a_model_that_is_not_there_fails_the_night_in_one_line(
    home: Home, store: Store, registry: Registry, curation: Curation
) -> None:
    home.config.write_text('model = "nowhere to be found"\n')
    curation.teach("When is lunch?", "At noon.", "U1")
    outcome = NightRunner(home, load_settings(home), store, registry).run()
    assert outcome.status == "failed"
    assert "nowhere to be found" in outcome.reason
    assert "\n" not in outcome.reason


def test_whoever_wants_hears_of_the_end_and_cannot_spoil_it(
    nights: NightRunner, store: Store
) -> None:
    heard: list[Run] = []

    def break_down(_: Run) -> None:
        raise RuntimeError

    nights.on_finished += [break_down, heard.append]
    nights.run()
    assert [run.status for run in heard] == ["skipped"]
    assert store.runs.latest() == heard[0]


def test_a_run_that_nobody_heard_of_is_reported_once(nights: NightRunner, store: Store) -> None:
    """One was cut off, one ran from the command line, one ended days ago; one is under way."""
    old = store.runs.start(pid=1)
    store.runs.finish(old.id, "skipped", "Nothing new.", seconds=1.0)
    with store.connections.write() as db:
        db.conn.execute("update runs set finished_at = '2026-01-01T00:00:00.000+00:00'")
    cut_off = store.runs.start(pid=2**22 + 1)
    nights.announce_missed()  # with nobody to tell: it is not taken for told
    elsewhere = nights.run().run
    heard: list[Run] = []
    nights.on_finished.append(heard.append)
    with nights.alone():
        store.runs.start(pid=1)
        nights.announce_missed()
        nights.announce_missed()
    assert [(run.id, run.status) for run in heard] == [
        (cut_off.id, "failed"),
        (elsewhere, "skipped"),
    ]


def test_no_room_on_the_disk_fails_the_night_before_it_begins(
    nights: NightRunner, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    curation.teach("When is lunch?", "At noon.", "U1")
    monkeypatch.setattr("bot.nights.steps.check_disk", partial(check_disk, needed=10**18))
    outcome = nights.run()
    assert outcome.status == "failed"
    assert "free" in outcome.reason


def test_nothing_else_trains_during_a_training_by_other_means(
    nights: NightRunner, home: Home, store: Store, registry: Registry
) -> None:
    other = NightRunner(home, load_settings(home), store, registry)
    with other.alone(), pytest.raises(NightschoolError, match="already running"):
        nights.run()
    assert nights.run().status == "skipped"


@pytest.mark.usefixtures("cache")
def test_a_night_that_is_cancelled_before_it_has_a_child_ends_all_the_same(
    home: Home, store: Store, curation: Curation, settings: Settings, registry: Registry
) -> None:
    """The real trainer, which is ended as soon as it is there."""
    nights = NightRunner(home, settings, store, registry)
    curation.teach("When is lunch?", "At noon.", "U1")
    ended = threading.Event()
    nights.on_finished.append(lambda _: ended.set())
    run = nights.start()
    assert nights.cancel(run)
    assert ended.wait(60)
    assert store.runs.get(run).status == "failed"
    assert "stopped" in (store.runs.get(run).reason or "")
    assert not nights.cancel(run)
    assert registry.versions() == []


@pytest.mark.parametrize("way", ["cancel", "stop"])
def test_a_night_that_is_stopped_after_its_training_changes_nothing(
    home: Home,
    store: Store,
    curation: Curation,
    nights: NightRunner,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    """The training has ended by then, and there is nothing to kill."""
    curation.teach("When is lunch?", "At noon.", "U1")

    def decided(_: object) -> Verdict:
        if way == "cancel":
            assert nights.cancel(store.runs.running()[0].id)
        else:
            nights.stop()
        return Verdict(True, "for the test")

    monkeypatch.setattr("bot.nights.steps.decide", decided)
    outcome = nights.run()
    assert (outcome.status, "stopped" in outcome.reason) == ("failed", True)
    assert Registry(home.adapters).versions() == []


def test_a_night_that_has_its_result_says_that_it_cannot_be_stopped(
    home: Home,
    store: Store,
    curation: Curation,
    nights: NightRunner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    curation.teach("When is lunch?", "At noon.", "U1")
    stopped: list[bool] = []
    monkeypatch.setattr("bot.nights.steps.decide", lambda _: Verdict(True, "for the test"))
    promote = Registry.promote

    def promoted(registry: Registry, version: str | None) -> None:
        stopped.append(nights.cancel(store.runs.running()[0].id))
        promote(registry, version)

    monkeypatch.setattr(Registry, "promote", promoted)
    assert nights.run().status == "promoted"
    assert stopped == [False]
    assert Registry(home.adapters).current() == "v0001"


def test_an_error_that_nobody_foresaw_fails_the_run_and_is_raised(
    nights: NightRunner, curation: Curation, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    curation.teach("When is lunch?", "At noon.", "U1")
    with monkeypatch.context() as patched:
        patched.setattr("bot.nights.steps.check_disk", broken)
        with pytest.raises(ZeroDivisionError):
            nights.run()
    run = store.runs.latest()
    assert run is not None
    assert (run.status, run.reason) == ("failed", "The night broke off; the log says where.")
    with nights.alone():
        assert not nights.running()


def test_a_file_that_cannot_be_written_fails_the_night(
    nights: NightRunner, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    curation.teach("When is lunch?", "At noon.", "U1")
    monkeypatch.setattr("bot.nights.steps.check_disk", full)
    result = nights.run()
    assert result.status == "failed"
    assert "No space left" in result.reason


def test_a_run_that_cannot_be_stored_does_not_keep_the_lock(
    nights: NightRunner, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise NightschoolError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(store.runs, "start", full)
        with pytest.raises(NightschoolError, match="full"):
            nights.run()
    assert nights.run().status == "skipped"


def test_the_listeners_hear_once_of_a_run_that_several_runners_announce(
    nights: NightRunner, home: Home, store: Store, registry: Registry
) -> None:
    heard: list[int] = []
    other = NightRunner(home, load_settings(home), store, registry)
    for runner in (nights, other):
        runner.on_finished.append(lambda run: heard.append(run.id))
    run = nights.run().run
    other.announce(store.runs.get(run))
    assert heard == [run]


def test_a_run_that_ended_days_ago_counts_as_announced(nights: NightRunner, store: Store) -> None:
    old = store.runs.start(pid=1)
    store.runs.finish(old.id, "skipped", "Nothing new.", seconds=1.0)
    with store.connections.write() as db:
        db.conn.execute("update runs set finished_at = '2026-01-01T00:00:00.000+00:00'")
    heard: list[Run] = []
    nights.on_finished.append(heard.append)
    nights.announce_missed()
    assert heard == []
    assert store.runs.unreported() == []
