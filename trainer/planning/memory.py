"""How much memory a model takes, from its architecture, and how a run can take less.

The formula counts what mlx keeps for the backward pass. tests/trainer/planning/test_memory.py
checks it against measured peaks. Needs no mlx.
"""

import json
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.errors import ModelError
from trainer.planning.hyperparameters import SMALL_BATCH, Plan
from trainer.planning.settings import TrainingSettings

GB = 1e9
OVERHEAD_GB = 0.2
"""Memory of Python, the libraries and the tokenizer, as measured."""
CACHE_TOKENS = 4096
"""Tokens of a long talk, whose keys and values are kept while the model answers."""
_LOGITS_HELD = 2**25
"""The number of logits that `trainer.tuning.loss` holds at once."""
_PER_LOGIT = 14.7
"""Bytes for a logit: its 32-bit score, softmax, gradient and a copy, as measured."""
_STATE = 16
"""Bytes for a weight that learns: itself, its gradient and Adam's two moments in 32 bits."""
_SIGNS = (
    "out of memory",  # CUDA, and Python
    "insufficient memory",  # Metal's command buffers
    "[malloc",  # mlx's allocators: [malloc] and [malloc_or_wait] Unable to allocate
    "metal::malloc",  # a single array beyond Metal's largest buffer
    "bad_alloc",  # C++
)
SHORTEST = 32
"""Rows are not cut below so many tokens."""


@dataclass(frozen=True)
class Shape:
    """The sizes that memory depends on, as in a model's config.json."""

    parameters: float
    layers: int
    hidden: int
    intermediate: int
    query: int
    """Width of the queries of one layer: heads times size of a head."""
    key_value: int
    """Width of keys, and of values, of one layer."""
    heads: int
    vocabulary: int


@dataclass(frozen=True)
class StepLoad:
    """The load of one training step: its batch, and the layers that learn."""

    batch_size: int
    tokens: int
    """Tokens of the longest row."""
    answer_tokens: int
    """Tokens of the longest answer."""
    rank: int = 16
    layers: int = -1
    """Blocks that learn; -1 is all."""
    checkpointed: bool = False


LESSONS = StepLoad(batch_size=4, tokens=128, answer_tokens=32)
"""What is assumed where no lessons are at hand: two or three sentences, after another lesson."""


def shape_of(folder: Path) -> Shape:
    """Reads a model folder; the number of parameters comes from the headers of its weights.

    Raises:
        ModelError: the configuration or the weights cannot be read.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config = config.get("text_config", config)
        heads = int(config["num_attention_heads"])
        hidden = int(config["hidden_size"])
        head = int(config.get("head_dim") or hidden // heads)
        return Shape(
            parameters=_parameters(folder, config),
            layers=int(config["num_hidden_layers"]),
            hidden=hidden,
            intermediate=_intermediate(config, hidden),
            query=heads * head,
            key_value=int(config.get("num_key_value_heads") or heads) * head,
            heads=heads,
            vocabulary=int(config["vocab_size"]),
        )
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise ModelError(
            f"What memory the model in '{folder}' takes cannot be told from its config.json."
        ) from error


def stored_bytes(folder: Path) -> int:
    """Bytes of a model's weights in its files."""
    return sum(file.stat().st_size for file in folder.glob("model*.safetensors"))


def answering_gb(shape: Shape, width: int, weights: float | None = None) -> float:
    """Memory for answering one long talk, in GB (10^9 bytes).

    Args:
        shape: of the model.
        width: bytes of a number that the device computes with.
        weights: bytes of a weight, where it is kept in fewer.
    """
    cache = 2 * shape.layers * shape.key_value * CACHE_TOKENS * width
    return (shape.parameters * (weights or width) + cache) / GB + OVERHEAD_GB


def training_gb(shape: Shape, width: int, load: StepLoad, weights: float | None = None) -> float:
    """The peak of a training run, in GB (10^9 bytes).

    A block keeps for the backward pass, for each token: five values as wide as the hidden state,
    four as wide as the queries, three as the keys, four as the inner layer, and one score for
    each head and earlier token. One block more than there are is under work. Where rows are of
    very different lengths, the longest may take less than this: see
    `trainer.tuning.gradient_checkpointing`.

    Args:
        shape: of the model.
        width: bytes of a number that the device computes with.
        load: of one step.
        weights: bytes of a weight, where it is kept in fewer.
    """
    tokens = load.batch_size * load.tokens
    block = (
        tokens
        * width
        * (
            5 * shape.hidden
            + 4 * shape.query
            + 3 * shape.key_value
            + 4 * shape.intermediate
            + shape.heads * load.tokens
        )
    )
    kept = block * (shape.layers + 1)
    if load.checkpointed:
        kept = tokens * shape.hidden * width * shape.layers + 2 * block
    logits = min(load.batch_size * load.answer_tokens * shape.vocabulary, _LOGITS_HELD)
    learning = _learning(shape, load.rank, load.layers) * _STATE
    held = shape.parameters * (weights or width) + kept + logits * _PER_LOGIT + learning
    return held / GB + OVERHEAD_GB


