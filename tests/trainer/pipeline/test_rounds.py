"""Rounds of a training: on until all is mastered, undone where it got worse, and never too long."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
import numpy as np
from mlx.utils import tree_flatten

from trainer.augmentation.mixture import Curriculum
from trainer.errors import TrainingError
from trainer.evaluation.mastery import mastered
from trainer.models.loading import LoadedModel, load
from trainer.models.tokenization import TokenRow
from trainer.pipeline import rounds
from trainer.pipeline.rounds import EXAM_SHARE, NO_ROUND, Learned, TimeLimit, learn, look_again
from trainer.planning.hyperparameters import Plan, plan
from trainer.planning.settings import TrainingSettings
from trainer.results.mastery import TIME_UP, Round
from trainer.results.progress import Progress
from trainer.tuning import lora
from trainer.tuning.callback import TrainingResult
from trainer.tuning.checkpoint import Checkpoints
from trainer.tuning.distributed import ProcessGroup
from trainer.tuning.lora import add_lora

pytestmark = pytest.mark.usefixtures("steady")
END = 5
"""The token that ends an answer here: the tiny model never says its tokenizer's."""
LESSONS = 6


def numbers(count: int, seed: int) -> tuple[int, ...]:
    return tuple(int(n) for n in np.random.default_rng(seed).integers(6, 90, count))


def wordings(lesson: int, end: int = END) -> list[TokenRow]:
    """A lesson in two wordings, with an answer of two random tokens."""
    asked, said = numbers(5, lesson), numbers(2, 100 + lesson)
    return [TokenRow((*asked, *said, end), 5), TokenRow((asked[0], *asked, *said, end), 6)]


CURRICULUM = Curriculum([wordings(lesson) for lesson in range(LESSONS)])


def planned(**settings: Any) -> Plan:
    values = {"epochs": 2, "learning_rate": 5e-3, "replay": 0.0, "batch_size": 4} | settings
    return plan(TrainingSettings.model_validate(values), LESSONS)


def fresh(folder: Path, plans: Plan) -> LoadedModel:
    loaded = replace(load(folder), tokenizer=SimpleNamespace(eos_token_ids={END}))
    add_lora(loaded.model, plans)
    return loaded


def taught(
    loaded: LoadedModel,
    plans: Plan,
    curriculum: Curriculum = CURRICULUM,
    checkpoints: Checkpoints | None = None,
    limit: TimeLimit | None = None,
    report: Callable[[Progress], None] = lambda _: None,
) -> Learned:
    return learn(
        ProcessGroup(),
        loaded,
        curriculum,
        [],
        plans,
        checkpoints or Checkpoints(),
        limit or TimeLimit(),
        report,
    )


def weights(loaded: LoadedModel) -> dict[str, mx.array]:
    return dict(tree_flatten(loaded.model.trainable_parameters()))


def same(ours: dict[str, mx.array], theirs: dict[str, mx.array]) -> bool:
    return all(mx.allclose(ours[name], theirs[name], atol=1e-6) for name in theirs)


def script(monkeypatch: pytest.MonkeyPatch, *looks: int) -> list[dict[str, mx.array]]:
    """Lets each look find so many lessons mastered; returns the weights at each."""
    left, at = iter(looks), list[dict[str, mx.array]]()

    def found(model: Any, rows: Sequence[TokenRow]) -> list[bool]:
        at.append(dict(tree_flatten(model.trainable_parameters())))
        known = next(left)
        return [place < known for place in range(len(rows))]

    monkeypatch.setattr(rounds, "mastered", found)
    return at


def test_it_goes_on_until_every_lesson_is_mastered(tiny_folder: Path) -> None:
    plans = planned(epochs=1)
    loaded = fresh(tiny_folder, plans)
    progress: list[Progress] = []
    done = taught(loaded, plans, report=progress.append)
    first, *later = done.rounds
    assert first.mastered < LESSONS
    assert later
    assert later[0].lessons == LESSONS - first.mastered
    assert later[-1].mastered == LESSONS
    assert all(done.known)
    assert all(mastered(loaded.model, [rows[0] for rows in CURRICULUM.lessons]))
    assert not loaded.model.training
    assert done.training.steps == done.training.best_step == sum(r.steps for r in done.rounds)
    steps = [(p.step, p.steps) for p in progress if p.phase == "train"]
    assert steps == sorted(steps)
    assert steps[-1] == (done.training.steps, done.training.steps)
    looks = [(p.step, p.steps) for p in progress if p.phase == "master"]
    assert looks[-1] == (LESSONS, LESSONS)
    assert len(looks) == 2 + len(later)  # half-way too
    (note,) = done.notes()
    assert f"{first.mastered} of 6 lessons were mastered before, 6 after" in note


def test_where_everything_is_mastered_no_round_follows(tiny_folder: Path) -> None:
    plans = planned(epochs=12)
    done = taught(fresh(tiny_folder, plans), plans)
    assert [one.mastered for one in done.rounds] == [LESSONS]
    assert done.notes() == []


