"""The blocks below an answer: the adapter version, who taught the lessons behind it, buttons."""

import re
from datetime import datetime

from slack_sdk.models.blocks import Block, ContextBlock, MarkdownTextObject

from bot.answers.questions import Reply
from bot.slack.messages import feedback_buttons
from bot.slack.messages.mrkdwn import escape, name, shorten
from bot.slack.messages.permalinks import Permalinks
from bot.slack.state.member_names import MemberNames
from bot.store import Example

LIMIT = 1900
"""Characters of the footer's text."""
BASE = "base model"
TONIGHT = "I learn it at the next night"
NO_FILES = "I cannot read files, only your words"


class ReplyFooter:
    """Builds the blocks below an answer."""

    def __init__(self, names: MemberNames, permalinks: Permalinks) -> None:
        self._names = names
        self._permalinks = permalinks

    def below(self, reply: Reply, files: int = 0) -> tuple[Block, ...]:
        """Builds the blocks below the last message of an answer.

        Args:
            reply: the answer; without the feedback buttons where it is not kept.
            files: how many files came with the question.
        """
        notes = [] if reply.quoted else [escape(reply.adapter or BASE)]
        notes += [self._taught_by(example) for example in reversed(reply.recalled)]
        if reply.quoted:
            notes.append(TONIGHT)
        if files:
            notes.append(NO_FILES)
        context = ContextBlock(
            elements=[MarkdownTextObject(text=shorten(" · ".join(notes), LIMIT), verbatim=True)]
        )
        if not reply.kept:
            return (context,)
        return context, feedback_buttons.buttons(reply.id)

    def _taught_by(self, example: Example) -> str:
        """Says who taught a lesson and when; a name, since a mention would notify its author."""
        author = self._names.author(example.author)
        day = datetime.fromisoformat(example.created_at)
        text = f"taught by {shorten(escape(name(author)), 80)} on {day.day} {day:%B}"
        link = self._link(example)
        return f"<{link}|{text}>" if link else text

    def _link(self, example: Example) -> str | None:
        """The permalink of the lesson's message, or of the answer that was corrected or liked."""
        if example.permalink:
            plain = re.fullmatch(r"https://[^\s<>|]+", example.permalink)
            return plain[0] if plain else None
        return self._permalinks.of_reply(example.reply_id) if example.reply_id else None
