"""Training settings: automatic by default, strict about names, and outspoken about odd values."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from trainer.errors import TrainingError
from trainer.planning.settings import TrainingSettings, advice, read_settings


def test_everything_is_automatic_by_default() -> None:
    assert set(TrainingSettings().model_dump().values()) == {None}
    assert advice(TrainingSettings()) == []


def test_an_unknown_key_is_refused_with_its_name() -> None:
    with pytest.raises(ValidationError, match="learning_rte"):
        TrainingSettings.model_validate({"learning_rte": 1e-4})


@pytest.mark.parametrize(
    ("name", "value"),
    [("iters", 0), ("batch_size", 0), ("learning_rate", 0), ("dropout", 1.0), ("replay", 1.0)],
)
def test_an_impossible_value_is_refused_with_its_name(name: str, value: float) -> None:
    with pytest.raises(ValidationError, match=name):
        TrainingSettings.model_validate({name: value})


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("iters", (500, 2000), (499, 2001)),
        ("batch_size", (2, 8), (1, 9)),
        ("learning_rate", (1e-5, 1e-4), (9e-6, 2e-4)),
        ("rank", (4, 16), (3, 17)),
        ("layers", (8, 32, -1), (7, 33)),
    ],
)
def test_a_value_outside_the_usual_range_is_allowed_with_a_warning(
    name: str, inside: tuple[float, ...], outside: tuple[float, ...]
) -> None:
    for value in inside:
        assert advice(TrainingSettings.model_validate({name: value})) == []
    for value in outside:
        (sentence,) = advice(TrainingSettings.model_validate({name: value}))
        assert sentence.startswith(f"{name} = ")


ENDS: dict[str, tuple[float, ...]] = {
    "warmup": (0, 1),
    "weight_decay": (0,),
    "scale": (0.5,),
    "dropout": (0, 0.9),
    "layers": (-1,),
    "max_seq_length": (16,),
    "seed": (0,),
    "replay": (0, 0.9),
    "variants": (0,),
    "rewordings": (0,),
}


@pytest.mark.parametrize("name", ENDS)
def test_every_range_holds_its_ends(name: str) -> None:
    for value in ENDS[name]:
        settings = TrainingSettings.model_validate({name: value})
        assert getattr(settings, name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [("warmup", 1.1), ("scale", 0), ("layers", -2), ("max_seq_length", 15), ("seed", -1)],
)
def test_what_lies_beyond_an_end_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValidationError, match=name):
        TrainingSettings.model_validate({name: value})


def test_settings_come_from_a_file_or_are_automatic(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"rank": 4}')
    assert read_settings(file) == TrainingSettings(rank=4)
    assert read_settings(None) == TrainingSettings()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"rnak": 4}', "Training setting rnak: "),
        ('{"rank": 0}', "Training setting rank: "),
        ("{", "Training setting the file: Invalid JSON"),
    ],
)
def test_bad_settings_are_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(content)
    with pytest.raises(TrainingError, match=message):
        read_settings(file)
