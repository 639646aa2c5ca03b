"""Builds lists of gaps: each with its figures and its buttons. Nothing here calls Slack."""

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from bot.feedback.gaps.wording import figures, reasons
from bot.slack.messages.blocks import section
from bot.slack.messages.buttons import button, number
from bot.slack.messages.mrkdwn import escape, shorten
from bot.store.questions.gaps import Gap

TEACH, DISMISS = "gaps:teach", "gaps:dismiss"
NEWER, OLDER = "gaps:newer", "gaps:older"
QUESTION, WORDING, NEAREST = 300, 120, 200
"""Characters of a gap that are shown: of its question, another wording, and the nearest lesson."""
WORDINGS = 2
SURE = "Nobody will be shown this question as a gap any more."


@dataclass(frozen=True)
class Shown:
    """A gap as one person is shown it.

    Attributes:
        nearest: the question of the nearest lesson, where there is one.
        ask: the button that asks somebody, where anybody can be asked.
        dismissable: whether this person may say that it needs no answer.
    """

    gap: Gap
    nearest: str | None = None
    ask: ButtonElement | None = None
    dismissable: bool = False


def gap_blocks(shown: Shown) -> list[Block]:
    """Returns the two blocks of a gap: what was asked, and the buttons."""
    gap = shown.gap
    lines = [f"*{escape(shorten(gap.question, QUESTION))}*", f"{figures(gap)}; {reasons(gap)}"]
    if gap.wordings:
        others = (escape(shorten(text, WORDING)) for text in gap.wordings[:WORDINGS])
        lines.append("Also: " + ", ".join(f"“{text}”" for text in others))
    if shown.nearest is not None:
        nearest = escape(shorten(shown.nearest, NEAREST))
        lines.append(f"Nearest lesson: *{gap.nearest}* {nearest}")
    if gap.status == "asked":
        lines.append("_Somebody was asked._")
    value = str(gap.id)
    buttons = [button("Teach", TEACH, value, style="primary")]
    if shown.ask is not None:
        buttons.append(shown.ask)
    if shown.dismissable:
        buttons.append(button("Never mind", DISMISS, value, sure=SURE))
    return [section("\n".join(lines)), ActionsBlock(elements=buttons)]


def page(shown: Sequence[Shown], total: int, offset: int, size: int) -> list[Block]:
    """Returns a page of a list; `total` gaps are open, and this one begins at `offset`."""
    what = "1 question" if total == 1 else f"{total} questions"
    blocks: list[Block] = [section(f"*{what} that nobody has taught me the answer to*")]
    for each in shown:
        blocks += gap_blocks(each)
    turns = []
    if offset:
        turns.append(button("Back", NEWER, str(max(offset - size, 0))))
    if offset + size < total:
        turns.append(button("More", OLDER, str(offset + size)))
    return [*blocks, ActionsBlock(elements=turns)] if turns else blocks


def offset_of(value: str) -> int:
    """Reads the value of a button that turns pages."""
    return min(number(value), 1_000_000)
