"""Settles the rows that only the whole file explains: ratings, and disliked answers.

A rating is understood by all ratings of its file. A disliked answer becomes a pair with another
answer to the same question, where the file has one that nobody disliked; else it is rejected.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trainer.errors import DatasetError
from trainer.formats import Row, to_messages
from trainer.importing.lines import Disliked, FoundPair, FoundRow, Rejected
from trainer.importing.shapes.pairs import checked_pair
from trainer.importing.shapes.scales import Rated, fate, reason
from trainer.similarity import normalise

_MOST_VALUES = 10_000
"""Different ratings of a file that are kept, but for the lowest and the highest."""
_MOST_ANSWERS = 5
"""Liked answers to one question that are looked at."""


@dataclass(frozen=True)
class Settled:
    """The rows that waited: lessons, pairs and rejections, each in the order of its file."""

    rows: list[FoundRow]
    pairs: list[FoundPair]
    rejected: list[Rejected]


def settled(known: Sequence[FoundRow], waiting: Iterable[Rated | Disliked]) -> Settled:
    """Returns what becomes of the rows that waited for the end of their file.

    Args:
        known: the lessons of the file that are sure.
        waiting: the others.
    """
    rows: list[FoundRow] = []
    pairs: list[FoundPair] = []
    rejected: list[Rejected] = []
    rated: list[Rated] = []
    disliked: list[Disliked] = []
    for one in waiting:
        if isinstance(one, Rated):
            rated.append(one)
        else:
            disliked.append(one)
    seen = _values(rated)
    for row in rated:
        what = fate(row.judgement, seen[row.judgement.key])
        errors = (reason(what, row.judgement),)
        if what == "liked":
            rows.append(row.found)
        elif what == "disliked":
            disliked.append(Disliked(row.line, errors, row.found.row))
        else:
            rejected.append(Rejected(row.line, errors))
    liked = _liked([*known, *rows]) if disliked else {}
    for bad in disliked:
        pair = _pair(bad, liked)
        if isinstance(pair, FoundPair):
            pairs.append(pair)
        else:
            rejected.append(pair)
    return Settled(rows, pairs, rejected)


def _values(rated: Iterable[Rated]) -> dict[str, set[float]]:
    """The numbers that the file has under each key."""
    seen: dict[str, set[float]] = defaultdict(set)
    for one in rated:
        values = seen[one.judgement.key]
        value = one.judgement.value
        if len(values) < _MOST_VALUES or not min(values) <= value <= max(values):
            values.add(value)
    return seen


def _liked(rows: Iterable[FoundRow]) -> dict[tuple[str, str], list[str]]:
    """Some answers to each question of a first turn, by system message and question."""
    answers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for found in rows:
        asked = None if found.proposed else _first_turn(found.row)
        if asked is not None:
            system, question, answer = asked
            known = answers[system, normalise(question)]
            if len(known) < _MOST_ANSWERS:
                known.append(answer)
    return answers


def _pair(bad: Disliked, liked: dict[tuple[str, str], list[str]]) -> FoundPair | Rejected:
    """A disliked answer with a liked one to its question, or its rejection."""
    asked = _first_turn(bad.row)
    if asked is None:
        return Rejected(bad.line, bad.errors)
    system, question, answer = asked
    for better in liked.get((system, normalise(question)), ()):
        if normalise(better) == normalise(answer):
            continue
        try:
            return FoundPair(bad.line, *checked_pair(question, better, answer))
        except DatasetError as error:
            return Rejected(bad.line, (*bad.errors, str(error)))
    return Rejected(bad.line, bad.errors)


def _first_turn(row: Row) -> tuple[str, str, str] | None:
    """The system message, the question and the answer; None of a row with earlier turns."""
    turns = to_messages(row)
    system = "\n".join(turn["content"] for turn in turns if turn["role"] == "system")
    said = [turn for turn in turns if turn["role"] != "system"]
    if [turn["role"] for turn in said] != ["user", "assistant"]:
        return None
    return system, said[0]["content"], said[1]["content"]
