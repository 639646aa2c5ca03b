"""What is recommended, what fits, and where each figure is from."""

from types import SimpleNamespace

import psutil
import pytest

from trainer.adapters.registry import AdapterCard
from trainer.planning import catalog
from trainer.planning.catalog import (
    KNOWN,
    RESERVED_GB,
    estimate,
    recommended,
    training_minutes,
)
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.results.losses import Losses


def test_the_starter_fits_a_small_machine_and_the_largest_does_not() -> None:
    cards = {card.name: card for card in recommended(memory_gb=8, device="metal")}
    assert cards["starter"].fits
    assert not cards["Qwen/Qwen3-4B-Instruct-2507"].fits


def test_everything_fits_a_large_machine() -> None:
    assert all(card.fits for card in recommended(memory_gb=192))


def test_the_usual_models_are_there_and_say_where_their_figures_are_from() -> None:
    cards = recommended(memory_gb=16, gflops=150)
    titles = {card.title for card in cards}
    assert {"Qwen3-0.6B", "TinyLlama-1.1B", "Qwen3-1.7B", "Phi-2"} <= titles
    assert all("estimated from" in card.basis for card in cards)
    assert all("150 GFLOP/s" in card.time_basis for card in cards)


def test_training_takes_more_than_the_weights_and_grows_with_the_model() -> None:
    figures = [estimate(known.shape, 2)[1] for known in KNOWN]
    assert all(
        training > known.shape.parameters * 2 / 1e9
        for known, training in zip(KNOWN, figures, strict=True)
    )
    times = [training_minutes(known.shape, "cpu", 150) for known in KNOWN]
    assert times == sorted(times)


def test_without_a_speed_no_time_is_claimed() -> None:
    (first, *_) = recommended(memory_gb=16)
    assert first.training_minutes is None
    assert "not known" in first.time_basis


def test_a_packed_model_takes_less_where_it_stays_packed() -> None:
    def packed(device: str) -> float:
        cards = recommended(memory_gb=16, device=device)
        return next(card.memory_gb for card in cards if "4bit" in card.name)

    assert packed("metal") < 4 < packed("cpu")


def test_what_was_measured_here_is_said_to_be_measured() -> None:
    card = AdapterCard(
        "v0007", "Qwen/Qwen3-0.6B", peak_memory_gb=3.21, seconds=600.0, losses=Losses(steps=100)
    )
    found = {c.name: c for c in recommended(memory_gb=16, gflops=150, cards=[card])}
    measured = found["Qwen/Qwen3-0.6B"]
    assert measured.training_memory_gb == pytest.approx(3.21)
    assert measured.basis.startswith("training measured by v0007 here")
    assert measured.time_basis.startswith("measured by v0007 here")
    assert measured.training_minutes is not None
    assert "estimated" in found["starter"].basis


@pytest.mark.parametrize(
    ("platform", "names", "kind"),
    [
        ("darwin", ["mlx"], "metal"),
        ("linux", ["mlx", "mlx-cuda-12"], "cuda"),
        ("linux", ["mlx", "MLX-CUDA"], "cuda"),
        ("linux", ["mlx", "mlx-cpu"], "cpu"),
    ],
)
def test_what_mlx_computes_on_is_told_by_what_is_installed(
    monkeypatch: pytest.MonkeyPatch, platform: str, names: list[str], kind: str
) -> None:
    installed = [SimpleNamespace(metadata={"Name": name}) for name in names]
    monkeypatch.setattr(catalog, "distributions", lambda: installed)
    monkeypatch.setattr(catalog, "sys", SimpleNamespace(platform=platform))
    assert catalog.device_kind() == kind


def test_by_default_it_is_this_machines_memory_that_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for total_gb in (6, 8, 24, 192):
        memory = SimpleNamespace(total=total_gb * 10**9)
        monkeypatch.setattr(psutil, "virtual_memory", lambda memory=memory: memory)
        here = [card.fits for card in recommended(device="metal")]
        assert here == [card.fits for card in recommended(total_gb, device="metal")]


def test_a_model_fits_where_answering_training_and_the_system_have_room() -> None:
    card = recommended(memory_gb=1000, device="metal")[1]
    needed = card.memory_gb + card.training_memory_gb + RESERVED_GB
    assert recommended(memory_gb=needed + 0.02, device="metal")[1].fits
    assert not recommended(memory_gb=needed - 0.02, device="metal")[1].fits


def test_a_faster_machine_needs_less_time_and_reaches_a_share_of_its_speed() -> None:
    shape = KNOWN[0].shape
    minutes = training_minutes(shape, "cpu", 150)
    assert training_minutes(shape, "cpu", 300) == pytest.approx(minutes / 2)
    assert training_minutes(shape, "cuda", 150) == pytest.approx(minutes * 20 / 3)
    plans = plan(TrainingSettings(), 100, shape.hidden)
    operations = 4 * shape.parameters * plans.batch_size * 64 * plans.iters
    assert minutes == pytest.approx(operations / 50e9 / 60)


def test_parameters_are_told_in_millions_or_billions() -> None:
    parameters = {card.title: card.parameters for card in recommended(memory_gb=16)}
    assert parameters["TinyLlama-1.1B"] == "1.1 B"
    assert parameters["Qwen3-0.6B"] == "596 M"
