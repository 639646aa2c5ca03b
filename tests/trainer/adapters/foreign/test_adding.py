"""A folder of mlx-lm or PEFT becomes one like that of a night, and computes the same."""

import json
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from tests.tiny_models import Architecture, build_adapter, build_model
from tests.trainer.adapters.foreign.conftest import MODULE, PeftFolder, product
from trainer.adapters.foreign.adding import add
from trainer.adapters.peft import to_peft
from trainer.adapters.registry import AdapterCard, write_card
from trainer.errors import AdapterError
from trainer.models.loading import load

TOKENS = mx.array([[5, 9, 2, 60, 31, 7]])


def logits(model: Path, adapter: Path | None) -> mx.array:
    computed: mx.array = load(model, adapter=adapter).model(TOKENS)
    return computed


def distance(ours: mx.array, theirs: mx.array) -> float:
    return float(mx.abs(ours - theirs).max())


@pytest.mark.parametrize("kind", ["lora", "dora"])
@pytest.mark.parametrize("architecture", ["llama", "qwen3", "gemma3_text"])
def test_an_adapter_comes_back_from_peft_with_the_same_logits(
    tmp_path: Path, kind: Literal["lora", "dora"], architecture: Architecture
) -> None:
    base = build_model(tmp_path / "base", architecture)
    ours = build_adapter(tmp_path / "v0001", base, rank=3, scale=7.0, layers=1, kind=kind)
    away = to_peft(ours, tmp_path / "peft", "some/base")
    added = add(str(base), away, tmp_path / "back")
    assert (added.layout, added.kind, added.rank) == ("PEFT", kind, 3)
    assert (added.said_base, added.same_base) == ("some/base", True)
    before, after = logits(base, ours), logits(base, tmp_path / "back")
    assert distance(before, after) < 1e-4
    assert distance(logits(base, None), after) > 1e-2


@pytest.mark.parametrize("kind", ["lora", "dora"])
def test_an_adapter_of_mlx_lm_is_taken_with_the_same_logits(
    tmp_path: Path, tiny_folder: Path, kind: Literal["lora", "dora"]
) -> None:
    keys = ["self_attn.v_proj", "mlp.down_proj"]
    theirs = build_adapter(tmp_path / "theirs", tiny_folder, kind=kind, keys=keys)
    config = json.loads((theirs / "adapter_config.json").read_text())
    more = {"model": str(tiny_folder), "data": "/home/somebody/lessons", "train": True}
    (theirs / "adapter_config.json").write_text(json.dumps(config | more))
    added = add(str(tiny_folder), theirs, tmp_path / "added")
    assert (added.layout, added.kind, added.modules) == ("mlx-lm", kind, 4)
    assert added.same_base is True
    assert mx.array_equal(logits(tiny_folder, theirs), logits(tiny_folder, tmp_path / "added"))
    written = json.loads((tmp_path / "added" / "adapter_config.json").read_text())
    assert {*written} == {"fine_tune_type", "num_layers", "lora_parameters", "model"}
    assert sorted(path.name for path in (tmp_path / "added").iterdir()) == [
        "adapter_config.json",
        "adapters.safetensors",
    ]


def test_an_adapter_of_experts_and_one_on_a_quantised_base_are_taken(tmp_path: Path) -> None:
    for name, base in (
        ("moe", build_model(tmp_path / "moe", "qwen3_moe")),
        ("bits", build_model(tmp_path / "bits", bits=4)),
    ):
        theirs = build_adapter(tmp_path / f"theirs-{name}", base)
        add(str(base), theirs, tmp_path / f"added-{name}")
        assert mx.array_equal(logits(base, theirs), logits(base, tmp_path / f"added-{name}"))


def test_ranks_and_alphas_of_single_modules_become_one_rank_and_one_scale(
    tmp_path: Path, tiny_folder: Path, peft_folder: PeftFolder
) -> None:
    """By PEFT's own formula in numpy, on each module."""
    other = "model.layers.1.self_attn.q_proj"
    arrays = product(rank=2) | product(other, rank=4, seed=1)
    folder = peft_folder(
        arrays, r=4, lora_alpha=8, rank_pattern={"layers.0.self_attn.q_proj": 2},
        alpha_pattern={"layers.0.self_attn.q_proj": 6}, use_rslora=True,
    )  # fmt: skip
    add(str(tiny_folder), folder, tmp_path / "added")
    modules = dict(load(tiny_folder, adapter=tmp_path / "added").model.named_modules())
    for name, scaling in ((MODULE, 6 / np.sqrt(2)), (other, 8 / np.sqrt(4))):
        a = arrays[f"base_model.model.{name}.lora_A.weight"]
        b = arrays[f"base_model.model.{name}.lora_B.weight"]
        x = np.random.default_rng(0).normal(size=(3, a.shape[1])).astype(np.float32)
        plain = np.array(modules[name].linear.weight)
        expected = x @ plain.T + scaling * (x @ a.T) @ b.T
        assert np.allclose(np.array(modules[name](mx.array(x))), expected, atol=1e-3)


