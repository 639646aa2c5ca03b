"""Models that are worth trying, and which of them fit a machine. Needs no mlx.

What was measured on this machine stands as measured; everything else is estimated, by the same
formulas that a night's preflight uses, and says from what.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

import psutil

from trainer.adapters.registry import AdapterCard
from trainer.errors import NightschoolError
from trainer.models.loading import STARTER, locate
from trainer.planning.hyperparameters import plan
from trainer.planning.memory import (
    LESSONS,
    Shape,
    StepLoad,
    answering_gb,
    shape_of,
    step_flops,
    training_gb,
)
from trainer.planning.memory import width as width_of
from trainer.planning.settings import TrainingSettings

RESERVED_GB = 4.0
"""What the system and everything else on the machine keep for themselves."""
LESSONS_COUNTED = 100
"""The number of lessons that the expected training time is for."""
ROW_TOKENS = 64
"""The approximate number of tokens of a lesson with its question."""
REACHED = {"cpu": 1 / 3, "metal": 1 / 3, "cuda": 1 / 20}
"""Share of a large matrix product's speed that training reaches: rough, and on Metal a guess."""
_GB = 1e9


@dataclass(frozen=True)
class CatalogModel:
    """A model that is worth trying."""

    name: str
    title: str
    shape: Shape
    note: str = ""
    weight_bytes: float | None = None
    """Bytes of one weight, where the model comes quantised."""


@dataclass(frozen=True)
class ModelCard:
    """A recommended model with the memory, in GB (10^9 bytes), and the time that it takes."""

    name: str
    title: str
    path: Path | None
    """The folder of the model on this disk; None if it would be downloaded."""
    parameters: str
    memory_gb: float
    training_memory_gb: float
    fits: bool
    """Whether both fit into this machine at once: the bot goes on answering at night."""
    basis: str
    """Says whether the memory was measured or estimated, and from what."""
    training_minutes: float | None
    """Minutes for a hundred lessons without the exam; None where the speed is not known."""
    time_basis: str
    """Says whether the time was measured or estimated, and from what."""
    note: str


KNOWN = (
    CatalogModel(
        STARTER,
        "SmolLM2-135M-Instruct",
        Shape(134.5e6, 30, 576, 1536, 576, 192, 9, 49152),
        "comes with Nightschool",
    ),
    CatalogModel(
        "HuggingFaceTB/SmolLM2-360M-Instruct",
        "SmolLM2-360M-Instruct",
        Shape(362e6, 32, 960, 2560, 960, 320, 15, 49152),
        "the starter's larger sister",
    ),
    CatalogModel(
        "Qwen/Qwen3-0.6B",
        "Qwen3-0.6B",
        Shape(596e6, 28, 1024, 3072, 2048, 1024, 16, 151936),
        "the smallest that talks well",
    ),
    CatalogModel(
        "TinyLlama/TinyLlama-1.1B-Chat-v1.0",
        "TinyLlama-1.1B",
        Shape(1.1e9, 22, 2048, 5632, 2048, 256, 32, 32000),
        "older; Qwen3-0.6B knows more",
    ),
    CatalogModel(
        "Qwen/Qwen3-1.7B",
        "Qwen3-1.7B",
        Shape(1.72e9, 28, 2048, 6144, 2048, 1024, 16, 151936),
        "a good choice with 16 GB",
    ),
    CatalogModel(
        "microsoft/phi-2",
        "Phi-2",
        Shape(2.78e9, 32, 2560, 10240, 2560, 2560, 32, 51200),
        "a base model without a chat template",
    ),
    CatalogModel(
        "HuggingFaceTB/SmolLM3-3B",
        "SmolLM3-3B",
        Shape(3.08e9, 36, 2048, 11008, 2048, 512, 16, 128256),
        "open in its data too",
    ),
    CatalogModel(
        "mlx-community/Qwen3-4B-4bit",
        "Qwen3-4B, 4 bits",
        Shape(4.02e9, 36, 2560, 9728, 4096, 1024, 32, 151936),
        "a good choice on a Mac with 16 GB",
        0.5625,
    ),
    CatalogModel(
        "Qwen/Qwen3-4B-Instruct-2507",
        "Qwen3-4B-Instruct-2507",
        Shape(4.02e9, 36, 2560, 9728, 4096, 1024, 32, 151936),
        "a good choice with 32 GB",
    ),
)


