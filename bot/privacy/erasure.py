"""Erases a person: their words leave the database, the exports and the next training set.

Rows stay without words, name or place. They tell how many examples there were and which adapters
were trained on them, so that `adapters show` can name the adapters that contain something of theirs
until the next night has trained without it. `bot.privacy.lineage` finds the person's words in
replies to others.
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
    """Result of an erasure.

    Attributes:
        examples: the number of examples that were erased.
        replies: the number of replies to the person that were erased.
        opinions: the number of their ratings that were deleted.
        exports: the number of exported training sets that were deleted.
        adapters: the versions that were trained on the erased examples.
        databases: the number of databases that a restore had set aside; all of them are deleted,
            because anybody's words may be in them.
    """

    examples: int
    replies: int
    opinions: int
    exports: int
    adapters: tuple[str, ...]
    databases: int = 0


def forget(home: Home, store: Store, person: str) -> Forgotten:
    """Erases everything that a person taught, asked and rated.

    Args:
        home: its exports, sweeps, checkpoints and former databases are searched.
        store: the database; it is compacted, so that the words leave the file as well.
        person: their id in the store: a Slack user id, or the name of who taught from a terminal.

    Raises:
        NightschoolError: something else read the database, so that its log still has the words;
            a second call removes them.
    """
    with store.connections.write():
        store.handled_events.mark(forgotten_key(person))  # an answer under way looks for it
        rows = _traced(store, person)
        versions = store.runs.versions_trained_on(rows.taught)
        pairs = store.ratings.pairs_of(rows)
        opinions = store.ratings.number_of(person)
        store.erase(rows)
    exports = _drop_exports(home.exports, set(rows.taught), set(pairs))
    _drop_exports(home.sweep, set(rows.taught), set(pairs))
    shutil.rmtree(home.paraphrases, ignore_errors=True)  # of everybody; it is made again
    set_aside = home.before_restore
    for former in set_aside:
        former.unlink(missing_ok=True)
    for left in home.runs.glob(f"*/{CHECKPOINT}"):  # a night was cut off
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
    # An example that others made of such a reply has the person's words in it as well.
    made_of_them = store.examples.made_of_talks(touched)
    taught = sorted({*taught, *made_of_them})
    direct = store.replies.direct_channels_of(person)
    return PersonalRows(person, asked, touched, taught, direct)


def _drop_exports(exports: Path, taught: set[int], pairs: set[int]) -> int:
    """Deletes the exports that contain an erased example or pair and returns their number.

    An export without a readable manifest was not finished and may contain anything: it goes too.
    """
    dropped = 0
    for folder in {rows.parent for rows in exports.glob("*/*.jsonl")}:
        try:
            listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            lessons = {*listed.get("train", ()), *listed.get("held_out", ())}
            affected = taught & lessons or pairs & set(listed.get("preferences", ()))
        except (OSError, ValueError, AttributeError, TypeError):
            affected = taught or pairs
        if affected:
            shutil.rmtree(folder)
            dropped += 1
    return dropped
