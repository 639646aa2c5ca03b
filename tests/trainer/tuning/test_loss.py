"""The loss over the answers only: exactly the full loss, for less; or the plain way, said aloud."""

import logging
from typing import Any

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.nn.layers.linear import Linear
from mlx.nn.layers.quantized import quantize
from mlx.nn.losses import cross_entropy
from mlx.nn.utils import value_and_grad
from mlx.utils import tree_flatten

from tests.trainer.models.test_rows import LESSON, TALK
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import TokenRow, make_row
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.tuning.batches import collate
from trainer.tuning.lora import add_lora
from trainer.tuning.loss import answer_loss, plain_loss


def arrays(loaded: LoadedModel) -> tuple[mx.array, ...]:
    batch = collate([make_row(loaded.tokenizer, m, 512) for m in (LESSON, TALK)])
    return batch.arrays


def flat(tree: Any) -> list[tuple[str, Any]]:
    pairs: Any = tree_flatten(tree)
    return list(pairs)


def teach(model: Any) -> None:
    """Low-rank layers that are not zero, so that every gradient counts."""
    add_lora(model, plan(TrainingSettings(rank=4), 4))
    mx.random.seed(3)
    trainable = flat(model.trainable_parameters())
    model.load_weights([(n, 0.05 * mx.random.normal(w.shape)) for n, w in trainable], strict=False)


@pytest.mark.parametrize("chunk", [2**26, 700])
def test_loss_and_gradients_equal_those_of_the_full_loss(
    any_tiny: LoadedModel, chunk: int, caplog: pytest.LogCaptureFixture
) -> None:
    """In one piece and in several, for every architecture, without falling back."""
    model, batch = any_tiny.model, arrays(any_tiny)
    teach(model)
    (expected, tokens), gradients = value_and_grad(model, plain_loss)(model, *batch)
    with answer_loss(model, chunk) as loss:
        (found, count), ours = value_and_grad(model, loss)(model, *batch)
        assert loss is not plain_loss
    assert count.item() == tokens.item() == 30
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    theirs = dict(flat(gradients))
    for name, gradient in flat(ours):
        allowed = 1e-4 * mx.maximum(mx.abs(theirs[name]).max(), 1)
        assert (mx.abs(gradient - theirs[name]).max() <= allowed).item(), name
    assert not caplog.records


def test_it_is_mlx_lms_own_loss_over_the_completion(tiny: LoadedModel) -> None:
    """mlx-lm's `default_loss`, with the mask put where the answer's tokens are."""
    row = make_row(tiny.tokenizer, LESSON, 512)
    whole = mx.array([row.tokens])
    logits = tiny.model(whole[:, :-1])[0, row.start - 1 :]
    expected = cross_entropy(logits, whole[0, row.start :]).mean().item()
    batch = collate([row])
    with answer_loss(tiny.model) as loss:
        found, _ = loss(tiny.model, *batch.arrays)
    assert found.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("chunk", [2**26, 700])
def test_a_shared_beginning_changes_neither_loss_nor_gradients(
    any_tiny: LoadedModel, chunk: int
) -> None:
    """Computed once for all rows, it gets the gradients of all of them."""
    model = any_tiny.model
    teach(model)
    opening = tuple(range(5, 17))
    rows = [TokenRow((*opening, 40 + i, *range(60, 64 + 2 * i)), 14) for i in range(3)]
    whole, shared = collate(rows), collate(rows, 12)
    assert (whole.prefix.shape[1], shared.prefix.shape[1]) == (0, 12)
    with answer_loss(model, chunk) as loss:
        (expected, _), theirs = value_and_grad(model, plain_loss)(model, *whole.arrays)
        for way in (loss, plain_loss):
            (found, count), ours = value_and_grad(model, way)(model, *shared.arrays)
            assert count.item() == sum(len(row) - row.start for row in rows)
            assert found.item() == pytest.approx(expected.item(), rel=1e-5)
            measure = dict(flat(theirs))
            for name, gradient in flat(ours):
                allowed = 1e-4 * mx.maximum(mx.abs(measure[name]).max(), 1)
                assert (mx.abs(gradient - measure[name]).max() <= allowed).item(), name


def test_the_model_is_as_before_afterwards(any_tiny: LoadedModel) -> None:
    model, tokens = any_tiny.model, mx.array([[1, 2, 3]])
    before = model(tokens)
    kinds = [type(module) for module in model.modules()]
    with answer_loss(model):
        assert mx.array_equal(model(tokens), before)
    assert [type(module) for module in model.modules()] == kinds
    assert mx.array_equal(model(tokens), before)


def test_a_tied_quantised_head_works_too(tiny: LoadedModel) -> None:
    """As most 4-bit models of the hub have it: the embedding is the last layer."""
    model, batch = tiny.model, arrays(tiny)
    quantize(model, group_size=32, bits=8)
    expected, _ = plain_loss(model, *batch)
    with answer_loss(model) as loss:
        found, _ = loss(model, *batch)
        assert loss is not plain_loss
    assert found.item() == pytest.approx(expected.item(), rel=1e-4)


class Capped(Module):
    """A model that does something after its last layer, as Gemma 2 and Granite do."""

    def __init__(self, inner: Any):
        super().__init__()  # type: ignore[no-untyped-call]  # its library is untyped
        self.inner = inner

    @property
    def layers(self) -> Any:
        return self.inner.layers

    def __call__(self, tokens: mx.array) -> mx.array:
        return mx.tanh(self.inner(tokens) / 3) * 3


class Mixing(Capped):
    """A model whose logits depend on their neighbours': nothing may be left out."""

    def __call__(self, tokens: mx.array) -> mx.array:
        logits: mx.array = self.inner(tokens)
        return logits + logits.mean(axis=1, keepdims=True)


@pytest.mark.parametrize(("kind", "falls_back"), [(Capped, False), (Mixing, True)])
def test_what_a_model_does_after_its_last_layer_is_respected(
    tiny: LoadedModel, kind: type[Capped], falls_back: bool, caplog: pytest.LogCaptureFixture
) -> None:
    model, batch = kind(tiny.model), arrays(tiny)
    expected, _ = plain_loss(model, *batch)
    with caplog.at_level(logging.WARNING), answer_loss(model) as loss:
        found, _ = loss(model, *batch)
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    assert (loss is plain_loss) == falls_back
    assert ("plain loss" in caplog.text) == falls_back


def test_a_model_without_a_known_last_layer_takes_the_plain_way(
    tiny: LoadedModel, caplog: pytest.LogCaptureFixture
) -> None:
    class Own(Linear):
        """A projection of a kind that we do not know."""

    tiny.model.lm_head = Own(64, tiny.model.lm_head.weight.shape[0], bias=False)
    with caplog.at_level(logging.WARNING), answer_loss(tiny.model) as loss:
        assert loss is plain_loss
    assert "last layer of this model was not found" in caplog.text
