"""What people wrote about records in a labelling tool becomes lessons and pairs.

Argilla and Label Studio both show the fields of a record and ask questions about them. A text that
a person wrote is the answer; a rating, a choice or a ranking judges the answers that the record
has. An answer that nobody judged is only a proposal: the record was made to be judged.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from trainer.errors import DatasetError
from trainer.importing.applications.field_names import is_answer, question_turns, words_of
from trainer.importing.applications.fields import entries, mapping, number, shown, text
from trainer.importing.applications.judgement import JudgedAnswer, Verdict, rated
from trainer.importing.lines import FoundPair, Rejected
from trainer.importing.shapes.pairs import checked_pair

Kind = Literal["text", "rating", "label", "ranking"]

_GOOD = frozenset({"good", "yes", "accept", "accepted", "approve", "approved", "correct", "like"})
_GOOD |= {"liked", "positive", "thumbs up", "helpful", "true", "pass", "good answer"}
_BAD = frozenset({"bad", "no", "reject", "rejected", "wrong", "incorrect", "dislike", "disliked"})
_BAD |= {"negative", "thumbs down", "unhelpful", "not helpful", "false", "fail", "bad answer"}
_MOST_SHOWN = 6

_Judged: TypeAlias = JudgedAnswer | FoundPair | Rejected


@dataclass(frozen=True)
class Annotation:
    """One thing that a person said about a record: `name` is that of the tool's question."""

    name: str
    kind: Kind
    value: Any


@dataclass(frozen=True)
class AnnotatedRecord:
    """A record of a labelling tool.

    Attributes:
        line: where it stands in its file.
        fields: what the person saw: a question, an answer, messages.
        annotations: what people said about it.
        suggested: the answer that a model suggested and nobody accepted, if any.
    """

    line: int
    fields: Mapping[str, Any]
    annotations: Sequence[Annotation] = ()
    suggested: str = ""


def kind_of(name: str, value: Any) -> Kind | None:
    """Returns what sort of annotation a value is where its tool does not say it."""
    if isinstance(value, bool):
        return "label"
    if isinstance(value, int | float):
        return "rating"
    if isinstance(value, str):
        return "text" if is_answer(name) else "label"
    return "ranking" if isinstance(value, list) else None


def judged(records: Iterable[AnnotatedRecord | Rejected]) -> Iterator[_Judged]:
    """Yields the answers of records, each with what was said about it."""
    read = list(records)
    ratings: dict[str, list[float]] = defaultdict(list)
    for record in read:
        if isinstance(record, AnnotatedRecord):
            for one in record.annotations:
                if one.kind == "rating" and (value := number(one.value)) is not None:
                    ratings[one.name].append(value)
    scales = {name: (min(values), max(values)) for name, values in ratings.items()}
    for record in read:
        if isinstance(record, Rejected):
            yield record
        else:
            yield from _answers(record, scales)


_Scales: TypeAlias = Mapping[str, tuple[float, float]]
"""The smallest and the largest rating that the file has for each question."""


def _answers(record: AnnotatedRecord, scales: _Scales) -> Iterator[_Judged]:
    asked = question_turns(record.fields)
    if not asked:
        names = ", ".join(shown(name) for name in list(record.fields)[:_MOST_SHOWN]) or "nothing"
        yield Rejected(record.line, (f"none of its fields is a question: it has {names}",))
        return
    given = {
        name: text(value)
        for name, value in record.fields.items()
        if is_answer(name) and text(value)
    }
    written = [text(one.value) for one in record.annotations if one.kind == "text"]
    written = list(dict.fromkeys(filter(None, written)))
    if written:
        yield _answer(record.line, asked, written[0], "liked")
        reason = "another person answered it otherwise, and the first answer counts"
        yield from (Rejected(record.line, (reason,)) for _ in written[1:])
        if len(given) == 1 and (original := next(iter(given.values()))) != written[0]:
            yield _answer(record.line, asked, original, "disliked", "it was corrected")
    elif len(given) > 1:
        yield _preferred(record, asked, given)
    elif given:
        yield _single(record, asked, next(iter(given.values())), scales)
    elif record.suggested:
        yield _answer(record.line, asked, record.suggested, "unjudged")
    else:
        yield Rejected(record.line, ("nobody answered it",))


def _single(record: AnnotatedRecord, asked: list[Any], answer: str, scales: _Scales) -> _Judged:
    """Judges the one answer that a record has: one bad word about it is enough."""
    said: dict[Verdict | None, str] = {}
    for one in record.annotations:
        reason = f"its {shown(one.name)} is {shown(_plain(one.value))}"
        if one.kind == "rating" and (value := number(one.value)) is not None:
            said[rated(value, *scales[one.name])] = reason
        elif one.kind == "label" and (verdict := _verdict(_plain(one.value))) is not None:
            said[verdict] = reason
    if "disliked" in said:
        return _answer(record.line, asked, answer, "disliked", said["disliked"])
    if "liked" in said:
        return _answer(record.line, asked, answer, "liked")
    if None in said:
        return Rejected(record.line, (f"{said[None]}: neither liked nor disliked",))
    return _answer(record.line, asked, answer, "unjudged")


def _preferred(
    record: AnnotatedRecord, asked: list[Any], given: Mapping[str, str]
) -> FoundPair | Rejected:
    """Returns the pair of the best and the worst of several answers, where a person said so."""
    questions = [text(turn.get("content")) for turn in asked if turn.get("role") != "system"]
    for one in record.annotations:
        order = [name for name in _order(one.value) if name in given]
        if len(order) == 1:
            order += [name for name in given if name != order[0]]
        if len(order) > 1 and len(questions) == 1:
            try:
                pair = checked_pair(questions[0], given[order[0]], given[order[-1]])
            except DatasetError as error:
                return Rejected(record.line, (str(error),))
            return FoundPair(record.line, *pair)
    if len(questions) > 1:
        return Rejected(record.line, ("a pair keeps no earlier turns of a talk",))
    return Rejected(record.line, ("it has several answers, and nobody preferred one",))


def _order(value: Any) -> list[str]:
    """Returns the names of answers from the best to the worst, out of a ranking or a choice."""
    if isinstance(value, str):
        return [value]
    ranks = [(number(mapping(one).get("rank")), one) for one in entries(value)]
    if all(rank is not None for rank, _ in ranks):
        ranks = sorted(ranks, key=lambda pair: pair[0] or 0)
    names = [mapping(one).get("value", one) for _, one in ranks]
    return [name for name in names if isinstance(name, str)]


def _answer(
    line: int, asked: list[Any], answer: str, verdict: Verdict, reason: str = ""
) -> JudgedAnswer:
    turns = [*asked, {"role": "assistant", "content": answer}]
    return JudgedAnswer(line, turns, verdict, reason, proposed=verdict == "unjudged")


def _verdict(label: str) -> Verdict | None:
    plain = " ".join(words_of(label))
    return "liked" if plain in _GOOD else "disliked" if plain in _BAD else None


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return text(value)
