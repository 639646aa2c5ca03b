"""The steps of a night around a training that ends at once."""

import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import InputError, NightschoolError
from bot.home import CHECKPOINT, Home
from bot.lessons.curation import Curation
from bot.lessons.exporting import NOTHING_CONFIRMED
from bot.nights import steps
from bot.nights.launch import Workers
from bot.nights.runner import NightRunner
from bot.nights.training import Notes
from bot.privacy.erasure import forget
from bot.privacy.unlearning import require_clean, retire
from bot.settings import AnswerSettings, NightSettings, Settings
from bot.store import Run, Store
from bot.store.database.connections import Connections
from bot.store.examples.scope import Scope
from bot.store.runs import Runs
from tests.bot.instant_training import EXAM, InstantTraining
from trainer.adapters.registry import Registry, write_card
from trainer.errors import TrainingError
from trainer.evaluation.gate import Verdict
from trainer.planning.preflight import check_disk
from trainer.planning.settings import TrainingSettings
from trainer.results.deployed import DeployedScores
from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.losses import Losses
from trainer.results.mastery import TIME_UP, Mastery
from trainer.results.run import RunResult


@pytest.fixture
def registry(home: Home) -> Registry:
    return Registry(home.adapters)


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> InstantTraining:
    instant = InstantTraining()
    monkeypatch.setattr(steps, "train", instant)
    return instant


@pytest.fixture
def nights(
    home: Home, store: Store, settings: Settings, registry: Registry, training: InstantTraining
) -> NightRunner:
    assert training.given == []
    return NightRunner(home, settings, store, registry)


@pytest.fixture
def lesson(curation: Curation) -> int:
    example = curation.teach("When is lunch?", "At noon.", "U0BEN").id
    assert example is not None
    return example


def decided(monkeypatch: pytest.MonkeyPatch, promote: bool) -> None:
    monkeypatch.setattr(steps, "decide", lambda _: Verdict(promote, "for the test"))


@pytest.mark.parametrize(("promote", "status"), [(True, "promoted"), (False, "rejected")])
def test_only_a_promoted_adapter_is_used_and_no_checkpoint_stays(
    nights: NightRunner,
    registry: Registry,
    home: Home,
    lesson: int,
    monkeypatch: pytest.MonkeyPatch,
    promote: bool,
    status: str,
) -> None:
    decided(monkeypatch, promote)
    result = nights.run()
    assert (result.status, result.version, result.reason) == (status, "v0001", "for the test")
    assert registry.current() == ("v0001" if promote else None)
    assert registry.card("v0001").example_ids == (lesson,)
    assert not list(home.runs.glob(f"*/{CHECKPOINT}"))
    assert bool(result.notes) != promote
    assert result.notes == registry.card("v0001").notes


@pytest.mark.usefixtures("lesson")
def test_a_night_that_ran_out_of_time_goes_on_with_the_same_lessons(
    nights: NightRunner, home: Home, training: InstantTraining
) -> None:
    training.notes = (TIME_UP,)
    for number in (1, 2):
        assert nights.run().status == "promoted"
        assert [file.parent.name for file in home.runs.glob(f"*/{CHECKPOINT}")] == [f"{number:04d}"]
    assert training.given[1].resume == home.runs / "0001" / CHECKPOINT
    training.notes = ()
    assert nights.run().status == "promoted"
    assert nights.run().status == "skipped"
    training.notes = (TIME_UP,)
    assert nights.run(force=True).status == "promoted"
    for file in home.runs.glob(f"*/{CHECKPOINT}"):
        file.unlink()
    assert nights.run().status == "skipped", "it would begin anew and end the same"


