"""Finds the question and the answer of a row, whatever they are called."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from trainer.errors import DatasetError
from trainer.importing.shapes.judgement import JUDGING
from trainer.importing.shapes.messages import MOST_MESSAGES, last_answer, turns_of, words_of
from trainer.importing.shapes.names import (
    ANSWERS,
    CHOICES,
    CONTEXTS,
    HISTORIES,
    LOOSE_CONTEXTS,
    MESSAGES,
    QUESTIONS,
    SYSTEMS,
    TOOLS,
    first_of,
    words,
)
from trainer.importing.shapes.resemblance import UnreadableError

_SURE_QUESTIONS = words(
    "prompt question instruction query frage anweisung pregunta instruccion consigne"
)
_SURE_ANSWERS = words("completion answer response output antwort reponse respuesta")

_CONTEXTS = frozenset(CONTEXTS)
_CHOICES = frozenset(CHOICES)
_NO_WORDS = JUDGING | words("id source finish_reason index idx uuid messages conversations")
"""Names that are kept, that judge, or that count."""
_REFUSED = frozenset(TOOLS)
_MEDIA = ("images", "videos", "audios", "audio")

Turns = list[dict[str, str]]


def conversation_of(row: Mapping[str, Any]) -> list[Any] | None:
    """Returns the list of messages of a row, None where it has a question and an answer instead.

    A list of messages may stand in a cell of a table, written as JSON.

    Args:
        row: by the plain names of its keys.
    """
    if "prompt" in row and "completion" in row:
        return None
    for name in MESSAGES:
        if name not in row:
            continue
        messages = row[name]
        if isinstance(messages, Mapping):
            messages = messages.get("messages")
        if isinstance(messages, str) and messages.lstrip().startswith("[{"):
            messages = _parsed(messages)
        if isinstance(messages, list):
            if not messages and _asks(row):
                continue
            return messages
    return None


def _asks(row: Mapping[str, Any]) -> bool:
    """Whether a row has a question beside an empty list of messages."""
    return first_of(QUESTIONS, row) is not None and first_of(ANSWERS, row) is not None


def asked_of(row: Mapping[str, Any], *, name: str | None = None) -> Turns:
    """Returns everything up to the answer: system, earlier turns, and the question.

    The question and what belongs to it (`instruction` and `input`, `question` and `context`) are
    joined with a blank line in between.

    Args:
        row: by the plain names of its keys.
        name: the key of the question, where it is known.

    Raises:
        DatasetError: there is no question, or it is no text.
    """
    name = name or _question_name(row)
    if name is None:
        raise UnreadableError
    system = _system(row)
    given = row[name]
    if isinstance(given, Mapping) and isinstance(given.get("messages"), list):
        given = given["messages"]
    if isinstance(given, list):
        refuse_context(row, "a list of messages", but=name)
        turns = turns_of(given, whole=False)
        return turns if any(turn["role"] == "system" for turn in turns) else [*system, *turns]
    question = _joined(row, name)
    return [*system, *_history(row), {"role": "user", "content": question}]


def answered_of(row: Mapping[str, Any], name: str | None = None) -> Turns:
    """Returns the answer of a row, as one message or as the messages that it consists of.

    Raises:
        DatasetError: there is none, there are several, or it is no text.
    """
    name = name or _answer_name(row)
    if name is None:
        raise UnreadableError
    given = row[name]
    if isinstance(given, Mapping) and ("content" in given or "value" in given):
        given = [given]
    if isinstance(given, list) and given and isinstance(given[0], Mapping):
        return turns_of(given)
    return [{"role": "assistant", "content": words_of(given, name)}]


def with_system(row: Mapping[str, Any], turns: Turns) -> Turns:
    """Returns turns with the system message that stands beside them, unless they have their own."""
    if any(turn["role"] == "system" for turn in turns):
        return turns
    return [*_system(row), *turns]


def answering_message(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Returns the message that answers as it stands in the file, None in a row without messages."""
    messages = conversation_of(row)
    if messages is None:
        name = first_of(ANSWERS, row)
        messages = row.get(name) if name else None
    return last_answer(messages)


def refuse_context(row: Mapping[str, Any], beside: str, *, but: str = "") -> None:
    """Refuses a row with a filled context that cannot be joined to its question.

    Raises:
        DatasetError: it has one.
    """
    for name in CONTEXTS if not _CONTEXTS.isdisjoint(row) else ():
        if name not in LOOSE_CONTEXTS and name != but and _filled(row.get(name)):
            raise DatasetError(
                f"its {name} stands beside {beside} and cannot be joined to the question: "
                "put it into the question, or remove it"
            )


def refuse_choices(row: Mapping[str, Any]) -> None:
    """Refuses a row whose question is one with answers to choose from.

    Raises:
        DatasetError: it has some.
    """
    for name in CHOICES if not _CHOICES.isdisjoint(row) else ():
        if _filled(row.get(name)):
            raise DatasetError(
                f"its {name} cannot be kept: write them into the question, and the answer in full"
            )


