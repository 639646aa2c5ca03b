"""Whether a withdrawn lesson may be approved again, and by whom. Knows no Slack."""

from bot.store import Example, Store
from bot.store.examples.rows import StatusChange

DELETED = "the message was deleted"
"""The reason of a withdrawal after the deletion of the message it came from."""
REFUSED = "The author of these words does not want that I learn them."
SOURCE_GONE = "Example {id} came out of a message that was deleted: it is not taught again."
FORGOTTEN = "The words of example {id} were forgotten."


def barred(store: Store, example: Example) -> str:
    """Returns the reason why nobody may approve an example any more; empty if there is none."""
    if not example.completion:
        return FORGOTTEN.format(id=example.id)
    if store.provenance.refused_of(example.id):
        return REFUSED
    last = withdrawal(store, example)
    if last is not None and last.why == DELETED:
        return SOURCE_GONE.format(id=example.id)
    return ""


def may_bring_back(store: Store, example: Example, person: str) -> bool:
    """Returns whether this person may undo the withdrawal of an example, if there was one.

    The person who withdrew it may. Its author may too, unless the person who withdrew it wrote the
    messages that it was made of.
    """
    last = withdrawal(store, example)
    if last is None or last.who == person:
        return True
    return example.author == person and not store.provenance.wrote(example.id, last.who)


def withdrawal(store: Store, example: Example) -> StatusChange | None:
    """Returns the withdrawal that is in force; None where there is none."""
    for change in reversed(store.examples.history(example.id)):
        if change.before == change.after:  # whom it is for was changed, not whether it is used
            continue
        if change.after == "withdrawn":
            return change
        if change.after in ("approved", "pending"):
            return None
    return None
