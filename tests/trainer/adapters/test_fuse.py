"""One whole model of base and adapter."""

import shutil
from pathlib import Path

import pytest

from tests.tiny_models import build_adapter, build_model
from trainer.adapters.fuse import fuse
from trainer.errors import ModelError
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
