"""The messages that ask whether lessons still hold, and the part of the Home tab; calls no API."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
)

from bot.lessons.reviews.freshness import Freshness
from bot.slack.messages.blocks import section
from bot.slack.messages.buttons import button
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent
from bot.store import Example
from bot.store.examples.reviews import Outcome, ReviewLesson

TRUE, EDIT, RETIRE, ALL_TRUE = "review:true", "review:edit", "review:retire", "review:all_true"
SHOWN = 8
"""Lessons that a message shows at a time; those after them follow once these are decided."""
ON_HOME = 5
DECIDED = 8
"""Decided lessons that a message names, the last ones."""
QUESTION, ANSWER = 300, 500
"""Characters of a lesson that are shown."""
WORDS: dict[Outcome, str] = {
    "confirmed": ":white_check_mark: still true",
    "edited": ":pencil2: edited",
    "retired": ":wastebasket: retired",
    "settled": "settled",
}
SURE = "The next night trains without this lesson, and I do not tell it any more."
ASKED = "Are these lessons still true? I was told them a while ago."
LEAVES = (
    "I still tell them, with a mark. What nobody confirms for too long is not trained any more."
)
ALL_DONE = "Thank you: nothing waits here any more."


@dataclass(frozen=True)
class Asked:
    """What a message is made of.

    Attributes:
        review: the id of the message's row.
        recipient: who is asked: the id of a person or of a channel.
        waiting: the lessons that they may see and that are not decided.
        lessons: all of its lessons, also the decided ones.
    """

    review: int
    recipient: str
    waiting: Sequence[Example]
    lessons: Sequence[ReviewLesson]


def review_message(
    asked: Asked, freshness: Freshness, name_of: Callable[[str], str]
) -> MessageContent:
    """Returns the message as it stands now.

    Args:
        asked: what it is about.
        freshness: says since when a lesson is not confirmed.
        name_of: returns the name of a person, who may be no member of Slack.
    """
    waiting = asked.waiting
    head = f":calendar: *{ASKED}*\n{LEAVES}" if waiting else f":calendar: {ALL_DONE}"
    body: list[Block] = [section(head)]
    for example in waiting[:SHOWN]:
        author = None if asked.recipient == example.owned_by else name_of(example.author)
        body += lesson_blocks(example, freshness, author)
    if len(waiting) > 1:
        sure = f"You say that the {min(len(waiting), SHOWN)} lessons shown here still hold."
        value = str(asked.review)
        body.append(ActionsBlock(elements=[button("All still true", ALL_TRUE, value, sure=sure)]))
    if len(waiting) > SHOWN:
        body.append(_small(f"{len(waiting) - SHOWN} more follow once these are decided."))
    if decided := [lesson for lesson in asked.lessons if lesson.outcome is not None]:
        body.append(_small("\n".join(_decided(one, name_of) for one in decided[-DECIDED:])))
    return MessageContent(ASKED if waiting else ALL_DONE, tuple(body))


def lesson_blocks(
    example: Example, freshness: Freshness, author: str | None = None
) -> tuple[Block, Block]:
    """Returns a lesson, since when it is not confirmed, and its buttons.

    Args:
        example: the lesson.
        freshness: says since when.
        author: who taught it, where that is said.
    """
    notes = [freshness.since(example) or ""]
    if author:
        notes.append(f"taught by {shorten(author, 80)}")
    small = escape(", ".join(filter(None, notes)))
    question = escape(shorten(example.prompt, QUESTION))
    answer = escape(shorten(example.completion, ANSWER))
    text = f"*{example.id}* {question}\n{answer}" + (f"\n_{small}_" if small else "")
    value = str(example.id)
    buttons = [
        button("Still true", TRUE, value, style="primary"),
        button("Edit", EDIT, value),
        button("Retire", RETIRE, value, style="danger", sure=SURE),
    ]
    return section(text), ActionsBlock(elements=buttons)


def home_blocks(examples: Sequence[Example], count: int, freshness: Freshness) -> list[Block]:
    """Returns the part of the Home tab; nothing where no lesson of this person is due.

    Args:
        examples: the due lessons that are shown, ON_HOME at most.
        count: how many there are in all.
        freshness: says since when each is not confirmed.
    """
    if not examples:
        return []
    body: list[Block] = [HeaderBlock(text="Are these lessons of yours still true?")]
    for example in examples:
        body += lesson_blocks(example, freshness)
    if count > len(examples):
        body.append(_small(f"{count - len(examples)} more are due after these."))
    return body


def _decided(lesson: ReviewLesson, name_of: Callable[[str], str]) -> str:
    words = WORDS.get(lesson.outcome or "settled", "")
    who = f" ({escape(shorten(name_of(lesson.who), 80))})" if lesson.who else ""
    return f"*{lesson.example_id}* {words}{who}"


def _small(text: str) -> ContextBlock:
    return ContextBlock(elements=[MarkdownTextObject(text=shorten(text, 1900), verbatim=True)])
