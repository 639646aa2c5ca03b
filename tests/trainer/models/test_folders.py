"""Broken model folders are recognised before anything is loaded."""

from pathlib import Path

import pytest

from tests.tiny_models import build_model
from trainer.models.loading import broken


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build_model(tmp_path / "model")


def test_a_whole_folder_is_fine(folder: Path) -> None:
    assert broken(folder) is None


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_file_that_was_cut_off_is_named(folder: Path, name: str) -> None:
    file = folder / name
    file.write_bytes(file.read_bytes()[:-5])
    assert name in str(broken(folder))


def test_junk_for_weights_is_named(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"junk")
    assert "model.safetensors is not whole" in str(broken(folder))


@pytest.mark.parametrize(
    ("name", "missing"), [("tokenizer.json", "no tokenizer"), ("model.safetensors", "no weights")]
)
def test_a_missing_file_is_named(folder: Path, name: str, missing: str) -> None:
    (folder / name).unlink()
    assert missing in str(broken(folder))


def test_a_file_of_no_weights_is_whole(folder: Path) -> None:
    header = b'{"__metadata__": {"format": "mlx"}}'
    (folder / "more.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    assert broken(folder) is None


@pytest.mark.parametrize("header", [b"[]", b"null", b'{"a": 1}', b'{"a": {"data_offsets": []}}'])
def test_a_header_of_another_shape_is_named(folder: Path, header: bytes) -> None:
    place = folder / "model.safetensors"
    place.write_bytes(len(header).to_bytes(8, "little") + header)
    assert "model.safetensors is not whole" in str(broken(folder))
