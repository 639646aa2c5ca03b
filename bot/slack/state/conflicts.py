"""Decisions about lessons that contradict earlier ones: replace them, keep both, or cancel."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import ButtonElement

from bot.lessons.teaching import OnConflict
from bot.slack.messages.ephemeral import with_buttons
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent
from bot.store import Example

REPLACE, KEEP, CANCEL = "settle_replace", "settle_keep", "settle_cancel"
CHOICES: dict[str, OnConflict | None] = {REPLACE: "replace", KEEP: "keep", CANCEL: None}
CANCELLED = MessageContent("Nothing was changed.")
GONE = MessageContent("I no longer know what this was about: please teach it again.")
KEPT = 1000
"""Open decisions; beyond that the oldest are dropped."""
SHOWN = 3
"""Earlier lessons that the question quotes."""
QUOTED_CHARACTERS = 300
"""Characters of each quoted prompt or completion."""
Settle = Callable[[OnConflict], MessageContent]
"""Teaches as was decided, and returns the notice about it."""


@dataclass(frozen=True)
class _OpenDecision:
    person: str
    settle: Settle


class Conflicts:
    """The decisions that people were asked for and have not made; safe from any thread.

    They are kept in memory and not in the store: the lesson is not redacted yet, and the question
    is an ephemeral message, which vanishes when its reader reloads.
    """

    def __init__(self) -> None:
        self._open: OrderedDict[str, _OpenDecision] = OrderedDict()
        self._guard = threading.Lock()

    def ask(self, person: str, conflicts: Sequence[Example], settle: Settle) -> MessageContent:
        """Notes a decision, and builds the message that asks `person` for it.

        Args:
            person: the only one who may decide.
            conflicts: the earlier lessons.
            settle: is called with the decision, unless it is to cancel.
        """
        key = secrets.token_urlsafe(12)
        with self._guard:
            self._open[key] = _OpenDecision(person, settle)
            if len(self._open) > KEPT:
                self._open.popitem(last=False)
        return with_buttons(
            _question(conflicts),
            ButtonElement(text="Replace", action_id=REPLACE, value=key, style="primary"),
            ButtonElement(text="Keep both", action_id=KEEP, value=key),
            ButtonElement(text="Cancel", action_id=CANCEL, value=key),
        )

    def forget(self, person: str) -> None:
        """Drops the decisions that `person` was asked for."""
        with self._guard:
            for key in [key for key, asked in self._open.items() if asked.person == person]:
                del self._open[key]

    def decide(self, person: str, key: str, choice: OnConflict | None) -> MessageContent | None:
        """Carries a decision out, once.

        Args:
            person: whoever clicked.
            key: the value of the button.
            choice: what they chose; None cancels.

        Returns:
            The notice about it; None where `person` was not the one who was asked.

        Raises:
            NightschoolError: whatever `settle` raises.
        """
        with self._guard:
            asked = self._open.get(key)
            if asked is None:
                return GONE
            if asked.person != person:
                return None
            del self._open[key]
        return CANCELLED if choice is None else asked.settle(choice)


def _question(conflicts: Sequence[Example]) -> str:
    lines = [
        f"• {_quoted(example.prompt)} → {_quoted(example.completion)} (example {example.id})"
        for example in conflicts[:SHOWN]
    ]
    if len(conflicts) > SHOWN:
        lines.append(f"• and {len(conflicts) - SHOWN} more")
    return (
        ":left_right_arrow: I was taught another answer to that:\n"
        + "\n".join(lines)
        + "\nShall yours replace it, or are both right?"
    )


def _quoted(text: str) -> str:
    return shorten(escape(" ".join(text.split())), QUOTED_CHARACTERS)
