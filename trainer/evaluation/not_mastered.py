"""Why a lesson may not be mastered: it is contradicted, too long, or too like another one."""

from collections.abc import Sequence
from typing import Any

from trainer.models.tokenization import Messages, TokenRow
from trainer.results.mastery import CONTRADICTION, CUT, TOO_ALIKE, TOO_LONG
from trainer.similarity import THRESHOLD, Form, form, likeness

LONG_ANSWER = 200
"""Tokens from which on an answer is too long to come back word for word: one wrong token in so many
is enough, and by default the bot's answers end after 256."""
ALIKE = 0.5
"""Likeness of two questions from which on one may be taken for the other, numbers aside."""


def reasons(
    lessons: Sequence[Messages], rows: Sequence[TokenRow], missing: Sequence[int], tokenizer: Any
) -> dict[int, str]:
    """Returns why lessons may not be mastered, by their index; nothing where none of these fits.

    Args:
        lessons: all lessons, as whole conversations.
        rows: each of them as it was trained.
        missing: the indexes of those that are not mastered.
        tokenizer: the model's; an answer that does not end as it ends one was cut.
    """
    questions = [form(lesson[-2]["content"]) for lesson in lessons] if missing else []
    ends = set(tokenizer.eos_token_ids)
    found = {}
    for place in missing:
        others = _others(lessons, questions, place)
        if any(_contradicts(lessons[place], lessons[other], degree) for other, degree in others):
            found[place] = CONTRADICTION
        elif rows[place].tokens[-1] not in ends:
            found[place] = CUT
        elif _answer_tokens(rows[place]) > LONG_ANSWER:
            found[place] = TOO_LONG
        elif any(degree >= ALIKE for _, degree in others):
            found[place] = TOO_ALIKE
    return found


def _others(
    lessons: Sequence[Messages], questions: Sequence[Form], place: int
) -> list[tuple[int, float]]:
    """Returns lessons that follow the same turns with a question of the same words.

    Each has its likeness, from 0 to 1; where numbers or negations differ it is less than a
    near-duplicate's.
    """
    own = questions[place]
    found = []
    for other, question in enumerate(questions):
        if other == place or not (own.text == question.text or own.bag & question.bag):
            continue
        if _earlier(lessons[place]) != _earlier(lessons[other]):
            continue
        degree = 1.0 if own.text == question.text else likeness(own, question)
        if own.strict != question.strict:
            degree = min(degree, (ALIKE + THRESHOLD) / 2)
        found.append((other, degree))
    return found


def _contradicts(lesson: Messages, other: Messages, degree: float) -> bool:
    """Returns whether nearly the same question has another answer."""
    return (
        degree >= THRESHOLD and form(lesson[-1]["content"]).text != form(other[-1]["content"]).text
    )


def _earlier(lesson: Messages) -> list[str]:
    return [turn["content"] for turn in lesson[:-2] if turn["role"] != "system"]


def _answer_tokens(row: TokenRow) -> int:
    return len(row) - row.start
