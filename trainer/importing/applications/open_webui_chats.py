"""Reads Open WebUI's export of chats: of each, the branch that was shown last.

An answer with a thumb up in the chat is a lesson. The last answer of a chat that nobody judged is
only a proposal: a model wrote it, and no person said that it is right. A thumb down is never one.
Each judged answer holds the turns before it, so the turns of a chat and of a file are bounded.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from trainer.importing.applications.fields import mapping, number, text
from trainer.importing.applications.judgement import JudgedAnswer, Verdict, lessons_and_pairs
from trainer.importing.applications.open_webui import History, spoken
from trainer.importing.lines import Found, Rejected

_MOST_TURNS = 1_000
"""Messages of all answers of one chat, each with those before it."""
_MOST_CHARACTERS = 4_000_000
"""Characters of them."""
_MOST_IN_FILE = 300_000
"""Messages that the further answers of all chats of a file may repeat."""
_TOO_MANY = (
    f"its judged answers have over {_MOST_TURNS} messages or {_MOST_CHARACTERS // 10**6} million "
    "characters before them: only the first ones are read"
)


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
        repeated = Counter[str]()
        return lessons_and_pairs(
            answer
            for line, entry in enumerate(chats, 1)
            for answer in _answers(line, _chat(mapping(entry)), repeated)
        )


def _chat(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(entry.get("chat", entry))


def _answers(
    line: int, chat: Mapping[str, Any], repeated: Counter[str]
) -> Iterator[JudgedAnswer | Rejected]:
    history = History(chat)
    branch = history.shown()
    answered = [place for place, message in enumerate(branch) if _answers_it(message)]
    if not answered:
        yield Rejected(line, ("its chat has no answer",))
        return
    turns = characters = 0
    for last, verdict in _last_messages(history, branch, answered):
        # One branch at a time: an answer later in a talk has everything before it once more.
        spoken_before = branch[: last + 1] if isinstance(last, int) else history.branch(last)
        turns += len(spoken_before)
        characters += sum(len(text(message.get("content"))) for message in spoken_before)
        if turns > len(spoken_before):
            repeated["turns"] += len(spoken_before)
        if (
            turns > max(_MOST_TURNS, len(branch))
            or characters > _MOST_CHARACTERS
            or repeated["turns"] > _MOST_IN_FILE
        ):
            yield Rejected(line, (_TOO_MANY,))
            return
        yield _judged(line, spoken_before, verdict)


def _last_messages(
    history: History, branch: list[Mapping[str, Any]], answered: list[int]
) -> Iterator[tuple[int | str, Verdict]]:
    """Yields the answers that are read: by their place in the branch, or by id elsewhere."""
    shown_ids = {branch[place].get("id") for place in answered if _has_id(branch[place])}
    for place in answered:
        verdict = _verdict(branch[place])
        if verdict != "unjudged" or place == answered[-1]:
            yield place, verdict
    # Other answers to the same question, where a thumb was given in the chat.
    for key, value in history.messages.items():
        other = mapping(value)
        if key not in shown_ids and _answers_it(other) and _verdict(other) != "unjudged":
            yield key, _verdict(other)


def _has_id(message: Mapping[str, Any]) -> bool:
    return isinstance(message.get("id"), str)


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
