"""Folders of PEFT, written as PEFT writes them but in numpy."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import save_file

Arrays = dict[str, npt.NDArray[Any]]
PeftFolder = Callable[..., Path]
"""Writes a folder of PEFT: takes its arrays, and entries of the configuration."""

MODULE = "model.layers.0.self_attn.q_proj"
"""A linear layer of the tiny llama, of 64 inputs and 128 outputs."""
INPUTS, OUTPUTS = 64, 128


def product(module: str = MODULE, rank: int = 4, seed: int = 0) -> Arrays:
    """The two matrices of one module, by their names in PEFT."""
    random = np.random.default_rng(seed)
    name = f"base_model.model.{module}"
    return {
        f"{name}.lora_A.weight": random.normal(size=(rank, INPUTS)).astype(np.float32),
        f"{name}.lora_B.weight": random.normal(size=(OUTPUTS, rank)).astype(np.float32),
    }


@pytest.fixture
def peft_folder(tmp_path: Path) -> PeftFolder:
    """A folder of PEFT with the configuration of a plain LoRA adapter, but for what is given."""

    def make(arrays: Mapping[str, npt.NDArray[Any]] | None = None, **entries: Any) -> Path:
        folder = tmp_path / "from_peft"
        folder.mkdir()
        save_file(
            dict(product() if arrays is None else arrays), folder / "adapter_model.safetensors"
        )
        config = {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": "",
            "r": 4,
            "lora_alpha": 8,
            "lora_dropout": 0.05,
            "target_modules": ["q_proj"],
            "bias": "none",
        }
        (folder / "adapter_config.json").write_text(json.dumps(config | entries))
        return folder

    return make
