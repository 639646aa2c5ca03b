"""Whom a lesson is for where nobody says it, and the words in which that is said. Knows no Slack.

What is not known to be public is taken for private: a lesson is sooner told to too few than to too
many.
"""

from contextlib import suppress

from bot.errors import NotFoundError
from bot.store import Store, StoredReply
from bot.store.examples.scope import EVERYONE, Scope

MACHINE = (None, "", "console", "cli")
"""Places of lessons that were taught on the machine: on its page, its terminal, or from a file."""
TURNS = 1000
"""At most so many answers of a conversation are looked through for what was told in it."""


def default_scope(store: Store, channel: str | None, person: str) -> Scope:
    """Returns whom a lesson is for because of where it is taught.

    Args:
        store: knows the kinds of channels.
        channel: Slack's id of the channel; what is in MACHINE was taught outside of Slack.
        person: the id of who teaches it.
    """
    if channel is None or store.places.kind(channel) == "public":
        return EVERYONE
    return place_scope(channel, person)


def place_scope(channel: str, person: str) -> Scope:
    """Returns the scope of a place itself, also of a public channel.

    Args:
        channel: as in `default_scope`.
        person: the id of who teaches there.
    """
    if channel in MACHINE:
        return EVERYONE
    return Scope("person", person) if channel.startswith("D") else Scope("channel", channel)


def narrower(one: Scope, other: Scope) -> Scope:
    """Returns the scope of what is made of two things: whom the more private one is for."""
    order = ("everyone", "channel", "person")
    return max(one, other, key=lambda scope: order.index(scope.kind))


def told_scope(store: Store, reply: StoredReply) -> Scope:
    """Returns whom the most private lesson is for that was told in a conversation up to an answer.

    Args:
        store: has the conversation and the lessons.
        reply: the answer.
    """
    talk = [reply]
    if reply.thread:
        talk += store.replies.in_thread(reply.channel, reply.thread, TURNS)
    scope = EVERYONE
    for lesson in {each for turn in talk if turn.id <= reply.id for each in turn.recalled}:
        with suppress(NotFoundError):
            scope = narrower(scope, store.examples.get(lesson).for_whom)
    return scope


def scope_word(scope: Scope, here: str | None = None, reader: str | None = None) -> str:
    """Returns whom a lesson is for, as it follows on "for".

    Args:
        scope: the lesson's.
        here: the id of the channel in which it is said.
        reader: the id of who alone reads it.
    """
    mine = scope.id is not None and scope.id in (here, reader)
    if scope.kind == "channel":
        return "this channel" if mine else "one channel"
    if scope.kind == "person":
        return "you alone" if mine else "one person"
    return "everyone"
