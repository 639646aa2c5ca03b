"""Tells what the fields of a record are by their names: a question, its context, an answer."""

import re
from collections.abc import Mapping
from typing import Any

from trainer.importing.applications.fields import entries, mapping, text

_ASKED = ("instruction", "prompt", "question", "query", "message", "user", "input", "text")
_BESIDES = ("input", "context", "passage", "document")
_SYSTEM = ("system", "system_prompt", "system_message")
_ANSWERS = frozenset({"answer", "response", "completion", "output", "generation", "reply"})
_CORRECTIONS = frozenset({"correction", "corrected", "edit", "edited", "improved", "rewrite"})
_RATINGS = frozenset({"rating", "quality", "score", "rank", "ranking", "label", "preference"})


def is_answer(name: str) -> bool:
    """Returns whether a field or question holds an answer, by its name ("response_2")."""
    words = set(words_of(name))
    return bool(words & (_ANSWERS | _CORRECTIONS)) and not words & _RATINGS


def question_turns(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the turns before the answer; none where no field is a question."""
    by_name = {name.casefold(): value for name, value in fields.items()}
    system = next((text(by_name[name]) for name in _SYSTEM if text(by_name.get(name))), "")
    turns: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    for value in fields.values():
        messages = [mapping(one) for one in entries(value)]
        if messages and all("role" in one and "content" in one for one in messages):
            said = [{"role": one["role"], "content": one["content"]} for one in messages]
            return [*turns, *said]
    asked = next((name for name in _ASKED if text(by_name.get(name))), None)
    if asked is None:
        others = [
            name
            for name, value in by_name.items()
            if isinstance(value, str)
            and text(value)
            and not is_answer(name)
            and name not in _SYSTEM
        ]
        asked = others[0] if len(others) == 1 else None
    if asked is None:
        return []
    parts = [asked, *(name for name in _BESIDES if name != asked)]
    content = "\n\n".join(text(by_name.get(name)) for name in parts if text(by_name.get(name)))
    return [*turns, {"role": "user", "content": content}]


def words_of(name: str) -> list[str]:
    """Returns the words of a name in lower case, without digits (`answerTwo_2`: answer, two)."""
    return re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold())
