"""Finds the reply of a thread that answers its question, by what people did with it.

A check mark counts most, then a thumb up, then the thanks of who asked; last comes a reply of
somebody whose answers are often accepted. Nobody accepts a reply by a reaction of their own to it.
"""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from trainer.importing.applications.question_words import is_question
from trainer.importing.applications.slack_export.messages import Message
from trainer.importing.applications.slack_export.threads import Thread

_CHECKS = frozenset({"white_check_mark", "heavy_check_mark", "ballot_box_with_check", "check"})
_CHECKS |= {"checked", "done", "solved", "resolved", "accepted"}
_THUMBS = frozenset({"+1", "thumbsup", "100"})
_REFUSALS = frozenset({"-1", "thumbsdown", "x", "no_entry", "no_entry_sign"})
_REFUSALS |= {"negative_squared_cross_mark"}
_THANKS = re.compile(
    r"\b(?:thanks|thank you|thank u|thx|tysm|ty|cheers|that (?:worked|works|helped|helps|did it"
    r"|fixed it)|works now|danke|dankesch[oö]n|vielen dank|hat (?:geklappt|geholfen|funktioniert)"
    r"|merci|gracias|grazie|obrigad[oa]|dank je|bedankt|tack|dzi[eę]kuj[eę]|спасибо)\b"
    r"|ありがとう|谢谢|謝謝|감사합니다",
    re.IGNORECASE,
)
_NO_THANKS = re.compile(
    r"\b(?:in advance|im voraus|d'avance|de antemano|but|however|still|not|no longer|doesn'?t"
    r"|didn'?t|isn'?t|aber|leider|trotzdem|nicht|mais|pas|pero|no)\b",
    re.IGNORECASE,
)
_LONGEST_THANKS = 300
OFTEN = 3
"""Accepted answers from which somebody's further ones are proposed, where half are accepted."""


@dataclass(frozen=True)
class Acceptance:
    """The reply that was accepted, by its place among the replies, and what says so."""

    place: int
    reason: str


class Standing:
    """How often the replies of each person were accepted, in threads where they answered."""

    def __init__(self) -> None:
        self._accepted: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()

    def count(self, thread: Thread) -> None:
        """Counts a thread: everybody who answered, and whose reply was accepted."""
        others = {reply.person for reply in thread.replies} - {thread.root.person}
        self._answered.update(others)
        if accepted := accepted_reply(thread):
            self._accepted[thread.replies[accepted.place].person] += 1

    def trusted(self) -> frozenset[str]:
        """Returns the people whose answers are often accepted."""
        return frozenset(
            person
            for person, times in self._accepted.items()
            if times >= OFTEN and 2 * times >= self._answered[person]
        )


def accepted_reply(thread: Thread, trusted: Collection[str] = ()) -> Acceptance | None:
    """Returns the reply that answers the question of a thread, None where nothing says so.

    Args:
        thread: the question and its replies.
        trusted: people whose answers are often accepted.
    """
    others = [
        place
        for place, reply in enumerate(thread.replies)
        if reply.person != thread.root.person and not _refused(reply)
    ]
    if (place := _most(thread, others, _CHECKS)) is not None:
        return Acceptance(place, "its reply has a check mark")
    if not others or not is_question(thread.root.text):
        return None
    if (place := _most(thread, others, _THUMBS)) is not None:
        return Acceptance(place, "its reply has a thumb up")
    if (place := _thanked(thread, others)) is not None:
        return Acceptance(place, "who asked says thanks for its reply")
    return _by_trusted(thread, others[0], trusted)


def _by_trusted(thread: Thread, first: int, trusted: Collection[str]) -> Acceptance | None:
    """Returns what somebody said whose answers are often accepted, where nobody else answered."""
    people = {reply.person for reply in thread.replies} - {thread.root.person}
    if len(people) > 1 or people.isdisjoint(trusted):
        return None
    if any(is_question(reply.text) for reply in thread.replies):
        return None
    last = first
    while last + 1 < len(thread.replies) and thread.replies[last + 1].person in people:
        last += 1
    return Acceptance(last, "it is by somebody whose answers are often accepted")


def _most(thread: Thread, places: list[int], names: frozenset[str]) -> int | None:
    """Returns the reply with the most reactions of a kind, the later one of two."""
    counts = {place: len(_by_others(thread.replies[place], names)) for place in places}
    best = max(places, default=None, key=lambda place: (counts[place], place))
    return best if best is not None and counts[best] else None


def _by_others(message: Message, names: frozenset[str]) -> set[str]:
    people = {one for name in names for one in message.reactions.get(name, ())}
    return people - {message.person}


def _refused(message: Message) -> bool:
    refused = len(_by_others(message, _REFUSALS))
    return refused > 0 and refused >= len(_by_others(message, _THUMBS | _CHECKS))


def _thanked(thread: Thread, others: list[int]) -> int | None:
    """Returns the reply that the thanks of who asked follow, or that of whom they name."""
    for place, reply in enumerate(thread.replies):
        if reply.person != thread.root.person or not says_thanks(reply.text):
            continue
        before = [other for other in others if other < place]
        if reply.mentioned:
            before = [one for one in before if thread.replies[one].person in reply.mentioned]
        if before:
            return before[-1]
    return None


def says_thanks(text: str) -> bool:
    """Returns whether a message is thanks without a but, and not thanks in advance."""
    if len(text) > _LONGEST_THANKS or "?" in text:
        return False
    return bool(_THANKS.search(text)) and not _NO_THANKS.search(text)
