"""Reads Open WebUI's export of feedback: a thumb a record, with a snapshot of its chat.

A record holds `data.rating` (1 or -1, also as text), `meta.message_id` and
`snapshot.chat.chat.history`, whose messages point to their parents. `-1` is never a lesson.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from trainer.importing.applications.fields import entries, mapping, number, shown
from trainer.importing.applications.judgement import JudgedAnswer, Verdict, lessons_and_pairs
from trainer.importing.lines import Found, Rejected

_ROLES = ("system", "user", "assistant")
_HIDDEN = re.compile(r'\s*<details type="(?:reasoning|tool_calls|code_interpreter)"')
_HIDDEN_END = "</details>"


class FeedbackReader:
    """Reads the feedback of Open WebUI's admin page, "Evaluations", "Feedbacks", "Export"."""

    name = "an Open WebUI feedback export"

    def recognises(self, document: Any) -> bool:
        """Returns whether its first record has a rating and a snapshot of a chat."""
        records = document if isinstance(document, list) else [document]
        first = mapping(records[0]) if records else {}
        data = mapping(first.get("data"))
        known = "snapshot" in first or "meta" in first
        return known and ("rating" in data or first.get("type") == "rating")

    def read(self, document: Any) -> Iterator[Found]:
        """Yields liked answers as lessons, disliked ones as pairs or rejections."""
        records = document if isinstance(document, list) else [document]
        return lessons_and_pairs(
            _feedback(line, mapping(record)) for line, record in enumerate(records, 1)
        )


def _feedback(line: int, record: Mapping[str, Any]) -> JudgedAnswer | Rejected:
    rating = number(mapping(record.get("data")).get("rating"))
    if rating is None or rating == 0:
        said = shown(mapping(record.get("data")).get("rating"))
        return Rejected(line, (f"its rating is {said}: 1 (liked) or -1 (disliked) is expected",))
    chat = mapping(mapping(record.get("snapshot")).get("chat"))
    history = History(mapping(chat.get("chat", chat)))
    if not history:
        reason = "it has no snapshot of its chat: export the feedback with snapshots"
        return Rejected(line, (reason,))
    meta = mapping(record.get("meta"))
    branch = history.branch(meta.get("message_id"))
    if not branch:
        return Rejected(line, ("its meta.message_id is no message of its snapshot",))
    verdict: Verdict = "liked" if rating > 0 else "disliked"
    turns, notes = spoken(branch)
    return JudgedAnswer(line, turns, verdict, f"its rating is {rating:g}", notes=notes)


class History:
    """The messages of a chat, where an answer that was asked for again is a branch of its own."""

    def __init__(self, chat: Mapping[str, Any]) -> None:
        history = mapping(chat.get("history"))
        self.messages = mapping(history.get("messages"))
        self.current = history.get("currentId")
        self._listed = [mapping(message) for message in entries(chat.get("messages"))]

    def __bool__(self) -> bool:
        return bool(self.messages or self._listed)

    def branch(self, last: Any) -> list[Mapping[str, Any]]:
        """Returns the messages from the first to one that is given by its id, none without it."""
        if isinstance(last, str) and isinstance(self.messages.get(last), Mapping):
            return self._up_from(last)
        for place, message in enumerate(self._listed):
            if message.get("id") == last and last is not None:
                return self._listed[: place + 1]
        return []

    def shown(self) -> list[Mapping[str, Any]]:
        """Returns the messages of the branch that the chat showed last."""
        return self.branch(self.current) or self._listed

    def _up_from(self, last: str) -> list[Mapping[str, Any]]:
        branch: list[Mapping[str, Any]] = []
        seen: set[str] = set()
        place: Any = last
        while isinstance(place, str) and place not in seen and place in self.messages:
            seen.add(place)
            branch.append(mapping(self.messages[place]))
            place = branch[-1].get("parentId")
        return branch[::-1]


def spoken(branch: list[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Returns role and content of messages without reasoning and tool output, and what went."""
    turns: list[dict[str, Any]] = []
    hidden = False
    for message in branch:
        content = message.get("content")
        if isinstance(content, str) and message.get("role") == "assistant":
            shorter = _without_hidden(content)
            hidden = hidden or shorter != content
            content = shorter
        role = message.get("role")
        turns.append({"role": role if role in _ROLES else shown(role), "content": content})
    return turns, ("its reasoning is left out",) if hidden else ()


def _without_hidden(content: str) -> str:
    """Removes the folded blocks that lead an answer: how a model thought and what tools said."""
    rest = content
    while _HIDDEN.match(rest):
        end = rest.find(_HIDDEN_END)
        rest = rest[end + len(_HIDDEN_END) :] if end >= 0 else ""
    return rest.strip() if rest is not content else content
