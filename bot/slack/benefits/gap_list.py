"""Builds the list of the greatest gaps for the morning report and the digest; calls no API."""

from collections.abc import Sequence

from slack_sdk.models.blocks import ActionsBlock, Block

from bot.feedback.benefits.wording import asked_line
from bot.slack.experts.buttons import ask_somebody
from bot.slack.messages.blocks import section
from bot.slack.messages.buttons import button
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent
from bot.store.questions.gaps import Gap

HEAD = "*Asked, and nobody has taught it*"
TEACH = "gaps:teach"
QUESTION = 200
"""Characters of a question that are shown."""


def gap_list(gaps: Sequence[Gap], count: int, *, can_ask: bool) -> MessageContent:
    """Returns the list; without gaps, no text and no blocks.

    Args:
        gaps: those that are shown, each with its buttons.
        count: how many there are.
        can_ask: whether there are experts who can be asked.
    """
    if not gaps:
        return MessageContent("")
    more = f": the first {len(gaps)}; all of them: `/nightschool gaps`" if count > len(gaps) else ""
    head = f"{HEAD} ({count}){more}"
    blocks: list[Block] = [section(head)]
    lines = [head]
    for gap in gaps:
        line = f"{escape(shorten(gap.question, QUESTION))} ({asked_line(gap)})"
        buttons = [button("Teach", TEACH, str(gap.id))]
        if can_ask and gap.status == "open":
            buttons.append(ask_somebody(gap_id=gap.id))
        blocks += [section(line), ActionsBlock(elements=list(buttons))]
        lines.append(f"• {line}")
    return MessageContent("\n".join(lines), tuple(blocks))
