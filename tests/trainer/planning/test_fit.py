"""Whether this machine is ready for a run, before the model is loaded."""

from pathlib import Path
from typing import Any

import pytest

from tests.tiny_models import build_adapter, build_model
from trainer.adapters.registry import AdapterCard, write_card
from trainer.errors import AdapterError, MemoryShortError, ModelError
from trainer.models.loading import fingerprint, load, tokenizer_hash
from trainer.planning import fit, preflight
from trainer.planning.fit import ReadyRun, check_warm_start, make_ready
from trainer.planning.settings import TrainingSettings

SETTINGS = TrainingSettings()


def lesson(question: str = "When is lunch?") -> list[dict[str, str]]:
    return [
        {"role": "user", "content": question},
        {"role": "assistant", "content": "At noon."},
    ]


LESSONS = [lesson()]


@pytest.fixture(autouse=True)
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough memory, whatever machine this is, and no graphics card."""
    memory(monkeypatch, 8.0)
    monkeypatch.setattr("trainer.hardware.device.on_cpu", lambda: True)


def memory(monkeypatch: pytest.MonkeyPatch, free_gb: float) -> None:
    monkeypatch.setattr("trainer.hardware.device.free_memory_gb", lambda: free_gb)


def given(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Takes note of what the run is fitted with."""
    asked: list[tuple[Any, ...]] = []

    def heard(*arguments: Any) -> Any:
        asked.append(arguments)
        return preflight.fit(*arguments)

    monkeypatch.setattr(fit, "fit", heard)
    return asked


@pytest.fixture
def adapter(tmp_path: Path, tiny_folder: Path) -> Path:
    """An adapter with a card, as a night leaves it."""
    folder = build_adapter(tmp_path / "v0003", tiny_folder)
    card = AdapterCard(
        "v0003",
        str(tiny_folder),
        base_revision=fingerprint(tiny_folder),
        template_hash=load(tiny_folder).template_hash,
        tokenizer_hash=tokenizer_hash(tiny_folder),
    )
    write_card(folder, card)
    return folder


def estimate(model: Path, lessons: list[list[dict[str, str]]]) -> float:
    gb = make_ready(str(model), lessons, SETTINGS).estimate_gb
    assert gb is not None
    return gb


def test_an_adapter_for_the_same_template_and_tokenizer_is_fine(
    adapter: Path, tiny_folder: Path
) -> None:
    ready = make_ready(str(tiny_folder), LESSONS, SETTINGS, adapter)
    assert (ready.settings, ready.notes, ready.lighter) == (SETTINGS, (), 0)
    assert ready.estimate_gb is not None
    assert 0.2 < ready.estimate_gb < 0.3


def test_another_template_is_said(adapter: Path, tmp_path: Path) -> None:
    other = build_model(tmp_path / "qwen3", "qwen3")
    (note,) = make_ready(str(other), LESSONS, SETTINGS, adapter).notes
    assert note.startswith("The base model's chat template changed since v0003 was trained")


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model folder"):
        make_ready(str(tmp_path / "nowhere"), LESSONS, SETTINGS)


def test_without_a_tokenizer_loading_the_model_has_to_say_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert make_ready(str(tmp_path), LESSONS, SETTINGS) == ReadyRun(SETTINGS, (), None, 0)


def test_where_no_lesson_can_be_trained_nothing_is_estimated(tiny_folder: Path) -> None:
    settings = TrainingSettings(max_seq_length=20)
    ready = make_ready(str(tiny_folder), LESSONS, settings)
    assert ready == ReadyRun(settings, (), None, 0)


def test_an_unknown_architecture_is_trained_without_an_estimate(
    adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = build_model(tmp_path / "qwen3", "qwen3")

    def unknown(_: Path) -> None:
        raise ModelError("unknown")

    monkeypatch.setattr(fit, "shape_of", unknown)
    ready = make_ready(str(other), LESSONS, SETTINGS, adapter)
    assert (ready.settings, ready.estimate_gb, ready.lighter) == (SETTINGS, None, 0)
    assert len(ready.notes) == 1


def test_short_memory_gives_things_up_and_says_so(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory(monkeypatch, estimate(tiny_folder, LESSONS) - 0.001)
    ready = make_ready(str(tiny_folder), LESSONS, SETTINGS)
    assert ready.lighter > 0
    assert ready.settings != SETTINGS
    assert ready.notes[0].startswith("Memory is short: ")
    assert ready.notes[0].endswith(".")
    memory(monkeypatch, 1e-5)
    with pytest.raises(MemoryShortError):
        make_ready(str(tiny_folder), LESSONS, SETTINGS)


def test_what_ran_out_of_memory_gives_something_up_even_if_it_should_fit(
    tiny_folder: Path,
) -> None:
    ready = make_ready(str(tiny_folder), LESSONS, SETTINGS, lighter=1)
    assert ready.lighter == 1
    assert ready.notes[0].startswith("Memory ran out: ")


def test_the_longest_lessons_decide(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others need not be turned into tokens."""
    asked = given(monkeypatch)
    monkeypatch.setattr(fit, "MEASURED_ROWS", 2)
    lessons = [lesson("When is lunch? " * times) for times in (1, 6, 3, 9)]
    make_ready(str(tiny_folder), lessons, SETTINGS)
    ((_, rows, *_rest),) = asked
    assert [len(row) for row in rows] == sorted((len(row) for row in rows), reverse=True)
    assert len(rows) == 2
    assert len(rows[1]) > 6 * len("When is lunch? ")


def test_quantised_weights_take_their_32_bits_on_a_processor_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = given(monkeypatch)
    model = build_model(tmp_path / "model", bits=4)
    make_ready(str(model), LESSONS, SETTINGS)
    monkeypatch.setattr("trainer.hardware.device.on_cpu", lambda: False)
    make_ready(str(model), LESSONS, SETTINGS)
    on_cpu, on_card = (arguments[-1] for arguments in asked)
    assert on_cpu is None
    assert on_card is not None
    assert 0.5 < on_card < 2


def test_a_warm_start_goes_on_from_the_same_base_only(adapter: Path, tiny_folder: Path) -> None:
    loaded = load(tiny_folder)
    marks = loaded.template_hash, tokenizer_hash(tiny_folder)
    check_warm_start(adapter, loaded.revision, *marks)
    with pytest.raises(AdapterError, match="another base model: train without --warm-start"):
        check_warm_start(adapter, "other weights", *marks)
    with pytest.raises(AdapterError, match="another chat template:"):
        check_warm_start(adapter, "other weights", "other", marks[1])


def test_a_warm_start_from_an_adapter_that_says_less_is_tried(adapter: Path) -> None:
    """Whether its layers fit shows when they are put in."""
    write_card(adapter, AdapterCard("v0003", "some/model"))
    check_warm_start(adapter, "any", "any", "any")
    (adapter / "card.json").unlink()
    check_warm_start(adapter, "any", "any", "any")
