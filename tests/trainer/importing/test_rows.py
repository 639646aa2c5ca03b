"""Rows of the shapes that are common elsewhere, and what becomes of each."""

from typing import Any

import pytest

from trainer.importing.lines import Disliked, FoundPair, FoundRow, Rejected
from trainer.importing.rows import WITHOUT_DISLIKED, WITHOUT_REASONING, row_at
from trainer.importing.shapes.scales import Rated


def said(*turns: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in turns]


def shared(*turns: tuple[str, str]) -> list[dict[str, str]]:
    return [{"from": role, "value": content} for role, content in turns]


def learned(row: dict[str, Any], columns: dict[str, str] | None = None) -> dict[str, Any]:
    found = row_at(1, row, columns)
    assert isinstance(found, FoundRow), found
    return found.row


def refused(row: dict[str, Any], columns: dict[str, str] | None = None) -> str:
    found = row_at(7, row, columns)
    assert isinstance(found, Rejected), found
    assert found.line == 7
    (error,) = found.errors
    return error


QUESTION, ANSWER = {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}
OURS = {"prompt": "q", "completion": "a"}
TALK = {"messages": [QUESTION, ANSWER]}


@pytest.mark.parametrize(
    ("row", "ours"),
    [
        (OURS | {"notes": "x"}, OURS),
        (OURS | {"system": "s"}, OURS | {"system": "s"}),
        (OURS | {"system": ""}, OURS),
        (OURS | {"id": 3, "source": "x"}, OURS | {"id": 3, "source": "x"}),
        (OURS | {"finish_reason": "length"}, OURS | {"finish_reason": "length"}),
        ({"text": "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na<|im_end|>"}, None),
        (TALK, TALK),
        ({"messages": said(("human", "q"), ("bot", "a"))}, TALK),
        (
            {"messages": said(("developer", "s"), ("user", "q"), ("model", "a"))},
            {"messages": said(("system", "s"), ("user", "q"), ("assistant", "a"))},
        ),
        ({"messages": [QUESTION | {"weight": 0, "name": "Ann"}, ANSWER | {"weight": 1}]}, TALK),
        (
            {"messages": [QUESTION, ANSWER | {"weight": 0}, QUESTION, ANSWER]},
            {"messages": [QUESTION, ANSWER, QUESTION, ANSWER]},
        ),
    ],
)
def test_rows_of_mlx_lm_and_openai_become_ours(
    row: dict[str, Any], ours: dict[str, Any] | None
) -> None:
    assert learned(row) == (row if ours is None else ours)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        *(("question", "answer"), ("QUESTION", "Answer "), ("question", "response")),
        *(("input", "output"), ("query", "answer"), ("prompt", "response"), ("User", "Assistant")),
        *(("instruction", "output"), ("instruction", "response"), ("q", "a")),
        *(("Frage", "Antwort"), ("Question", "Réponse"), ("question", "reponse")),
        *(("Pregunta", "Respuesta"), ("Instrucción", "Salida"), ("Questions", "Answers")),
    ],
)
def test_a_question_and_its_answer_have_many_names(question: str, answer: str) -> None:
    assert learned({question: "q", answer: "a"}) == OURS
    assert learned({answer: "a", "id": 1, question: "q"}) == OURS | {"id": 1}


@pytest.mark.parametrize(
    ("row", "prompt"),
    [
        ({"instruction": "Translate.", "input": "Haus", "output": "a"}, "Translate.\n\nHaus"),
        ({"instruction": "Translate.", "input": "", "output": "a"}, "Translate."),
        ({"instruction": "", "input": "Haus?", "output": "a"}, "Haus?"),
        ({"instruction": "Who?", "context": "Ann.", "response": "a", "category": "qa"}, None),
        ({"question": "Who?", "context": "Ann.", "answer": "a"}, None),
        ({"Frage": "Who?", "Kontext": "Ann.", "Antwort": "a"}, None),
    ],
)
def test_what_belongs_to_a_question_is_joined_to_it(row: dict[str, Any], prompt: str) -> None:
    assert learned(row) == {"prompt": prompt or "Who?\n\nAnn.", "completion": "a"}


