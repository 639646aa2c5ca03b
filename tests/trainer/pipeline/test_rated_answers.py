"""Rated answers become rows, each checked in a wording that is not trained."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.tuning.test_dpo import planned
from tests.trainer.tuning.test_kto import RATED
from trainer.errors import DatasetError
from trainer.models.loading import LoadedModel
from trainer.pipeline.preference_pairs import Preference
from trainer.pipeline.rated_answers import RatedAnswer, read_ratings, rows_of, with_pairs

ROW = {"prompt": "Why?", "completion": "Because.", "label": True}


def written(file: Path, *rows: dict[str, Any]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def test_rows_are_read_as_trl_names_them(tmp_path: Path) -> None:
    file = tmp_path / "ratings.jsonl"
    assert read_ratings(file) == []
    written(file, ROW, ROW | {"completion": "No idea.", "label": False, "id": 3})
    assert read_ratings(file) == [
        RatedAnswer("Why?", "Because.", liked=True),
        RatedAnswer("Why?", "No idea.", liked=False),
    ]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"completion": 7}, "text as its completion"),
        ({"prompt": " "}, "text as its prompt"),
        ({"label": 1}, "true or false as its label"),
        ({"label": "true"}, "true or false as its label"),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, broken: dict[str, Any], why: str) -> None:
    file = written(tmp_path / "ratings.jsonl", ROW | broken)
    with pytest.raises(DatasetError, match=f"ratings.jsonl, .*{why}"):
        read_ratings(file)


def test_reasoning_is_no_part_of_an_answer(tmp_path: Path) -> None:
    file = written(
        tmp_path / "ratings.jsonl",
        ROW | {"completion": "<think>Well.</think>Because."},
        ROW | {"completion": "<think>Well.</think>"},
    )
    assert [one.completion for one in read_ratings(file)] == ["Because."]


def test_a_pair_is_a_liked_and_a_disliked_answer_and_none_is_there_twice() -> None:
    pair = Preference("Why?", "Because.", "No idea.")
    liked, disliked = RatedAnswer("Why?", "Because.", True), RatedAnswer("Why?", "No idea.", False)
    other = RatedAnswer("When?", "At noon.", liked=True)
    assert with_pairs([disliked, other], [pair]) == [liked, disliked, other]


def test_an_answer_that_is_liked_here_and_disliked_there_is_left_out() -> None:
    pair = Preference("Why?", "Because.", "No idea.")
    found = with_pairs([RatedAnswer("Why?", "Because.", liked=False)], [pair])
    assert found == [RatedAnswer("Why?", "No idea.", liked=False)]


def test_an_answer_is_checked_in_a_wording_that_is_not_trained(tiny: LoadedModel) -> None:
    trained, checked = rows_of(tiny.tokenizer, RATED, "Be kind.", planned(variants=2))
    assert [len(wordings) for wordings in trained] == [3] * len(RATED)
    for wordings, one, given in zip(trained, checked, RATED, strict=True):
        rows = {rated.row.tokens for rated in wordings}
        assert len(rows) == 3
        assert one.row.tokens not in rows
        assert {rated.liked for rated in (*wordings, one)} == {given.liked}