def test_a_round_after_which_less_is_mastered_is_undone_and_the_next_is_more_careful(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = planned()
    loaded = fresh(tiny_folder, plans)
    rates: list[float] = []
    train = lora.train

    def heard(model: Any, source: Any, valid: Any, plan: Plan, *others: Any) -> Any:
        rates.append(plan.learning_rate)
        return train(model, source, valid, plan, *others)

    monkeypatch.setattr(lora, "train", heard)
    at = script(monkeypatch, 0, 4, 2, 6)  # half-way, then after each round
    done = taught(loaded, plans)
    assert [(one.mastered, one.undone) for one in done.rounds] == [
        (4, False),
        (2, True),
        (6, False),
    ]
    assert [one.lessons for one in done.rounds] == [6, 2, 2]
    assert rates == pytest.approx([5e-3, 3.5e-3, 2.45e-3])
    assert same(weights(loaded), at[-1])
    assert all(done.known)


def test_two_rounds_in_a_row_that_master_nothing_more_end_it(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights are those of the best look, not of the last one."""
    plans = planned()
    loaded = fresh(tiny_folder, plans)
    at = script(monkeypatch, 0, 3, 3, 4, 4, 3)
    done = taught(loaded, plans)
    assert [one.mastered for one in done.rounds] == [3, 3, 4, 4, 3]
    assert sum(done.known) == 4
    assert same(weights(loaded), at[3])
    assert done.training.best_step == sum(one.steps for one in done.rounds[:3])
    assert done.training.steps == sum(one.steps for one in done.rounds)


def test_rounds_that_change_nothing_are_left_out_in_the_end(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are trained on, as the next one may be the one that tells, and were in vain here."""
    plans = planned()
    loaded = fresh(tiny_folder, plans)
    at = script(monkeypatch, 0, 3, 3, 3)
    done = taught(loaded, plans)
    assert not same(at[2], at[1])
    assert not any(one.undone for one in done.rounds)
    assert same(weights(loaded), at[1])
    assert done.training.best_step == plans.iters


@pytest.mark.parametrize("most", [0, 1, 2])
def test_there_are_no_more_rounds_than_the_plan_says(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    plans = planned(rounds=most)
    script(monkeypatch, *range(6))
    assert len(taught(fresh(tiny_folder, plans), plans).rounds) == 1 + most


def test_a_lesson_that_was_cut_is_never_mastered_and_never_revised(tiny_folder: Path) -> None:
    plans = planned(epochs=12)
    cut = Curriculum([*CURRICULUM.lessons[:-1], wordings(5, end=7)])
    done = taught(fresh(tiny_folder, plans), plans, cut)
    assert done.known == (*[True] * 5, False)
    assert len(done.rounds) == 1


class Clock:
    """Passes one second with every reported step."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(rounds, "time", SimpleNamespace(monotonic=lambda: self.now))

    def tick(self, progress: Progress) -> None:
        self.now += progress.phase == "train"


def test_the_first_round_ends_when_the_time_for_training_is_up(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = planned(epochs=12)
    assert plans.iters == 18
    clock = Clock(monkeypatch)
    limit = TimeLimit(10 / (1 - EXAM_SHARE), clock.now)
    assert limit.left() == pytest.approx(10)
    done = taught(fresh(tiny_folder, plans), plans, limit=limit, report=clock.tick)
    assert done.training.steps == 10
    assert len(done.rounds) == 1
    (note,) = replace(done, known=(True, False)).notes()
    assert note.startswith("The time was up")
    assert replace(done, known=(True, True)).notes() == []


def test_a_round_in_which_the_time_runs_out_is_looked_at_and_kept_if_it_helped(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it would not fit is not known: the first round seems to take no time."""
    plans = planned()
    loaded = fresh(tiny_folder, plans)
    clock = Clock(monkeypatch)
    at = script(monkeypatch, 0, 2, 5)
    limit = TimeLimit((plans.iters + 4) / (1 - EXAM_SHARE), clock.now)
    done = taught(loaded, plans, limit=limit, report=clock.tick)
    assert [one.steps for one in done.rounds] == [plans.iters, 4]
    assert sum(done.known) == 5
    assert same(weights(loaded), at[-1])
    assert "The time was up" in done.notes()[-1]


def test_a_round_that_would_not_fit_is_not_begun(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = planned()
    clock = Clock(monkeypatch)
    script(monkeypatch, 0, 2)
    # The first round takes real time, however little, and a hundredth of that is left.
    done: list[float] = []

    def report(progress: Progress) -> None:
        if progress.phase == "master" and progress.step == 2:
            clock.now = 1000 - 1e-9
            done.append(clock.now)

    limit = TimeLimit(900 / (1 - EXAM_SHARE), 100.0)
    learned = taught(fresh(tiny_folder, plans), plans, limit=limit, report=report)
    assert done
    assert len(learned.rounds) == 1
    assert "The time was up" in learned.notes()[-1]


def test_without_a_limit_there_is_always_time() -> None:
    assert TimeLimit().left() == float("inf")


class CutOffError(Exception):
    """Kills a run; that it is a process elsewhere makes no difference."""


def test_a_run_that_was_cut_off_in_a_later_round_goes_on_after_the_round_before(
    tiny_folder: Path, tmp_path: Path
) -> None:
    plans = planned(epochs=1)
    whole = fresh(tiny_folder, plans)
    expected = taught(whole, plans)
    assert len(expected.rounds) > 1

    def die(progress: Progress) -> None:
        if progress.phase == "train" and (progress.step or 0) > plans.iters + 2:
            raise CutOffError

    place = tmp_path / "checkpoint.safetensors"
    with pytest.raises(CutOffError):
        taught(fresh(tiny_folder, plans), plans, checkpoints=Checkpoints(place), report=die)
    progress: list[Progress] = []
    again = fresh(tiny_folder, plans)
    done = taught(again, plans, checkpoints=Checkpoints(None, place), report=progress.append)
    steps = [p.step or 0 for p in progress if p.phase == "train"]
    assert steps[0] == plans.iters < steps[1]
    assert done.training.resumed_at == plans.iters
    assert [(r.steps, r.mastered) for r in done.rounds] == [
        (r.steps, r.mastered) for r in expected.rounds
    ]
    assert done.known == expected.known
    assert same(weights(again), weights(whole))


def test_a_finished_run_is_not_trained_again(tiny_folder: Path, tmp_path: Path) -> None:
    """What comes after the rounds may be cut off too."""
    plans = planned(epochs=1)
    checkpoints = Checkpoints(tmp_path / "checkpoint.safetensors")
    first, second = fresh(tiny_folder, plans), fresh(tiny_folder, plans)
    expected = taught(first, plans, checkpoints=checkpoints)
    progress: list[Progress] = []
    done = taught(second, plans, checkpoints=checkpoints, report=progress.append)
    assert progress == [Progress("train", step=done.training.steps, steps=done.training.steps)]
    assert done.rounds == expected.rounds
    assert done.training.losses() == expected.training.losses()
    assert same(weights(second), weights(first))


def test_a_round_that_breaks_down_costs_nothing_of_what_was_learned(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = planned()
    loaded = fresh(tiny_folder, plans)
    at = script(monkeypatch, 0, 3)
    train, calls = lora.train, list[int]()

    def broken(model: Any, *others: Any) -> Any:
        calls.append(1)
        done = train(model, *others)
        if len(calls) > 1:
            raise TrainingError("The training broke down.")
        return done

    monkeypatch.setattr(lora, "train", broken)
    done = taught(loaded, plans)
    assert (len(calls), len(done.rounds), sum(done.known)) == (2, 1, 3)
    assert same(weights(loaded), at[1])


def test_the_first_process_looks_and_decides_for_all(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Machines may round otherwise, and their clocks differ."""
    plans = planned()
    group = ProcessGroup()
    answers: list[Any] = []

    def share(make: Callable[[], Any]) -> Any:
        own = make()
        # The first one has mastered everything; this process has not.
        answers.append([True] * LESSONS if isinstance(own, list) else own)
        return answers[-1]

    monkeypatch.setattr(group, "share", share)
    script(monkeypatch, *[0] * 9)
    loaded = fresh(tiny_folder, plans)
    done = learn(group, loaded, CURRICULUM, [], plans, Checkpoints(), TimeLimit(), lambda _: None)
    assert len(done.rounds) == 1
    assert all(done.known)
    assert sum(isinstance(answer, bool) for answer in answers) == plans.iters


def test_what_was_trained_further_is_looked_at_again(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = planned(rounds=0)
    loaded = fresh(tiny_folder, plans)
    script(monkeypatch, 0, 3, 5)
    done = taught(loaded, plans)
    assert sum(look_again(loaded, CURRICULUM, done).known) == 5
    assert sum(done.known) == 3


def test_a_night_in_which_nothing_was_trained_does_not_ask_for_another_like_it() -> None:
    """Else each night would load, find that a round does not fit, and leave the same note."""
    result = TrainingResult(
        steps=9, best_step=9, train_loss=0.1, val_loss_before=None, val_loss=None, seconds=1.0,
        tokens_per_second=1.0, history=(), resumed_at=9, out_of_time=True,
    )  # fmt: skip
    first = Round(2, 9, 1, 1.0)
    assert TIME_UP not in Learned(result, (True, False), (first,)).notes()
    assert NO_ROUND in Learned(result, (True, False), (first,)).notes()
    moved = replace(result, resumed_at=4)
    assert TIME_UP in Learned(moved, (True, False), (first,)).notes()
    assert Learned(moved, (True, True), (first,)).notes() == []
