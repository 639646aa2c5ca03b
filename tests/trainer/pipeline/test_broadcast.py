"""What the first process of a group has, all of them get; the others read and write no files."""

from pathlib import Path
from typing import Any

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from tests.tiny_models import build_adapter
from trainer.errors import AdapterError
from trainer.models.tokenization import TokenRow
from trainer.pipeline import broadcast
from trainer.planning.fit import ReadyRun
from trainer.planning.settings import TrainingSettings
from trainer.tuning.checkpoint import Checkpoints
from trainer.tuning.distributed import ProcessGroup

ROWS = [TokenRow((1, 2, 3), 1), TokenRow((4, 5), 1)]


class Pair(ProcessGroup):
    """One of two processes; the second one gets from `sent` what the first has put there."""

    def __init__(self, sent: list[bytes], rank: int) -> None:
        super().__init__()
        self.rank, self.size, self._sent = rank, 2, sent

    def share_bytes(self, content: bytes) -> bytes:
        if not self.first:
            return self._sent.pop(0)
        self._sent.append(content)
        return content


@pytest.fixture
def pair() -> tuple[Pair, Pair]:
    sent: list[bytes] = []
    return Pair(sent, 0), Pair(sent, 1)


def never() -> Any:
    raise AssertionError("only the first process makes it")


def test_rows_and_the_prepared_run_are_those_of_the_first_process(pair: tuple[Pair, Pair]) -> None:
    first, second = pair
    assert broadcast.rows(first, lambda: ROWS) == broadcast.rows(second, never) == ROWS
    run = ReadyRun(TrainingSettings(rank=3), ("Memory is short.",), 1.5, 2)
    assert broadcast.ready(first, lambda: run) == broadcast.ready(second, never) == run


@pytest.mark.parametrize("name", ["place", "earlier"])
def test_the_others_resume_from_the_first_ones_checkpoint_and_write_none(
    pair: tuple[Pair, Pair], tmp_path: Path, name: str
) -> None:
    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(b"state")
    ours = Checkpoints(salt="base")
    setattr(ours, name, file)
    assert broadcast.checkpoints(pair[0], ours) is ours
    theirs = broadcast.checkpoints(pair[1], Checkpoints(tmp_path / "unused", salt="base"))
    assert theirs.place is None
    assert theirs.earlier is not None
    assert theirs.earlier.read_bytes() == b"state"
    assert theirs.salt == "base"


def test_without_a_checkpoint_nobody_resumes(pair: tuple[Pair, Pair], tmp_path: Path) -> None:
    ours = Checkpoints(tmp_path / "none.safetensors")
    assert broadcast.checkpoints(pair[0], ours) is ours
    theirs = broadcast.checkpoints(pair[1], ours)
    assert (theirs.place, theirs.earlier) == (None, None)


def test_weights_of_another_scale_add_the_same_in_the_new_layers(
    pair: tuple[Pair, Pair], tiny_folder: Path, tmp_path: Path
) -> None:
    """A layer adds scale * x @ lora_a @ lora_b."""
    adapter = build_adapter(tmp_path / "adapter", tiny_folder, scale=20.0)
    stored = mx.load(str(adapter / "adapters.safetensors"))
    assert isinstance(stored, dict)
    ours = broadcast.weights(pair[0], adapter, 10.0)
    theirs = broadcast.weights(pair[1], None, 10.0)
    for weights in (ours, theirs):
        assert weights.keys() == stored.keys()
        for name, array in stored.items():
            expected = 2 * array if name.endswith("lora_b") else array
            assert mx.allclose(weights[name], expected), name


def test_without_an_adapter_there_are_no_weights_and_a_broken_one_is_named(
    tmp_path: Path,
) -> None:
    group = ProcessGroup()
    assert broadcast.weights(group, None, 10.0) == {}
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(AdapterError, match="cannot be read"):
        broadcast.weights(group, tmp_path, 10.0)
