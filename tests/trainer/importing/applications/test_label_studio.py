"""Label Studio's exports: text areas are answers, ratings and choices judge them."""

from typing import Any

import pytest

from trainer.importing.applications.label_studio import LabelStudioReader
from trainer.importing.lines import Found, FoundPair, FoundRow, Rejected

KEY = "Where is the spare key?"
ROW = {"prompt": KEY, "completion": "On the hook."}


def region(kind: str, value: Any, name: str = "it", to_name: str = "prompt") -> dict[str, Any]:
    return {"from_name": name, "to_name": to_name, "type": kind, "value": value}


def task(data: dict[str, Any], *results: Any, cancelled: bool = False) -> dict[str, Any]:
    done = {"id": 1, "completed_by": 3, "was_cancelled": cancelled, "result": list(results)}
    return {"id": 1, "data": data, "annotations": [done], "predictions": []}


def read(*tasks: Any) -> list[Found]:
    assert LabelStudioReader().recognises(list(tasks))
    return list(LabelStudioReader().read(list(tasks)))


def test_a_text_area_is_the_answer_whatever_its_name() -> None:
    written = region("textarea", {"text": ["On the hook."]}, "area-1")
    assert read(task({"prompt": KEY}, written)) == [FoundRow(1, ROW)]


def test_a_cancelled_annotation_is_rejected() -> None:
    written = region("textarea", {"text": ["On the hook."]})
    assert read(task({"prompt": KEY}, written, cancelled=True)) == [
        Rejected(1, ("its annotation was cancelled (was_cancelled)",))
    ]


@pytest.mark.parametrize(
    ("judgement", "learned"),
    [
        (region("rating", {"rating": 5}), True),
        (region("rating", {"rating": 1}), False),
        (region("choices", {"choices": ["Good answer"]}), True),
        (region("choices", {"choices": ["Bad answer"]}), False),
        (region("choices", {"choices": ["Good", "Bad"]}), False),
    ],
)
def test_ratings_and_choices_judge_the_answer_of_the_data(judgement: Any, learned: bool) -> None:
    top = task({"prompt": "Who?", "response": "Ann."}, region("rating", {"rating": 5}))
    _, found = read(top, task({"prompt": KEY, "response": "On the hook."}, judgement))
    assert (found == FoundRow(2, ROW)) is learned
    assert isinstance(found, FoundRow) is learned


@pytest.mark.parametrize(
    "preferred",
    [
        region("pairwise", {"selected": "right"}, "comparison", "answer1,answer2"),
        region("ranker", {"ranker": ["answer2", "answer1"]}),
        region("ranker", {"ranker": {"good": ["answer2"], "bad": ["answer1"]}}),
    ],
)
def test_a_preferred_answer_is_a_pair(preferred: Any) -> None:
    data = {"prompt": KEY, "answer1": "No.", "answer2": "On the hook."}
    assert read(task(data, preferred)) == [FoundPair(1, KEY, "On the hook.", "No.")]


def test_a_task_that_nobody_annotated_is_only_a_proposal() -> None:
    data = {"prompt": KEY, "answer": "On the hook."}
    assert read({"id": 1, "data": data, "annotations": []}) == [FoundRow(1, ROW, proposed=True)]


def test_a_prediction_is_only_a_proposal() -> None:
    predicted = {"result": [region("textarea", {"text": ["On the hook."]})]}
    whole = {"id": 1, "data": {"prompt": KEY}, "annotations": [], "predictions": [predicted]}
    assert read(whole) == [FoundRow(1, ROW, proposed=True)]


def test_rows_of_json_min_are_read() -> None:
    minimal = {"id": 1, "prompt": KEY, "annotator": 3, "annotation_id": 7, "lead_time": 4.2}
    good = minimal | {"response": "On the hook.", "rating": [{"rating": 5}]}
    bad = minimal | {"response": ["No."], "rating": 1}
    assert read(good, bad) == [FoundRow(1, ROW), FoundPair(2, KEY, "On the hook.", "No.")]
