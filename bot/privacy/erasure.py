"""Erases a person: their words leave the database, the exports and the next training set.

Rows stay without words, name or place. They tell how many examples there were and which adapters
were trained on them, so that `adapters show` can name the adapters that contain something of theirs
until the next night has trained without it. `bot.privacy.lineage` finds the person's words in
replies to others.

The transaction that erases the rows also writes down what is still to be done: files to delete, and
the fingerprints to search for. Whoever is killed after it, the next start goes on from there.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import structlog
from filelock import FileLock, Timeout

from bot.errors import InputError, NightschoolError, full_disk
from bot.home import CHECKPOINT, Home
from bot.privacy.leftovers import (
    delete,
    leftovers_of_processes,
    leftovers_of_trainings,
    nothing_trains,
)
from bot.privacy.lineage import traces
from bot.privacy.search import Found, Searched, fingerprints, search
from bot.store import Store
from bot.store.database.clock import now
from bot.store.database.personal_data import PersonalRows
from bot.store.erasures import ErasureTask
from bot.store.people import forgotten_key

log = structlog.get_logger(__name__)
RESTORING_SECONDS = 60.0
"""How long an erasure waits for another one, or for a restore, before it gives up."""
NO_ROOM = "It is deleted; the database's file is rewritten as soon as its disk has room for it."
TRAINING = (
    "A training is running: what it still writes of it is deleted, and searched for, when it ends."
)
UNREAD = "What could not be read is searched at a later start, once it can be read."
_TYPED = re.compile(r"(pending|rejected|quarantined|withdrawn|superseded): ")
"""What stands before a reason that somebody typed, in the manifests of earlier versions."""
Progress = Callable[[int, int], None]


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
        searched: what was searched afterwards; None where nothing of theirs had words.
        found: the files in which something of it was found all the same.
        later: a sentence about what is done as soon as it can be; empty where all is done.
    """

    examples: int
    replies: int
    opinions: int
    exports: int
    adapters: tuple[str, ...]
    databases: int = 0
    searched: Searched | None = None
    found: tuple[Found, ...] = ()
    later: str = ""


@dataclass(frozen=True)
class Finished:
    """What was done for one erasure after its transaction.

    Attributes:
        task: the id of its task.
        exports: the number of exported training sets that were deleted.
        databases: the number of set-aside databases that were deleted.
        searched: what was searched; None where there is nothing to search for.
        later: what is left to do, as a sentence; empty where the task is done.
    """

    task: int
    exports: int
    databases: int
    searched: Searched | None
    later: str = ""


def forget(home: Home, store: Store, person: str, on_progress: Progress | None = None) -> Forgotten:
    """Erases everything that a person taught, asked and rated, and searches for what is left of it.

    Args:
        home: its exports, sweeps, checkpoints and former databases are searched.
        store: the database; it is compacted, so that the words leave the file as well.
        person: their id in the store: a Slack user id, or the name of who taught from a terminal.
        on_progress: called with the number of files searched and of all files.

    Raises:
        InputError: a restore is under way, or was cut off; nothing was changed.
        NightschoolError: something else read the database, so that its log still has the words;
            a second call, and every start, removes them.
    """
    with _no_restore(home, RESTORING_SECONDS):
        try:
            erased = _erase(store, person)
        except NightschoolError as error:
            if not full_disk(error):
                raise
            _free_room(home)
            erased = _erase(store, person)
        finished = {one.task: one for one in _finish(home, store, on_progress=on_progress)}
    files = finished.get(erased.task, Finished(erased.task, 0, 0, None))
    rows = erased.rows
    return Forgotten(
        len(rows.taught),
        len(rows.asked),
        erased.opinions,
        files.exports,
        erased.versions,
        files.databases,
        files.searched,
        files.searched.found if files.searched else (),
        files.later,
    )


def finish_erasures(home: Home, store: Store, *, thorough: bool = True) -> list[Finished]:
    """Deletes and searches the files of all erasures that are not finished; safe to call any time.

    An erasure stays on the list while a training runs that began before it: it may still write.

    Args:
        home: its files are deleted and searched.
        store: the database; it is compacted.
        thorough: whether to compact and to search, which may take minutes; without, files are
            deleted alone, and all erasures stay on the list.

    Raises:
        NightschoolError: a restore or another erasure is at work, something else read the
            database, or the disk is full.
        OSError: a file cannot be deleted.
    """
    if not store.erasures.open():
        return []
    with _no_restore(home, 0.0):  # who has the lock finishes them
        return _finish(home, store, thorough=thorough)


def finish_erasures_under_lock(
    home: Home, store: Store, *, night_held: bool = False
) -> list[Finished]:
    """Does the same for a caller that holds `home.restore_lock`, and maybe the night's, itself."""
    return _finish(home, store, night_held=night_held)


@dataclass(frozen=True)
class _Erased:
    """What the transaction of an erasure did."""

    task: int
    rows: PersonalRows
    versions: tuple[str, ...]
    opinions: int


def _erase(store: Store, person: str) -> _Erased:
    with store.connections.write():
        store.handled_events.mark(forgotten_key(person))  # an answer under way looks for it
        rows = _traced(store, person)
        versions = tuple(store.runs.versions_trained_on(rows.taught))
        pairs = store.ratings.pairs_of(rows)
        opinions = store.ratings.number_of(person)
        removed = fingerprints(store.erasures.removed_texts(rows, pairs))
        began = now()  # the rated answers that it reaches are marked after this
        store.erase(rows)
        task = store.erasures.add(rows.taught, pairs, removed, began)
    return _Erased(task, rows, versions, opinions)


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


