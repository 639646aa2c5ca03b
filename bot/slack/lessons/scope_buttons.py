"""Whom a lesson is for, as people choose it in Slack: buttons below a notice or a card."""

from slack_sdk.models.blocks import ButtonElement

from bot.permissions import Rights
from bot.slack.messages.buttons import button
from bot.store import Example
from bot.store.examples.rows import LIVE
from bot.store.examples.scope import EVERYONE, Audience, Scope, ScopeKind, audience_of

ACTION = "scope:"
"""The action id of each button begins so; the word of the scope follows."""
EVERYBODY = "Everybody will be told this, in every channel, and it is trained into the model. Sure?"
ALL_HERE = "Everybody in this channel will be told this. Sure?"
LABELS: dict[ScopeKind, str] = {
    "everyone": "For everyone",
    "channel": "Only this channel",
    "person": "Only me",
}


def place_of(user: str, channel: str) -> Audience:
    """Returns who reads what one person alone is shown in a channel.

    In their direct messages with the bot, and on the Home tab, where there is no channel, they
    also see what they taught for channels themselves.

    Args:
        user: the id of the person.
        channel: the id of the channel; empty on the Home tab.
    """
    if not channel or channel.startswith("D"):
        return Audience(person=user, own=True)
    return audience_of("slack", channel, user)


def chosen_scope(kind: str | None, user: str, channel: str) -> Scope | None:
    """Returns the scope that a person chose by its word; None where it means nothing here.

    Args:
        kind: the word, such as `channel`.
        user: the id of the person.
        channel: the id of the channel in which they chose it.
    """
    if kind == "everyone":
        return EVERYONE
    if kind == "person":
        return Scope("person", user)
    if kind == "channel" and channel and not channel.startswith("D"):
        return Scope("channel", channel)
    return None


def widens(before: Scope, after: Scope) -> bool:
    """Returns whether people are told a lesson who were not told it before.

    What leads from one channel to another counts as well: its readers are others.
    """
    return before.private and before != after and after.kind != "person"


def scope_buttons(rights: Rights, example: Example, user: str, channel: str) -> list[ButtonElement]:
    """Returns the buttons that change whom a lesson is for; none for who may not.

    Args:
        rights: says who may.
        example: the lesson.
        user: the id of who is shown the buttons.
        channel: the id of the channel in which they are; empty on the Home tab.
    """
    may = rights.may_rescope(user, example, place_of(user, channel))
    if example.status not in LIVE or not may:
        return []
    kinds: list[ScopeKind] = ["everyone", "channel"]
    if example.author == user:
        kinds.append("person")
    offered = []
    for kind in kinds:
        scope = chosen_scope(kind, user, channel)
        if scope is None or scope == example.for_whom:
            continue
        sure = None
        if widens(example.for_whom, scope):
            sure = EVERYBODY if scope == EVERYONE else ALL_HERE
        offered.append(button(LABELS[kind], f"{ACTION}{kind}", str(example.id), sure=sure))
    return offered