def test_what_cannot_be_joined_to_a_question_is_rejected() -> None:
    row = {"question": "q", "context": ["Ann", "Ben"], "answer": "a"}
    assert refused(row) == "its context is a list and cannot be joined to the question"


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ({"question": "q", "answer": "a", "response": "b"}, "two answers (answer, response)"),
        ({"instruction": "q", "question": "r", "answer": "a"}, "two questions (question, instr"),
    ],
)
def test_of_two_different_answers_none_is_dropped_without_a_word(
    row: dict[str, Any], names: str
) -> None:
    assert names in refused(row)


@pytest.mark.parametrize("name", ["text", "article", "document", "background", "paragraph"])
def test_a_passage_that_is_asked_about_is_joined_whatever_it_is_called(name: str) -> None:
    row = {name: "Ann came late.", "question": "q", "answer": "a"}
    assert learned(row)["prompt"] == "q\n\nAnn came late."


def test_a_file_name_or_the_row_once_more_is_no_passage() -> None:
    for name, said in [("document", "handbook.pdf"), ("text", "### Q:\nq\n### A:\na")]:
        found = row_at(1, OURS | {name: said})
        assert isinstance(found, FoundRow)
        assert found.row == OURS
        assert found.left_out == (name,)


def test_columns_that_are_not_kept_are_said() -> None:
    row = OURS | {"topic": "x", "empty": "", "id": 1, "label": True, "system": "s"}
    found = row_at(1, row)
    assert isinstance(found, FoundRow)
    assert found.left_out == ("topic",)
    beside = row_at(1, TALK | {"question": "other", "topic": "x"})
    assert isinstance(beside, FoundRow)
    assert beside.left_out == ("question", "topic")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"question": "q", "choices": ["a", "b"], "answer": 1}, "its choices cannot be kept"),
        ({"question": "q", "options": "a; b", "answer": "a"}, "its options cannot be kept"),
        (TALK | {"context": "Ann came."}, "its context stands beside its messages"),
        ({"prompt": [QUESTION], "passage": "p p", "completion": "a"}, "its passage stands beside"),
        ({"Answer": "a", "answer": "b", "question": "q"}, "it has Answer and answer, which are"),
    ],
)
def test_what_a_lesson_cannot_keep_is_not_dropped_without_a_word(
    row: dict[str, Any], reason: str
) -> None:
    assert reason in refused(row)


def test_an_empty_list_of_messages_hides_no_question() -> None:
    assert learned({"question": "q", "answer": "a", "messages": []}) == OURS


def test_a_disliked_message_is_no_part_of_the_answer_beside_it() -> None:
    bad = {"role": "assistant", "content": "WRONG", "weight": 0}
    for answers in ([bad, ANSWER | {"weight": 1}], [ANSWER, bad]):
        found = row_at(1, {"messages": [QUESTION, *answers]})
        assert found == FoundRow(1, TALK, notes=(WITHOUT_DISLIKED,))
    assert isinstance(row_at(1, {"messages": [QUESTION, bad, bad]}), Disliked)
    rated_bad = {"role": "assistant", "content": "WRONG", "annotation": {"rating": "bad"}}
    assert learned({"messages": [QUESTION, rated_bad, ANSWER]}) == TALK


def test_a_pair_says_that_it_keeps_no_system_message() -> None:
    row = {"system": "s", "prompt": "q", "chosen": "a", "rejected": "b"}
    found = row_at(1, row)
    assert isinstance(found, FoundPair)
    assert found.left_out == ("system",)


def test_a_person_who_asked_is_no_second_question() -> None:
    assert learned({"user": "U024BE7LH", "question": "q", "answer": "a"}) == OURS


