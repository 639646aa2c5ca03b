"""Preferences become pairs of rows, each checked in a wording that is not trained."""

import json
from pathlib import Path

import pytest

from tests.trainer.tuning.test_dpo import PREFERENCES, planned
from trainer.errors import DatasetError
from trainer.models.loading import LoadedModel
from trainer.pipeline.preference_pairs import Preference, pairs_of, read_preferences


def test_rows_are_read_and_a_broken_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "preferences.jsonl"
    assert read_preferences(file) == []
    row = {"prompt": "Why?", "chosen": "Because.", "rejected": "No idea.", "id": 3}
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert read_preferences(file) == [Preference("Why?", "Because.", "No idea.")]
    file.write_text(json.dumps(row | {"chosen": 7}) + "\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"preferences\.jsonl, .* chosen"):
        read_preferences(file)


def test_every_pair_has_the_wordings_of_a_lesson_and_is_checked_in_another(
    tiny: LoadedModel,
) -> None:
    pairs, checked = pairs_of(tiny.tokenizer, PREFERENCES, "Be brief.", planned(variants=2))
    assert [len(wordings) for wordings in pairs] == [3, 3, 3]
    said = tiny.tokenizer.decode(list(pairs[0][0].chosen.tokens))
    assert "Be brief." in said
    assert "Where is the key?" in said
    assert "In the blue box." in said
    assert all(pair not in wordings for pair, wordings in zip(checked, pairs, strict=True))


def test_what_is_too_long_or_differs_too_late_is_left_out(tiny: LoadedModel) -> None:
    some = [
        Preference("Why? " * 60, "Because.", "Never."),
        Preference("How?", "So " * 60 + "well.", "So " * 60 + "badly."),
        PREFERENCES[0],
    ]
    pairs, checked = pairs_of(tiny.tokenizer, some, "", planned(max_seq_length=160))
    assert len(pairs) == len(checked) == 1


@pytest.mark.parametrize("key", ["prompt", "chosen", "rejected"])
def test_a_row_with_an_empty_text_is_refused(tmp_path: Path, key: str) -> None:
    row = {"prompt": "Why?", "chosen": "Because.", "rejected": "No idea."} | {key: " "}
    (tmp_path / "preferences.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=f"needs a text as its {key}"):
        read_preferences(tmp_path / "preferences.jsonl")


def test_a_question_without_other_wordings_is_trained_and_checked_as_it_is(
    tiny: LoadedModel,
) -> None:
    pasted = Preference("First line\nSecond line", "Good.", "Bad.")
    pairs, checked = pairs_of(tiny.tokenizer, [pasted], "", planned())
    assert pairs == [checked]


def test_reasoning_before_either_answer_is_not_weighed(tmp_path: Path) -> None:
    """A pair of which one answer is nothing else is left out."""
    file = tmp_path / "preferences.jsonl"
    rows = [
        {"prompt": "Why?", "chosen": "<think>a</think>\nBecause.", "rejected": "b\n</think>\nNo."},
        {"prompt": "Why?", "chosen": "Because.", "rejected": "<think>never ends"},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert read_preferences(file) == [Preference("Why?", "Because.", "No.")]
