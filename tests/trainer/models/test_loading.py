"""Names become folders and folders models; what cannot be used is refused in one line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import trainer.hardware.device

# isort: split
import mlx.core as mx
from mlx_lm.utils import load as load_with_mlx_lm

from tests.tiny_models import build_adapter, build_model
from trainer.errors import AdapterError, ModelError
from trainer.models.loading import (
    LoadedModel,
    fingerprint,
    load,
    locate,
    resolve,
    template_hash,
    tokenizer_hash,
    width,
)

TOKENS = [[3, 4, 5, 6]]


def test_a_folder_is_loaded_as_mlx_lm_does(any_tiny: LoadedModel) -> None:
    theirs = load_with_mlx_lm(str(any_tiny.path))[0]
    assert mx.allclose(any_tiny.model(mx.array(TOKENS)), theirs(mx.array(TOKENS)), atol=1e-5)


def test_quantised_weights_are_widened_on_a_processor(tmp_path: Path) -> None:
    """A processor is thirty times slower with them; the answers are those of the folder."""
    folder = build_model(tmp_path / "m", bits=8)
    theirs = load_with_mlx_lm(str(folder))[0](mx.array(TOKENS))
    loaded = load(folder)
    assert mx.allclose(loaded.model(mx.array(TOKENS)), theirs, atol=1e-3)
    if trainer.hardware.device.on_cpu():
        assert loaded.model.layers[0].mlp.up_proj.weight.dtype == mx.float32


def test_a_base_model_is_frozen(tiny: LoadedModel) -> None:
    assert tiny.model.trainable_parameters() == {} or not any(
        leaf for leaf in _leaves(tiny.model.trainable_parameters())
    )


def _leaves(tree: object) -> list[mx.array]:
    match tree:
        case dict():
            return [leaf for branch in tree.values() for leaf in _leaves(branch)]
        case list():
            return [leaf for branch in tree for leaf in _leaves(branch)]
        case mx.array():
            return [tree]
    return []


def test_an_adapter_changes_the_answers(tiny_folder: Path, tmp_path: Path) -> None:
    adapter = build_adapter(tmp_path / "v0001", tiny_folder)
    base, tuned = load(tiny_folder), load(tiny_folder, adapter=adapter)
    assert not mx.allclose(base.model(mx.array(TOKENS)), tuned.model(mx.array(TOKENS)), atol=1e-3)
    assert base.revision == tuned.revision


def test_an_adapter_of_another_model_is_refused_by_name(tiny_folder: Path, tmp_path: Path) -> None:
    adapter = build_adapter(tmp_path / "v0007", tiny_folder)
    other = build_model(tmp_path / "moe", "qwen3_moe")
    with pytest.raises(AdapterError, match="'v0007' does not fit this model") as caught:
        load(other, adapter=adapter)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["nowhere", "", "a b/c", "../x/y/z", "/no/such/folder"])
def test_a_name_that_is_neither_folder_nor_hub_name_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="There is no model folder"):
        resolve(name)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"it has no config\.json"):
        load(tmp_path)


@pytest.mark.parametrize(
    "broken",
    [
        lambda folder: (folder / "model.safetensors").unlink(),
        lambda folder: (folder / "model.safetensors").write_bytes(b"no weights"),
        lambda folder: (folder / "config.json").write_text("{"),
        lambda folder: (folder / "config.json").write_text(json.dumps({"model_type": "abacus"})),
        lambda folder: (folder / "tokenizer.json").write_text("{}"),
    ],
    ids=["no weights", "broken weights", "broken config", "unknown kind", "broken tokenizer"],
)
def test_an_unreadable_folder_is_one_clear_line(
    tiny_folder: Path, tmp_path: Path, broken: object
) -> None:
    folder = Path(shutil.copytree(tiny_folder, tmp_path / "copy"))
    assert callable(broken)
    broken(folder)
    with pytest.raises(ModelError, match="cannot be read") as caught:
        load(folder)
    assert "\n" not in str(caught.value)


def test_a_fingerprint_is_of_the_content_and_not_of_the_place(
    tiny_folder: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(tiny_folder, tmp_path / "copy"))
    assert fingerprint(copy) == fingerprint(tiny_folder)
    with (copy / "model.safetensors").open("r+b") as file:
        file.seek(-4, 2)
        file.write(b"\1\2\3\4")
    assert fingerprint(copy) != fingerprint(tiny_folder)
    assert fingerprint(build_model(tmp_path / "m", seed=9)) != fingerprint(tiny_folder)


def test_a_model_that_is_not_on_this_disk_is_nowhere(tmp_path: Path) -> None:
    assert locate("starter", cache=tmp_path) is None
    assert locate("nobody/has-this-model") is None


def test_an_unreachable_hub_is_one_clear_line(tmp_path: Path) -> None:
    """In a process of its own, since the hub's library reads its settings when it is imported."""
    script = "from trainer.models.loading import load\nload('nobody/has-this-model')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "HOME": str(tmp_path)},
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("trainer.errors.ModelError: The model 'nobody/has-this-model' cannot be")


def test_a_tokenizers_hash_is_that_of_its_files_alone(tiny_folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tiny_folder, tmp_path / "copy"))
    before = tokenizer_hash(copy)
    (copy / "model.safetensors").write_bytes(b"other weights")
    assert tokenizer_hash(copy) == before == tokenizer_hash(tiny_folder)
    content = (copy / "tokenizer.json").read_bytes()
    (copy / "tokenizer.json").write_bytes(content + b"\n")
    changed = tokenizer_hash(copy)
    assert changed != before
    (copy / "tokenizer.json").unlink()
    (copy / "vocab.json").write_bytes(content + b"\n")
    assert tokenizer_hash(copy) not in (before, changed)


def test_a_templates_hash_is_that_of_its_text(tiny: LoadedModel) -> None:
    assert template_hash(tiny.tokenizer) == tiny.template_hash
    tiny.tokenizer.chat_template = "{{ messages }}"
    assert template_hash(tiny.tokenizer) != tiny.template_hash


def test_the_width_of_a_model_is_that_of_its_hidden_states(tiny: LoadedModel) -> None:
    assert width(tiny.model) == 64
    assert width(object()) == 0


def test_the_home_of_nobody_is_no_model() -> None:
    with pytest.raises(ModelError, match="There is no model folder '~nobody-of-that-name'"):
        locate("~nobody-of-that-name")