def test_sharegpt_rows_are_read_under_both_pairs_of_keys() -> None:
    system = {"role": "system", "content": "s"}
    with_values = shared(("system", "s"), ("human", "q"), ("gpt", "a"))
    expected = {"messages": [system, QUESTION, ANSWER]}
    assert learned({"conversations": with_values}) == expected
    assert learned({"conversations": with_values[1:], "system": "s", "tools": "[]"}) == expected
    assert learned({"conversations": [QUESTION, ANSWER]}) == TALK


def test_an_alpaca_history_comes_before_the_question() -> None:
    row = {"instruction": "q", "input": "", "output": "a", "history": [["p", "b"]], "system": "s"}
    turns = said(("system", "s"), ("user", "p"), ("assistant", "b"), ("user", "q"))
    assert learned(row) == {"messages": [*turns, ANSWER]}


@pytest.mark.parametrize("answer", [[ANSWER], ANSWER, "a"])
def test_prompt_and_completion_may_be_messages(answer: Any) -> None:
    assert learned({"prompt": [QUESTION], "completion": answer}) == OURS
    asked = [{"role": "system", "content": "s"}, QUESTION, ANSWER, QUESTION]
    assert learned({"prompt": asked, "completion": answer}) == {"messages": [*asked, ANSWER]}
    assert learned({"input": {"messages": [QUESTION]}, "output": answer}) == OURS


@pytest.mark.parametrize(("given", "text"), [(42, "42"), (2.5, "2.5"), (0, "0")])
def test_a_number_as_an_answer_is_text(given: Any, text: str) -> None:
    assert learned({"question": "q", "answer": given})["completion"] == text
    assert learned({"messages": [QUESTION, ANSWER | {"content": given}]})["messages"][1] == {
        "role": "assistant",
        "content": text,
    }


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (True, "its answer is true: write the words that are to be said"),
        (float("inf"), "must be text, not float"),
        (None, "must be text, not nothing"),
        (["a"], "must be text, not list"),
        ({"a": 1}, "must be text, not dict"),
    ],
)
def test_an_answer_that_is_no_text_is_rejected(given: Any, reason: str) -> None:
    assert reason in refused({"question": "q", "answer": given})


def test_messages_in_a_row_by_the_same_side_are_joined() -> None:
    turns = said(("user", "Hi"), ("user", "q"), ("assistant", "a"), ("assistant", "b"))
    assert learned({"messages": turns}) == {
        "messages": said(("user", "Hi\nq"), ("assistant", "a\nb"))
    }


def test_an_empty_system_message_is_dropped() -> None:
    assert learned({"messages": [{"role": "system", "content": " "}, QUESTION, ANSWER]}) == TALK


def test_the_users_thanks_at_the_end_are_dropped_and_nothing_else() -> None:
    thanks = {"role": "user", "content": "Thanks a lot, that worked!"}
    assert learned({"messages": [QUESTION, ANSWER, thanks]}) == TALK
    more = {"role": "user", "content": "Thanks, but it still fails"}
    assert "ends with an answer" in refused({"messages": [QUESTION, ANSWER, more]})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"messages": [QUESTION, ANSWER | {"tool_calls": [{}]}]}, "tool calls"),
        ({"messages": [QUESTION, {"role": "tool", "content": "a"}, ANSWER]}, "here (tool)"),
        ({"conversations": shared(("human", "q"), ("observation", "a"))}, "here (observation)"),
        (TALK | {"tools": [{"name": "search"}]}, "its tools cannot be learned here (tools)"),
        (TALK | {"images": ["a.png"]}, "only text can be learned, and it has images"),
        (OURS | {"functions": '[{"name": "f"}]'}, "cannot be learned here (functions)"),
        ({"messages": [QUESTION, ANSWER | {"content": [{"type": "image_url"}]}]}, "only text"),
        ({"messages": [QUESTION, ANSWER | {"content": ["a"]}]}, "only text"),
        ({"messages": [QUESTION, "hello"]}, "role and content"),
        ({"messages": [QUESTION, {"role": "wizard", "content": "a"}]}, "it has wizard"),
        ({"messages": [QUESTION]}, "a user's question and ends with an answer"),
        ({"messages": [ANSWER]}, "a user's question and ends with an answer"),
        ({"messages": []}, "a user's question and ends with an answer"),
        ({"text": "Once upon a time."}, "its text has no question and answer in ChatML"),
    ],
)
def test_messages_that_cannot_be_learned_are_refused_by_name(
    row: dict[str, Any], reason: str
) -> None:
    assert reason in refused(row)


