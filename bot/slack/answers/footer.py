"""What stands below an answer: which version spoke, whose words helped it, and the buttons."""

import re
from datetime import datetime

from slack_sdk.models.blocks import Block, ContextBlock, MarkdownTextObject

from bot.answers.questions import Reply
from bot.slack.dependencies import Services
from bot.slack.messages import feedback_buttons
from bot.slack.messages.mrkdwn import escape, name, shorten
from bot.slack.permalinks import link_to
from bot.store import Example

_MEMBER = re.compile(r"[UW][A-Z0-9]{5,}")
LIMIT = 1900
BASE = "base model"
TONIGHT = "I learn it at the next night"
NO_FILES = "I cannot read files, only your words"


def foot(services: Services, reply: Reply, files: int = 0) -> tuple[Block, ...]:
    """The blocks below an answer; `files` came with the question."""
    notes = [] if reply.quoted else [escape(reply.adapter or BASE)]
    notes += [_taught_by(services, example) for example in reversed(reply.recalled)]
    if reply.quoted:
        notes.append(TONIGHT)
    if files:
        notes.append(NO_FILES)
    small = ContextBlock(
        elements=[MarkdownTextObject(text=shorten(" · ".join(notes), LIMIT), verbatim=True)]
    )
    if not reply.kept:
        return (small,)
    return small, feedback_buttons.buttons(reply.id)


def _taught_by(services: Services, example: Example) -> str:
    """Whose words these are; names nobody by mention, which would ring."""
    known = _MEMBER.fullmatch(example.author)
    author = services.member_names.name(example.author) if known else example.author
    day = datetime.fromisoformat(example.created_at)
    said = f"taught by {shorten(escape(name(author)), 80)} on {day.day} {day:%B}"
    link = _link(services, example)
    return f"<{link}|{said}>" if link else said


def _link(services: Services, example: Example) -> str | None:
    """Where the lesson comes from: its message, or the answer that it corrected or liked."""
    if example.permalink:
        plain = re.fullmatch(r"https://[^\s<>|]+", example.permalink)
        return plain[0] if plain else None
    places = services.store.replies.places(example.reply_id) if example.reply_id else []
    if not places:
        return None
    return link_to(services, *places[0])
