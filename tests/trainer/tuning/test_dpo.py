"""Pairs of a better and a worse answer: the loss by its formula, and what training on them does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from trainer.models.loading import LoadedModel, load
from trainer.models.tokenization import TokenRow
from trainer.pipeline.preference_pairs import Preference, pairs_of
from trainer.planning.hyperparameters import Plan, plan
from trainer.planning.settings import TrainingSettings
from trainer.tuning import dpo
from trainer.tuning.batches import collate, common_start
from trainer.tuning.dpo import (
    MAX_STEPS,
    DpoResult,
    Pair,
    log_probabilities,
    minibatches,
    plan_dpo,
    preference_loss,
    train_dpo,
)
from trainer.tuning.lora import add_lora
from trainer.tuning.loss import token_losses

PREFERENCES = [
    Preference("Where is the key?", "In the blue box.", "I do not know where it is."),
    Preference("Who waters the plants?", "Ada, on Mondays.", "Nobody."),
    Preference("When is lunch?", "At noon.", "Never, as far as I can tell."),
]


def planned(**settings: Any) -> Plan:
    values = {"iters": 8, "learning_rate": 1e-2, "replay": 0.0} | settings
    return plan(TrainingSettings.model_validate(values), 4)


def scores(loaded: LoadedModel, rows: list[TokenRow]) -> list[float]:
    """Log-probabilities of whole answers, summed by hand from the model's own logits."""
    found = []
    for row in rows:
        logits = np.array(loaded.model(mx.array([row.tokens]))[0].astype(mx.float32), np.float64)
        shifted = logits - logits.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        found.append(
            sum(logs[place - 1, row.tokens[place]] for place in range(row.start, len(row)))
        )
    return found


def mean(loaded: LoadedModel, row: TokenRow) -> float:
    """Likewise of one answer, a token."""
    return scores(loaded, [row])[0] / (len(row) - row.start)


def taught(loaded: LoadedModel, plans: Plan) -> tuple[list[Pair], DpoResult]:
    add_lora(loaded.model, plans)
    pairs, checked = pairs_of(loaded.tokenizer, PREFERENCES, "", plans)
    done = train_dpo(loaded.model, pairs, checked, plan_dpo(plans, len(pairs)))
    return [wordings[0] for wordings in pairs], done


def test_the_loss_is_that_of_the_paper() -> None:
    chosen, rejected = np.array([-3.0, -8.0, -1.0]), np.array([-4.0, -2.0, -1.5])
    was_chosen, was_rejected = np.array([-5.0, -7.0, -1.0]), np.array([-4.5, -2.5, -1.0])
    ratios = (chosen - was_chosen) - (rejected - was_rejected)
    expected = np.mean(np.log1p(np.exp(-0.3 * ratios)))
    found = preference_loss(
        mx.array(chosen), mx.array(rejected), mx.array(was_chosen), mx.array(was_rejected), beta=0.3
    )
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_where_nothing_has_changed_the_loss_is_that_of_a_coin() -> None:
    same = mx.array([-3.0, -40.0])
    assert preference_loss(same, same, same, same).item() == pytest.approx(np.log(2), rel=1e-6)


def test_an_answer_is_as_likely_as_all_its_tokens_together(any_tiny: LoadedModel) -> None:
    """With the common beginning computed once, in rows of different length."""
    pairs, _ = pairs_of(any_tiny.tokenizer, PREFERENCES, "Be brief, and be kind.", planned())
    rows = [row for (first, *_) in pairs for row in (first.chosen, first.rejected)]
    shared = common_start(rows)
    assert shared > 0
    with token_losses(any_tiny.model) as each:
        found = log_probabilities(each, any_tiny.model, collate(rows, shared))
    assert found.tolist() == pytest.approx(scores(any_tiny, rows), rel=1e-4)


