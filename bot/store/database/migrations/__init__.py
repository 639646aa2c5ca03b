"""The tables, as a list of small steps in the order of their numbers.

A step that has run is never changed, nor is its name, which old databases remember. A new step has
the greatest number, and stands in the module of its group; a module is imported here, in order.
"""

from bot.store.database.migrations import until_060, until_104

# isort: split
from bot.store.database.migrations import gaps

# isort: split
from bot.store.database.migrations import experts

# isort: split
from bot.store.database.migrations import channel_modes

# isort: split
from bot.store.database.migrations import freshness

# isort: split
from bot.store.database.migrations import benefits

# isort: split
from bot.store.database.migrations.registered import ERASURE, migrations

__all__ = [
    "ERASURE",
    "benefits",
    "channel_modes",
    "experts",
    "freshness",
    "gaps",
    "migrations",
    "until_060",
    "until_104",
]