def left_out_of(row: Mapping[str, Any], turns: Turns) -> tuple[str, ...]:
    """Returns the names with something in them that is no part of these turns.

    Args:
        row: by the plain names of its keys.
        turns: what it became.
    """
    names = []
    for name, value in row.items():
        if name in _NO_WORDS or not isinstance(value, (str, int, float)) or not _filled(value):
            continue
        said = str(value).strip()
        if name not in QUESTIONS and name not in ANSWERS and name not in CONTEXTS:
            if name not in SYSTEMS:
                names.append(name)
        elif not any(said in turn["content"] for turn in turns):
            names.append(name)
    return tuple(names)


def _filled(value: Any) -> bool:
    return value not in (None, "", [], {}) and not (isinstance(value, str) and not value.strip())


def refuse_tools(row: Mapping[str, Any]) -> None:
    """Refuses a row whose answer needed tools, pictures or sounds.

    Raises:
        DatasetError: it names some.
    """
    for name in TOOLS if not _REFUSED.isdisjoint(row) else ():
        value = row.get(name)
        if value and not (isinstance(value, str) and value.strip() in ("", "[]", "{}", "null")):
            raise DatasetError(f"its tools cannot be learned here ({name})")
    for name in _MEDIA:
        if isinstance(row.get(name), list) and row[name]:
            raise DatasetError(f"only text can be learned, and it has {name}")


def _question_name(row: Mapping[str, Any]) -> str | None:
    return _one_of(row, QUESTIONS, _SURE_QUESTIONS, "questions", "question")


def _answer_name(row: Mapping[str, Any]) -> str | None:
    if "completion" in row:
        return "completion"
    asked = _question_name(row)
    names = [name for name in ANSWERS if name != asked]
    return _one_of(row, names, _SURE_ANSWERS, "answers", "answer")


def _one_of(
    row: Mapping[str, Any], names: Sequence[str], sure: frozenset[str], many: str, one: str
) -> str | None:
    """The name that has something, of several; names that are surely meant must agree."""
    if "prompt" in row and "completion" in row:
        return "prompt" if one == "question" else "completion"
    there = [name for name in names if name in row]
    filled = [name for name in there if row[name] not in (None, "", [])]
    surely = [name for name in filled if name in sure]
    others = [name for name in surely if row[name] != row[surely[0]]]
    if others:
        raise DatasetError(
            f"it has two {many} ({surely[0]}, {others[0]}): say --columns {one}={surely[0]}"
        )
    return next(iter([*surely, *filled, *there]), None)


def _joined(row: Mapping[str, Any], name: str) -> str:
    """The question with its context below it; only what is filled is joined."""
    parts = [words_of(row[name], name)]
    for context in CONTEXTS if not _CONTEXTS.isdisjoint(row) else ():
        if context == name or row.get(context) in (None, "", []):
            continue
        if not isinstance(row[context], (str, int, float)) or isinstance(row[context], bool):
            kind = type(row[context]).__name__
            raise DatasetError(f"its {context} is a {kind} and cannot be joined to the {name}")
        if context in ("article", "document", "text") and _is_no_passage(row[context], parts[0]):
            continue
        parts.append(words_of(row[context], context))
    parts = [part for part in parts if part.strip()]
    return "\n\n".join(parts)


def _is_no_passage(value: Any, question: str) -> bool:
    """Whether a value is one word, a number, or the whole row once more as it is trained on."""
    said = value.split() if isinstance(value, str) else []
    return len(said) < 2 or question.strip() in value  # noqa: PLR2004  one word


def _system(row: Mapping[str, Any]) -> Turns:
    name = first_of(SYSTEMS, row)
    if name is None or row[name] in (None, "", []):
        return []
    content = words_of(row[name], name)
    return [{"role": "system", "content": content}] if content.strip() else []


def _history(row: Mapping[str, Any]) -> Turns:
    """The earlier turns of an Alpaca row: a list of questions with their answers."""
    name = first_of(HISTORIES, row)
    earlier = row.get(name) if name else None
    if isinstance(earlier, str) and earlier.lstrip().startswith("["):
        earlier = _parsed(earlier)
    if not earlier:
        return []
    if not isinstance(earlier, list) or len(earlier) > MOST_MESSAGES // 2:
        raise DatasetError("its history must be a list of questions with their answers")
    if isinstance(earlier[0], Mapping):
        return turns_of(earlier)
    turns = []
    for pair in earlier:
        if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004  a question, its answer
            raise DatasetError("its history must be a list of questions with their answers")
        turns.append({"role": "user", "content": words_of(pair[0], "history")})
        turns.append({"role": "assistant", "content": words_of(pair[1], "history")})
    return turns


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise DatasetError("its messages are no JSON") from None
