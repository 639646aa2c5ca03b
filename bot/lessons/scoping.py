"""Whom a lesson is for where nobody says it, and the words in which that is said. Knows no Slack.

What is not known to be public is taken for private: a lesson is sooner told to too few than to too
many.
"""

from bot.store import Store
from bot.store.examples.scope import EVERYONE, Scope

MACHINE = (None, "", "console", "cli")
"""Places of lessons that were taught on the machine: on its page, its terminal, or from a file."""


def default_scope(store: Store, channel: str | None, person: str) -> Scope:
    """Returns whom a lesson is for because of where it is taught.

    Args:
        store: knows the kinds of channels.
        channel: Slack's id of the channel; what is in MACHINE was taught outside of Slack.
        person: the id of who teaches it.
    """
    if channel is None or channel in MACHINE:
        return EVERYONE
    kind = store.places.kind(channel)
    if kind == "public":
        return EVERYONE
    return Scope("person", person) if kind == "direct" else Scope("channel", channel)


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
