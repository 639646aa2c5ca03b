"""The sample lessons of `nightschool demo`: a handful, which the visitor keeps or drops."""

from importlib.resources import as_file, files

from bot.feedback import SAMPLE_SOURCE, Feedback
from bot.importing import import_rows
from bot.store import Store


def sample_lessons(store: Store, feedback: Feedback) -> int:
    """Teaches the samples to an empty school; a school with lessons is left as it is.

    Returns:
        How many were taught.
    """
    if any(store.examples.counts().values()):
        return 0
    with as_file(files("bot") / "demo.jsonl") as file:
        return import_rows(store, feedback, file, "Nightschool", SAMPLE_SOURCE).added
