"""Marks on an example that a person should look at before it is trained on.

They are shown and never decide: a short answer can be the right one.
"""

import re
from typing import Literal

from trainer.evaluation import refuses
from trainer.similarity import normalise

Mark = Literal["very short", "refusal", "bot's own words", "only a link"]

SHORT = 12
"""Characters below which an answer is called very short."""

_LINK = re.compile(r"<?https?://\S+>?|www\.\S+", re.IGNORECASE)


def marks(completion: str, bot_text: str | None = None) -> list[Mark]:
    """What is worth a look; empty for most examples.

    Args:
        completion: the answer that was taught.
        bot_text: what the bot had said, where the example came from one of its answers.
    """
    found: list[Mark] = []
    answer = normalise(completion)
    if _LINK.fullmatch(answer):
        found.append("only a link")
    elif len(answer) < SHORT and not any(character.isdigit() for character in answer):
        found.append("very short")
    if refuses(answer):
        found.append("refusal")
    if bot_text is not None and normalise(bot_text) == answer:
        found.append("bot's own words")
    return found
