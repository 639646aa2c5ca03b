"""Argilla's records: what people submitted is learned, what was discarded is not."""

from typing import Any

import pytest

from trainer.importing.applications.labelling.argilla import ArgillaReader
from trainer.importing.lines import Found, FoundPair, FoundRow, Rejected

KEY = "Where is the spare key?"
ROW = {"prompt": KEY, "completion": "On the hook."}


def record(fields: dict[str, Any], responses: Any = None, **more: Any) -> dict[str, Any]:
    whole = {"id": "r-1", "fields": fields, "metadata": {}, "status": "completed", "vectors": {}}
    return whole | {"responses": responses or {}, "suggestions": {}} | more


def said(value: Any, status: str = "submitted") -> list[dict[str, Any]]:
    return [{"value": value, "user_id": "u-1", "status": status}]


def read(*records: Any) -> list[Found]:
    assert ArgillaReader().recognises(list(records))
    return list(ArgillaReader().read(list(records)))


def test_a_submitted_text_is_the_answer() -> None:
    assert read(record({"prompt": KEY}, {"response": said("On the hook.")})) == [FoundRow(1, ROW)]


def test_a_correction_is_the_lesson_and_a_pair_with_what_it_corrects() -> None:
    fields = {"question": KEY, "answer": "Nobody knows."}
    lesson, pair = read(record(fields, {"answer_correction": said("On the hook.")}))
    assert lesson == FoundRow(1, ROW)
    assert pair == FoundPair(1, KEY, "On the hook.", "Nobody knows.")


def test_what_was_discarded_is_rejected_and_a_draft_does_not_count() -> None:
    discarded, draft, whole = read(
        record({"prompt": KEY}, {"response": said("x", "discarded")}),
        record({"prompt": KEY}, {"response": said("x", "draft")}),
        record({"prompt": KEY, "response": "On the hook."}, status="discarded"),
    )
    assert discarded == Rejected(1, ("its status is discarded",))
    assert draft == Rejected(2, ("nobody answered it",))
    assert whole == Rejected(3, ("its status is discarded",))


def test_a_low_rating_is_a_pair_or_a_rejection_and_never_a_lesson() -> None:
    rated = [
        record({"prompt": KEY, "response": answer}, {"quality": said(stars)})
        for answer, stars in (("On the hook.", 5), ("No.", 1), ("Hm.", 3))
    ]
    lesson, pair, between = read(*rated)
    assert lesson == FoundRow(1, ROW)
    assert pair == FoundPair(2, KEY, "On the hook.", "No.")
    assert between == Rejected(3, ("its quality is 3: neither liked nor disliked",))


def test_ratings_that_are_all_one_are_not_taken_for_thumbs() -> None:
    (bad,) = read(record({"prompt": KEY, "response": "No."}, {"quality": said(1)}))
    assert isinstance(bad, Rejected)
    liked, worse = read(
        record({"prompt": KEY, "response": "On the hook."}, {"quality": said(1)}),
        record({"prompt": KEY, "response": "No."}, {"quality": said(0)}),
    )
    assert liked == FoundRow(1, ROW)
    assert isinstance(worse, FoundPair)


def test_a_ranking_of_two_answers_is_a_pair() -> None:
    fields = {"prompt": KEY, "response_1": "No.", "response_2": "On the hook."}
    ranking = [{"value": "response_1", "rank": 2}, {"value": "response_2", "rank": 1}]
    expected = [FoundPair(1, KEY, "On the hook.", "No.")]
    assert read(record(fields, {"preference": said(ranking)})) == expected
    assert read(record(fields, {"preference": said("response_2")})) == expected
    assert read(record(fields)) == [
        Rejected(1, ("it has several answers, and nobody preferred one",))
    ]


def test_a_suggestion_and_an_answer_that_nobody_judged_are_only_proposals() -> None:
    suggested = record({"prompt": KEY}, suggestions={"response": {"value": "On the hook."}})
    unjudged = record({"prompt": KEY, "response": "On the hook."}, status="pending")
    assert read(suggested) == [FoundRow(1, ROW, proposed=True)]
    assert read(unjudged) == [FoundRow(1, ROW, proposed=True)]


