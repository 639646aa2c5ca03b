"""The examples that were taught: one row each, and one for every change of their status."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from bot.errors import NotFoundError
from bot.messages import Message, dump
from bot.store.database.clock import now
from bot.store.database.connections import MAX_KEY, Connections, insert
from bot.store.database.personal_data import (
    NOBODY,
    REASON,
    TAUGHT,
    Statement,
    TableErasure,
    Update,
)
from bot.store.examples.rows import (
    NO_TALK,
    STATUSES,
    Example,
    NewExample,
    StatusChange,
    example_from_row,
    keys,
)

_WORD = re.compile(r"\w+")
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
                    "permalink": "null",
                    "status": "'withdrawn'",
                    "reason": ":reason",
                    "updated_at": ":now",
                },
            ),
        ),
        impersonal={
            "source": "the way that it was taught, one of a few words",
            "expires_on": "a date",
            "created_at": "a time",
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


class Examples:
    """The `examples` and `changes` tables."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

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
            "created_at": at,
            "updated_at": at,
        }
        with self._connections.write() as db:
            identifier = insert(db, "examples", row)
            _note(db, identifier, None, new.status, new.author, new.reason or new.source)
        return example_from_row({**row, "id": identifier})

    def get(self, example_id: int) -> Example:
        """Returns one example.

        Raises:
            NotFoundError: there is none with this id.
        """
        matches = list(self._select("id = ?", [example_id])) if example_id <= MAX_KEY else []
        if not matches:
            raise NotFoundError(f"there is no example {example_id}")
        return matches[0]

    def search(
        self,
        status: str | None = None,
        source: str | None = None,
        text: str | None = None,
        limit: int = 100,
        offset: int = 0,
        author: str | None = None,
        seen_by: str | None = None,
    ) -> list[Example]:
        """Returns the examples that fit every filter which is given, newest first.

        Args:
            status: one of STATUSES.
            source: how it was taught, such as `teach` or `reaction`.
            text: words that stand in question or answer; the last may be the start of a word.
            limit: how many are returned at most.
            offset: how many of the newest are left out.
            author: the id of who taught it.
            seen_by: the id of somebody who may see all approved examples, but only their own of
                the others.
        """
        where, parameters = ["1"], list[object]()
        for column, value in (("status", status), ("source", source), ("author", author)):
            if value is not None:
                where.append(f"{column} = ?")
                parameters.append(value)
        if seen_by is not None:
            where.append("(status = 'approved' or author = ?)")
            parameters.append(seen_by)
        if text:
            where.append("id in (select rowid from examples_fts where examples_fts match ?)")
            parameters.append(_all_words(text))
        clause = " and ".join(where) + " order by id desc limit ? offset ?"
        return list(self._select(clause, [*parameters, limit, offset]))

    def approved(self, on: str | None = None) -> list[Example]:
        """Returns all approved examples, oldest first.

        With `on`, an ISO date, those that expired before that day are left out: what a night of
        that day trains on.
        """
        if on is None:
            return list(self._select("status = 'approved' order by id", []))
        clause = "status = 'approved' and (expires_on is null or expires_on >= ?) order by id"
        return list(self._select(clause, [on]))

    def kept_out(self, on: str) -> list[Example]:
        """Returns what a night on that day (an ISO date) does not train on, oldest first."""
        clause = "status != 'approved' or expires_on < ? order by id"
        return list(self._select(clause, [on]))

    def same_pair(
        self, prompt: str, completion: str, messages: Sequence[Message] | None = None
    ) -> Example | None:
        """Returns the approved or pending example with the same question and answer, or None.

        Case and white space make no difference.
        """
        _, pair_key = keys(prompt, completion, messages)
        clause = "pair_key = ? and status in ('approved', 'pending') order by id limit 1"
        return next(self._select(clause, [pair_key]), None)

    def ever_said(
        self, prompt: str, completion: str, messages: Sequence[Message] | None = None
    ) -> Example | None:
        """Returns the newest example with the same question and answer, of any status, or None."""
        _, pair_key = keys(prompt, completion, messages)
        return next(self._select("pair_key = ? order by id desc limit 1", [pair_key]), None)

    def same_prompt(self, prompt: str, messages: Sequence[Message] | None = None) -> list[Example]:
        """Returns the approved and pending examples with the same question, oldest first."""
        prompt_key, _ = keys(prompt, "", messages)
        clause = "prompt_key = ? and status in ('approved', 'pending') order by id"
        return list(self._select(clause, [prompt_key]))

    def similar(self, prompt: str, limit: int = 20, on: str | None = None) -> list[Example]:
        """Returns approved and pending examples whose question shares words with `prompt`.

        Args:
            prompt: the question.
            limit: how many are returned at most; the most similar by BM25 come first.
            on: an ISO date: only what is approved and true on that day, and no talk.
        """
        words = _WORD.findall(prompt)
        if not words:
            return []
        query = f"prompt : ({' OR '.join(_quoted(word) for word in words[:64])})"
        rows = self._connections.db.query(
            "select examples.* from examples_fts"  # noqa: S608  ours
            " join examples on examples.id = examples_fts.rowid"
            " where examples_fts match :query and status in ('approved', 'pending')"
            f" and (:on is null or (status = 'approved' and {NO_TALK}"
            " and (expires_on is null or expires_on >= :on)))"
            " order by rank limit :limit",
            {"query": query, "on": on, "limit": limit},
        )
        return [example_from_row(row) for row in rows]

    def from_reply(self, reply_id: int) -> list[Example]:
        """Returns the examples that were made of one reply of the bot, oldest first."""
        return list(self._select("reply_id = ? order by id", [reply_id]))

    def with_words_of(self, person: str, asked: Sequence[int]) -> list[int]:
        """Returns the ids of the examples in which a person's words stand.

        They taught them, or the examples are made of answers to them or of their messages.

        Args:
            person: as it stands in the store.
            asked: ids of the replies to the person's questions.
        """
        return self._ids(
            "author = :person or reply_id in (select value from json_each(:asked))"
            " or id in (select example_id from origins where person = :person)",
            {"person": person, "asked": json.dumps(list(asked))},
        )

    def made_of_talks(self, replies: Sequence[int]) -> list[int]:
        """Returns the ids of the examples made of the conversation or the text of these replies."""
        return self._ids(
            "reply_id in (select value from json_each(:replies))"
            " and (messages is not null or source = 'reaction')",
            {"replies": json.dumps(list(replies))},
        )

    def completions(self, example_ids: Sequence[int]) -> list[str]:
        """Returns the answers of these examples, each once."""
        rows = self._connections.db.query(
            "select distinct completion from examples where id in (select value from json_each(?))",
            [json.dumps(list(example_ids))],
        )
        return [str(row["completion"]) for row in rows]

    def forgotten(self, example_ids: Sequence[int]) -> tuple[int, ...]:
        """Returns the ids of those that were erased because their author asked to be forgotten."""
        return tuple(
            self._ids(
                "author = :nobody and reason = :reason"
                " and id in (select value from json_each(:ids))",
                {"nobody": NOBODY, "reason": REASON, "ids": json.dumps(list(example_ids))},
            )
        )

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
                db.conn.execute(
                    "update examples set status = ?, reason = ?, updated_at = ? where id = ?",
                    [status, why, now(), example_id],
                )
                _note(db, example_id, before.status, status, who, why)
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

    def beside(self, example_id: int, others: Sequence[int]) -> list[int]:
        """Returns those of the others that existed when an example was last taken out of use."""
        rows = self._connections.db.query(
            "select distinct example_id from changes where id < (select max(id) from changes"
            " where example_id = ? and before = 'approved' and after in ('withdrawn', 'rejected'))"
            " and example_id in (select value from json_each(?))",
            [example_id, json.dumps(list(others))],
        )
        return [int(row["example_id"]) for row in rows]

    def history(self, example_id: int) -> list[StatusChange]:
        """Returns every change of one example, oldest first."""
        rows = self._connections.db.query(
            "select before, after, who, why, at from changes where example_id = ? order by id",
            [example_id],
        )
        return [StatusChange(**row) for row in rows]

    def counts(self, author: str | None = None) -> dict[str, int]:
        """Returns the number of examples of each of STATUSES, of everybody or of one author."""
        if author is None:
            rows = self._connections.db.query("select status, number from example_counts")
        else:
            rows = self._connections.db.query(
                "select status, count(*) number from examples where author = ? group by status",
                [author],
            )
        numbers = {row["status"]: int(row["number"]) for row in rows}
        return {status: numbers.get(status, 0) for status in STATUSES}

    def _ids(self, where: str, parameters: Mapping[str, object]) -> list[int]:
        query = f"select id from examples where {where} order by id"  # noqa: S608  `where` is ours
        return [int(row["id"]) for row in self._connections.db.query(query, dict(parameters))]

    def _select(self, clause: str, parameters: Sequence[object]) -> Iterator[Example]:
        query = f"select * from examples where {clause}"  # noqa: S608  `clause` is ours
        return (example_from_row(row) for row in self._connections.db.query(query, parameters))


def _all_words(text: str) -> str:
    """Returns an FTS5 query for rows that have every word, the last one as a prefix."""
    words = [_quoted(word) for word in _WORD.findall(text)]
    return " ".join(words) + "*" if words else '""'


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _note(
    db: Database, example_id: int, before: str | None, after: str, who: str, why: str | None
) -> None:
    row = {"example_id": example_id, "before": before, "after": after, "who": who, "why": why}
    insert(db, "changes", {**row, "at": now()})
