"""What is looked at before a run: power, disk, and the model that the adapter in use is for."""

from collections import namedtuple
from pathlib import Path

import psutil
import pytest

from tests.tiny_models import build_adapter, build_model
from trainer.adapters.registry import AdapterCard, write_card
from trainer.errors import AdapterError, ModelError, TrainingError
from trainer.models.loading import fingerprint, load, tokenizer_hash
from trainer.planning.fit import check_warm_start, make_ready
from trainer.planning.preflight import check_adapter, check_disk, check_power
from trainer.planning.settings import TrainingSettings

Battery = namedtuple("Battery", "percent secsleft power_plugged")  # noqa: PYI024  psutil's own
LESSONS = [
    [
        {"role": "user", "content": "When is lunch?"},
        {"role": "assistant", "content": "At noon."},
    ]
]


def battery(monkeypatch: pytest.MonkeyPatch, state: Battery | None) -> None:
    """Machines that test have no battery."""
    monkeypatch.setattr(psutil, "sensors_battery", lambda: state)


@pytest.mark.parametrize("state", [None, Battery(5, 9, True), Battery(5, 9, None)])
def test_on_the_mains_or_without_a_battery_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, state: Battery | None
) -> None:
    battery(monkeypatch, state)
    assert check_power() == []


def test_a_low_battery_is_not_drained(monkeypatch: pytest.MonkeyPatch) -> None:
    battery(monkeypatch, Battery(39, 3600, False))
    with pytest.raises(TrainingError, match=r"at 39%.*plug the machine in"):
        check_power(least=40)
    assert check_power(least=0) == ["It ran on the battery, at 39%."]


def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    check_disk(tmp_path, 1)
    with pytest.raises(TrainingError, match="Free some room"):
        check_disk(tmp_path, 10**18)


@pytest.fixture
def adapter(tmp_path: Path, tiny_folder: Path) -> Path:
    """An adapter with a card, as a night leaves it."""
    folder = build_adapter(tmp_path / "v0003", tiny_folder)
    loaded = load(tiny_folder)
    card = AdapterCard(
        "v0003",
        str(tiny_folder),
        base_revision=fingerprint(tiny_folder),
        template_hash=loaded.template_hash,
        tokenizer_hash=tokenizer_hash(tiny_folder),
    )
    write_card(folder, card)
    return folder


def test_an_adapter_for_the_same_template_and_tokenizer_is_fine(
    adapter: Path, tiny_folder: Path
) -> None:
    ready = make_ready(str(tiny_folder), LESSONS, TrainingSettings(), adapter)
    assert ready.notes == ()
    assert ready.estimate_gb is not None
    assert 0.2 < ready.estimate_gb < 0.3


def test_another_template_or_tokenizer_is_said(adapter: Path, tmp_path: Path) -> None:
    other = build_model(tmp_path / "qwen3", "qwen3")
    (note,) = make_ready(str(other), LESSONS, TrainingSettings(), adapter).notes
    assert note.startswith("The base model's chat template changed since v0003 was trained")
    (note,) = check_adapter(adapter, load(other).template_hash, "another")
    assert "chat template and tokenizer changed" in note


def test_a_warm_start_goes_on_from_the_same_base_only(adapter: Path, tiny_folder: Path) -> None:
    loaded = load(tiny_folder)
    marks = loaded.template_hash, tokenizer_hash(tiny_folder)
    check_warm_start(adapter, loaded.revision, *marks)
    with pytest.raises(AdapterError, match="another base model: train without --warm-start"):
        check_warm_start(adapter, "other weights", *marks)
    with pytest.raises(AdapterError, match="another chat template"):
        check_warm_start(adapter, loaded.revision, "other", marks[1])


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model folder"):
        make_ready(str(tmp_path / "nowhere"), LESSONS, TrainingSettings())
