"""The message that proposes an answer of theirs to a teacher, and what its buttons carry."""

import re
from dataclasses import dataclass

from slack_sdk.models.blocks import ActionsBlock, ButtonElement

from bot.slack.lessons.message_source import Passage
from bot.slack.messages.blocks import section
from bot.slack.messages.mrkdwn import escape, name, shorten
from bot.slack.messages.posting import MessageContent

LEARN, EDIT, NO = "watch:learn", "watch:edit", "watch:no"
QUOTED = 1000
"""Characters of the question and of the answer that are shown."""
NAME = 80
"""Characters of the name of who asked."""
_VALUE = re.compile(r"([CG][A-Z0-9]{1,40}):(\d{1,20}\.\d{1,10}):(\d{1,20}\.\d{1,10})")


@dataclass(frozen=True)
class Proposed:
    """Where the words of a proposal stand: a channel, and two time stamps in it."""

    channel: str
    question: str
    answer: str


def proposal_message(passage: Passage, asker: str, channel: str) -> MessageContent:
    """Builds the message to a teacher.

    Args:
        passage: what was asked and answered; it has a question.
        asker: the name of who asked; a mention would notify them.
        channel: the id of the channel.
    """
    asked = passage.question
    question = asked.text if asked else ""
    ts = asked.words.ts if asked else ""
    value = f"{channel}:{ts}:{passage.answer.words.ts}"
    who = shorten(escape(name(asker)), NAME)
    text = f":mortar_board: You answered {who} in <#{channel}>, and they thanked you. "
    text += "Shall I learn it? Nothing is stored until you say so."
    quoted = f"*{_quoted(question)}*\n{_quoted(passage.answer.text)}"
    buttons = [
        ButtonElement(text="Learn it so", action_id=LEARN, value=value, style="primary"),
        ButtonElement(text="Edit", action_id=EDIT, value=value),
        ButtonElement(text="No", action_id=NO, value=value),
    ]
    return MessageContent(text, (section(text), section(quoted), ActionsBlock(elements=buttons)))


def proposed(value: str) -> Proposed | None:
    """Reads the value of a button; None where it is none of a proposal."""
    found = _VALUE.fullmatch(value)
    return Proposed(found[1], found[2], found[3]) if found else None


def _quoted(text: str) -> str:
    return shorten(escape(text.strip()), QUOTED)
