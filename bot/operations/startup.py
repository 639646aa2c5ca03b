"""What every start of a command or of the bot does first: it finishes what a kill cut off.

A restore is completed or undone, left-over temporary files are swept, and the files of erasures
are deleted and searched.
"""

from bot.home import Home
from bot.store import Store


def settle(home: Home) -> None:
    """Completes or undoes a killed restore and sweeps temporary files; before the store opens."""


def settle_store(home: Home, store: Store) -> None:
    """Finishes erasures that were cut off, as far as the disk lets it."""
