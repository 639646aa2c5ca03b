"""Label Studio's exports: text areas are answers, ratings and choices judge them."""

from typing import Any

import pytest

from trainer.importing.applications.labelling.label_studio import LabelStudioReader
from trainer.importing.lines import Found, FoundPair, FoundRow, Rejected
from trainer.importing.rows import row_at
from trainer.importing.settling import settled
from trainer.importing.shapes.scales import Rated

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


def area(name: str, words: str) -> dict[str, Any]:
    return region("textarea", {"text": [words]}, name)


def stars(rating: int) -> dict[str, Any]:
    return region("rating", {"rating": rating}, "rating")


def test_the_only_text_area_is_the_answer_where_the_data_has_none() -> None:
    assert read(task({"prompt": KEY}, area("area-1", "On the hook."))) == [FoundRow(1, ROW)]
    two = task({"prompt": KEY}, area("area-1", "On the hook."), area("area-2", "Checked."))
    (unclear,) = read(two)
    assert isinstance(unclear, Rejected)
    assert "none of its texts is an answer by its name (area-1, area-2)" in unclear.errors[0]


COMMENTS = [
    *("comment", "why", "reason", "feedback", "Notes", "explanation", "response_comment"),
    *("why_this_answer", "answer_feedback", "Kommentar", "Begründung", "Remarque", "area-1"),
]


@pytest.mark.parametrize("name", COMMENTS)
def test_a_comment_is_never_a_lesson_and_takes_none_from_the_answer(name: str) -> None:
    data = {"prompt": KEY, "response": "On the hook."}
    other = {"prompt": "Who?", "response": "Ann."}
    comment = area(name, "Good tone, but too long")
    _, liked, disliked, unknown, alone = read(
        task(other, stars(5)),
        task(data, stars(5), comment),
        task({"prompt": "Where?", "response": "No."}, comment, stars(1)),
        task(other, region("choices", {"choices": ["Needs work"]}, "verdict-1"), comment),
        task(other, comment),
    )
    assert liked == FoundRow(2, ROW)
    assert isinstance(disliked, Rejected)
    assert "its rating is 1" in disliked.errors[0]
    for found in (unknown, alone):
        assert isinstance(found, FoundRow)
        assert found.proposed
        assert found.row["completion"] == "Ann."
        assert any("somebody remarked on it" in note for note in found.notes)


@pytest.mark.parametrize("name", [name for name in COMMENTS if name != "area-1"])
def test_a_comment_is_no_answer_where_there_is_none(name: str) -> None:
    (found,) = read(task({"prompt": KEY}, area(name, "Nobody can know that")))
    assert isinstance(found, Rejected)
    predicted = {"result": [area(name, "Nobody can know that")]}
    whole = {"id": 1, "data": {"prompt": KEY}, "annotations": [], "predictions": [predicted]}
    assert read(whole) == [Rejected(1, ("nobody answered it",))]


@pytest.mark.parametrize(
    "name", ["answer", "better_answer", "correction", "Corrected response", "Antwort", "respuesta"]
)
def test_a_text_area_with_the_name_of_an_answer_corrects_that_of_the_data(name: str) -> None:
    data = {"prompt": KEY, "response": "No idea."}
    lesson, pair = read(task(data, area(name, "On the hook."), area("comment", "It was rude")))
    assert lesson == FoundRow(1, ROW)
    assert pair == FoundPair(1, KEY, "On the hook.", "No idea.")


@pytest.mark.parametrize("value", [0.9, 0.5, 0.2])
def test_a_rating_says_what_it_says_in_a_row(value: float) -> None:
    rows = [
        {"prompt": f"{KEY} {number}", "completion": "x", "quality": rating}
        for number, rating in enumerate([0.2, 0.5, 0.9])
    ]
    tasks = [
        task(
            {"prompt": row["prompt"], "answer": row["completion"]},
            region("rating", {"rating": row["quality"]}, "quality"),
        )
        for row in rows
    ]
    place = [row["quality"] for row in rows].index(value)
    waiting = [
        one for number, row in enumerate(rows) if isinstance(one := row_at(number, row), Rated)
    ]
    learned = {row.line for row in settled(waiting).rows}
    assert isinstance(read(*tasks)[place], FoundRow) is (place in learned)


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


def said(role: str, content: Any, **more: Any) -> dict[str, Any]:
    message = {"role": role, "content": content, "tool_calls": None, "createdAt": 1, **more}
    return region("chatmessage", {"chatmessage": message}, "chat", "chat")


def test_chat_messages_are_a_talk_that_nobody_judged() -> None:
    talk = (
        *(said("user", KEY), said("assistant", "On the hook.")),
        *(said("user", "Which one?"), said("assistant", "The red one.")),
    )
    messages = [
        {"role": "user", "content": KEY},
        {"role": "assistant", "content": "On the hook."},
        {"role": "user", "content": "Which one?"},
        {"role": "assistant", "content": "The red one."},
    ]
    assert read(task({"topic": "keys"}, *talk), task({"prompt": KEY}, *talk[:2])) == [
        FoundRow(1, {"messages": messages}, proposed=True),
        FoundRow(2, ROW, proposed=True),
    ]


def test_what_was_said_about_a_talk_is_noted_on_the_proposal() -> None:
    talk = (said("user", KEY), said("assistant", "On the hook."))
    (found,) = read(task({}, *talk, region("rating", {"rating": 1}, "quality", "chat")))
    notes = ("somebody remarked on it (quality)",)
    assert found == FoundRow(1, ROW, proposed=True, notes=notes)


@pytest.mark.parametrize(
    ("talk", "sentence"),
    [
        (
            [said("user", KEY), said("assistant", None, tool_calls=[{"id": "1"}])],
            "tool calls cannot be learned here (tool_calls)",
        ),
        (
            [said("user", KEY), said("assistant", "I look.", tool_calls=[{"id": "1"}])],
            "tool calls cannot be learned here (tool_calls)",
        ),
        ([said("user", KEY), said("tool", "hook")], "tool calls cannot be learned here (tool)"),
        ([said("user", KEY)], "ends with an answer"),
        ([region("chatmessage", {"chatmessage": ["x"]}, "chat", "chat")], "role"),
    ],
)
def test_a_chat_with_tools_or_without_an_answer_is_rejected_by_name(
    talk: list[Any], sentence: str
) -> None:
    (found,) = read(task({}, *talk))
    assert isinstance(found, Rejected)
    assert sentence in found.errors[0]


def test_a_cancelled_chat_is_rejected() -> None:
    talk = (said("user", KEY), said("assistant", "On the hook."))
    assert read(task({}, *talk, cancelled=True)) == [
        Rejected(1, ("its annotation was cancelled (was_cancelled)",))
    ]
