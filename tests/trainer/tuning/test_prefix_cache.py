"""A beginning that rows share is computed once where that is exact, and otherwise not."""

from contextlib import nullcontext
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
import pytest
from mlx_lm.models.cache import KVCache, RotatingKVCache

from trainer.models.loading import LoadedModel
from trainer.tuning.prefix_cache import forward_after_prefix, whole_rows

PREFIX = mx.array([[7, 8, 9]])
TOKENS = mx.array([[1, 2], [3, 4]])
PLACES = mx.array([0, 1, 2, 3])


def test_rows_get_their_beginning_back_and_the_places_move_along() -> None:
    rows, places = whole_rows(PREFIX, TOKENS, PLACES)
    assert rows.tolist() == [[7, 8, 9, 1, 2], [7, 8, 9, 3, 4]]
    assert places.tolist() == [3, 4, 8, 9]
    assert whole_rows(mx.zeros((1, 0)), TOKENS, PLACES)[0] is TOKENS


def test_going_on_from_a_beginning_gives_what_whole_rows_do(tiny: LoadedModel) -> None:
    forward = forward_after_prefix(tiny.model)
    found = forward(tiny.model, PREFIX, TOKENS, PLACES, lambda _: nullcontext())
    expected = tiny.model(whole_rows(PREFIX, TOKENS, PLACES)[0])[0, 3:]
    assert mx.allclose(found, expected, atol=1e-4).item()


@pytest.mark.parametrize("plain_layers", [0, 1])
def test_a_model_with_another_memory_gets_whole_rows(
    tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch, plain_layers: int
) -> None:
    """A window that moves on forgets the beginning; such caches are left to whole rows."""
    window: Any = RotatingKVCache
    plain: Any = KVCache
    windows = len(tiny.model.layers) - plain_layers

    def caches() -> list[Any]:
        return [window(4) for _ in range(windows)] + [plain() for _ in range(plain_layers)]

    monkeypatch.setattr(type(tiny.model), "make_cache", lambda _: caches(), raising=False)
    forward = forward_after_prefix(tiny.model)
    found = forward(tiny.model, PREFIX, TOKENS, PLACES, lambda _: nullcontext())
    expected = tiny.model(whole_rows(PREFIX, TOKENS, PLACES)[0])[0]
    assert mx.allclose(found, expected, atol=1e-5).item()
