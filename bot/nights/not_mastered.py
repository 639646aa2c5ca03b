"""Which lessons an adapter has not mastered and why that may be, in words for people.

Questions of lessons are other people's words: each caller escapes them as its room does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import AdapterError, NotFoundError
from bot.store import Store
from trainer.adapters.registry import Registry
from trainer.dataset.export import LeftOut
from trainer.dataset.validation import TOO_MANY_TOKENS
from trainer.results.mastery import CONTRADICTION, CUT, TOO_ALIKE, TOO_LONG, Mastery

NAMED = 5
"""How many lessons are named at most; the others are only counted."""
LENGTH = 120
"""Characters of a question that are shown."""
WHY = {
    CONTRADICTION: "another lesson answers nearly the same question differently",
    CUT: "it is too long to be trained whole",
    TOO_LONG: "its answer is too long to be learned word for word",
    TOO_ALIKE: "another lesson's question is very like it",
}
"""What a reason of the trainer means."""


@dataclass(frozen=True)
class NotMastered:
    """A lesson that is not mastered: its id, its question in one line, and why, if known."""

    id: int
    question: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.question}: {self.why}" if self.why else self.question


def not_mastered(store: Store, mastery: Mastery | None) -> tuple[NotMastered, ...]:
    """Returns at most NAMED lessons that are not mastered, those with a known reason first.

    Lessons that were withdrawn, erased or made private since are left out.
    """
    if mastery is None:
        return ()
    order = sorted(mastery.missing, key=lambda number: number not in mastery.reasons)
    named: list[NotMastered] = []
    for number in order:
        try:
            example = store.examples.get(number)
        except NotFoundError:
            continue
        question = " ".join(example.prompt.split())
        if not question or example.status != "approved" or example.for_whom.private:
            continue
        shown = question if len(question) <= LENGTH else f"{question[: LENGTH - 1]}…"
        named.append(NotMastered(number, shown, WHY.get(mastery.reasons.get(number, ""), "")))
        if len(named) == NAMED:
            break
    return tuple(named)


def mastery_lines(store: Store, mastery: Mastery | None) -> list[str]:
    """Returns how many lessons are mastered and which are not; none if nobody looked."""
    if mastery is None or not mastery.asked:
        return []
    lines = [f"Mastered word for word: {mastery.mastered} of {mastery.asked} lessons."]
    named = not_mastered(store, mastery)
    lines += [f"Not mastered yet: {lesson}" for lesson in named]
    left = mastery.asked - mastery.mastered - len(named)
    if named and left > 0:
        lines.append(f"Not mastered yet: {left} more.")
    return lines


def mastery_of(registry: Registry, version: str | None) -> Mastery | None:
    """Returns what a version's card says of its lessons; None where it says nothing."""
    try:
        return registry.card(version).mastery if version else None
    except AdapterError:
        return None


def too_long(left_out: Sequence[LeftOut]) -> list[str]:
    """Returns a note on the lessons that were left out for their length in tokens; none for none.

    Args:
        left_out: all examples that are not in a training set, with the reasons.
    """
    rows = [
        f"lesson {one.id} is {reason.group()}"
        for one in left_out
        for reason in map(TOO_MANY_TOKENS.match, one.reasons)
        if reason
    ]
    if not rows:
        return []
    more = f"; and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    note = (
        f"Left out as too long to be trained: {'; '.join(rows[:NAMED])}{more}. They are still told "
        "word for word; shorten them or raise training.max_seq_length."
    )
    return [note]
