"""Losses are written with the same keys as ever, and read from whatever an older card had."""

import json

import pytest

from trainer.results.losses import Losses, LossPoint, PreferenceScores

LOSSES = Losses(
    train=0.2,
    valid_before=3.9,
    valid=0.7,
    best_step=30,
    steps=40,
    history=(LossPoint(0, None, 3.9), LossPoint(10, 2.1, None)),
)
PREFERENCES = PreferenceScores(
    checked=4, before=1, after=4, steps=8, loss=0.3, seconds=1.5, kept=True
)
STORED = {
    "train": 0.2, "valid_before": 3.9, "valid": 0.7, "best_step": 30, "steps": 40,
    "history": [[0, None, 3.9], [10, 2.1, None]],
}  # fmt: skip
STORED_PREFERENCES = {
    "checked": 4, "before": 1, "after": 4, "steps": 8, "loss": 0.3, "seconds": 1.5, "kept": True,
    "method": "dpo",
}  # fmt: skip


def test_the_keys_are_a_contract_and_preferences_stand_there_only_if_trained() -> None:
    assert LOSSES.to_json() == STORED
    both = Losses(preferences=PREFERENCES).to_json()
    assert both["preferences"] == STORED_PREFERENCES
    assert both["valid"] is None


@pytest.mark.parametrize("losses", [LOSSES, Losses(train=1.0, preferences=PREFERENCES)])
def test_what_was_written_is_read_again(losses: Losses) -> None:
    assert Losses.from_json(json.loads(json.dumps(losses.to_json()))) == losses


@pytest.mark.parametrize("stored", [None, {}, [], "none", {"unknown": 3}])
def test_a_card_without_losses_has_none(stored: object) -> None:
    assert Losses.from_json(stored) is None


def test_older_losses_are_read_without_what_they_lack() -> None:
    stored = {"history": [[0, None, 3.9], [10, 2.1], "gone", 7], "best_step": 30, "rate": 3}
    found = Losses.from_json(stored | {"preferences": {"checked": 4, "kept": True, "pairs": 9}})
    assert found is not None
    assert found.history == (LossPoint(0, None, 3.9),)
    assert found.valid is None
    assert found.preferences == PreferenceScores(4, 0, 0, 0, None, 0.0, kept=True)


@pytest.mark.parametrize("stored", [{"valid": 1.0, "history": 3, "preferences": "none"}])
def test_what_is_broken_is_left_out(stored: dict[str, object]) -> None:
    assert Losses.from_json(stored) == Losses(valid=1.0)
