"""The buttons below an answer: Slack's thumbs, and one that teaches what nobody has taught.

`listeners.actions` receives their clicks.
"""

from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextActionsBlock,
    FeedbackButtonsElement,
)
from slack_sdk.models.blocks.basic_components import FeedbackButtonObject

ACTION = "feedback"
TEACH = "teach_me"
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


def teach_me(reply_id: int) -> Block:
    """Builds the block with the button that opens the form of /teach for the question."""
    button = ButtonElement(text="Teach me", action_id=TEACH, value=str(reply_id))
    return ActionsBlock(elements=[button])


def pressed(value: Any) -> tuple[int, int] | None:
    """Reads the value of a feedback button.

    Returns:
        The rating, 1 or -1, and the id of the reply; None for any other value.
    """
    sign, _, number = str(value).partition(":")
    if sign not in (UP, DOWN) or not (number.isascii() and number.isdigit()):
        return None
    return (1 if sign == UP else -1), int(number)