def device_kind() -> str:
    """`metal`, `cuda` or `cpu`: what mlx computes on here, told without mlx."""
    if sys.platform == "darwin":
        return "metal"
    names = {str(package.metadata["Name"]).lower() for package in distributions()}
    return "cuda" if any(name.startswith("mlx-cuda") for name in names) else "cpu"


def recommended(
    memory_gb: float | None = None,
    *,
    device: str | None = None,
    gflops: float | None = None,
    cards: Iterable[AdapterCard] = (),
) -> list[ModelCard]:
    """All recommended models, the smallest first.

    Args:
        memory_gb: of the machine; this one's by default.
        device: as `device_kind` says by default.
        gflops: of a large matrix product here, in 10^9 operations a second.
        cards: of adapters that were trained here: what they took is measured.
    """
    memory = psutil.virtual_memory().total / _GB if memory_gb is None else memory_gb
    kind = device or device_kind()
    latest = {card.base_model: card for card in cards if card.peak_memory_gb}
    return [_card(known, memory, kind, gflops, latest.get(known.name)) for known in KNOWN]


def estimate(
    shape: Shape, width: int, load: StepLoad = LESSONS, weights: float | None = None
) -> tuple[float, float]:
    """Memory in GB for answering and for training, as a night's preflight reckons it.

    Args:
        shape: of the model.
        width: bytes of a number that the device computes with.
        load: of one training step.
        weights: bytes of a weight, where it is kept in fewer.
    """
    return answering_gb(shape, width, weights), training_gb(shape, width, load, weights)


def training_minutes(shape: Shape, device: str, gflops: float) -> float:
    """Time to train a hundred lessons, from the operations of a step and the machine's speed."""
    plans = plan(TrainingSettings(), LESSONS_COUNTED, shape.hidden)
    flops = step_flops(shape, plans.batch_size * ROW_TOKENS) * plans.iters
    return flops / (gflops * 1e9 * REACHED[device]) / 60


def _card(
    known: CatalogModel,
    memory: float,
    device: str,
    gflops: float | None,
    measured: AdapterCard | None,
) -> ModelCard:
    path = locate(known.name)
    shape, source = known.shape, "its architecture"
    if path is not None:
        try:
            shape, source = shape_of(path), "its files"
        except NightschoolError:
            path = None
    width = width_of(on_cpu=device == "cpu")
    # A processor is quick with 32 bits only: there packed weights are unpacked.
    packed = known.weight_bytes if device != "cpu" else None
    answering, training = estimate(shape, width, weights=packed)
    basis = f"estimated from {source}"
    minutes, time_basis = None, "not known: the machine's speed was not measured"
    if gflops:
        minutes = round(training_minutes(shape, device, gflops), 1)
        time_basis = f"estimated from {gflops:.0f} GFLOP/s of a matrix product here"
    if measured is not None:
        training = measured.peak_memory_gb
        basis = f"training measured by {measured.version} here, answering estimated from {source}"
        if steps := measured.losses and measured.losses.steps:
            wanted = plan(TrainingSettings(), LESSONS_COUNTED, shape.hidden).iters
            minutes = round(measured.seconds / steps * wanted / 60, 1)
            time_basis = f"measured by {measured.version} here, its exam included"
    return ModelCard(
        name=known.name,
        title=known.title,
        path=path,
        parameters=_counted(shape.parameters),
        memory_gb=round(answering, 2),
        training_memory_gb=round(training, 2),
        fits=answering + training + RESERVED_GB <= memory,
        basis=basis,
        training_minutes=minutes,
        time_basis=time_basis,
        note=known.note,
    )


def _counted(parameters: float) -> str:
    millions = parameters / 1e6
    return f"{millions:.0f} M" if millions < 1000 else f"{millions / 1000:.1f} B"  # noqa: PLR2004  a billion
