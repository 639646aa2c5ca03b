"""The buttons by which somebody is asked, and those below the message that asks them."""

import re

from slack_sdk.models.blocks import ButtonElement

from bot.slack.messages.buttons import button, number
from bot.slack.messages.feedback_buttons import ASK_SOMEBODY as ASK
from bot.slack.messages.feedback_buttons import ask_somebody

__all__ = ["AGREE", "ANSWER", "ASK", "NEVER_MIND", "NOT_MINE", "ask_somebody", "wanted"]
AGREE, ANSWER = "experts:agree", "experts:answer"
NOT_MINE, NEVER_MIND = "experts:not_mine", "experts:never_mind"
SURE = "Nobody will be asked that any more, and who asked is told so."
_WANTED = re.compile(r"(reply|gap):(\d{1,15})", re.ASCII)


def wanted(value: str) -> tuple[str, int] | None:
    """Reads the value of `ask_somebody`: `reply` or `gap`, and its id; None for any other."""
    fits = _WANTED.fullmatch(value)
    return (fits[1], int(fits[2])) if fits else None


def agree(value: str) -> ButtonElement:
    """Builds the button by which who asked in private agrees that others are asked."""
    return button("Ask them", AGREE, value, style="primary")


def below_request(request_id: int) -> list[ButtonElement]:
    """Builds the buttons below the message that asks an expert."""
    value = str(request_id)
    return [
        button("Answer", ANSWER, value, style="primary"),
        button("Not mine", NOT_MINE, value),
        button("Never mind", NEVER_MIND, value, sure=SURE),
    ]


def request_of(value: str) -> int:
    """Reads the value of a button below a request; 0 where it is none."""
    return number(value)
