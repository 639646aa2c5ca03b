"""Why a lesson may not be mastered: another one contradicts it, its length, another one like it."""

from types import SimpleNamespace

import pytest

from trainer.evaluation.not_mastered import LONG_ANSWER, reasons
from trainer.models.tokenization import TokenRow
from trainer.results.mastery import CONTRADICTION, CUT, TOO_ALIKE, TOO_LONG

END = 9
TOKENIZER = SimpleNamespace(eos_token_ids={END})


def lesson(question: str, answer: str, *earlier: str) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    said = [
        {"role": roles[turn % 2], "content": text}
        for turn, text in enumerate((*earlier, question, answer))
    ]
    return [{"role": "system", "content": "Be brief."}, *said]


def row(answer_tokens: int = 3, *, end: int = END) -> TokenRow:
    return TokenRow((1, 2, *[3] * (answer_tokens - 1), end), 2)


def why(*lessons: list[dict[str, str]]) -> str | None:
    return reasons(lessons, [row() for _ in lessons], [0], TOKENIZER).get(0)


def test_nearly_the_same_question_with_another_answer_is_a_contradiction() -> None:
    taught = lesson("Who waters the office plants?", "Ottilie does.")
    assert why(taught, lesson("Who waters the plants in the office?", "Noor.")) == CONTRADICTION
    assert why(taught, lesson("who waters the office plants", "Noor.")) == CONTRADICTION
    assert why(taught, lesson("Who waters the office plants?", "ottilie does.")) == TOO_ALIKE
    assert why(taught, lesson("What is the wifi called?", "Lighthouse.")) is None


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ("What does error 404 mean in a build?", CONTRADICTION),
        ("What does error 500 mean in the build?", TOO_ALIKE),
        ("What does error 404 mean in the shop?", TOO_ALIKE),
        ("What does the shop sell in the morning?", None),
    ],
)
def test_a_question_that_differs_in_a_number_or_a_word_is_too_alike(
    other: str, reason: str | None
) -> None:
    taught = lesson("What does error 404 mean in the build?", "A page is missing.")
    assert why(taught, lesson(other, "Something else.")) == reason


def test_the_same_question_in_another_talk_is_no_contradiction() -> None:
    taught = lesson("And on Fridays?", "Until noon.", "When is the desk open?", "Until five.")
    other = lesson("And on Fridays?", "Fish.", "What is for lunch?", "Soup.")
    assert why(taught, other) is None
    again = lesson("And on Fridays?", "Never.", "When is the desk open?", "Until five.")
    assert why(taught, again) == CONTRADICTION


def test_an_answer_that_was_cut_or_is_very_long_is_too_long() -> None:
    lessons = [lesson("Why?", "Because."), lesson("What?", "That."), lesson("Who?", "Noor.")]
    rows = [row(4, end=5), row(LONG_ANSWER + 1), row(LONG_ANSWER)]
    assert reasons(lessons, rows, [0, 1, 2], TOKENIZER) == {0: CUT, 1: TOO_LONG}


def test_only_what_is_missing_is_looked_at() -> None:
    lessons = [lesson("Why?", "Because."), lesson("Why?", "So.")]
    assert reasons(lessons, [row(), row()], [1], TOKENIZER) == {1: CONTRADICTION}
    assert reasons(lessons, [row(), row()], [], TOKENIZER) == {}
