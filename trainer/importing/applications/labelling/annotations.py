"""What people wrote about records in a labelling tool becomes lessons and pairs.

Argilla and Label Studio both show the fields of a record and ask questions about them. A text that
a person wrote under the name of an answer is the answer; a comment on an answer never is. A rating,
a choice or a ranking judges the answers that the record has. An answer that nobody judged is only a
proposal: the record was made to be judged.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from trainer.errors import DatasetError
from trainer.importing.applications.fields import entries, mapping, number, shown, text
from trainer.importing.applications.judgement import JudgedAnswer, Verdict
from trainer.importing.applications.labelling.field_names import (
    is_answer,
    is_comment,
    question_turns,
)
from trainer.importing.applications.labelling.opinions import Opinion, Opinions, says_yes_or_no
from trainer.importing.lines import FoundPair, Rejected
from trainer.importing.shapes.names import plain
from trainer.importing.shapes.pairs import checked_pair

Kind = Literal["text", "comment", "rating", "label", "ranking"]

_MOST_SHOWN = 6
_SHORT = 20
"""Characters of a text that may be the name of one of several answers."""
_CHOOSING = frozenset(("best", "better", "preferred", "chosen", "which", "winner", "favorite"))

_UNDECIDED: Mapping[Opinion, str] = {
    "neither": "neither liked nor disliked",
    "unclear": "it cannot be told whether that is good",
}

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
        if is_comment(name):
            return "comment"
        return "text" if is_answer(name) and not says_yes_or_no(name, value) else "label"
    return "ranking" if isinstance(value, list) else None


def judged(records: Iterable[AnnotatedRecord | Rejected]) -> Iterator[_Judged]:
    """Yields the answers of records, each with what was said about it."""
    read = list(records)
    opinions = Opinions(
        one for record in read if isinstance(record, AnnotatedRecord) for one in _opinions(record)
    )
    for record in read:
        if isinstance(record, Rejected):
            yield record
            continue
        try:
            yield from _answers(record, opinions)
        except DatasetError as error:
            yield Rejected(record.line, (str(error),))


def _opinions(record: AnnotatedRecord) -> Iterator[tuple[str, Any]]:
    """The names and values of what judges an answer."""
    for one in record.annotations:
        if one.kind == "label" or (one.kind == "rating" and number(one.value) is not None):
            yield one.name, one.value


def _answers(record: AnnotatedRecord, opinions: Opinions) -> Iterator[_Judged]:
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
    written = _written(record, given)
    if written:
        yield _answer(record.line, asked, written[0], "liked")
        reason = "another person answered it otherwise, and the first answer counts"
        yield from (Rejected(record.line, (reason,)) for _ in written[1:])
        if len(given) == 1 and (original := next(iter(given.values()))) != written[0]:
            yield _answer(record.line, asked, original, "disliked", "it was corrected")
    elif len(given) > 1:
        yield _preferred(record, asked, given)
    elif given:
        yield _single(record, asked, next(iter(given.values())), opinions)
    elif record.suggested:
        yield _answer(record.line, asked, record.suggested, "unjudged")
    else:
        yield Rejected(record.line, (_unanswered(record),))


def _written(record: AnnotatedRecord, given: Mapping[str, str]) -> list[str]:
    """Returns the answers that people wrote.

    A text is one by its name. One of another name is one where the record has no answer and no
    other text; beside an answer it is taken for a comment.
    """
    texts = [one for one in record.annotations if one.kind == "text" and text(one.value)]
    answers = [one for one in texts if is_answer(one.name) and not _chooses(one, given)]
    others = [one for one in texts if not is_answer(one.name) and not is_comment(one.name)]
    if not given and not answers and len({one.name for one in others}) == 1:
        answers = others
    return list(dict.fromkeys(text(one.value) for one in answers))


def _chooses(one: Annotation, given: Mapping[str, str]) -> bool:
    """Returns whether a text is no answer but says which of several is the best one."""
    said = text(one.value)
    if plain(said) in {plain(name) for name in given}:
        return True
    chooses = not _CHOOSING.isdisjoint(plain(one.name).split("_"))
    return chooses and len(given) > 1 and len(said) <= _SHORT


def _unanswered(record: AnnotatedRecord) -> str:
    names = {one.name for one in record.annotations if one.kind == "text" and text(one.value)}
    if not names:
        return "nobody answered it"
    told = ", ".join(sorted(map(shown, names))[:_MOST_SHOWN])
    return f"none of its texts is an answer by its name ({told}): call the one that is answer"


def _single(record: AnnotatedRecord, asked: list[Any], answer: str, opinions: Opinions) -> _Judged:
    """Judges the one answer that a record has: one bad word about it is enough."""
    said: dict[Opinion, str] = {}
    notes: list[str] = []
    for name, value in _opinions(record):
        what, reason = opinions.of(name, value)
        said.setdefault(what, reason)
        if what in ("nothing", "pending"):
            notes.append(reason)
    if "disliked" in said:
        return _answer(record.line, asked, answer, "disliked", said["disliked"])
    for what, why in _UNDECIDED.items():
        # What is in between or unknown does not outweigh that somebody liked it.
        if what in said and "liked" not in said:
            return Rejected(record.line, (f"{said[what]}: {why}",))
    if "liked" in said and "pending" not in said:
        return _answer(record.line, asked, answer, "liked")
    remarks = {one.name for one in record.annotations if one.kind in ("text", "comment")}
    notes += [f"somebody remarked on it ({shown(name)})" for name in sorted(remarks)]
    return _answer(record.line, asked, answer, "unjudged", notes=tuple(notes[:_MOST_SHOWN]))


def _preferred(
    record: AnnotatedRecord, asked: list[Any], given: Mapping[str, str]
) -> FoundPair | Rejected:
    """Returns the pair of the best and the worst of several answers, where a person said so."""
    questions = [text(turn.get("content")) for turn in asked if turn.get("role") != "system"]
    by_plain = {plain(name): name for name in given}
    for one in record.annotations:
        ordered = [by_plain.get(plain(name)) for name in _order(one.value)]
        order = list(dict.fromkeys(name for name in ordered if name is not None))
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
    line: int,
    asked: list[Any],
    answer: str,
    verdict: Verdict,
    reason: str = "",
    *,
    notes: tuple[str, ...] = (),
) -> JudgedAnswer:
    turns = [*asked, {"role": "assistant", "content": answer}]
    return JudgedAnswer(line, turns, verdict, reason, proposed=verdict == "unjudged", notes=notes)
