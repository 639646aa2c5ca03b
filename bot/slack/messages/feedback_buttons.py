"""The buttons below an answer: Slack's thumbs, and those for what nobody has taught.

`listeners.actions` receives their clicks.
"""

from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ButtonElement,
    ContextActionsBlock,
    FeedbackButtonsElement,
)
from slack_sdk.models.blocks.basic_components import FeedbackButtonObject

ACTION = "feedback"
TEACH = "teach_me"
ASK_SOMEBODY = "experts:ask"
UP, DOWN = "up", "down"


def buttons(reply_id: int) -> Block:
    """Builds the block with both buttons, for the end of the last message of an answer."""
    return ContextActionsBlock(
        elements=[
            FeedbackButtonsElement(
                action_id=ACTION,
                positive_button=FeedbackButtonObject(
                    text="Good answer",
                    accessibility_label="Good answer: learn it",
                    value=f"{UP}:{reply_id}",
                ),
                negative_button=FeedbackButtonObject(
                    text="Bad answer",
                    accessibility_label="Bad answer: say what it should have been",
                    value=f"{DOWN}:{reply_id}",
                ),
            )
        ]
    )


def teach_me(reply_id: int) -> ButtonElement:
    """Builds the button that opens the form of /teach for the question."""
    return ButtonElement(text="Teach me", action_id=TEACH, value=str(reply_id))


def ask_somebody(*, reply_id: int | None = None, gap_id: int | None = None) -> ButtonElement:
    """Builds the button that has an expert asked, below an answer or in a list of gaps.

    Args:
        reply_id: the answer below which it stands.
        gap_id: the gap in a list.
    """
    value = f"reply:{reply_id}" if reply_id is not None else f"gap:{gap_id}"
    return ButtonElement(text="Ask somebody", action_id=ASK_SOMEBODY, value=value)


def pressed(value: Any) -> tuple[int, int] | None:
    """Reads the value of a feedback button.

    Returns:
        The rating, 1 or -1, and the id of the reply; None for any other value.
    """
    sign, _, number = str(value).partition(":")
    if sign not in (UP, DOWN) or not (number.isascii() and number.isdigit()):
        return None
    return (1 if sign == UP else -1), int(number)