def step_flops(shape: Shape, tokens: int) -> float:
    """Floating-point operations of a training step: 2 forward and 2 back, per weight and token.

    The weights themselves have no gradient; that would be 6 (Kaplan et al. 2020, section 2.1).
    """
    return 4 * shape.parameters * tokens


@dataclass(frozen=True)
class MemoryReduction:
    """One change of the settings that saves memory."""

    changes: dict[str, Any]
    """The training settings to change, with their new values."""
    sentence: str


def memory_reductions(plan: Plan, longest: int, longest_question: int) -> list[MemoryReduction]:
    """Lists memory reductions in their order: smaller batches, gradient checkpoints, shorter rows.

    A batch is halved down to `SMALL_BATCH` rows first, or once; at the end down to a single row.

    Args:
        plan: of the run that may be too large.
        longest: tokens of the longest row.
        longest_question: tokens that a row must have before its answer begins.
    """
    ladder = []
    batch = plan.batch_size
    halves, halved = [], []
    while batch > 1:
        halves.append(
            MemoryReduction({"batch_size": batch // 2}, f"batches of {batch // 2}, not {batch}")
        )
        batch //= 2
        halved.append(batch)
    # A large batch is made small before anything else is given up.
    harmless = max(1, sum(size >= SMALL_BATCH for size in halved))
    ladder += halves[:harmless]
    if not plan.grad_checkpoint and not plan.dropout:  # see trainer.tuning.gradient_checkpointing
        ladder.append(MemoryReduction({"grad_checkpoint": True}, "gradient checkpoints"))
    cut = max(SHORTEST, longest // 2, longest_question + SHORTEST // 2)
    if cut < min(longest, plan.max_seq_length):
        ladder.append(
            MemoryReduction({"max_seq_length": cut}, f"rows of {cut} tokens at most, not {longest}")
        )
    return ladder + halves[harmless:]


def climbed(settings: TrainingSettings, taken: Sequence[MemoryReduction]) -> TrainingSettings:
    """Returns the settings with the changes of some reductions applied."""
    changes: dict[str, Any] = {}
    for reduction in taken:
        changes |= reduction.changes
    return settings.model_copy(update=changes)


def out_of_memory(error: Exception | str) -> bool:
    """Whether an error, or a log, says that memory ran out, in whose words ever."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(sign in text for sign in _SIGNS)


def width(*, on_cpu: bool) -> int:
    """Bytes of a number that the device computes with: 32 bits on a processor, 16 elsewhere."""
    return 4 if on_cpu else 2


def _learning(shape: Shape, rank: int, layers: int) -> int:
    """Weights of the low-rank layers on all linear layers of the blocks that learn."""
    blocks = shape.layers if layers < 0 else min(layers, shape.layers)
    sides = (
        2 * (shape.hidden + shape.query)
        + 2 * (shape.hidden + shape.key_value)
        + 3 * (shape.hidden + shape.intermediate)
    )
    return blocks * rank * sides


def _intermediate(config: dict[str, Any], hidden: int) -> int:
    """Width of the inner layer; of a mixture, that of the experts that one token meets."""
    if experts := config.get("num_experts_per_tok"):
        return int(experts) * int(config.get("moe_intermediate_size") or 0)
    wide = config.get("intermediate_size") or config.get("n_inner") or 4 * hidden
    return max(wide) if isinstance(wide, list) else int(wide)


def _parameters(folder: Path, config: dict[str, Any]) -> float:
    """Weights by the headers of their files; packed ones count as what they unpack to."""
    bits = (config.get("quantization") or {}).get("bits")
    total = 0.0
    for file in sorted(folder.glob("model*.safetensors")):
        with file.open("rb") as weights:
            (length,) = struct.unpack("<Q", weights.read(8))
            header = json.loads(weights.read(length))
        for name, tensor in header.items():
            if name == "__metadata__" or name.endswith((".scales", ".biases")):
                continue
            size = math.prod(tensor["shape"])
            total += size * 32 / bits if bits and tensor["dtype"] == "U32" else size
    if not total:
        raise ValueError("no weights")
    return total