@pytest.mark.parametrize(
    "other",
    [
        {
            "prompt": KEY,
            "status": "completed",
            "response.responses": ["On the hook."],
            "response.responses.users": ["u-1"],
            "response.responses.status": ["submitted"],
        },
        {"prompt": KEY, "response": said("On the hook."), "response-suggestion": "No."},
        {
            "fields": {"prompt": KEY},
            "responses": [
                {"status": "submitted", "values": {"response": {"value": "On the hook."}}}
            ],
            "suggestions": [{"question_name": "response", "value": "No."}],
        },
    ],
    ids=["flat", "data set of version 1", "record of version 1"],
)
def test_the_other_layouts_of_argilla_mean_the_same(other: dict[str, Any]) -> None:
    assert read(other) == [FoundRow(1, ROW)]


def test_fields_of_a_chat_are_the_turns_and_context_is_joined() -> None:
    talk = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]
    talk.append({"role": "user", "content": KEY})
    chat, joined = read(
        record({"chat": talk}, {"response": said("On the hook.")}),
        record({"question": "Where?", "context": "The key."}, {"response": said("Here.")}),
    )
    assert isinstance(chat, FoundRow)
    assert [turn["role"] for turn in chat.row["messages"]] == 2 * ["user", "assistant"]
    assert joined == FoundRow(2, {"prompt": "Where?\n\nThe key.", "completion": "Here."})


def test_a_record_without_a_question_is_rejected_by_its_fields() -> None:
    (bad,) = read(record({"left": "a", "right": "b"}))
    assert bad == Rejected(1, ("none of its fields is a question: it has left, right",))


@pytest.mark.parametrize(
    "name", ["response_comment", "comment", "why", "answer_reason", "Anmerkung"]
)
def test_a_comment_is_never_a_lesson(name: str) -> None:
    fields = {"prompt": KEY, "response": "On the hook."}
    comment = said("Too long")
    _, liked, disliked, alone, unanswered = read(
        record({"prompt": "Who?", "response": "Ann."}, {"quality": said(5)}),
        record(fields, {"quality": said(5), name: comment}),
        record({"prompt": "Where?", "response": "No."}, {"quality": said(1), name: comment}),
        record(fields, {name: comment}),
        record({"prompt": KEY}, {name: comment}),
    )
    assert liked == FoundRow(2, ROW)
    assert isinstance(disliked, Rejected)
    assert alone == FoundRow(4, ROW, proposed=True, notes=(f"somebody remarked on it ({name})",))
    assert unanswered == Rejected(5, ("nobody answered it",))


@pytest.mark.parametrize(
    ("name", "value", "fate"),
    [
        *(
            ("thumbs_down", "yes", "never"),
            ("is_correct", False, "never"),
            ("label", "Bad", "never"),
        ),
        *(("is_answer_correct", "no", "never"), ("correct_answer", "no", "never")),
        *(
            ("is_harmful", "yes", "proposed"),
            ("toxicity", 5, "proposed"),
            ("topic", "no", "proposed"),
        ),
        *(("is_answer_correct", "yes", "learned"), ("correct_answer", "yes", "learned")),
        *(("topic", "Good answer", "learned"), ("anything", "thumbs up", "learned")),
    ],
)
def test_a_word_counts_by_the_name_of_its_question(name: str, value: Any, fate: str) -> None:
    (found,) = read(record({"prompt": KEY, "response": "On the hook."}, {name: said(value)}))
    if fate == "never":
        assert isinstance(found, Rejected)
        assert "it is disliked" in found.errors[0]
    else:
        assert isinstance(found, FoundRow)
        assert found.row == ROW
        assert found.proposed is (fate == "proposed")


@pytest.mark.parametrize("value", ["response_2", "Response 2"])
def test_the_name_of_an_answer_is_a_choice_and_no_answer(value: str) -> None:
    fields = {"prompt": KEY, "response_1": "No.", "response_2": "On the hook."}
    found = read(record(fields, {"best_response": said(value)}))
    assert found == [FoundPair(1, KEY, "On the hook.", "No.")]
    (unknown,) = read(record(fields, {"best_response": said("the left")}))
    assert isinstance(unknown, Rejected)
