"""What PEFT's adapters have besides low-rank products is refused by its name."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from tests.trainer.adapters.foreign.conftest import MODULE, PeftFolder, product
from trainer.adapters.foreign.adapter import ForeignAdapter
from trainer.adapters.foreign.peft_layout import read_peft
from trainer.errors import AdapterError


def read(folder: Path, scratch: Path, limit: int = 10**7) -> ForeignAdapter:
    scratch.mkdir(exist_ok=True)
    for left in scratch.iterdir():
        left.unlink()
    config = json.loads((folder / "adapter_config.json").read_text())
    return read_peft(folder, config, scratch, limit)


def test_matrices_are_turned_and_alpha_becomes_a_scale(
    tmp_path: Path, peft_folder: PeftFolder
) -> None:
    arrays = product()
    adapter = read(peft_folder(arrays, base_model_name_or_path="some/base"), tmp_path / "scratch")
    assert (adapter.kind, adapter.rank, adapter.scale) == ("lora", 4, 2.0)
    assert (adapter.base, adapter.dropout) == ("some/base", 0.05)
    (parts,) = adapter.modules().values()
    assert np.array_equal(
        np.array(parts["lora_a"]), arrays[f"base_model.model.{MODULE}.lora_A.weight"].T
    )
    assert parts["lora_b"].shape == (4, 128)


@pytest.mark.parametrize("suffix", ["", ".weight", ".default.weight"])
def test_magnitudes_are_read_by_each_of_their_names(
    tmp_path: Path, peft_folder: PeftFolder, suffix: str
) -> None:
    name = f"base_model.model.{MODULE}.lora_magnitude_vector{suffix}"
    arrays = product() | {name: np.ones(128, np.float32)}
    adapter = read(peft_folder(arrays, use_dora=True), tmp_path / "scratch")
    assert adapter.kind == "dora"
    assert adapter.weights[f"{MODULE}.m"].shape == (128,)


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"peft_type": "IA3"}, "of PEFT's type 'IA3'"),
        ({"peft_type": None}, "of PEFT's type 'None'"),
        ({"task_type": "SEQ_CLS"}, "for the task 'SEQ_CLS'"),
        ({"modules_to_save": ["lm_head"]}, "`modules_to_save` is set"),
        ({"trainable_token_indices": [3]}, "`trainable_token_indices` is set"),
        ({"target_parameters": ["x"]}, "`target_parameters` is set"),
        ({"layer_replication": [[0, 1]]}, "`layer_replication` is set"),
        ({"lora_bias": True}, "`lora_bias` is set"),
        ({"fan_in_fan_out": True}, "`fan_in_fan_out` is set"),
        ({"bias": "all"}, "`bias` is set"),
        ({"use_qalora": True}, "`use_qalora` is set"),
        ({"use_something_new": True}, "`use_something_new` is set"),
        ({"init_lora_weights": "pissa_niter_4"}, "changes the base itself"),
        ({"r": 0}, "needs `r`"),
        ({"r": True}, "needs `r`"),
        ({"r": 8}, "has the rank 4, where the configuration says 8"),
        ({"lora_alpha": "16"}, "needs `lora_alpha`"),
        ({"lora_alpha": 1e999}, "needs `lora_alpha`"),
        ({"rank_pattern": {"q_proj": 2}}, "where the configuration says 2"),
        ({"alpha_pattern": {"(a+)+$": 2}}, "a regular expression"),
        ({"alpha_pattern": [1]}, "is no object"),
    ],
)
def test_what_is_not_read_is_refused_by_name(
    tmp_path: Path, peft_folder: PeftFolder, entries: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AdapterError, match=sentence):
        read(peft_folder(**entries), tmp_path / "scratch")


@pytest.mark.parametrize("value", [True, False, "gaussian", "eva", None])
def test_starts_that_leave_the_base_as_it_is_are_read(
    tmp_path: Path, peft_folder: PeftFolder, value: object
) -> None:
    folder = peft_folder(init_lora_weights=value, modules_to_save=None, use_rslora=False)
    assert read(folder, tmp_path / "scratch").rank == 4


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [((128, 8), r"different ranks \(4 and 8\)"), ((128, 2), r"different ranks \(4 and 2\)")],
)
def test_two_matrices_of_different_ranks_are_refused(
    tmp_path: Path, peft_folder: PeftFolder, shape: tuple[int, ...], sentence: str
) -> None:
    arrays = product() | {f"base_model.model.{MODULE}.lora_B.weight": np.ones(shape, np.float32)}
    with pytest.raises(AdapterError, match=sentence):
        read(peft_folder(arrays), tmp_path / "scratch")


def test_a_second_matrix_without_a_first_is_refused(
    tmp_path: Path, peft_folder: PeftFolder
) -> None:
    alone = {"base_model.model.lm_head.lora_B.weight": np.ones((128, 8), np.float32)}
    with pytest.raises(AdapterError, match="Of 'lm_head' it has but a part"):
        read(peft_folder(product() | alone), tmp_path / "scratch")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("base_model.model.model.embed_tokens.lora_embedding_A", "changes embeddings"),
        ("base_model.model.lm_head.weight", "no low-rank part"),
        (f"base_model.model.{MODULE}.lora_magnitude_vector", "no low-rank part"),
        (f"base_model.model.{MODULE}.lora_B.other.weight", "no low-rank part"),
        (f"base_model.model.{MODULE}.lora_A.default.weight", "names one module twice"),
    ],
)
def test_arrays_that_are_no_low_rank_parts_are_refused_by_name(
    tmp_path: Path, peft_folder: PeftFolder, name: str, sentence: str
) -> None:
    arrays = product() | {name: np.ones((4, 64), np.float32)}
    with pytest.raises(AdapterError, match=sentence):
        read(peft_folder(arrays), tmp_path / "scratch")


def test_ranks_that_differ_do_not_fill_the_memory_with_zeros(
    tmp_path: Path, peft_folder: PeftFolder
) -> None:
    arrays = product(rank=400)
    for layer in range(1, 40):
        arrays |= product(f"model.layers.{layer}.self_attn.q_proj", rank=1)
    folder = peft_folder(arrays, r=1, rank_pattern={"layers.0.self_attn.q_proj": 400})
    with pytest.raises(AdapterError, match="too large"):
        read(folder, tmp_path / "scratch", 10**7)
    assert read(folder, tmp_path / "scratch", 10**8).rank == 400


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
_KEYS = (
    "r", "lora_alpha", "lora_dropout", "rank_pattern", "alpha_pattern", "use_dora", "use_rslora",
    "bias", "task_type", "init_lora_weights", "modules_to_save", "base_model_name_or_path",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(_KEYS) | st.text(max_size=9), _VALUES, max_size=5))
def test_no_configuration_is_more_than_one_line(
    tmp_path_factory: pytest.TempPathFactory, entries: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("peft")
    save_file(product(), folder / "adapter_model.safetensors")
    scratch = folder / "scratch"
    scratch.mkdir()
    try:
        adapter = read_peft(folder, {"peft_type": "LORA", "r": 4, **entries}, scratch, 10**7)
    except AdapterError as error:
        said = str(error)
    else:
        said = ""
        assert adapter.rank == 4
    assert "\n" not in said