def test_parts_of_a_message_are_joined() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    row = {"messages": [QUESTION, ANSWER | {"content": parts}]}
    assert learned(row)["messages"][1]["content"] == "ab"


def test_reasoning_before_an_answer_is_left_out_and_said() -> None:
    found = row_at(1, {"prompt": "q", "completion": "<think>\nhm\n</think>\n\na"})
    assert found == FoundRow(1, OURS, notes=(WITHOUT_REASONING,))
    turns = [QUESTION, ANSWER | {"content": "<think>x</think>a"}]
    assert learned({"messages": turns}) == TALK
    text = "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n<think>x</think>a<|im_end|>"
    assert learned({"text": text}) == OURS
    assert refused({"prompt": "q", "completion": "<think>x</think>"}) == (
        "its answer is nothing but reasoning"
    )


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "q", "chosen": "a", "rejected": "b"},
        {"question": "q", "chosen": "a", "rejected": "b", "score_chosen": 9, "score_rejected": 2},
        {"prompt": [QUESTION], "chosen": [ANSWER], "rejected": said(("assistant", "b"))},
        {"chosen": [QUESTION, ANSWER], "rejected": [QUESTION, *said(("assistant", "b"))]},
        {
            "prompt": "q",
            "chosen": [QUESTION, ANSWER],
            "rejected": [QUESTION, *said(("assistant", "b"))],
        },
        {
            "conversations": shared(("human", "q")),
            "chosen": {"from": "gpt", "value": "a"},
            "rejected": {"from": "gpt", "value": "b"},
        },
        {
            "input": {"messages": [QUESTION]},
            "preferred_output": [ANSWER],
            "non_preferred_output": said(("assistant", "b")),
        },
        {"chosen": "\n\nHuman: q\n\nAssistant: a", "rejected": "\n\nHuman: q\n\nAssistant: b"},
        {"prompt": "q", "chosen": "<think>x</think>a", "rejected": "b"},
    ],
)
def test_preference_data_become_pairs_and_no_lessons(row: dict[str, Any]) -> None:
    assert row_at(3, row) == FoundPair(3, "q", "a", "b")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"prompt": "q", "chosen": "a", "rejected": "a "}, "its two answers are the same"),
        ({"chosen": "a", "rejected": "b"}, "it has chosen and rejected but no prompt"),
        (
            {"prompt": "q", "chosen": "a", "rejected": "b", "score_chosen": 1, "score_rejected": 1},
            "its score_chosen is not above its score_rejected",
        ),
        (
            {"prompt": [QUESTION, ANSWER, QUESTION], "chosen": "a", "rejected": "b"},
            "a pair with earlier turns",
        ),
        (
            {"chosen": [QUESTION, ANSWER], "rejected": said(("user", "r"), ("assistant", "b"))},
            "do not answer the same question",
        ),
    ],
)
def test_a_pair_that_prefers_nothing_is_rejected(row: dict[str, Any], reason: str) -> None:
    assert reason in refused(row)


