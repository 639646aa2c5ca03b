"""The mean loss of answers is that of the whole set, whatever the batches, and of no one else."""

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx_lm.tuner.trainer import evaluate

from trainer.evaluation.perplexity import mean_loss
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import TokenRow
from trainer.tuning.batches import Batches, FixedRows
from trainer.tuning.loss import answer_loss, plain_loss

ROWS = [TokenRow(tuple(range(3, 9 + length)), 4) for length in range(0, 22, 2)]


def test_it_is_the_mean_over_all_tokens_and_mlx_lms_own(tiny: LoadedModel) -> None:
    found = mean_loss(tiny.model, ROWS)
    batches = Batches(longest=0)
    theirs = evaluate(tiny.model, FixedRows(ROWS), 3, -1, loss=plain_loss, iterate_batches=batches)
    assert found == pytest.approx(float(theirs), rel=1e-5)
    with answer_loss(tiny.model) as loss:
        assert mean_loss(tiny.model, ROWS, loss) == pytest.approx(found, rel=1e-6)


def test_it_asks_no_other_process(tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """They may have left: a sum over all would wait for ever."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(mx.distributed, "all_sum", refuse)
    assert mean_loss(tiny.model, ROWS) > 0
