"""Whether a lesson that was taken out may be taught again, and by whom. Knows no Slack."""

from bot.store import Example, Store
from bot.store.examples import StatusChange

DELETED = "the message was deleted"
REFUSED = "The author of these words does not want that I learn them."
SOURCE_GONE = "Example {id} came out of a message that was deleted: it is not taught again."
FORGOTTEN = "The words of example {id} were forgotten."


def barred(store: Store, example: Example) -> str:
    """Why nobody may approve an example any more, in a sentence; empty where somebody may."""
    if not example.completion:
        return FORGOTTEN.format(id=example.id)
    if store.provenance.refused_of(example.id):
        return REFUSED
    taken_out = withdrawal(store, example)
    if taken_out is not None and taken_out.why == DELETED:
        return SOURCE_GONE.format(id=example.id)
    return ""


def may_bring_back(store: Store, example: Example, person: str) -> bool:
    """Whether this person may undo the withdrawal, if there was one.

    Who withdrew it may; who taught it may too, unless somebody withdrew words of their own.
    """
    taken_out = withdrawal(store, example)
    if taken_out is None or taken_out.who == person:
        return True
    return example.author == person and not store.provenance.wrote(example.id, taken_out.who)


def withdrawal(store: Store, example: Example) -> StatusChange | None:
    """The last withdrawal, where the example was not taught again since."""
    for change in reversed(store.examples.history(example.id)):
        if change.after == "withdrawn":
            return change
        if change.after in ("approved", "pending"):
            return None
    return None