@pytest.mark.parametrize(
    "beside",
    [
        *({"label": False}, {"label": "False"}, {"label": 0}, {"weight": 0}, {"weight": "0"}),
        *({"is_approved": False}, {"approved": "no"}, {"accepted": 0}, {"is_accepted": "false"}),
        *({"thumbs_down": True}, {"thumbs_down": 2}, {"thumbs_up": False}, {"rejected": True}),
        *({"feedback": "bad"}, {"feedback": "negative"}, {"feedback": "Thumbs Down"}),
        *({"vote": "down"}, {"status": "rejected"}, {"status": "Discarded"}, {"rating": "👎"}),
        *({"feedback": {"value": "bad"}}, {"annotation": {"rating": "dislike"}}),
        *({"Label": False}, {"metadata": {"is_approved": False}}, {"rating": False}),
        *({"rating": "low"}, {"rating": "Very bad!"}, {"Bewertung": "schlecht"}),
        *({"Note": "très mauvais"}, {"quality": "terrible"}, {"valoración": "pésimo"}),
        *({"rejected": "x"}, {"rejected": "wrong tone"}, {"flagged": "offensive"}),
        *({"deleted": "2024-01-01"}, {"is_deleted": "w" * 60}, {"Freigegeben": "nein"}),
        *({"status": "abgelehnt"}, {"status": "not approved"}, {"feedback": {"type": "negative"}}),
        *({"annotations": [{"label": "bad"}]}, {"metadata": {"review": {"status": "rejected"}}}),
    ],
)
def test_a_disliked_answer_is_no_lesson(beside: dict[str, Any]) -> None:
    found = row_at(2, OURS | beside)
    assert isinstance(found, Disliked)
    assert found.row == OURS
    assert "a disliked answer is no lesson" in found.errors[0]


def test_a_judgement_may_stand_at_the_message_that_answers() -> None:
    assert isinstance(row_at(1, {"messages": [QUESTION, ANSWER | {"weight": 0}]}), Disliked)
    judged = ANSWER | {"annotation": {"rating": "bad"}}
    assert isinstance(row_at(1, {"messages": [QUESTION, judged]}), Disliked)


@pytest.mark.parametrize(
    "beside",
    [
        *({"label": True}, {"label": "billing"}, {"label": 7}, {"weight": 0.5}, {"status": "open"}),
        *({"is_approved": True}, {"thumbs_down": 0}, {"feedback": "good"}, {"rating": None}),
        *({"feedback": ""}, {"status": "approved"}, {"deleted": False}, {"category": "bad"}),
        *({"approved": "x"}, {"is_approved": "Yes"}, {"Freigegeben": "ja"}, {"rejected": "no"}),
        *({"rejected": ""}, {"flagged": None}, {"rating": "n/a"}, {"feedback": "long " * 20}),
        *({"annotation": "billing"}, {"metadata": {"value": 1, "type": "bad"}}, {"note": "see"}),
    ],
)
def test_what_is_no_dislike_leaves_a_row_a_lesson(beside: dict[str, Any]) -> None:
    assert learned(OURS | beside) == OURS


@pytest.mark.parametrize(
    "beside",
    [
        *({"rating": "meh"}, {"score": "B+"}, {"feedback": "too long"}, {"stars": "words " * 20}),
        *({"rating": "neutral"}, {"note": 12}, {"rating": {"value": "so what"}}),
    ],
)
def test_what_is_not_understood_beside_an_answer_is_no_like(beside: dict[str, Any]) -> None:
    """Only a long text under a name such as feedback may be about anything."""
    error = refused(OURS | beside)
    assert "if it does not judge the answer" in error or "neither liked nor disliked" in error


@pytest.mark.parametrize(
    "beside",
    [
        *({"approved": ""}, {"approved": None}, {"is_approved": "pending"}),
        *({"approved": "not yet"}, {"approved": "2024-01-01"}, {"status": "pending"}),
        *({"status": "Needs review"}, {"state": "Draft"}, {"Freigegeben": "offen"}),
        {"metadata": {"approved": "later"}},
    ],
)
def test_what_nobody_approved_yet_is_only_a_proposal(beside: dict[str, Any]) -> None:
    found = row_at(1, OURS | beside)
    assert isinstance(found, FoundRow)
    assert found.proposed
    assert found.notes[-1].endswith(": it waits for approval")


