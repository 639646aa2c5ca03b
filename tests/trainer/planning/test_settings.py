"""Training settings: automatic by default, strict about names, and outspoken about odd values."""

import pytest
from pydantic import ValidationError

from trainer.planning.settings import TrainingSettings, advice


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