def test_what_was_chosen_becomes_likelier_than_what_was_not(any_tiny: LoadedModel) -> None:
    plans = planned(variants=1)
    pairs, checked = pairs_of(any_tiny.tokenizer, PREFERENCES, "", plans)
    chosen, rejected = [p[0].chosen for p in pairs], [p[0].rejected for p in pairs]
    before = np.array(scores(any_tiny, chosen)) - np.array(scores(any_tiny, rejected))
    never_all_right = [*checked, *(Pair(pair.rejected, pair.chosen) for pair in checked)]
    add_lora(any_tiny.model, plans)
    done = train_dpo(any_tiny.model, pairs, never_all_right, plan_dpo(plans, len(pairs)))
    after = np.array(scores(any_tiny, chosen)) - np.array(scores(any_tiny, rejected))
    assert (after > before).all()
    assert done.loss is not None
    assert done.loss < np.log(2)
    assert done.steps == plan_dpo(plans, len(pairs)).steps


def test_it_ends_as_soon_as_the_better_answers_are_the_likelier_ones(tiny: LoadedModel) -> None:
    pairs, done = taught(tiny, planned(learning_rate=0.1))
    assert done.before < done.checked == 3
    assert done.after == 3
    assert done.steps < plan_dpo(planned(), 3).steps
    assert all(mean(tiny, pair.chosen) > mean(tiny, pair.rejected) for pair in pairs)


def test_nothing_is_trained_where_the_better_answers_are_the_likelier_ones(
    tiny: LoadedModel,
) -> None:
    plans = planned()
    add_lora(tiny.model, plans)
    pairs, checked = pairs_of(tiny.tokenizer, PREFERENCES, "", plans)
    both = [*checked, *(Pair(pair.rejected, pair.chosen) for pair in checked)]
    turned = [pair for pair in both if mean(tiny, pair.chosen) > mean(tiny, pair.rejected)]
    before = tiny.model(mx.array([[3, 4, 5]]))
    done = train_dpo(tiny.model, pairs, turned, plan_dpo(plans, len(pairs)))
    assert (done.before, done.after, done.steps) == (3, 3, 0)
    assert mx.array_equal(tiny.model(mx.array([[3, 4, 5]])), before)


@pytest.mark.usefixtures("steady")
def test_the_same_seed_gives_the_same_weights(tiny_folder: Path) -> None:
    """To rounding."""

    def trained(seed: int) -> mx.array:
        loaded = load(tiny_folder)
        taught(loaded, planned(dropout=0.1, seed=seed))
        found: mx.array = loaded.model(mx.array([[3, 4, 5]]))
        return found

    first = trained(1)
    assert mx.allclose(first, trained(1), atol=1e-5)
    assert not mx.allclose(first, trained(2), atol=1e-5)


def test_a_set_of_any_size_gets_few_steps_with_rows_for_the_same_memory() -> None:
    assert plan_dpo(planned(batch_size=4), 1).pairs == 1
    assert plan_dpo(planned(batch_size=2), 9).pairs == 1
    assert plan_dpo(planned(batch_size=4), 9).pairs == 2
    assert plan_dpo(planned(), 5000).steps == MAX_STEPS
    assert plan_dpo(planned(), 1).learning_rate < planned().learning_rate


def test_the_newest_pairs_are_the_ones_that_are_ranked(
    tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = planned()
    add_lora(tiny.model, plans)
    pairs, (pair, *_) = pairs_of(tiny.tokenizer, PREFERENCES, "", plans)
    turned = Pair(pair.rejected, pair.chosen)
    right_last = sorted([pair, turned], key=lambda p: mean(tiny, p.chosen) > mean(tiny, p.rejected))
    monkeypatch.setattr(dpo, "MAX_CHECKED", 1)
    done = train_dpo(tiny.model, pairs, right_last, plan_dpo(plans, len(pairs)))
    assert (done.checked, done.before, done.steps) == (1, 1, 0)


def test_every_pair_is_seen_in_each_of_its_wordings() -> None:
    def pair(number: int) -> Pair:
        return Pair(TokenRow((number, 0), 1), TokenRow((number, 1), 1))

    pairs = [[pair(1), pair(2), pair(3)], [pair(4)]]
    seen = [batch for (batch,) in minibatches(pairs, steps=6, together=1, seed=0)]
    assert sorted(p.chosen.tokens[0] for p in seen) == [1, 2, 3, 4, 4, 4]
