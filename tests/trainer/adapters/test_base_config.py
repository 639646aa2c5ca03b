"""What an export for llama.cpp says of its base: everything but how its weights are stored."""

import json
from pathlib import Path

import pytest

from tests.tiny_models import build_model
from trainer.adapters.base_config import plain_config, write_config
from trainer.errors import ModelError


def test_how_the_weights_are_stored_is_left_out_wherever_it_stands(tmp_path: Path) -> None:
    how = {"group_size": 64, "bits": 4}
    inner = {"hidden_size": 8, "quantization_config": how}
    whole = {"model_type": "x", "quantization": how, "quantization_config": how, "text": inner}
    (tmp_path / "config.json").write_text(json.dumps(whole))
    plain = {"model_type": "x", "text": {"hidden_size": 8}}
    assert plain_config(str(tmp_path)) == plain
    write_config(tmp_path / "base", plain)
    assert json.loads((tmp_path / "base" / "config.json").read_text()) == plain


def test_a_quantised_base_keeps_its_shapes(tmp_path: Path) -> None:
    config = plain_config(str(build_model(tmp_path / "model", bits=4)))
    assert config is not None
    assert "quantization" not in config
    assert config["hidden_size"] > 0


def test_a_base_that_is_not_here_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.adapters.base_config.locate", lambda _: None)
    assert plain_config("some/model") is None


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_configuration_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ModelError, match=r"config\.json of .* (cannot be read|is no JSON object)"):
        plain_config(str(tmp_path))
