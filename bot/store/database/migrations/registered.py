"""The list in which every step of the tables is registered."""

from sqlite_utils import Migrations

from bot.store.database.personal_data import TableErasure

migrations = Migrations("nightschool")
ERASURE = (
    TableErasure(
        migrations.migrations_table,
        impersonal={
            "migration_set": "a name of ours",
            "name": "a step's name",
            "applied_at": "a time",
        },
    ),
)
