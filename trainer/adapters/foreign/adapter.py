"""An adapter that another program wrote, in the names and the arithmetic of mlx-lm."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from trainer.errors import AdapterError

Kind = Literal["lora", "dora"]
MAX_RANK = 4096
"""Largest rank that is read; in practice it is below 512."""


def load_arrays(copy: Path) -> dict[str, mx.array]:
    """Returns the arrays of a safetensors file whose header was looked at.

    Raises:
        AdapterError: mlx does not read that header, such as metadata that are no texts.
    """
    try:
        return cast("dict[str, mx.array]", mx.load(str(copy)))
    except (RuntimeError, ValueError) as error:
        raise AdapterError(
            f"{copy.name} has a header that mlx does not read: save the adapter anew."
        ) from error


@dataclass(frozen=True)
class ForeignAdapter:
    """Low-rank products on modules of a model, all of one rank and scale.

    mlx-lm computes x·W + scale · (x·A)·B with A (in, rank) and B (rank, out); of the kind `dora`,
    each output is also scaled to the magnitude m (out,) of its row of weights.
    """

    layout: str
    """Whose it is, for people: `mlx-lm` or `PEFT`."""
    kind: Kind
    rank: int
    scale: float
    weights: Mapping[str, mx.array]
    """By module and part, such as `model.layers.0.self_attn.q_proj.lora_a`."""
    base: str = ""
    """The base model as the adapter names it; empty where it does not."""
    dropout: float = 0.0

    def modules(self) -> dict[str, dict[str, mx.array]]:
        """Returns the parts of every module, by `lora_a`, `lora_b` and `m`."""
        parts: dict[str, dict[str, mx.array]] = {}
        for name, array in self.weights.items():
            module, _, part = name.rpartition(".")
            parts.setdefault(module, {})[part] = array
        return parts