@pytest.mark.usefixtures("lesson")
def test_a_training_is_given_the_adapter_in_use_and_the_newest_checkpoint(
    nights: NightRunner,
    registry: Registry,
    home: Home,
    settings: Settings,
    training: InstantTraining,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decided(monkeypatch, True)
    nights.run()
    checkpoints = [home.runs / name / CHECKPOINT for name in ("0007", "0008")]
    for checkpoint in checkpoints:
        checkpoint.parent.mkdir(parents=True)
        checkpoint.write_bytes(b"weights")
    nights.run(force=True, workers=Workers(2))
    first, second = training.given
    assert (first.current, first.resume, first.workers) == (None, None, None)
    assert (second.current, second.resume) == (registry.path("v0001"), checkpoints[1])
    assert second.workers == Workers(2)
    assert second.checkpoint_seconds == settings.night.checkpoint_seconds
    assert second.seconds == 4 * 3600
    assert (second.paraphrases, second.warm_start) == (home.paraphrases, None)
    assert not any(checkpoint.exists() for checkpoint in checkpoints)


def test_weights_that_mastered_little_are_not_used_unless_a_manner_is_taught(
    home: Home,
    store: Store,
    settings: Settings,
    registry: Registry,
    training: InstantTraining,
    lesson: int,
) -> None:
    """The adapter in use has mastered the lesson, which the next one has not."""
    training.mastery = Mastery(1, 1, (lesson,))
    assert NightRunner(home, settings, store, registry).run().status == "promoted"
    others = tuple(range(100, 109))
    training.mastery = Mastery(10, 9, others, (lesson,))
    training.evaluation = replace(EXAM, current=EXAM.candidate)
    rejected = NightRunner(home, settings, store, registry).run(force=True)
    assert (rejected.status, registry.current()) == ("rejected", "v0001")
    assert "0 of the 1 lessons that both were taught are mastered, 1 by" in str(rejected.reason)
    training.mastery = Mastery(10, 8, others[1:], others[:1])
    rejected = NightRunner(home, settings, store, registry).run(force=True)
    assert str(rejected.reason).startswith("Too little was mastered: 8 of 10 lessons")
    # One that could not be examined, as its base has changed, bars no successor.
    training.mastery = Mastery(10, 9, others, (lesson,))
    training.evaluation = EXAM
    assert NightRunner(home, settings, store, registry).run(force=True).status == "promoted"
    training.mastery = Mastery(10, 8, others[1:], others[:1])
    manner = settings.with_changes(answers=AnswerSettings(untaught="adapter"))
    assert NightRunner(home, manner, store, registry).run(force=True).status == "promoted"


@pytest.mark.usefixtures("lesson")
def test_a_large_set_may_cost_general_questions_where_the_base_answers_them(
    home: Home, store: Store, settings: Settings, registry: Registry, training: InstantTraining
) -> None:
    known = ExamScores(asked=9, recalled=0, canaries_asked=40, canaries_right=25)
    learned = ExamScores(asked=9, recalled=9, canaries_asked=40, canaries_right=16)
    training.evaluation = Evaluation(known, learned, deployed=DeployedScores())
    manner = settings.with_changes(answers=AnswerSettings(untaught="adapter"))
    rejected = NightRunner(home, manner, store, registry).run(force=True)
    assert str(rejected.reason).startswith("It forgot too much: 16 of 40 general questions")
    assert NightRunner(home, settings, store, registry).run(force=True).status == "promoted"


@pytest.mark.usefixtures("lesson")
def test_the_trainer_is_told_how_the_bot_finds_its_lessons(
    nights: NightRunner, training: InstantTraining
) -> None:
    nights.run()
    assert training.given[0].notes == Notes("bundled", "decline")


@pytest.mark.usefixtures("lesson")
def test_several_machines_train_where_the_settings_name_a_host_file_in_the_home(
    home: Home, store: Store, settings: Settings, registry: Registry, training: InstantTraining
) -> None:
    (home.root / "hosts.json").write_text('[{"ssh": "mac1"}, {"ssh": "mac2"}]')
    changed = settings.with_changes(night=NightSettings(hosts="hosts.json"))
    NightRunner(home, changed, store, registry).run()
    assert training.given[0].workers == Workers(2, (home.root / "hosts.json").resolve())


@pytest.mark.usefixtures("lesson")
def test_only_the_newest_exports_are_kept_and_a_skipped_night_leaves_none(
    nights: NightRunner, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "KEPT_EXPORTS", 2)
    for _ in range(3):
        nights.run(force=True)
    assert nights.run().status == "skipped"
    assert sorted(folder.name for folder in home.exports.iterdir()) == ["0002", "0003"]


@pytest.mark.usefixtures("lesson")
def test_a_low_battery_fails_a_night_and_a_used_one_is_noted(
    nights: NightRunner, training: InstantTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    def low(_: int) -> list[str]:
        raise TrainingError("The battery is at 9%.")

    with monkeypatch.context() as patched:
        patched.setattr(steps, "check_power", low)
        result = nights.run()
    assert (result.status, result.reason) == ("failed", "The battery is at 9%.")
    assert training.given == []
    monkeypatch.setattr(steps, "check_power", lambda _: ["It ran on the battery, at 80%."])
    assert nights.run().notes[0] == "It ran on the battery, at 80%."


def test_an_adapter_with_erased_lessons_is_no_beginning_of_a_training(
    nights: NightRunner,
    home: Home,
    store: Store,
    curation: Curation,
    lesson: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decided(monkeypatch, True)
    curation.teach("Where is tea?", "In the red tin.", "U0GONE")
    nights.run()
    curation.withdraw(lesson, "U0BEN")
    curation.teach("When is tea?", "At four.", "U0BEN")
    forget(home, store, "U0GONE")
    result = nights.run(warm_start=True)
    assert result.status == "failed"
    assert "asked to be forgotten since" in result.reason


def test_an_adapter_that_learned_what_is_private_now_is_no_beginning_of_a_training(
    nights: NightRunner, store: Store, curation: Curation, lesson: int
) -> None:
    """What it learned would stay in the weights; a night from the base trains without it."""
    curation.teach("Where is tea?", "In the red tin.", "U0BEN")
    assert nights.run().status == "promoted"
    store.examples.set_scope(lesson, Scope("channel", "C1"), "U0BEN")
    warm = nights.run(warm_start=True)
    assert warm.status == "failed"
    assert "1 lesson for everyone that must not be told to everyone" in warm.reason
    anew = nights.run()
    assert (anew.status, anew.examples) == ("promoted", 1)


def test_lessons_for_one_channel_alone_make_no_night_and_say_so(
    nights: NightRunner, registry: Registry, store: Store, lesson: int
) -> None:
    """What was learned of them before is answered by the base model again."""
    assert nights.run().status == "promoted"
    store.examples.set_scope(lesson, Scope("channel", "C1"), "U0BEN")
    assert nights.run().status == "skipped"
    assert registry.current() is None
    again = nights.run()
    assert (again.status, again.reason) == ("skipped", steps.NOTHING_PUBLIC)


def grown_old(store: Store) -> None:
    """All lessons were taught two years ago, and a night saw long ago that they are due."""
    with store.connections.write() as db:
        db.conn.execute(
            "update examples set created_at = '2024-01-01T10:00:00.000+00:00', review_days = 30,"
            " leaves_on = '2024-03-01'"
        )


def test_no_adapter_is_retired_for_a_lesson_that_nobody_confirmed(
    nights: NightRunner, registry: Registry, store: Store, lesson: int
) -> None:
    first = nights.run()
    grown_old(store)
    skipped = nights.run()
    assert (skipped.status, skipped.reason) == ("skipped", NOTHING_CONFIRMED)
    assert registry.current() == first.version
    store.freshness.confirm(lesson, "U0BEN")
    assert "same" in nights.run().reason


def test_what_was_made_private_is_left_behind_also_where_nothing_else_was_confirmed(
    nights: NightRunner, registry: Registry, store: Store, curation: Curation, lesson: int
) -> None:
    curation.teach("Who bakes?", "Noor.", "U0BEN")
    assert nights.run().status == "promoted"
    grown_old(store)
    store.examples.set_scope(lesson, Scope("channel", "C1"), "U0BEN")
    assert nights.run().status == "skipped"
    assert registry.current() is None


def test_a_night_sees_first_what_is_due(nights: NightRunner, store: Store, lesson: int) -> None:
    with store.connections.write() as db:
        db.conn.execute(
            "update examples set created_at = '2024-01-01T10:00:00.000+00:00', review_days = 30"
        )
    assert nights.run().status == "promoted"
    assert store.examples.get(lesson).leaves_on is not None


@pytest.mark.usefixtures("lesson")
def test_a_warm_start_is_no_repetition_of_the_night_before(
    nights: NightRunner,
    registry: Registry,
    training: InstantTraining,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decided(monkeypatch, True)
    nights.run()
    assert nights.run(warm_start=True).status == "promoted"
    assert training.given[1].warm_start == registry.path("v0001")
    # The same lessons from the same beginning are.
    registry.promote("v0001")
    assert nights.run(warm_start=True).status == "skipped"


@pytest.mark.usefixtures("lesson")
def test_an_adapter_from_elsewhere_is_no_beginning_of_a_training(
    nights: NightRunner, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody can tell of it would be in the weights of a version that says nothing of it."""
    decided(monkeypatch, True)
    nights.run()
    card = registry.card("v0001")
    write_card(registry.path("v0001"), replace(card, origin="PEFT", verdict="added"))
    warm = nights.run(warm_start=True)
    assert warm.status == "failed"
    assert "added from elsewhere" in warm.reason
    assert "train without --warm-start" in warm.reason
    assert nights.run(force=True).status == "promoted"


def test_what_a_warm_start_keeps_in_the_weights_takes_the_new_version_out_of_use_as_well(
    nights: NightRunner,
    registry: Registry,
    home: Home,
    store: Store,
    curation: Curation,
    lesson: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was withdrawn, so that the later nights did not train on it; they went on from it."""
    decided(monkeypatch, True)
    curation.teach("Where is tea?", "In the red tin.", "U0GONE")
    nights.run()
    (gone,) = {*registry.card("v0001").example_ids} - {lesson}
    curation.withdraw(gone, "U0GONE")
    for version in ("v0002", "v0003"):
        curation.teach(f"What is {version}?", "A version.", "U0BEN")
        assert nights.run(warm_start=True).version == version
        card = registry.card(version)
        assert gone not in card.example_ids
        assert card.started_with == (gone,)
    curation.teach("What is v0004?", "A version.", "U0BEN")
    nights.run()
    assert registry.card("v0004").started_with == ()
    forget(home, store, "U0GONE")
    for version in ("v0002", "v0003"):
        with pytest.raises(InputError, match="asked to be forgotten since"):
            require_clean(store, registry, version)
    require_clean(store, registry, "v0004")


def erased_meanwhile(home: Home, store: Store, instant: InstantTraining) -> InstantTraining:
    class Meanwhile(InstantTraining):
        def __call__(self, *arguments: object) -> object:  # type: ignore[override]  # passed on as given
            result = instant(*arguments)  # type: ignore[arg-type]  # passed on as given
            forget(home, store, "U0BEN")
            return result

    return Meanwhile()


@pytest.mark.usefixtures("lesson")
def test_nothing_is_kept_of_a_training_whose_author_was_erased_during_it(
    nights: NightRunner,
    home: Home,
    store: Store,
    registry: Registry,
    training: InstantTraining,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decided(monkeypatch, True)
    monkeypatch.setattr(steps, "train", erased_meanwhile(home, store, training))
    result = nights.run()
    assert (result.status, result.reason) == ("failed", steps.FORGOTTEN_MEANWHILE)
    assert registry.versions() == []
    assert not list(home.adapters.glob(".staging-*"))


class Erasure:
    """Somebody is forgotten by another thread while a step of the night is under way.

    It has begun before the step goes on, and it waits for the database as long as it has to.
    """

    def __init__(self, home: Home, store: Store) -> None:
        self.adapters: tuple[str, ...] = ()
        self._begun = threading.Event()
        self._home, self._store = home, store
        self._thread = threading.Thread(target=self._forget)

    def begin(self) -> None:
        self._thread.start()
        assert self._begun.wait(60)

    def _forget(self) -> None:
        self._begun.set()
        self.adapters = forget(self._home, self._store, "U0BEN").adapters
        retire(self._store, Registry(self._home.adapters))

    def end(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.mark.parametrize("step", ["write_card", "add", "trained_on", "promote", "finish"])
@pytest.mark.usefixtures("lesson")
def test_in_the_last_moment_of_a_night_it_sees_the_erasure_or_the_erasure_sees_its_version(
    nights: NightRunner,
    home: Home,
    store: Store,
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """Whatever it is about to do: never is an adapter used that somebody's lessons are in."""
    decided(monkeypatch, True)
    # It would fail where the night reads in the same moment, and is to be called once more then.
    monkeypatch.setattr(Connections, "compact", lambda _: None)
    erasure = Erasure(home, store)
    owner: Any = {"write_card": steps, "add": Registry, "promote": Registry}.get(step, Runs)
    real = getattr(owner, step)

    def meanwhile(*given: Any, **named: Any) -> Any:
        if not erasure._begun.is_set():
            erasure.begin()
        return real(*given, **named)

    monkeypatch.setattr(owner, step, meanwhile)
    result = nights.run()
    erasure.end()
    if result.status == "failed":
        assert (result.reason, registry.versions()) == (steps.FORGOTTEN_MEANWHILE, [])
    else:
        assert (result.status, erasure.adapters) == ("promoted", ("v0001",))
    assert registry.current() is None


@pytest.mark.usefixtures("lesson")
def test_an_adapter_that_the_database_cannot_note_is_taken_back(
    nights: NightRunner, home: Home, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(monkeypatch, True)
    assert nights.run().version == "v0001"
    finish = Runs.finish

    def full(runs: Runs, run_id: int, status: str, reason: str, **values: Any) -> Run:
        if status == "promoted":
            raise NightschoolError("the disk is full: free some room")
        return finish(runs, run_id, status, reason, **values)

    monkeypatch.setattr(Runs, "finish", full)
    result = nights.run(force=True)
    assert (result.status, result.version) == ("failed", None)
    assert result.reason == "the disk is full: free some room"
    assert (registry.versions(), registry.current()) == (["v0001"], "v0001")
    assert not list(home.adapters.glob(".staging-*"))


def test_a_rejected_night_takes_an_adapter_with_erased_lessons_out_of_use(
    nights: NightRunner,
    home: Home,
    store: Store,
    registry: Registry,
    curation: Curation,
    lesson: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert lesson
    curation.teach("Where is tea?", "In the red tin.", "U0GONE")
    decided(monkeypatch, True)
    nights.run()
    forget(home, store, "U0GONE")
    decided(monkeypatch, False)
    result = nights.run()
    assert (result.status, registry.current()) == ("rejected", None)
    assert result.reason.startswith("for the test ")
    assert "forgotten since" in result.reason


@pytest.mark.usefixtures("lesson")
def test_nothing_begins_on_a_full_disk(
    nights: NightRunner, home: Home, training: InstantTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    places: list[Path] = []

    def check(place: Path) -> None:
        places.append(place)
        check_disk(place, needed=10**18)

    monkeypatch.setattr(steps, "check_disk", check)
    assert nights.run().status == "failed"
    assert (places, training.given) == ([home.root], [])


@pytest.mark.usefixtures("lesson")
def test_a_card_has_what_the_training_says_of_itself(
    nights: NightRunner,
    registry: Registry,
    home: Home,
    store: Store,
    training: InstantTraining,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def trained(*given: Any) -> RunResult:
        return replace(
            training(*given), settings={"iters": 3}, base_revision="base", template_hash="template",
            tokenizer_hash="tokenizer", losses=Losses(best_step=7), notes=("Memory was short.",),
        )  # fmt: skip

    monkeypatch.setattr(steps, "train", trained)
    decided(monkeypatch, True)
    left = home.adapters / ".staging-9"  # by a night that was cut off
    left.mkdir(parents=True)
    result = nights.run()
    card = registry.card("v0001")
    hashes = (card.base_revision, card.template_hash, card.tokenizer_hash)
    assert hashes == ("base", "template", "tokenizer")
    assert (card.settings, card.losses) == ({"iters": 3}, Losses(best_step=7))
    assert (card.seconds, card.peak_memory_gb, card.evaluation) == (1.0, 0.5, result.evaluation)
    assert card.notes == result.notes == store.runs.get(result.run).notes == ("Memory was short.",)
    assert card.dataset_hash == store.runs.get(result.run).dataset_hash
    assert card.dataset_hash
    assert not left.exists()


@pytest.mark.usefixtures("training", "lesson")
def test_a_lesson_that_is_too_long_to_be_trained_is_noted_with_its_tokens(
    home: Home, store: Store, settings: Settings, registry: Registry, curation: Curation
) -> None:
    long = curation.teach(
        "Where is the fire door, and who has its key?", "Behind the oven. " * 60, "U1"
    )
    short = settings.model_copy(update={"training": TrainingSettings(max_seq_length=128)})
    result = NightRunner(home, short, store, registry).run()
    assert registry.card("v0001").example_ids == (1,)
    assert len(result.notes) == 1
    assert re.search(rf"lesson {long.id} is over 128 tokens \(\d+\)\.", result.notes[0])


def test_a_night_whose_lessons_have_all_ended_is_skipped(
    nights: NightRunner, store: Store, lesson: int
) -> None:
    with store.connections.write() as db:
        db.table("examples").update(lesson, {"expires_on": "2026-01-01"})
    result = nights.run()
    assert result.status == "skipped"
    assert result.reason.startswith("Nothing was taught yet")


@pytest.mark.parametrize("change", ["model", "training"])
@pytest.mark.usefixtures("lesson", "training")
def test_the_same_lessons_are_trained_again_with_another_model_or_other_settings(
    home: Home, store: Store, settings: Settings, registry: Registry, change: str
) -> None:
    NightRunner(home, settings, store, registry).run()
    changes = {"model": "somebody/else", "training": TrainingSettings(rank=4)}
    changed = settings.model_copy(update={change: changes[change]})
    assert NightRunner(home, changed, store, registry).run().version == "v0002"


@pytest.mark.usefixtures("lesson")
def test_the_starter_in_another_precision_is_the_same_model(
    nights: NightRunner, home: Home, training: InstantTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes with the program; another machine holds it in 16 bits, with another fingerprint."""

    def train(*given: Any) -> RunResult:
        return replace(training(*given), base_revision="in 32 bits")

    monkeypatch.setattr(steps, "train", train)
    nights.run()
    monkeypatch.setattr(steps, "locate", lambda _: home.root)
    monkeypatch.setattr(steps, "fingerprint", lambda _: "in 16 bits")
    assert nights.run().status == "skipped"