def _finish(
    home: Home,
    store: Store,
    *,
    on_progress: Progress | None = None,
    thorough: bool = True,
    night_held: bool = False,
) -> list[Finished]:
    """Takes the steps after the transaction for every erasure on the list."""
    tasks = store.erasures.open()
    deleted = [(task, *_delete_files(home, store, task)) for task in tasks]
    with nothing_trains(home, night_held=night_held) as free:
        if free:
            _delete_all(leftovers_of_trainings(home))
    if not thorough:
        return [
            Finished(task.id, exports, databases, None, TRAINING)
            for task, exports, databases in deleted
        ]
    rewritten = _compact(store)
    finished = []
    for task, exports, databases in deleted:
        searched = None
        if task.fingerprints and _has_words(task):
            kept = chain(store.erasures.kept_texts(), _settings(home))
            searched = search(home, task.fingerprints, kept, on_progress)
            if files := sorted({found.file for found in searched.found}):
                log.warning("words of somebody who was forgotten are still in files", files=files)
        later = NO_ROOM if not rewritten else "" if free else TRAINING
        if not later and searched and searched.unread:
            later = UNREAD
        if not later and not _take_off_the_list(store, task):
            later = NO_ROOM
        finished.append(Finished(task.id, exports, databases, searched, later))
    return finished


def _take_off_the_list(store: Store, task: ErasureTask) -> bool:
    """Deletes a task with its fingerprints; returns False where the disk has no room even so."""
    try:
        store.erasures.done(task.id)
    except NightschoolError as error:
        if not full_disk(error):
            raise
        return False
    return True


def _compact(store: Store) -> bool:
    """Rewrites the database's file; False where its disk has no room for a copy.

    Then what was deleted is overwritten all the same, by SQLite's `secure_delete`.
    """
    try:
        store.connections.compact()
    except (NightschoolError, sqlite3.Error) as error:
        if not full_disk(error):
            raise
        store.connections.clear_log()
        return False
    return True


def _delete_files(home: Home, store: Store, task: ErasureTask) -> tuple[int, int]:
    """Deletes the files that an erasure reaches; returns the numbers of exports and databases."""
    set_aside = home.before_restore if home.database.exists() else []
    exports = _delete_exports(home.exports, store, task)
    _delete_exports(home.sweep, store, task)
    _delete_all(chain(_shared(home), set_aside))
    return exports, sum(file.suffix == ".db" for file in set_aside)


def _shared(home: Home) -> Iterator[Path]:
    """Yields the files in which anybody's words may be, and which can be made again or are old."""
    # Of a link the folder that it leads to is emptied.
    linked = home.paraphrases.is_symlink()
    yield from home.paraphrases.glob("*") if linked else (home.paraphrases,)
    yield from home.runs.glob(f"*/{CHECKPOINT}")  # a night was cut off
    yield from home.data.glob(f"{home.incoming.name}*")  # as a restore was
    yield from home.evaluations.glob("*")
    yield from leftovers_of_processes(home)


def _free_room(home: Home) -> None:
    """Deletes what an erasure deletes in any case, so that a full disk has room for the rest."""
    _delete_all(_shared(home))
    with nothing_trains(home) as free:
        if free:
            _delete_all(leftovers_of_trainings(home))


def _delete_all(places: Iterator[Path]) -> None:
    for place in list(places):
        delete(place)


def _delete_exports(exports: Path, store: Store, task: ErasureTask) -> int:
    """Deletes the exports that contain something that was erased, and returns their number."""
    affected = [
        folder
        for folder in sorted({rows.parent for rows in exports.glob("*/*.jsonl")})
        if _is_affected(folder, store, task)
    ]
    for folder in affected:
        delete(folder)
    return len(affected)


def _is_affected(folder: Path, store: Store, task: ErasureTask) -> bool:
    """Returns whether an export has something erased in it, or anybody's typed reason.

    An export without a readable manifest was not finished and may contain anything.
    """
    try:
        listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        left_out = listed.get("left_out", ())
        lessons = {
            *listed.get("train", ()),
            *listed.get("held_out", ()),
            *(one.get("id") for one in left_out),
        }
        reasons = [reason for one in left_out for reason in one.get("reasons", ())]
        return bool(
            lessons & set(task.examples)
            or set(listed.get("preferences", ())) & set(task.pairs)
            or store.ratings.forgotten_rated(listed.get("ratings", ()), task.at)
            or any(_TYPED.match(reason) for reason in reasons)
        )
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return bool(task.examples or task.pairs or _has_words(task))


def _has_words(task: ErasureTask) -> bool:
    return bool(task.fingerprints and (task.fingerprints.windows or task.fingerprints.words))


def _settings(home: Home) -> Iterator[str]:
    """Yields the text of the settings: words in it are the owner's, and stand in every export."""
    if home.config.is_file():
        yield home.config.read_text(encoding="utf-8", errors="ignore")


@contextmanager
def _no_restore(home: Home, seconds: float) -> Iterator[None]:
    """Keeps restores and other erasures away inside the block, after waiting for them.

    Raises:
        InputError: one is under way, or a restore was cut off and is not finished.
    """
    try:
        lock = FileLock(home.restore_lock).acquire(timeout=seconds)
    except Timeout as error:
        raise InputError(
            "A restore or another erasure is under way: try again when it is done."
        ) from error
    with lock:
        if home.restore_marker.exists():
            raise InputError("A restore was cut off: start again, then it is finished first.")
        yield
