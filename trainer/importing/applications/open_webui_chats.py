"""Reads Open WebUI's export of chats: of each, the branch that was shown last.

An answer with a thumb up in the chat is a lesson. The last answer of a chat that nobody judged is
only a proposal: a model wrote it, and no person said that it is right. A thumb down is never one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from trainer.importing.applications.fields import mapping, number
from trainer.importing.applications.judgement import JudgedAnswer, Verdict, lessons_and_pairs
from trainer.importing.applications.open_webui import History, spoken
from trainer.importing.lines import Found, Rejected


class ChatsReader:
    """Reads `chat-export-….json` of one chat, `all-chats-export-….json` and the admin's export."""

    name = "an Open WebUI chat export"

    def recognises(self, document: Any) -> bool:
        """Returns whether its first entry is a chat with a history of messages."""
        chats = document if isinstance(document, list) else [document]
        first = mapping(chats[0]) if chats else {}
        history = mapping(_chat(first).get("history"))
        return isinstance(history.get("messages"), Mapping) and "data" not in first

    def read(self, document: Any) -> Iterator[Found]:
        """Yields liked answers as lessons, unjudged last answers as proposals."""
        chats = document if isinstance(document, list) else [document]
        return lessons_and_pairs(
            answer
            for line, entry in enumerate(chats, 1)
            for answer in _answers(line, _chat(mapping(entry)))
        )


def _chat(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(entry.get("chat", entry))


def _answers(line: int, chat: Mapping[str, Any]) -> Iterator[JudgedAnswer | Rejected]:
    history = History(chat)
    branch = history.shown()
    answered = [place for place, message in enumerate(branch) if _answers_it(message)]
    if not answered:
        yield Rejected(line, ("its chat has no answer",))
        return
    shown_ids = set()
    for place in answered:
        message = branch[place]
        shown_ids.add(message.get("id") if isinstance(message.get("id"), str) else None)
        verdict = _verdict(message)
        if verdict != "unjudged" or place == answered[-1]:
            yield _judged(line, branch[: place + 1], verdict)
    # Other answers to the same question, where a thumb was given in the chat.
    for key, value in history.messages.items():
        other = mapping(value)
        if key not in shown_ids and _answers_it(other) and _verdict(other) != "unjudged":
            yield _judged(line, history.branch(key), _verdict(other))


def _judged(
    line: int, branch: list[Mapping[str, Any]], verdict: Verdict
) -> JudgedAnswer | Rejected:
    turns, notes = spoken(branch)
    if branch and branch[-1].get("error"):
        return Rejected(line, ("its answer is an error message",))
    reason = "its annotation.rating is -1"
    return JudgedAnswer(line, turns, verdict, reason, proposed=verdict == "unjudged", notes=notes)


def _answers_it(message: Mapping[str, Any]) -> bool:
    return message.get("role") == "assistant"


def _verdict(message: Mapping[str, Any]) -> Verdict:
    rating = number(mapping(message.get("annotation")).get("rating"))
    if rating is None or rating == 0:
        return "unjudged"
    return "liked" if rating > 0 else "disliked"
