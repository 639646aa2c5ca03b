"""Reads the examples that were taught: by id, by words, by scope, and what a night trains on."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from bot.errors import NotFoundError
from bot.messages import Message
from bot.store.database.connections import MAX_KEY, Connections
from bot.store.database.personal_data import NOBODY, REASON
from bot.store.examples.rows import (
    NO_TALK,
    STATUSES,
    Example,
    StatusChange,
    example_from_row,
    keys,
)
from bot.store.examples.scope import (
    EVERYONE,
    SCOPE_CHANGES,
    VISIBLE,
    Audience,
    Scope,
    parameters,
)
from trainer.retrieval.word_search import any_word

_WORD = re.compile(r"\w+")
_SAME_SCOPE = "scope = :scope and scope_id is :scope_id"
_NOT_ENDED = "(expires_on is null or expires_on >= :on)"
_IN_FORCE = f"status = 'approved' and {_NOT_ENDED}"
_TRAINED = f"{_IN_FORCE} and scope = 'everyone' and (leaves_on is null or leaves_on > :on)"
# Few rows, in their partial index; the plus keeps SQLite from that of the status, with all of them.
_PRIVATE = "scope != 'everyone' and scope in ('channel', 'person') and +status = 'approved'"


class ExampleQueries:
    """What is read from the `examples` and `changes` tables."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def get(self, example_id: int) -> Example:
        """Returns one example.

        Raises:
            NotFoundError: there is none with this id.
        """
        matches = (
            list(self._select("id = :id", {"id": example_id})) if example_id <= MAX_KEY else []
        )
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
        audience: Audience | None = None,
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
            audience: who reads the list, so that lessons for others are left out; None stands for
                maintenance, which lists every scope.
        """
        given: dict[str, object] = {"status": status, "source": source, "author": author}
        where = ["1", *(f"{name} = :{name}" for name, value in given.items() if value is not None)]
        if seen_by is not None:
            where.append("(status = 'approved' or author = :seen_by)")
        if audience is not None:
            where.append(VISIBLE)
            given |= parameters(audience)
        if text:
            where.append("id in (select rowid from examples_fts where examples_fts match :words)")
            given["words"] = _all_words(text)
        given |= {"seen_by": seen_by, "limit": limit, "offset": offset}
        clause = " and ".join(where) + " order by id desc limit :limit offset :offset"
        return list(self._select(clause, given))

    def approved(self, on: str | None = None) -> list[Example]:
        """Returns all approved examples of every scope, oldest first.

        With `on`, an ISO date, those that expired before that day are left out.
        """
        if on is None:
            return list(self._select("status = 'approved' order by id", {}))
        return list(self._select(f"{_IN_FORCE} order by id", {"on": on}))

    def trained(self, on: str) -> list[Example]:
        """Returns what a night on that day (an ISO date) trains on, oldest first.

        Weights keep no secret: only what is for everyone is among them. What nobody has confirmed
        for too long is left out, see `bot.store.examples.freshness`.
        """
        return list(self._select(f"{_TRAINED} order by id", {"on": on}))

    def kept_out(self, on: str) -> list[Example]:
        """Returns what a night on that day (an ISO date) does not train on, oldest first."""
        return list(self._select(f"not ({_TRAINED}) order by id", {"on": on}))

    def same_pair(
        self,
        prompt: str,
        completion: str,
        messages: Sequence[Message] | None = None,
        scope: Scope = EVERYONE,
    ) -> Example | None:
        """Returns the approved or pending example with the same question and answer, or None.

        Case and white space make no difference. Only examples with the same scope are compared.
        """
        _, pair_key = keys(prompt, completion, messages)
        clause = (
            f"pair_key = :key and status in ('approved', 'pending') and {_SAME_SCOPE}"
            " order by id limit 1"
        )
        return next(self._select(clause, _key_in(scope, pair_key)), None)

    def ever_said(
        self,
        prompt: str,
        completion: str,
        messages: Sequence[Message] | None = None,
        scope: Scope = EVERYONE,
    ) -> Example | None:
        """Returns the newest example with the same question and answer, of any status, or None.

        Only examples with the same scope are compared.
        """
        _, pair_key = keys(prompt, completion, messages)
        clause = f"pair_key = :key and {_SAME_SCOPE} order by id desc limit 1"
        return next(self._select(clause, _key_in(scope, pair_key)), None)

    def same_prompt(
        self, prompt: str, messages: Sequence[Message] | None = None, scope: Scope = EVERYONE
    ) -> list[Example]:
        """Returns the approved and pending examples with the same question, oldest first.

        Only examples with the same scope are compared.
        """
        prompt_key, _ = keys(prompt, "", messages)
        clause = (
            f"prompt_key = :key and status in ('approved', 'pending') and {_SAME_SCOPE} order by id"
        )
        return list(self._select(clause, _key_in(scope, prompt_key)))

    def similar(
        self,
        prompt: str,
        limit: int = 20,
        on: str | None = None,
        audience: Audience | None = None,
        scope: Scope | None = None,
        *,
        talks: bool = False,
    ) -> list[Example]:
        """Returns approved and pending examples whose question shares words with `prompt`.

        Args:
            prompt: the question.
            limit: how many are returned at most; the most similar by BM25 come first.
            on: an ISO date: only what is approved and true on that day, and no talk.
            talks: whether on that day only talks are returned, by their last question.
            audience: who is told: only what they may see; None stands for maintenance.
            scope: only what is for the same people.
        """
        words = any_word(prompt)
        if words is None:
            return []
        given: dict[str, object] = {"on": on, "limit": limit, "query": f"prompt : ({words})"}
        where = ["examples_fts match :query", "status in ('approved', 'pending')"]
        if on is not None:
            where += [_IN_FORCE, f"not ({NO_TALK})" if talks else NO_TALK]
        if audience is not None:
            where.append(VISIBLE)
            given |= parameters(audience)
        if scope is not None:
            where.append(_SAME_SCOPE)
            given |= {"scope": scope.kind, "scope_id": scope.id}
        rows = self._connections.db.query(
            "select examples.* from examples_fts join examples on examples.id = examples_fts.rowid"  # noqa: S608  the terms are ours
            f" where {' and '.join(where)} order by rank limit :limit",
            given,
        )
        return [example_from_row(row) for row in rows]

    def hidden_ids(self, audience: Audience) -> frozenset[int]:
        """Returns the ids of the approved examples that an audience may not see: mostly few."""
        return frozenset(self._ids(f"{_PRIVATE} and not {VISIBLE}", parameters(audience)))

    def not_told(self, audience: Audience, on: str) -> frozenset[int]:
        """Returns the ids of the approved examples that an audience is not told on a day.

        Those are the hidden ones, and examples for everyone whose question has an answer that is
        for this audience alone: where both fit, the narrower one is told.

        Args:
            audience: who is told.
            on: an ISO date, on which the narrower one must be true.
        """
        narrower = f"{_PRIVATE} and {VISIBLE} and {_NOT_ENDED} and {NO_TALK}"
        # The plus leaves SQLite only the index of the questions, which are few.
        wider = f"""+scope = 'everyone' and +status = 'approved' and prompt_key in
            (select prompt_key from examples where {narrower})"""  # noqa: S608  the terms are ours
        return self.hidden_ids(audience) | set(self._ids(wider, parameters(audience) | {"on": on}))

    def waiting_elsewhere(self, audience: Audience) -> int:
        """Returns how many examples wait for approval that an audience may not see."""
        (row,) = self._connections.db.query(
            f"select count(*) number from examples where status = 'pending' and not {VISIBLE}",  # noqa: S608  ours
            parameters(audience),
        )
        return int(row["number"])

    def private_count(self) -> int:
        """Returns how many approved examples are for one channel or one person."""
        (row,) = self._connections.db.query(
            f"select count(*) number from examples where {_PRIVATE}"  # noqa: S608  ours
        )
        return int(row["number"])

    def from_private_places(self) -> list[Example]:
        """Returns the examples for everyone that were taught where not everybody reads.

        Those are direct messages, and channels that are known not to be public. Examples that are
        out of use are left out.
        """
        clause = (
            "status in ('approved', 'pending') and scope = 'everyone' and (channel glob 'D*' or"
            " channel in (select channel from places where kind != 'public')) order by id"
        )
        return list(self._select(clause, {}))

    def places_unknown(self) -> list[str]:
        """Returns the channels in which people taught and whose kind is not known, in order.

        Those of direct messages are known by their ids.
        """
        rows = self._connections.db.query(
            "select distinct channel from examples where channel glob '[CG]*'"
            " and status in ('approved', 'pending')"
            " and channel not in (select channel from places) order by channel"
        )
        return [str(row["channel"]) for row in rows]

    def from_reply(self, reply_id: int) -> list[Example]:
        """Returns the examples that were made of one reply of the bot, oldest first."""
        return list(self._select("reply_id = :reply order by id", {"reply": reply_id}))

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

    def made_private(self, example_ids: Sequence[int]) -> tuple[int, ...]:
        """Returns the ids of those that are for one channel or one person, whatever their status.

        No night trains on such an example: an adapter that knows one learned it before that.
        """
        return tuple(
            self._ids(
                "+scope != 'everyone' and id in (select value from json_each(:ids))",
                {"ids": json.dumps(list(example_ids))},
            )
        )

    def any_left_since(self, at: str) -> bool:
        """Returns whether any example was erased for its author, or made private, after a time.

        Args:
            at: a time as it stands in the database.
        """
        return any(
            self._ids(
                "author = :nobody and reason = :reason and updated_at > :at"
                " or +scope != 'everyone' and id in (select example_id from changes"
                " where at > :at and why in (:channel, :person))",
                {
                    "nobody": NOBODY,
                    "reason": REASON,
                    "at": at,
                    "channel": SCOPE_CHANGES["channel"],
                    "person": SCOPE_CHANGES["person"],
                },
            )
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

    def _ids(self, where: str, given: Mapping[str, object]) -> list[int]:
        query = f"select id from examples where {where} order by id"  # noqa: S608  `where` is ours
        return [int(row["id"]) for row in self._connections.db.query(query, dict(given))]

    def _select(self, clause: str, given: Mapping[str, object]) -> Iterator[Example]:
        query = f"select * from examples where {clause}"  # noqa: S608  `clause` is ours
        return (example_from_row(row) for row in self._connections.db.query(query, dict(given)))


def _key_in(scope: Scope, key: str) -> dict[str, object]:
    return {"key": key, "scope": scope.kind, "scope_id": scope.id}


def _all_words(text: str) -> str:
    """Returns an FTS5 query for rows that have every word, the last one as a prefix."""
    words = [_quoted(word) for word in _WORD.findall(text)]
    return " ".join(words) + "*" if words else '""'


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
