"""Whose lesson it is: what may be replaced unasked, and what its author is told. Knows no Slack."""

from bot.settings import MEMBER
from bot.store import Example, Store
from bot.store.notices import NoticeKind

THUMB = "reaction"
"""The source of a lesson that a thumbs-up made."""
OF_PEOPLE = ("near", "taught")
"""The bases of answers that are the words of a lesson, which somebody wrote."""


def by_thumb(store: Store, example: Example) -> bool:
    """Returns whether nobody wrote an example: a model did, and somebody only liked it.

    An edited one is somebody's words, and so is a lesson that was liked as the nearest one.
    """
    if example.source != THUMB or example.reply_id is None:
        return False
    return store.replies.get(example.reply_id).basis not in OF_PEOPLE


def tell_author(
    store: Store, example: Example, what: NoticeKind, who: str, other_id: int | None = None
) -> None:
    """Stores that author and owner of an example are to be told what somebody did with it.

    Nobody is told of what they did themselves. Who has no id of Slack's cannot be told, and of who
    has opted out nothing is stored.

    Args:
        store: has the outbox.
        example: what it was done with.
        what: what was done.
        who: the id of who did it.
        other_id: the example that takes its place, or is to take it.
    """
    for person in dict.fromkeys((example.author, example.owned_by)):
        if person != who and MEMBER.fullmatch(person) and not store.people.opted_out(person):
            store.notices.add(person, what, example.id, who, other_id)


def take_out(
    store: Store,
    example: Example,
    status: str,
    who: str,
    why: str | None = None,
    *,
    silent: bool = False,
) -> Example:
    """Takes an example out of use and tells its author; what it was proposed for is declined.

    Args:
        store: where it is kept.
        example: the example.
        status: `withdrawn` or `rejected`.
        who: the id of who does it.
        why: a reason for its history.
        silent: whether its author hears of it otherwise.
    """
    with store.connections.write():
        before = store.examples.get(example.id)
        after = store.examples.change(example.id, status, who, why)
        store.replacements.set(example.id, "declined", who)
        if before.status != after.status and not silent:
            tell_author(store, after, "rejected" if status == "rejected" else "withdrawn", who)
    return after
