"""Settles what only the whole file explains: ratings, and disliked answers.

A rating is understood by all ratings of its file. A disliked answer becomes a pair with another
answer to the same question, where the file has one that nobody disliked; else it is rejected. An
answer that is disliked once is no lesson elsewhere in its file either.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from trainer.errors import DatasetError
from trainer.formats import Row, to_messages
from trainer.importing.lines import Disliked, Found, FoundPair, FoundRow, Rejected
from trainer.importing.shapes.pairs import checked_pair
from trainer.importing.shapes.scales import Rated, decided, reason, scales_of
from trainer.similarity import normalise

DISLIKED_ELSEWHERE = "the same answer to its question is disliked elsewhere in this file"
_PREFERS_IT = "the answer that it prefers is disliked elsewhere in this file"
_MOST_ANSWERS = 5
"""Liked answers to one question that are looked at."""

_Asked: TypeAlias = tuple[tuple[str, str], ...]
"""Everything before an answer, as roles and plain words."""


@dataclass(frozen=True)
class Settled:
    """Everything that a file holds: lessons, pairs and rejections."""

    rows: list[FoundRow] = field(default_factory=list)
    pairs: list[FoundPair] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def settled(found: Iterable[Found]) -> Settled:
    """Returns what becomes of everything that is found in a file.

    Lessons and proposals whose answer somebody disliked are rejected, and so are pairs that
    prefer such an answer. `Rated` and `Disliked` rows become lessons, pairs or rejections.

    Args:
        found: all of a file, in any order: the dislikes of a part say nothing about another.
    """
    result = Settled()
    rated: list[Rated] = []
    disliked: list[Disliked] = []
    for one in found:
        match one:
            case FoundRow():
                result.rows.append(one)
            case FoundPair():
                result.pairs.append(one)
            case Rated():
                rated.append(one)
            case Disliked():
                disliked.append(one)
            case _:
                result.rejected.append(one)
    _settle_ratings(rated, result, disliked)
    return _without_disliked(result, disliked) if disliked else result


def _settle_ratings(rated: list[Rated], result: Settled, disliked: list[Disliked]) -> None:
    scales = scales_of(judgement for row in rated for judgement in row.judgements)
    for row in rated:
        what, judgement = decided(row.judgements, scales)
        errors = (reason(what, judgement),)
        if what == "liked":
            result.rows.append(row.found)
        elif what == "disliked":
            disliked.append(Disliked(row.line, errors, row.found.row))
        else:
            result.rejected.append(Rejected(row.line, errors))


def _without_disliked(found: Settled, disliked: list[Disliked]) -> Settled:
    """The same without what was disliked, and with the pairs that the dislikes make."""
    bad: dict[_Asked, set[str]] = defaultdict(set)
    for one in disliked:
        asked, answer = _asked(one.row)
        bad[asked].add(normalise(answer))
    result = Settled(rejected=list(found.rejected))
    liked: dict[_Asked, list[str]] = defaultdict(list)
    for row in found.rows:
        asked, answer = _asked(row.row)
        if normalise(answer) in bad.get(asked, ()):
            result.rejected.append(Rejected(row.line, (DISLIKED_ELSEWHERE,)))
            continue
        result.rows.append(row)
        if asked in bad and not row.proposed and len(liked[asked]) < _MOST_ANSWERS:
            liked[asked].append(answer)
    for pair in found.pairs:
        if normalise(pair.chosen) in bad.get((("user", normalise(pair.prompt)),), ()):
            result.rejected.append(Rejected(pair.line, (_PREFERS_IT,)))
        else:
            result.pairs.append(pair)
    for one in disliked:
        made = _pair(one, liked)
        if isinstance(made, FoundPair):
            result.pairs.append(made)
        else:
            result.rejected.append(made)
    return result


def _pair(bad: Disliked, liked: Mapping[_Asked, list[str]]) -> FoundPair | Rejected:
    """A disliked answer with a liked one to its question, or its rejection."""
    turns = to_messages(bad.row)
    asked, answer = _asked(bad.row)
    better = next(iter(liked.get(asked, ())), None)
    if better is None:
        return Rejected(bad.line, bad.errors)
    questions = [turn["content"] for turn in turns[:-1] if turn["role"] == "user"]
    if len(questions) > 1:
        earlier = "a pair keeps no earlier turns of a talk"
        return Rejected(bad.line, (*bad.errors, earlier))
    try:
        pair = checked_pair(questions[0], better, answer)
    except DatasetError as error:
        return Rejected(bad.line, (*bad.errors, str(error)))
    system = ("system",) if any(turn["role"] == "system" for turn in turns) else ()
    return FoundPair(bad.line, *pair, left_out=system)


def _asked(row: Row) -> tuple[_Asked, str]:
    """What stands before the answer, and the answer; nothing of a text that is no conversation."""
    try:
        turns = to_messages(row)
    except DatasetError:
        return (), ""
    before = tuple((turn["role"], normalise(turn["content"])) for turn in turns[:-1])
    return before, turns[-1]["content"] if turns else ""
