"""The message that asks an expert, as it stands while it waits and when it has ended."""

from slack_sdk.models.blocks import ActionsBlock, Block, ContextBlock, MarkdownTextObject

from bot.slack.experts.buttons import below_request
from bot.slack.messages.blocks import section
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent
from bot.store.questions.expert_requests import ExpertRequest

QUESTION = 2000
"""Characters of the question that are shown."""
ASKED = ":raising_hand: Nobody has taught me that yet. Do you know it?"
HINT = "What you answer is posted where it was asked, with your name, and I learn it."
PASSED = "Thank you: I ask somebody else."
NO_MORE = "Nobody is asked that any more."
TAKEN_BACK = "That question was taken back."
ELSEWHERE = "It was taught meanwhile: thank you all the same."


def block_id(message_id: int) -> str:
    """Returns the id of the block by which the message is found again in Slack."""
    return f"expert_request_{message_id}"


def asking(request: ExpertRequest, message_id: int, where: str) -> MessageContent:
    """Builds the message that asks.

    Args:
        request: what is asked.
        message_id: the row of the message.
        where: where it was asked, as escaped mrkdwn; empty where that is private.
    """
    question = quoted(request.question)
    note = f"{where} · {HINT}" if where else HINT
    blocks: list[Block] = [
        section(f"{ASKED}\n{question}"),
        ContextBlock(
            elements=[MarkdownTextObject(text=note, verbatim=True)], block_id=block_id(message_id)
        ),
        ActionsBlock(elements=below_request(request.id)),
    ]
    return MessageContent(f"{ASKED}\n{question}", tuple(blocks))


def ended(request: ExpertRequest, ending: str) -> MessageContent:
    """Builds the message once it waits no longer.

    Args:
        request: what was asked; without its words where they were taken back.
        ending: how it ended, as escaped mrkdwn.
    """
    shown = request.question and request.status != "gone"
    text = f"{quoted(request.question)}\n{ending}" if shown else ending
    return MessageContent(text, (section(text),))


def quoted(question: str) -> str:
    """Returns a question as a quotation in mrkdwn, escaped and cut."""
    lines = shorten(escape(question.strip()), QUESTION).split("\n")
    return "\n".join(f">{line}" for line in lines)
