"""Messages of a blind comparison: two unnamed answers to vote on, and what a voter is told.

Nothing in the message tells which answer comes from the adapter: the order is drawn for each
question, the buttons carry a letter, and the store alone knows which letter is which.
"""

from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    MarkdownTextObject,
)

from bot.answers.questions import Comparison
from bot.feedback.comparisons import Voted
from bot.feedback.votes import VoteTally
from bot.slack.messages import blocks
from bot.slack.messages.markdown import no_channel
from bot.slack.messages.mrkdwn import ChannelOf, escape
from bot.slack.messages.posting import MessageContent

ACTION = "vote_"
A, B, TIE, BAD = "a", "b", "tie", "bad"
LABELS = {A: "A is better", B: "B is better", TIE: "Tie", BAD: "Both bad"}
COUNT = "votes"
"""The id of the block that says how many people have voted."""


def comparison(result: Comparison, channel_of: ChannelOf = no_channel) -> list[MessageContent]:
    """Builds the messages that show both answers as A and B.

    The buttons and the number of voters stand at the end of the last message.

    Args:
        result: the two answers.
        channel_of: knows the channels whose names become links.
    """
    first, second = result.base.text, result.tuned.text
    if result.tuned_first:
        first, second = second, first
    sides = [
        blocks.labelled("A", first, channel_of),
        blocks.labelled("B", second, channel_of),
    ]
    buttons = [
        ButtonElement(text=label, action_id=f"{ACTION}{choice}", value=f"{result.id}:{choice}")
        for choice, label in LABELS.items()
    ]
    tail: list[Block] = [ActionsBlock(elements=buttons), _count(0)]
    return blocks.side_by_side(result.prompt, sides, tail)


def chosen(value: str) -> tuple[int, str] | None:
    """Reads the value of a vote button.

    Returns:
        The id of the comparison and the choice, a key of LABELS; None for any other value.
    """
    number, _, choice = value.partition(":")
    if choice not in LABELS or not (number.isascii() and number.isdigit()):
        return None
    return int(number), choice


def meaning(choice: str, *, tuned_first: bool) -> str:
    """Translates a choice on a button into what is stored: `base`, `tuned`, `tie` or `bad`.

    `tuned_first` says whether A was the tuned answer.
    """
    if choice not in (A, B):
        return choice
    return "tuned" if (choice == A) == tuned_first else "base"


def revelation(voted: Voted) -> MessageContent:
    """Builds the message that tells a voter which model was which, and how the votes stand."""
    tuned = f"tuned ({voted.adapter})" if voted.adapter else "tuned"
    first, second = ("tuned", "base") if voted.compared.tuned_first else ("base", "tuned")
    names = {"base": "the base model", "tuned": f"the {tuned} one"}
    vote = {"base": "for the base model", "tuned": "for the tuned one", "tie": "a tie"}
    sentence = f"A was {names[first]}, B {names[second]}."
    yours = vote.get(voted.choice, "that both are bad")
    if voted.first:
        sentence = f":ballot_box_with_ballot: {sentence} Your vote: {yours}."
    else:
        sentence += (
            f" Your first vote stands, {yours}: now that you know, another would not be blind."
        )
    return MessageContent(escape(f"{sentence}\n{standing(voted.tally)}"))


def standing(tally: VoteTally) -> str:
    """Says in one line how the votes on one adapter version stand.

    A share and its 95 % Wilson interval are given once there are enough votes.
    """
    counts = (
        f"So far tuned {tally.tuned}, base {tally.base}, ties {tally.tie}, both bad {tally.bad}"
    )
    if tally.missing:
        more = f"{tally.missing} more {'vote' if tally.missing == 1 else 'votes'} needed"
        return f"{counts}: {more} before anything can be said (ties do not count)."
    low, high = tally.interval
    share = f"the tuned one was preferred in {tally.tuned / tally.decisive:.0%} of {tally.decisive}"
    sure = f"95 % interval {low:.0%} to {high:.0%} (Wilson)"
    result = {"tuned": "the tuned one is better", "base": "the base model is better"}
    return f"{counts}: {share}, {sure}; {result.get(tally.winner or '', 'no winner yet')}."


def recounted(shown: list[dict[str, Any]], voters: int) -> list[dict[str, Any]]:
    """Returns the blocks of a shown comparison, as Slack sent them, with the new voter count."""
    count = _count(voters).to_dict()
    return [count if block.get("block_id") == COUNT else block for block in shown]


def _count(voters: int) -> ContextBlock:
    people = {0: "Nobody has voted yet", 1: "1 person has voted"}
    voted = people.get(voters, f"{voters} people have voted")
    note = f"{voted}. Which is which? Vote, and you alone are told."
    return ContextBlock(block_id=COUNT, elements=[MarkdownTextObject(text=note, verbatim=True)])
