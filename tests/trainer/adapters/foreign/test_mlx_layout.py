"""Folders of mlx-lm that are more, or less, than a LoRA or DoRA adapter are refused by name."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from trainer.adapters.foreign.adapter import ForeignAdapter
from trainer.adapters.foreign.mlx_layout import read_mlx
from trainer.errors import AdapterError

NAME = "model.layers.0.self_attn.q_proj"
CONFIG = {"num_layers": -1, "lora_parameters": {"rank": 4, "scale": 2.0, "dropout": 0.0}}
ARRAYS = {
    f"{NAME}.lora_a": np.ones((64, 4), np.float32),
    f"{NAME}.lora_b": np.ones((4, 128), np.float32),
}


def read(folder: Path, config: dict[str, Any], arrays: dict[str, Any]) -> ForeignAdapter:
    theirs, scratch = folder / "theirs", folder / "scratch"
    for place in (theirs, scratch):
        place.mkdir()
    save_file(arrays, theirs / "adapters.safetensors")
    return read_mlx(theirs, json.loads(json.dumps(config)), scratch, 10**6)


def test_an_adapter_without_a_type_is_lora_as_for_mlx_lm(tmp_path: Path) -> None:
    adapter = read(tmp_path, CONFIG | {"model": "some/base"}, ARRAYS)
    assert (adapter.kind, adapter.rank, adapter.scale) == ("lora", 4, 2.0)
    assert adapter.base == "some/base"


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"fine_tune_type": "full"}, "all weights of a model and no adapter"),
        ({"fine_tune_type": "else"}, "of the kind 'else'"),
        ({"fine_tune_type": ["lora"]}, "of the kind '\\['lora'\\]'"),
        ({"fine_tune_type": {}}, "of the kind"),
        ({"lora_parameters": None}, "no `lora_parameters`"),
        ({"lora_parameters": {"rank": 4, "alpha": 16}}, "needs `scale`"),
        ({"lora_parameters": {"rank": 10**9, "scale": 1}}, "needs `rank`"),
        ({"lora_parameters": {"rank": 8, "scale": 1}}, "another rank than its configuration"),
    ],
)
def test_what_is_not_read_is_refused_by_name(
    tmp_path: Path, entries: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AdapterError, match=sentence):
        read(tmp_path, CONFIG | entries, ARRAYS)


@pytest.mark.parametrize(
    ("name", "shape", "sentence"),
    [
        (f"{NAME}.weight", (4, 4), "no part of a lora adapter"),
        (f"{NAME}.m", (128,), "no part of a lora adapter"),
        ("x.lora_a", (4,), "is no matrix"),
        ("x.lora_b", (3, 128), "another rank"),
    ],
)
def test_arrays_that_do_not_belong_are_refused_by_name(
    tmp_path: Path, name: str, shape: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(AdapterError, match=sentence):
        read(tmp_path, CONFIG, ARRAYS | {name: np.ones(shape, np.float32)})


def test_a_header_that_mlx_does_not_read_is_refused_in_words(tmp_path: Path) -> None:
    """Its arrays are whole, but its metadata are no texts."""
    theirs, scratch = tmp_path / "theirs", tmp_path / "scratch"
    for place in (theirs, scratch):
        place.mkdir()
    about = {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 32]}
    header = json.dumps({"__metadata__": {"epoch": 3}, f"{NAME}.lora_a": about}).encode()
    whole = len(header).to_bytes(8, "little") + header + bytes(32)
    (theirs / "adapters.safetensors").write_bytes(whole)
    with pytest.raises(AdapterError, match="a header that mlx does not read"):
        read_mlx(theirs, CONFIG, scratch, 10**6)
