"""Builds what is said of the figures of a week; calls no API."""

from bot.feedback.benefits.figures import Benefits, WeekFigures
from bot.feedback.benefits.wording import WEEK_HEADS, lift_line, rows, sentences
from bot.slack.messages.blocks import FALLBACK_LIMIT, section
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent

SENTENCE = 600
"""Characters of one sentence: topics are words of lessons."""
LIFTS = 7
"""Nights whose gain is told."""
HEAD = "*What I brought*"


def table(week: WeekFigures, before: WeekFigures) -> str:
    """Returns the figures of the newest week, and behind each that of the week before."""
    lines = [f"{HEAD}: {WEEK_HEADS[0].lower()} ({WEEK_HEADS[1].lower()})"]
    for row in rows((week, before)):
        now, earlier = row.values
        lines.append(f"• {escape(row.name)}: *{escape(now)}* ({escape(earlier)})")
    return "\n".join(lines)


def report(told: Benefits) -> MessageContent:
    """Builds the answer to `/nightschool report`."""
    paragraphs = [table(told.week, told.before)]
    beside = [escape(shorten(line, SENTENCE)) for line in sentences(told)]
    if beside:
        paragraphs.append("\n".join(beside))
    if told.nights:
        lifts = [f"• {escape(lift_line(lift))}" for lift in told.nights[-LIFTS:]]
        paragraphs.append("\n".join(["*What the nights gained* (before → after)", *lifts]))
    text = shorten("\n\n".join(paragraphs), FALLBACK_LIMIT)
    return MessageContent(text, tuple(section(paragraph) for paragraph in paragraphs))
