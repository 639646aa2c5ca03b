"""Turns judged answers into lessons and pairs: a disliked answer is never a lesson.

Where the same file has a liked answer to the same question, a disliked one becomes a pair with it;
else it is rejected, and the reason names the key that says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from trainer.errors import DatasetError
from trainer.formats import question_and_answer
from trainer.importing.lines import Found, FoundPair, FoundRow, Origin, Rejected
from trainer.importing.rows import row_at
from trainer.importing.shapes.pairs import checked_pair

Verdict = Literal["liked", "disliked", "unjudged"]


@dataclass(frozen=True)
class JudgedAnswer:
    """An answer of a file and what people thought of it.

    Attributes:
        line: where it stands in its file.
        turns: the messages up to the answer, which is the last.
        verdict: what people thought of it.
        reason: what says so, for people ("its rating is -1"); needed where it is disliked.
        proposed: whether it is only a proposal where it is not disliked.
        origin: where it comes from.
        notes: what was changed in it.
    """

    line: int
    turns: Sequence[Mapping[str, Any]]
    verdict: Verdict
    reason: str = ""
    proposed: bool = False
    origin: Origin | None = None
    notes: tuple[str, ...] = ()


def lessons_and_pairs(answers: Iterable[JudgedAnswer | FoundPair | Rejected]) -> Iterator[Found]:
    """Yields lessons, pairs of a liked and a disliked answer to one question, and rejections."""
    read = [_read(answer) if isinstance(answer, JudgedAnswer) else answer for answer in answers]
    liked: dict[str, list[str]] = defaultdict(list)
    disliked: dict[str, set[str]] = defaultdict(set)
    for entry in read:
        if isinstance(entry, _ReadAnswer):
            if entry.answer.verdict == "disliked":
                disliked[entry.question].add(entry.words)
            elif entry.answer.verdict == "liked":
                liked[entry.question].append(entry.words)
    for entry in read:
        if not isinstance(entry, _ReadAnswer):
            yield entry
        elif entry.answer.verdict == "disliked":
            yield _disliked(entry, liked[entry.question])
        elif entry.words in disliked[entry.question]:
            reason = "the same answer to its question is disliked elsewhere in this file"
            yield Rejected(entry.row.line, (reason,))
        else:
            yield entry.row


@dataclass(frozen=True)
class _ReadAnswer:
    """An answer as the row that it would be, its question and its words."""

    answer: JudgedAnswer
    row: FoundRow
    question: str
    words: str


def _read(answer: JudgedAnswer) -> _ReadAnswer | Rejected:
    row = as_row(answer)
    return row if isinstance(row, Rejected) else _ReadAnswer(answer, row, *_asked(row))


def as_row(answer: JudgedAnswer) -> FoundRow | Rejected:
    """Returns an answer with its question as a row, or why it cannot be one."""
    turns = list(answer.turns)
    row: dict[str, Any] = {"messages": turns}
    if [mapping.get("role") for mapping in turns] == ["user", "assistant"]:
        row = {"prompt": turns[0].get("content"), "completion": turns[1].get("content")}
    found = row_at(answer.line, row)
    if not isinstance(found, FoundRow):
        return found if isinstance(found, Rejected) else Rejected(answer.line, ("it is no row",))
    if not _asked(found)[1].strip():
        return Rejected(answer.line, ("its answer is empty",))
    proposed = answer.proposed and answer.verdict != "disliked"
    notes = (*answer.notes, *found.notes)
    return replace(found, origin=answer.origin, proposed=proposed, notes=notes)


def _disliked(entry: _ReadAnswer, liked: Sequence[str]) -> FoundPair | Rejected:
    reason = entry.answer.reason
    better = next((words for words in liked if words != entry.words), None)
    if better is None:
        reason += ": it is disliked, and no liked answer stands beside it"
    elif sum(turn["role"] == "user" for turn in entry.answer.turns) > 1:
        reason += ": it is disliked, and a pair keeps no earlier turns of a talk"
    else:
        try:
            return FoundPair(entry.row.line, *checked_pair(entry.question, better, entry.words))
        except DatasetError as error:
            reason += f": it is disliked, and {error}"
    return Rejected(entry.row.line, (reason,))


def _asked(row: FoundRow) -> tuple[str, str]:
    try:
        return question_and_answer(row.row)
    except DatasetError:
        return "", ""
