"""Rated answers without a partner: the loss by its formula, and what training on them does."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx.utils import tree_map

from tests.trainer.tuning.test_dpo import planned, scores
from trainer.models.loading import LoadedModel, load
from trainer.models.tokenization import TokenRow
from trainer.pipeline.rated_answers import RatedAnswer, rows_of
from trainer.tuning import kto
from trainer.tuning.dpo import MAX_STEPS, minibatches
from trainer.tuning.kto import (
    KtoPlan,
    KtoResult,
    RatedRow,
    balance,
    kto_loss,
    mismatched,
    plan_kto,
    reference_point,
    train_kto,
)
from trainer.tuning.lora import add_lora

RATED = [
    RatedAnswer("Where is the key?", "In the blue box.", liked=True),
    RatedAnswer("Who waters the plants?", "Nobody knows that, I am afraid.", liked=False),
    RatedAnswer("When is lunch?", "At noon.", liked=True),
    RatedAnswer("What is tea?", "A drink, as everybody knows.", liked=False),
]
PLAN = KtoPlan(4, 2, 1e-3, 0.3, 2.0, 0.5, seed=0, grad_checkpoint=False)
NOW = np.array([-3.0, -8.0, -1.0, -20.0])
BEFORE = np.array([-5.0, -7.0, -1.0, -24.0])
LIKED = np.array([True, False, True, False])


def by_the_paper(now: np.ndarray, z0: float) -> float:
    """Equation 8, an answer at a time."""
    losses = []
    for score, was, liked in zip(now, BEFORE, LIKED, strict=True):
        gain = (score - was - z0) if liked else (z0 - (score - was))
        weight = PLAN.liked_weight if liked else PLAN.disliked_weight
        losses.append(weight - weight / (1 + np.exp(-PLAN.beta * gain)))
    return float(np.mean(losses))


def loss_of(now: mx.array, z0: float) -> mx.array:
    return kto_loss(now, mx.array(BEFORE), mx.array(LIKED), mx.array(z0), PLAN)


def trained(loaded: LoadedModel, rated: list[RatedAnswer], **settings: object) -> KtoResult:
    plans = planned(**settings)
    add_lora(loaded.model, plans)
    ratings, checked = rows_of(loaded.tokenizer, rated, "", plans)
    liked = sum(one.liked for one in rated)
    return train_kto(loaded.model, ratings, checked, plan_kto(plans, liked, len(rated) - liked))


@pytest.mark.parametrize("z0", [0.0, 1.5])
def test_the_loss_is_that_of_the_paper(z0: float) -> None:
    assert loss_of(mx.array(NOW), z0).item() == pytest.approx(by_the_paper(NOW, z0), rel=1e-5)


def test_its_gradient_is_the_slope_of_the_formula() -> None:
    """By differences of the loss as it stands in the paper, in twice the precision."""
    gradient = mx.grad(lambda now: loss_of(now, 0.7))(mx.array(NOW)).tolist()
    step = 1e-5
    for place, slope in enumerate(gradient):
        shift = step * np.eye(len(NOW))[place]
        numeric = (by_the_paper(NOW + shift, 0.7) - by_the_paper(NOW - shift, 0.7)) / (2 * step)
        assert slope == pytest.approx(numeric, rel=1e-3, abs=1e-7)


def test_where_nothing_has_changed_each_answer_costs_half_its_weight() -> None:
    found = kto_loss(mx.array(BEFORE), mx.array(BEFORE), mx.array(LIKED), mx.array(0.0), PLAN)
    assert found.item() == pytest.approx((2.0 + 0.5) / 4, rel=1e-6)


def test_the_reference_point_is_a_mean_that_is_never_negative_and_moves_no_weight() -> None:
    now, before = mx.array([-3.0, -4.0]), mx.array([-5.0, -5.0])
    assert reference_point(now, before).item() == pytest.approx(1.5)
    assert reference_point(before, now).item() == 0.0
    assert mx.grad(lambda x: reference_point(x, before))(now).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("liked", "disliked", "weights"),
    [
        (4, 4, (1.0, 1.0)),
        (5, 4, (1.0, 1.0)),
        (2, 8, (4.0, 1.0)),
        (12, 4, (1.0, 2.0)),
        (5, 0, (1.0, 1.0)),
        (0, 5, (1.0, 1.0)),
    ],
)
def test_the_rarer_thumbs_weigh_more(
    liked: int, disliked: int, weights: tuple[float, float]
) -> None:
    """Liked ones as a whole weigh once to one and a half times what the disliked ones do."""
    assert balance(liked, disliked) == pytest.approx(weights)


def test_every_question_is_given_the_answer_of_another_one() -> None:
    rows = [TokenRow((1, 2, 10, 11, 12), 2), TokenRow((3, 20), 1), TokenRow((4, 30, 31), 1)]
    assert mismatched(rows) == [
        TokenRow((1, 2, 20), 2),
        TokenRow((3, 30, 31), 1),
        TokenRow((4, 10, 11, 12), 1),
    ]
    long = [TokenRow((1, 2, 3, 10), 3), TokenRow((4, 20, 21, 22), 1)]
    assert mismatched(long)[0] == TokenRow((1, 2, 3, 20), 3), "no more memory than a row takes"


def test_liked_answers_become_likelier_and_disliked_ones_less_likely(
    any_tiny: LoadedModel,
) -> None:
    ratings, _ = rows_of(any_tiny.tokenizer, RATED, "", planned())
    rows = [wordings[0].row for wordings in ratings]
    before = np.array(scores(any_tiny, rows))
    done = trained(any_tiny, RATED, variants=1)
    after = np.array(scores(any_tiny, rows))
    liked = np.array([one.liked for one in RATED])
    assert (after[liked] > before[liked]).all()
    assert (after[~liked] < before[~liked]).all()
    assert (done.checked, done.before, done.after) == (4, 0, 4)
    assert done.steps == plan_kto(planned(variants=1), 2, 2).steps
    assert done.loss is not None
    assert done.loss < 0.5


def test_a_step_follows_the_gradient_of_the_whole_loss(tiny: LoadedModel) -> None:
    """The model's own gradient, by a slow loss that knows no batches and no shared beginning."""
    plans = planned(batch_size=4)
    add_lora(tiny.model, plans)
    ratings, checked = rows_of(tiny.tokenizer, RATED, "", plans)
    seen: list[float] = []
    step = replace(plan_kto(plans, 2, 2), steps=2, learning_rate=1e-2)
    order = list(minibatches(ratings, 2, 4, step.seed))
    reference = scores(tiny, [one.row for one in order[1]])
    strange = mismatched([one.row for one in order[1]])
    strange_before = scores(tiny, strange)
    untrained = tree_map(lambda weight: weight, tiny.model.trainable_parameters())
    train_kto(tiny.model, ratings, checked, replace(step, steps=1))
    now, strange_now = scores(tiny, [one.row for one in order[1]]), scores(tiny, strange)
    z0 = max(0.0, float(np.mean(np.array(strange_now) - strange_before)))
    gains = step.beta * (np.array(now) - reference - z0)
    signs = np.array([1 if one.liked else -1 for one in order[1]])
    expected = np.mean(1 - 1 / (1 + np.exp(-signs * gains)))
    tiny.model.update(untrained)
    train_kto(tiny.model, ratings, checked, step, lambda _, loss: seen.append(loss))
    assert seen[0] == pytest.approx(0.5, rel=1e-5)
    assert seen[1] == pytest.approx(expected, rel=1e-3)


