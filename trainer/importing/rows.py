"""Turns a row of any shape that is common elsewhere into one of ours.

A row becomes a lesson, a pair of a preferred and a disliked answer, or a rejection that says why.
Whether the content of a lesson is any good is `trainer.dataset.validation`'s question.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from trainer.errors import DatasetError
from trainer.formats import Row, chatml_turns, to_messages
from trainer.importing.lines import Disliked, Found, FoundPair, FoundRow, Rejected
from trainer.importing.shapes.judgement import judgements_of
from trainer.importing.shapes.messages import turns_of, without_disliked
from trainer.importing.shapes.names import (
    ANSWERS,
    COLUMNS,
    CONTEXTS,
    MESSAGES,
    QUESTIONS,
    SYSTEMS,
    plain,
    plain_keys,
    shown,
    shown_keys,
)
from trainer.importing.shapes.pairs import pair_of
from trainer.importing.shapes.questions import (
    Turns,
    answered_of,
    answering_message,
    asked_of,
    conversation_of,
    left_out_of,
    refuse_choices,
    refuse_context,
    refuse_tools,
    with_system,
)
from trainer.importing.shapes.resemblance import UnreadableError, unreadable
from trainer.importing.shapes.scales import rated, reason
from trainer.reasoning import without_reasoning

__all__ = ["row_at", "turns_of"]

WITHOUT_REASONING = "its reasoning is left out"
"""The note on a row whose answer began with what a model thought before it."""
WITHOUT_DISLIKED = "a disliked message of it is left out"
"""The note on a row with several answers in a row, of which one is disliked."""
_KEPT = ("id", "source", "finish_reason")
_READ = frozenset((*QUESTIONS, *ANSWERS, *CONTEXTS, *MESSAGES, *SYSTEMS, "chosen", "rejected"))
_OURS = {"question": "prompt", "answer": "completion"}


def row_at(number: int, row: Mapping[str, Any], columns: Mapping[str, str] | None = None) -> Found:
    """Converts a row to one of our three kinds, or to a pair, or rejects it with the reason.

    A disliked answer is `Disliked`, and one whose rating needs the whole file to be understood is
    `Rated`: both are rejections for everybody but the importer.

    Args:
        number: where the row stands in its file.
        row: as it stands there.
        columns: the row's own names for `question`, `answer`, `context`, `system` and `source`.
    """
    try:
        return _found(number, row, columns or {})
    except UnreadableError:
        return Rejected(number, (unreadable(plain_keys(row), row),))
    except DatasetError as error:
        return Rejected(number, (str(error),))


def _found(number: int, row: Mapping[str, Any], columns: Mapping[str, str]) -> Found:
    keys = plain_keys(row)
    if not columns and len(keys) < len(row):
        _refuse_twins(row)
    named = _by_columns(row, columns) if columns else keys
    refuse_tools(keys)
    if pair := pair_of(named if columns else keys):
        return FoundPair(number, *pair[0], left_out=pair[1])
    ours, notes = _lesson(named)
    ours |= {key: row[key] for key in _KEPT if key in row}
    if columns.get("source"):
        ours["source"] = named["source"]
    whole = len(columns) > 1 or "text" in ours  # where the text is the row nothing is beside it
    left_out = () if whole else _shared(left_out_of(named, to_messages(ours)))
    found = FoundRow(number, ours, notes=notes, left_out=left_out)
    # A column that is the question or the answer judges nothing.
    taken = {plain(theirs) for theirs in columns.values()}
    judging = {key: value for key, value in keys.items() if key not in taken} if taken else keys
    judgements = judgements_of(judging, answering_message(named), row)
    if not judgements or judgements[0].kind == "liked":
        return found
    first = judgements[0]
    match first.kind:
        case "rated":
            return rated(found, *judgements)
        case "disliked":
            return Disliked(number, (reason("disliked", first),), ours)
        case "pending":
            waits = f"its {first.key} is {first.said}: it waits for approval"
            return replace(found, proposed=True, notes=(*notes, waits))
        case kind:
            return Rejected(number, (reason(kind, first),))


def _lesson(row: Mapping[str, Any]) -> tuple[Row, tuple[str, ...]]:
    """A row in our form, and what was changed in it."""
    messages = conversation_of(row)
    text = row.get("text")
    as_text = False
    dropped = False
    if messages is not None:
        refuse_context(row, "its messages")
        dropped = len(without_disliked(messages)) < len(messages)
        turns = with_system(row, turns_of(messages))
    elif _is_text(row):
        given = chatml_turns(text) if isinstance(text, str) else []
        if not given:
            raise UnreadableError
        turns = turns_of(given)
        as_text = turns == given
    else:
        refuse_choices(row)
        turns = [*asked_of(row), *answered_of(row)]
        if len(turns) > 2:  # noqa: PLR2004  a question and its answer need no cleaning
            turns = turns_of(turns)
    roles = [turn["role"] for turn in turns]
    if roles[-1:] != ["assistant"] or "user" not in roles:
        raise DatasetError(
            "its text has no question and answer in ChatML"
            if as_text
            else "a conversation needs a user's question and ends with an answer"
        )
    thought = _drop_reasoning(turns)
    changes = ((thought, WITHOUT_REASONING), (dropped, WITHOUT_DISLIKED))
    notes = tuple(note for changed, note in changes if changed)
    if as_text and not thought:
        return {"text": text}, notes
    if messages is None and roles in (["user", "assistant"], ["system", "user", "assistant"]):
        ours: Row = {"prompt": turns[-2]["content"], "completion": turns[-1]["content"]}
        return (ours | {"system": turns[0]["content"]} if len(roles) > 2 else ours), notes  # noqa: PLR2004  with a system message
    return {"messages": turns}, notes


def _is_text(row: Mapping[str, Any]) -> bool:
    """Whether a row has a text and neither a question nor an answer beside it."""
    if "text" not in row:
        return False
    try:
        asked_of(row)
    except DatasetError:
        return True
    return False


def _drop_reasoning(turns: Turns) -> bool:
    """Takes the reasoning out of every answer; returns whether there was any."""
    thought = False
    for turn in turns:
        if turn["role"] == "assistant":
            # Every mark of reasoning begins with one of these; most answers have none.
            if "<" not in turn["content"] and "[" not in turn["content"]:
                continue
            said = without_reasoning(turn["content"])
            if said != turn["content"]:
                thought = True
                turn["content"] = said
    if thought and not turns[-1]["content"].strip():
        raise DatasetError("its answer is nothing but reasoning")
    return thought


def _refuse_twins(row: Mapping[str, Any]) -> None:
    """Refuses a row with two keys that are one name to us, where both say something else.

    Raises:
        DatasetError: it has them.
    """
    first: dict[str, str] = {}
    for key in row:
        name = plain(key[:100])
        if name in first and name in _READ and row[first[name]] != row[key]:
            raise DatasetError(
                f"it has {shown(first[name])} and {shown(key)}, which are one name: remove one"
            )
        first.setdefault(name, key)


@lru_cache(1024)
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same names as one object for all rows."""
    return names


def _by_columns(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """A row by our names, as a person said; what was not named is found by its own name.

    Where both the question and the answer are named, nothing else is taken for a part of them.
    """
    both = "question" in columns and "answer" in columns
    named = {} if both else plain_keys(row)
    by_plain = {plain(key): key for key in reversed(list(row))}
    for ours in COLUMNS:
        if ours not in columns:
            continue
        theirs = columns[ours]
        key = theirs if theirs in row else by_plain.get(plain(theirs))
        if key is None:
            if ours in ("question", "answer"):
                raise DatasetError(f"it has no {shown(theirs)}: its keys are {shown_keys(row)}")
            continue
        named[_OURS.get(ours, ours)] = row[key]
    return named
