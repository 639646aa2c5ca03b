"""One whole model of base and adapter."""

import shutil
from pathlib import Path

import pytest

from tests.tiny_models import build_adapter, build_model
from trainer.adapters.fuse import fuse
from trainer.adapters.registry import AdapterCard, write_card
from trainer.errors import AdapterError, ModelError
from trainer.models.loading import load


@pytest.mark.parametrize("bits", [None, 4])
def test_the_fused_model_answers_as_base_and_adapter(tmp_path: Path, bits: int | None) -> None:
    base = build_model(tmp_path / "base", bits=bits)
    adapter = build_adapter(tmp_path / "adapter", base)
    done = fuse(str(base), adapter, tmp_path / "fused")
    assert done.agreed >= done.compared - 1
    load(tmp_path / "fused")
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_fused_model_that_lost_the_adapter_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where it gives the answers that were expected."""
    base = build_model(tmp_path / "base")
    adapter = build_adapter(tmp_path / "adapter", base)
    monkeypatch.setattr(
        "trainer.adapters.fuse._write",
        lambda path, _, folder: shutil.copytree(path, folder, dirs_exist_ok=True),
    )
    monkeypatch.setattr("trainer.adapters.fuse._generated", lambda _: ["the same"] * 6)
    with pytest.raises(ModelError, match="too far from"):
        fuse(str(base), adapter, tmp_path / "fused")
    assert not (tmp_path / "fused").exists()


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    base = build_model(tmp_path / "base")
    adapter = build_adapter(tmp_path / "adapter", base)
    with pytest.raises(ModelError, match="exists"):
        fuse(str(base), adapter, base)


def test_a_full_disk_is_noticed_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = build_model(tmp_path / "base")
    adapter = build_adapter(tmp_path / "adapter", base)
    monkeypatch.setattr("trainer.adapters.fuse._DISK_FACTOR", 1e15)
    with pytest.raises(ModelError, match="GB free"):
        fuse(str(base), adapter, tmp_path / "fused")
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "home") == ["adapter", "base"]


def test_a_fused_model_that_answers_differently_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where its logits are near those of base and adapter; one answer may differ."""
    base = build_model(tmp_path / "base")
    adapter = build_adapter(tmp_path / "adapter", base)
    generated = iter([["a"] * 6, ["a"] * 4 + ["b"] * 2, ["a"] * 6, ["a"] * 5 + ["b"]])
    monkeypatch.setattr("trainer.adapters.fuse._generated", lambda _: next(generated))
    with pytest.raises(ModelError, match="gave 4 of 6 answers"):
        fuse(str(base), adapter, tmp_path / "fused")
    assert not (tmp_path / "fused").exists()
    assert fuse(str(base), adapter, tmp_path / "fused").agreed == 5


def test_an_adapter_of_another_base_is_refused(tmp_path: Path) -> None:
    base = build_model(tmp_path / "base")
    adapter = build_adapter(tmp_path / "adapter", base)
    write_card(adapter, AdapterCard("v0001", str(base), base_revision="0123"))
    with pytest.raises(AdapterError, match="trained on another model"):
        fuse(str(base), adapter, tmp_path / "fused")
    assert not (tmp_path / "fused").exists()
