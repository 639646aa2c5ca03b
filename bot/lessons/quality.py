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
    """Returns the marks of an example; most have none.

    Args:
        completion: the answer that was taught.
        bot_text: what the bot had said, where the example came from one of its answers.
    """
    given: list[Mark] = []
    answer = normalise(completion)
    if _LINK.fullmatch(answer):
        given.append("only a link")
    elif len(answer) < SHORT and not any(character.isdigit() for character in answer):
        given.append("very short")
    if refuses(answer):
        given.append("refusal")
    if bot_text is not None and normalise(bot_text) == answer:
        given.append("bot's own words")
    return given
