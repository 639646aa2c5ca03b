"""Each row of a batch gets its own adapter, and the caches' element keeps the books."""

from pathlib import Path

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
import mlx.core as mx
import pytest
from mlx.nn.layers.embedding import Embedding
from mlx_lm.models.cache import make_prompt_cache

from tests.tiny_models import build_adapter, build_model
from trainer.adapters.loading import read_adapter
from trainer.inference.multi_lora import (
    NO_ADAPTER,
    Bank,
    NotBatchableError,
    RowLinear,
    RowModel,
    Slots,
    unwrap_linears,
    wrap_linears,
)
from trainer.models.loading import LoadedModel, load

TOKENS = mx.array([[5, 6, 7, 8, 9, 10]])


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A model and two unlike adapters."""
    root: Path = tmp_path_factory.mktemp("rows")
    model = build_model(root / "model")
    one = build_adapter(root / "one", model, seed=1)
    two = build_adapter(root / "two", model, seed=2, rank=8, scale=5.0, layers=1)
    return model, one, two


@pytest.fixture
def base(folders: tuple[Path, Path, Path]) -> LoadedModel:
    return load(folders[0])


def close(a: mx.array, b: mx.array) -> bool:
    return bool(mx.allclose(a, b, rtol=1e-4, atol=1e-4))


def test_rows_join_leave_and_are_taken_out() -> None:
    row = Slots.merge([Slots([1]), Slots([0]), Slots([2])])
    row.extend(Slots([3]))
    assert row.slots == (1, 0, 2, 3)
    assert row.extract(2).slots == (2,)
    row.filter([0, 3])
    assert list(row.slots) == [1, 3]


def test_logits_of_a_mixed_batch_are_those_of_each_model_alone(
    folders: tuple[Path, Path, Path], base: LoadedModel
) -> None:
    """Base, one adapter, another, and the first again; one alone; none."""
    model, *adapters = folders
    bank = Bank()
    slots = [NO_ADAPTER]
    for folder in adapters:
        adapter = read_adapter(folder, base)
        wrap_linears(base.model, list(adapter.parts), bank)
        slots.append(bank.put(adapter))
    alone = [
        load(model).model(TOKENS),
        *(load(model, folder).model(TOKENS) for folder in adapters),
    ]
    assert not close(alone[0], alone[1])
    by_row = RowModel(base.model, bank)
    for batch in ([0, 1, 2, 1], [1], [2, 2], [0, 0], [2, 0], [0, 1, 2, 1]):
        cache = [*make_prompt_cache(base.model), Slots([slots[i] for i in batch])]
        logits = by_row(mx.repeat(TOKENS, len(batch), axis=0), cache)
        for row, index in enumerate(batch):
            assert close(logits[row : row + 1], alone[index]), (batch, row)


def test_a_dropped_adapter_leaves_the_others(
    folders: tuple[Path, Path, Path], base: LoadedModel
) -> None:
    bank = Bank()
    kept, dropped = (read_adapter(folder, base) for folder in folders[1:])
    wrap_linears(base.model, [*kept.parts], bank)
    slot, other = bank.put(kept), bank.put(dropped)
    rows = mx.repeat(TOKENS, 2, axis=0)
    with bank.rows((slot, other)):
        before = base.model(rows)
    bank.drop(other)
    with bank.rows((slot, NO_ADAPTER)):
        after = base.model(rows)
    assert close(before[:1], after[:1])
    assert not close(before[1:], after[1:])


def test_a_layer_that_does_not_see_rows_apart_is_noticed(
    folders: tuple[Path, Path, Path], base: LoadedModel
) -> None:
    bank = Bank()
    adapter = read_adapter(folders[1], base)
    name = "model.layers.0.self_attn.q_proj"
    wrap_linears(base.model, [name], bank)
    layer = dict(base.model.named_modules())[name]
    assert isinstance(layer, RowLinear)
    slot = bank.put(adapter)
    with bank.rows((slot, NO_ADAPTER)), pytest.raises(NotBatchableError, match="rows"):
        layer(mx.zeros((12, 64)))


def test_only_linear_layers_are_wrapped_and_otherwise_none(base: LoadedModel) -> None:
    names = ["model.layers.0.self_attn.q_proj", "model.embed_tokens"]
    with pytest.raises(NotBatchableError, match=Embedding.__name__):
        wrap_linears(base.model, names, Bank())
    assert not any(isinstance(m, RowLinear) for _, m in base.model.named_modules())


def test_the_element_never_hinders_what_is_done_to_the_caches_beside_it() -> None:
    """mlx-lm trims a list of caches only if each of them can be trimmed, by the same count."""
    slots = Slots([1])
    assert slots.is_trimmable()
    assert slots.trim(3) == 3
    assert slots.size() == 0
    assert not slots.empty()


def test_outside_of_a_batch_the_base_answers(
    folders: tuple[Path, Path, Path], base: LoadedModel
) -> None:
    plain = base.model(TOKENS)
    bank = Bank()
    adapter = read_adapter(folders[1], base)
    wrap_linears(base.model, [*adapter.parts], bank)
    slot = bank.put(adapter)
    with bank.rows((slot,)):
        assert not close(base.model(TOKENS), plain)
    assert close(base.model(TOKENS), plain)
    unwrap_linears(base.model)
    assert not any(isinstance(m, RowLinear) for _, m in base.model.named_modules())
    assert close(base.model(TOKENS), plain)


def test_what_was_put_together_of_a_dropped_adapter_is_let_go(
    folders: tuple[Path, Path, Path], base: LoadedModel
) -> None:
    """And of the others it is kept, which would have to be put together again."""
    bank = Bank()
    adapters = [read_adapter(folder, base) for folder in folders[1:]]
    wrap_linears(base.model, [*adapters[0].parts], bank)
    one, two, three = (bank.put(adapter) for adapter in (*adapters, adapters[0]))
    for slots in ((one, two), (one, three)):
        with bank.rows(slots):
            base.model(mx.repeat(TOKENS, len(slots), axis=0))
    bank.drop(two)
    assert {slots for _, slots in bank._joined} == {(one, three)}
