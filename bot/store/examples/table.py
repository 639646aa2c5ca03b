"""The examples that were taught: one row each, and one for every change of their status or scope.

What is read from these tables stands in `bot.store.examples.queries`.
"""

from typing import Any

from sqlite_utils import Database

from bot.messages import dump
from bot.store.database.clock import now
from bot.store.database.connections import insert
from bot.store.database.personal_data import DIRECT, TAUGHT, Statement, TableErasure, Update
from bot.store.examples.queries import ExampleQueries
from bot.store.examples.rows import LIVE, STATUSES, Example, NewExample, example_from_row, keys
from bot.store.examples.scope import SCOPE_CHANGES, Scope

ERASURE = (
    TableErasure(
        "examples",
        (
            Statement(
                "insert into changes (example_id, before, after, who, why, at)"  # noqa: S608  ours
                " select id, status, 'withdrawn', :nobody, :reason, :now from examples"
                f" where id in {TAUGHT} and status != 'withdrawn'"
            ),
            # The person's reason for taking somebody else's example out of use is in their words.
            Update(
                "exists (select 1 from changes where example_id = examples.id"
                " and who = :person and why = reason)",
                {"reason": "null"},
            ),
            Update(
                f"id in {TAUGHT}",
                {
                    "prompt": "''",
                    "completion": "''",
                    "messages": "null",
                    "prompt_key": "''",
                    "pair_key": "''",
                    "author": ":nobody",
                    "channel": "null",
                    "scope_id": "null",
                    "owner": "null",
                    "permalink": "null",
                    "status": "'withdrawn'",
                    "reason": ":reason",
                    "updated_at": ":now",
                },
            ),
            # What others taught and had handed over to this person is its author's again.
            Update("owner = :person", {"owner": "null"}),
            # What others taught for this person alone stays, and nobody sees it.
            Update(f"scope_id = :person or scope_id in {DIRECT}", {"scope_id": "null"}),
        ),
        impersonal={
            # An erased example keeps it, so that none ever looks like one for everyone.
            "scope": "one of three words",
            "source": "the way that it was taught, one of a few words",
            "expires_on": "a date",
            "created_at": "a time",
            "confirmed_at": "a time",
            "leaves_on": "a date",
        },
    ),
    TableErasure(
        "changes",
        (
            Update(
                f"why is not :reason and (who = :person or example_id in {TAUGHT})",
                {"why": "null"},
            ),
            Update("who = :person", {"who": ":nobody"}),
        ),
        impersonal={"before": "a status", "after": "a status", "at": "a time"},
    ),
    TableErasure("example_counts", impersonal={"status": "one of STATUSES"}),
    TableErasure(
        "examples_fts",
        # The index keeps words of changed rows until it is made anew.
        (
            Statement(
                "insert into examples_fts (examples_fts) values ('rebuild')",
                holds=("prompt", "completion"),
            ),
        ),
        kept_by_sqlite=(
            "examples_fts_data",
            "examples_fts_idx",
            "examples_fts_docsize",
            "examples_fts_config",
        ),
    ),
)


class Examples(ExampleQueries):
    """The `examples` and `changes` tables."""

    def add(self, new: NewExample) -> Example:
        """Stores one example with the first entry of its history, and returns it."""
        at = now()
        prompt_key, pair_key = keys(new.prompt, new.completion, new.messages)
        row: dict[str, Any] = {
            "prompt": new.prompt,
            "completion": new.completion,
            "messages": None if new.messages is None else dump(new.messages),
            "prompt_key": prompt_key,
            "pair_key": pair_key,
            "source": new.source,
            "author": new.author,
            "channel": new.channel,
            "permalink": new.permalink,
            "reply_id": new.reply_id,
            "status": new.status,
            "reason": new.reason,
            "expires_on": new.expires_on,
            "scope": new.scope.kind,
            "scope_id": new.scope.id,
            "owner": new.owner,
            "review_days": new.review_days,
            "confirmed_at": None,
            "leaves_on": None,
            "created_at": at,
            "updated_at": at,
        }
        with self._connections.write() as db:
            identifier = insert(db, "examples", row)
            _note(db, identifier, None, new.status, new.author, new.reason or new.source)
        return example_from_row({**row, "id": identifier})

    def change(self, example_id: int, status: str, who: str, why: str | None = None) -> Example:
        """Gives an example another status and stores who did it and why.

        Returns:
            The example as it is afterwards; it is unchanged where it had the status already.

        Raises:
            NotFoundError: there is no such example.
            ValueError: `status` is not one of STATUSES.
        """
        if status not in STATUSES:
            raise ValueError(status)
        with self._connections.write() as db:
            before = self.get(example_id)
            if before.status != status:
                at = now()
                db.conn.execute(
                    "update examples set status = ?, reason = ?, updated_at = ? where id = ?",
                    [status, why, at, example_id],
                )
                if status == "approved":  # whoever takes it in says that it holds
                    db.conn.execute(
                        "update examples set confirmed_at = ?, leaves_on = null where id = ?",
                        [at, example_id],
                    )
                _note(db, example_id, before.status, status, who, why)
        return self.get(example_id)

    def set_scope(self, example_id: int, scope: Scope, who: str) -> Example:
        """Changes whom an example is for and stores who did it, as a change to the same status.

        Returns:
            The example as it is afterwards; it is unchanged where it had the scope already.

        Raises:
            NotFoundError: there is no such example.
            ValueError: its status is not one of LIVE, so that it is told to nobody.
        """
        with self._connections.write() as db:
            before = self.get(example_id)
            if before.status not in LIVE:
                raise ValueError(before.status)
            if before.for_whom != scope:
                db.conn.execute(
                    "update examples set scope = ?, scope_id = ?, updated_at = ? where id = ?",
                    [scope.kind, scope.id, now(), example_id],
                )
                _note(db, example_id, before.status, before.status, who, SCOPE_CHANGES[scope.kind])
        return self.get(example_id)

    def link(self, example_id: int, permalink: str) -> None:
        """Stores the link to the message that taught an example.

        A link that is there already stays, and an example whose words were erased gets none.
        """
        with self._connections.write() as db:
            db.conn.execute(
                "update examples set permalink = ? "
                "where id = ? and permalink is null and completion != ''",
                [permalink, example_id],
            )


def _note(
    db: Database, example_id: int, before: str | None, after: str, who: str, why: str | None
) -> None:
    row = {"example_id": example_id, "before": before, "after": after, "who": who, "why": why}
    insert(db, "changes", {**row, "at": now()})
