"""What every start of a command or of the bot does first: it finishes what a kill cut off.

A restore is completed or undone and temporary files are swept, before the database is opened; then
the files of erasures are deleted, and searched where no training runs that still writes.
"""

import sqlite3

import structlog

from bot.errors import NightschoolError, raised_at
from bot.home import Home
from bot.operations.restoring import finish_restore
from bot.privacy.erasure import Finished, finish_erasures
from bot.privacy.leftovers import nothing_trains, sweep
from bot.store import Store

log = structlog.get_logger(__name__)


def settle(home: Home) -> None:
    """Completes or undoes a killed restore and sweeps temporary files; before the store opens.

    Raises:
        InputError: a restore is in the middle of its moves.
        OSError: the disk refuses to complete one.
    """
    finish_restore(home)
    sweep(home)


def settle_store(home: Home, store: Store, *, beside_training: bool = True) -> list[Finished]:
    """Finishes erasures that were cut off, as far as the disk lets it.

    What cannot be finished stays on the list, and keeps nobody from working: `doctor` names it.
    While a training runs, files are deleted alone: until it ends it may write others.

    Args:
        home: its files are deleted and searched.
        store: the database with the list.
        beside_training: whether to delete files even while a training runs.

    Returns:
        What was done for each erasure, with what its search has found.
    """
    try:
        if not store.erasures.open():
            return []
        with nothing_trains(home) as free:
            pass
        if free or beside_training:
            return finish_erasures(home, store, thorough=free)
    except (NightschoolError, OSError, ValueError, sqlite3.Error) as error:
        log.warning(
            "an erasure is not finished yet", kind=type(error).__name__, at=raised_at(error)
        )
    return []
