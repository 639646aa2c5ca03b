"""Builds the weekly digest; calls no API."""

from slack_sdk.models.blocks import Block, HeaderBlock

from bot.feedback.benefits.digest import Digest
from bot.feedback.benefits.wording import week_line
from bot.slack.messages.blocks import FALLBACK_LIMIT, section
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent

TITLE = "The week at school"
QUESTION = 150
"""Characters of a question that are shown."""


def content(digest: Digest) -> MessageContent:
    """Returns the whole digest as one message."""
    paragraphs = [escape(week_line(digest.week, digest.before))]
    if digest.due_count:
        lessons = [
            f"{lesson.id}: {escape(shorten(lesson.prompt, QUESTION))}" for lesson in digest.due
        ]
        paragraphs.append(_list("Lessons to look at", lessons, digest.due_count))
    body: list[Block] = [HeaderBlock(text=TITLE), *map(section, paragraphs)]
    text = shorten("\n\n".join([TITLE, *paragraphs]), FALLBACK_LIMIT)
    return MessageContent(text, tuple(body))


def _list(head: str, lines: list[str], count: int) -> str:
    more = [f"… and {count - len(lines)} more"] if count > len(lines) else []
    return "\n".join([f"*{head}* ({count})", *(f"• {line}" for line in lines), *more])