def test_an_adapter_for_another_model_is_refused_by_the_layer_that_differs(
    tmp_path: Path, tiny_folder: Path, peft_folder: PeftFolder
) -> None:
    with pytest.raises(AdapterError, match=r"has no 'model\.layers\.9\.self_attn\.q_proj'"):
        add(
            str(tiny_folder),
            peft_folder(product("model.layers.9.self_attn.q_proj")),
            tmp_path / "a",
        )
    other = build_model(tmp_path / "other", "qwen3_moe")
    theirs = build_adapter(tmp_path / "theirs", other)
    with pytest.raises(AdapterError, match="It is for another model"):
        add(str(tiny_folder), theirs, tmp_path / "b")
    assert not (tmp_path / "a").exists()
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_shapes_are_compared(tmp_path: Path, tiny_folder: Path, peft_folder: PeftFolder) -> None:
    arrays = product("model.layers.0.mlp.gate_proj")
    with pytest.raises(AdapterError, match=r"shapes of .* differ \(4 x 128, here 4 x 96\)"):
        add(str(tiny_folder), peft_folder(arrays), tmp_path / "a")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused(
    tmp_path: Path, tiny_folder: Path, peft_folder: PeftFolder, value: float
) -> None:
    arrays = product()
    arrays[f"base_model.model.{MODULE}.lora_B.weight"][3, 1] = value
    with pytest.raises(AdapterError, match="NaN or infinite"):
        add(str(tiny_folder), peft_folder(arrays), tmp_path / "a")


def test_an_adapter_that_changes_nothing_is_said_to(
    tmp_path: Path, tiny_folder: Path, peft_folder: PeftFolder
) -> None:
    arrays = product()
    arrays[f"base_model.model.{MODULE}.lora_B.weight"][:] = 0
    added = add(str(tiny_folder), peft_folder(arrays), tmp_path / "a")
    assert any("changes nothing" in note for note in added.notes)


def test_a_card_beside_it_says_what_it_was_trained_with(tmp_path: Path, tiny_folder: Path) -> None:
    loaded = load(tiny_folder)
    theirs = build_adapter(tmp_path / "theirs", tiny_folder)
    card = AdapterCard(
        "v0007", "elsewhere", loaded.revision, loaded.template_hash, dataset_hash="abc",
        example_ids=(1, 2),
    )  # fmt: skip
    write_card(theirs, card)
    added = add(str(tiny_folder), theirs, tmp_path / "added")
    assert (added.version, added.dataset_hash, added.same_base) == ("v0007", "abc", True)
    assert added.notes == ()
    write_card(theirs, AdapterCard("v0007", "elsewhere", "", "another"))
    with pytest.raises(AdapterError, match="another chat template"):
        add(str(tiny_folder), theirs, tmp_path / "again")


def test_a_chat_template_beside_it_is_compared(
    tmp_path: Path, tiny_folder: Path, peft_folder: PeftFolder
) -> None:
    folder = peft_folder()
    (note,) = add(str(tiny_folder), folder, tmp_path / "a").notes
    assert "does not say with which chat template" in note
    ours = load(tiny_folder).tokenizer.chat_template
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": ours}))
    assert add(str(tiny_folder), folder, tmp_path / "b").notes == ()
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    (note,) = add(str(tiny_folder), folder, tmp_path / "c").notes
    assert "not quite this base's" in note


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "has no adapter"),
        (["adapter_model.bin"], "a pickle, which may run code"),
        (["adapters.npz"], "an old mlx-lm"),
        (["config.json", "model.safetensors"], "a whole model and no adapter"),
        (["adapters.safetensors"], r"has no adapter_config\.json"),
    ],
)
def test_a_folder_of_something_else_is_one_line_that_says_what_to_do(
    tmp_path: Path, files: list[str], sentence: str
) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    for name in files:
        (folder / name).touch()
    with pytest.raises(AdapterError, match=sentence):
        add("starter", folder, tmp_path / "a")
    with pytest.raises(AdapterError, match="There is no folder"):
        add("starter", tmp_path / "nowhere", tmp_path / "a")