@pytest.mark.parametrize(
    ("beside", "value", "top"),
    [
        *(({"rating": said}, 2, 5) for said in ("2 out of 5", "2 of 5", "2/5", "2 stars")),
        *(({"rating": said}, 1, 5) for said in ("1 von 5", "1 star", "1 Stern", "1 étoile")),
        *(
            ({"Rating (1-5)": 2}, 2, 5),
            ({"rating [0 to 10]": 3}, 3, 10),
            ({"score": "30 %"}, 30, 100),
        ),
        *(({"ratings": [1, 1]}, 1, None), ({"annotations": [{"rating": -1}]}, -1, None)),
        *(({"metadata": {"feedback": {"rating": -1}}}, -1, None), ({"Note": "12/20"}, 12, 20)),
        ({"feedback": {"score": 0.1}}, 0.1, None),
    ],
)
def test_a_rating_is_found_wherever_it_stands(
    beside: dict[str, Any], value: float, top: float | None
) -> None:
    found = row_at(1, OURS | beside)
    assert isinstance(found, Rated)
    assert (found.judgements[0].value, found.judgements[0].top) == (value, top)


def test_a_judgement_is_shown_without_its_markup() -> None:
    found = row_at(1, OURS | {"rejected": "<b>*x*\n\x1b[2J"})
    assert isinstance(found, Disliked)
    assert found.errors == ("its rejected is ?b??x????2j: a disliked answer is no lesson",)


def test_a_column_that_is_the_answer_judges_nothing() -> None:
    columns = {"question": "Ticket", "answer": "Review"}
    assert learned({"Ticket": "q", "Review": "pending"}, columns)["completion"] == "pending"


@pytest.mark.parametrize("rating", [1, -1, "4/5", 2.5, "★★☆☆☆", 10**400])
def test_a_rating_waits_for_the_rest_of_its_file(rating: Any) -> None:
    assert isinstance(row_at(1, OURS | {"rating": rating}), Rated)


def test_a_person_names_the_keys_that_nobody_knows() -> None:
    row = {"Ticket": "q", "Lösung": "a", "input": "not asked", "Thema": "x"}
    columns = {"question": "Ticket", "answer": "losung", "source": "thema"}
    assert learned(row, columns) == OURS | {"source": "x"}
    context = {"question": "Ticket", "answer": "Lösung", "context": "input"}
    assert learned(row, context)["prompt"] == "q\n\nnot asked"
    assert learned({"Ticket": "q", "answer": "a"}, {"question": "Ticket"}) == OURS
    assert refused({"Titel": "q"}, columns) == "it has no Ticket: its keys are Titel"


HINT = "say --columns question=KEY,answer=KEY"
NOTHING = "it has neither prompt and completion, nor messages, nor text: its keys are"


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"Ticket": "q", "Lösung": "a"}, f"{NOTHING} Ticket, Lösung; {HINT}"),
        (
            {"instruction": "q", "outptu": "a"},
            (
                "it has an instruction but no completion: its keys are instruction, outptu; "
                f"the nearest format is Alpaca; {HINT}"
            ),
        ),
        (
            {"response": "a"},
            (
                "it has a response but no prompt: its keys are response; "
                f"the nearest format is Dolly, which needs instruction too; {HINT}"
            ),
        ),
        (
            {f"k{number}": 1 for number in range(9)},
            f"{NOTHING} k0, k1, k2, k3, k4, k5 and 3 more; {HINT}",
        ),
        (
            {"<b>*x*\n\x1b[2J": 1, "y" * 500: 2, "": 3},
            f"{NOTHING} ?b??x????2J, {'y' * 23}…, (empty); {HINT}",
        ),
    ],
)
def test_an_unreadable_row_names_its_keys_and_the_nearest_format(
    row: dict[str, Any], error: str
) -> None:
    assert refused(row) == error


@pytest.mark.parametrize(
    "row",
    [
        {"chosen": "Human: a" + " " * 900_000, "rejected": "b"},
        {"text": "<|im_start|>user\n" * 60_000 + "<|im_end|>"},
        {"text": "<|im_end|>" + "<|im_start|>user\n" * 60_000},
    ],
)
def test_a_long_row_takes_one_pass(row: dict[str, Any]) -> None:
    """In the square of its length each of them would take hours."""
    assert isinstance(row_at(1, row), Rejected)
