"""A person is forgotten: their words leave the database, the exports and tonight's set.

What stays are rows without words, name or place: how many examples there were, and which adapters
were trained on them, so that `adapters show` can say what still contains something of theirs until
the next night has trained without it. Where their words stand in what others were answered is
found by `bot.privacy.lineage`.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from bot.home import CHECKPOINT, Home
from bot.privacy.lineage import traces
from bot.store import Store
from bot.store.database.personal_data import PersonalRows
from bot.store.people import forgotten_key


@dataclass(frozen=True)
class Forgotten:
    """Result of an erasure: how many rows and files were removed.

    `adapters` are the versions that were trained on a person's examples, `databases` counts those
    that a restore had set aside: they are deleted, whosever words are in them.
    """

    examples: int
    replies: int
    opinions: int
    exports: int
    adapters: tuple[str, ...]
    databases: int = 0


def forget(home: Home, store: Store, person: str) -> Forgotten:
    """Removes everything that a person taught, asked and thought.

    Args:
        home: whose exports are searched.
        store: the database; it is compacted, so that the words leave the file as well.
        person: as it stands in the store: a Slack user id, or who taught from a terminal.

    Raises:
        NightschoolError: something read the database all the while, so its log has the words
            still; a second call removes them.
    """
    with store.connections.write():
        store.handled_events.mark(forgotten_key(person))  # for what is being answered just now
        rows = _traced(store, person)
        versions = store.runs.versions_trained_on(rows.taught)
        pairs = store.ratings.pairs_of(rows)
        opinions = store.ratings.number_of(person)
        store.erase(rows)
    exports = _drop_exports(home.exports, set(rows.taught), set(pairs))
    _drop_exports(home.sweep, set(rows.taught), set(pairs))
    shutil.rmtree(home.paraphrases, ignore_errors=True)  # of everybody: they are made again
    set_aside = home.before_restore
    for former in set_aside:
        former.unlink(missing_ok=True)
    for left in home.runs.glob(f"*/{CHECKPOINT}"):  # of a night that was cut off
        left.unlink(missing_ok=True)
    store.connections.compact()
    return Forgotten(
        len(rows.taught),
        len(rows.asked),
        opinions,
        exports,
        tuple(versions),
        sum(f.suffix == ".db" for f in set_aside),
    )


def _traced(store: Store, person: str) -> PersonalRows:
    """Finds all rows in which a person's words stand."""
    asked = store.replies.asked_by(person)
    taught = store.examples.with_words_of(person, asked)
    touched = traces(store, asked, taught)
    # What others marked as good there has the person's words in it as well.
    made_of_them = store.examples.made_of_talks(touched)
    taught = sorted({*taught, *made_of_them})
    direct = store.replies.direct_channels_of(person)
    return PersonalRows(person, asked, touched, taught, direct)


def _drop_exports(exports: Path, taught: set[int], pairs: set[int]) -> int:
    """Removes the exports that something forgotten is in; the next night makes a new one.

    Those that were not finished, or whose manifest cannot be read, may have anything in them.
    """
    dropped = 0
    for folder in {rows.parent for rows in exports.glob("*/*.jsonl")}:
        try:
            listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            lessons = {*listed.get("train", ()), *listed.get("held_out", ())}
            found = taught & lessons or pairs & set(listed.get("preferences", ()))
        except (OSError, ValueError, AttributeError, TypeError):
            found = taught or pairs
        if found:
            shutil.rmtree(folder)
            dropped += 1
    return dropped