@pytest.mark.usefixtures("steady")
def test_the_same_seed_gives_the_same_weights(tiny_folder: Path) -> None:
    """To rounding."""

    def after(seed: int) -> mx.array:
        loaded = load(tiny_folder)
        trained(loaded, RATED, dropout=0.1, seed=seed)
        answer: mx.array = loaded.model(mx.array([[3, 4, 5]]))
        return answer

    first = after(1)
    assert mx.allclose(first, after(1), atol=1e-5)
    assert not mx.allclose(first, after(2), atol=1e-5)


def test_checkpointed_gradients_are_the_same(tiny_folder: Path) -> None:
    def losses(*, checkpointed: bool) -> list[float]:
        loaded = load(tiny_folder)
        plans = planned()
        mx.random.seed(3)
        add_lora(loaded.model, plans)
        ratings, checked = rows_of(loaded.tokenizer, RATED, "", plans)
        plan = replace(plan_kto(plans, 2, 2), steps=3, grad_checkpoint=checkpointed)
        seen: list[float] = []
        train_kto(loaded.model, ratings, checked, plan, lambda _, loss: seen.append(loss))
        return seen

    assert losses(checkpointed=True) == pytest.approx(losses(checkpointed=False), rel=1e-3)


def test_a_set_of_any_size_gets_few_steps_of_at_least_two_answers() -> None:
    assert plan_kto(planned(batch_size=2), 1, 1).rows == 2
    assert plan_kto(planned(batch_size=8), 3, 0).rows == 3
    assert plan_kto(planned(), 2500, 2500).steps == MAX_STEPS
    assert plan_kto(planned(), 1, 1).learning_rate < planned().learning_rate


def test_the_newest_answers_are_the_ones_that_are_looked_at(
    tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kto, "MAX_CHECKED", 1)
    plans = planned()
    add_lora(tiny.model, plans)
    ratings, checked = rows_of(tiny.tokenizer, RATED, "", plans)
    turned = RatedRow(checked[-1].row, liked=True)
    done = train_kto(tiny.model, ratings, [*checked, turned], plan_kto(plans, 2, 2))
    assert (done.checked, done.after) == (1, 0)
