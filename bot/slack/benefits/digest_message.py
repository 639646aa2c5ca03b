"""Builds the weekly digest; calls no API."""

from slack_sdk.models.blocks import Block, HeaderBlock

from bot.feedback.benefits.digest import Digest
from bot.feedback.benefits.wording import week_line
from bot.slack.benefits.gap_list import gap_list
from bot.slack.messages.blocks import FALLBACK_LIMIT, section
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent

TITLE = "The week at school"
QUESTION = 150
"""Characters of a question that are shown."""


def content(digest: Digest, *, can_ask: bool) -> MessageContent:
    """Returns the whole digest as one message.

    Args:
        digest: what it tells.
        can_ask: whether there are experts who can be asked.
    """
    paragraphs = [escape(week_line(digest.week, digest.before))]
    if digest.unanswered_count:
        asked = [escape(shorten(one.question, QUESTION)) for one in digest.unanswered]
        head = "Asked of experts, and not answered yet"
        paragraphs.append(_list(head, asked, digest.unanswered_count))
    if digest.due_count:
        lessons = [
            f"{lesson.id}: {escape(shorten(lesson.prompt, QUESTION))}" for lesson in digest.due
        ]
        paragraphs.append(_list("Lessons to look at", lessons, digest.due_count))
    gaps = gap_list(digest.gaps, digest.gap_count, can_ask=can_ask)
    body: list[Block] = [HeaderBlock(text=TITLE), *map(section, paragraphs), *gaps.blocks]
    text = "\n\n".join(filter(None, [TITLE, *paragraphs, gaps.text]))
    return MessageContent(shorten(text, FALLBACK_LIMIT), tuple(body))


def _list(head: str, lines: list[str], count: int) -> str:
    more = [f"… and {count - len(lines)} more"] if count > len(lines) else []
    return "\n".join([f"*{head}* ({count})", *(f"• {line}" for line in lines), *more])
