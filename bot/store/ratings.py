"""Ratings of replies, one for each person and reply, and the preference pairs made of them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.store.database.clock import now
from bot.store.database.connections import Connections, insert
from bot.store.database.personal_data import (
    ASKED,
    TOUCHED,
    Delete,
    PersonalRows,
    Statement,
    TableErasure,
)
from bot.store.places import KIND, PlaceKind
from trainer.retrieval.decision import Source

_FORGOTTEN_PAIR = "forgotten pair:"
"""Start of the keys in `events` that name the preferences erased with their author."""
_FORGOTTEN_RATING = "forgotten rating:"
"""Start of the keys in `events` that name replies whose asker, rater or words were erased."""
IMPORTED = "import"
"""The source of pairs that a file has brought; they belong to no reply."""
_FLAGS = ("later_turn", "with_context")
_PAIRS_OF = f"author = :person or reply_id in {ASKED} or reply_id in {TOUCHED}"
ERASURE = (
    TableErasure(
        "preferences",
        (
            # A training that is running may have a pair in its set, and looks for these keys.
            Statement(
                "insert or replace into events (key, at)"  # noqa: S608  all of it is ours
                f" select '{_FORGOTTEN_PAIR}' || id, :now from preferences where {_PAIRS_OF}"
            ),
            Delete(_PAIRS_OF, holds=("prompt", "chosen", "rejected", "author")),
        ),
        impersonal={"source": "`correction`, `vote` or `import`", "created_at": "a time"},
    ),
    TableErasure(
        "feedback",
        (
            # A training may have the rated answer in its set; so may an export.
            Statement(
                "insert or replace into events (key, at)"  # noqa: S608  all of it is ours
                f" select distinct '{_FORGOTTEN_RATING}' || reply_id, :now from feedback"
                f" where person = :person or reply_id in {ASKED} or reply_id in {TOUCHED}"
            ),
            Delete("person = :person", holds=("person",)),
        ),
        impersonal={"created_at": "a time"},
    ),
)


@dataclass(frozen=True)
class StoredPreference:
    """One row of `preferences`: a question with the better and the worse answer."""

    id: int
    prompt: str
    chosen: str
    rejected: str
    source: str
    """`correction`, `vote` between base and tuned, or `import` from a file."""
    reply_id: int | None
    later_turn: bool
    """Whether the question was not the first message of its conversation."""
    basis: Source | None = None
    """Where the reply came from, as far as it is known."""
    place: PlaceKind | None = None
    """The kind of the channel in which its reply was asked, as far as it is known."""
    with_context: bool = False
    """Whether its reply was made with what others had said in the thread."""
    asked_in: str = ""
    """The source of its reply, such as `slack` or `console`; empty where it has none."""


@dataclass(frozen=True)
class RatedReply:
    """The answer to the first question of a conversation, with everybody's thumbs."""

    id: int
    asker: str
    question: str
    text: str
    basis: Source | None
    adapter: str | None
    recalled: tuple[int, ...]
    """Ids of the examples that the answer repeats, or that the model was given."""
    asked_in: str
    """The source of the reply, such as `slack` or `console`."""
    thumbs: dict[str, int]
    """Each person's rating, +1 or -1, by their id."""


class Ratings:
    """The `feedback` and `preferences` tables."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def set(self, reply_id: int, person: str, value: int) -> None:
        """Stores one person's rating of a reply, +1 or -1, in place of their earlier one."""
        with self._connections.write() as db:
            db.table("feedback").insert(
                {"reply_id": reply_id, "person": person, "value": value, "created_at": now()},
                replace=True,
            )

    def take_back(self, reply_id: int, person: str) -> bool:
        """Deletes one person's rating of a reply; returns False where there was none."""
        with self._connections.write() as db:
            cursor = db.conn.execute(
                "delete from feedback where reply_id = ? and person = ?", [reply_id, person]
            )
            return cursor.rowcount == 1

    def of(self, reply_id: int, person: str) -> int:
        """Returns one person's rating of a reply: +1, -1 or 0 for none."""
        rows = list(
            self._connections.db.query(
                "select value from feedback where reply_id = ? and person = ?", [reply_id, person]
            )
        )
        return int(rows[0]["value"]) if rows else 0

    def everyone(self, reply_id: int) -> dict[str, int]:
        """Returns each person's rating of a reply, +1 or -1, by their id."""
        rows = self._connections.db.query(
            "select person, value from feedback where reply_id = ?", [reply_id]
        )
        return {row["person"]: int(row["value"]) for row in rows}

    def tally(self, reply_id: int) -> tuple[int, int]:
        """Returns the numbers of thumbs up and down for a reply."""
        rows = self._connections.db.query(
            "select value, count(*) n from feedback where reply_id = ? group by value", [reply_id]
        )
        count = {row["value"]: int(row["n"]) for row in rows}
        return count.get(1, 0), count.get(-1, 0)

    def number_of(self, person: str) -> int:
        """Returns how many replies a person has rated."""
        query = "select count(*) n from feedback where person = ?"
        (row,) = self._connections.db.query(query, [person])
        return int(row["n"])

    def totals(self) -> tuple[int, int]:
        """Returns the numbers of thumbs up and down over all replies."""
        rows = self._connections.db.query("select value, count(*) n from feedback group by value")
        count = {row["value"]: int(row["n"]) for row in rows}
        return count.get(1, 0), count.get(-1, 0)

    def corrections(self, reply_id: int) -> dict[str, str]:
        """Returns each person's correction of a reply, the better answer, by their id."""
        rows = self._connections.db.query(
            "select author, chosen from preferences where source = 'correction' and reply_id = ?",
            [reply_id],
        )
        return {row["author"]: row["chosen"] for row in rows}

    def preferred(self) -> list[StoredPreference]:
        """Returns all preference pairs, oldest first."""
        rows = self._connections.db.query(
            "select preferences.id, prompt, chosen, rejected, preferences.source, reply_id,"  # noqa: S608  ours
            " (select count(*) from json_each(replies.messages)"
            " where json_extract(value, '$.role') != 'system') > 1 as later_turn, basis,"
            f" {KIND} as place, coalesce(with_context, 0) as with_context,"
            " coalesce(replies.source, '') as asked_in"
            " from preferences left join replies on replies.id = reply_id"
            " left join places on places.channel = replies.channel order by preferences.id"
        )
        return [StoredPreference(**row | {key: bool(row[key]) for key in _FLAGS}) for row in rows]

    def rated(self, limit: int) -> list[RatedReply]:
        """Returns the newest `limit` replies that are rated and may be known to all, oldest first.

        Left out is what was asked where not everybody reads, or in a later turn, what was answered
        with the words of others in the thread, and what the model did not end itself.
        """
        rows = self._connections.db.query(
            "select replies.id, person as asker, text, basis, adapter, recalled,"  # noqa: S608  ours
            " source as asked_in, json_extract(messages, '$[#-1].content') as question,"
            " (select json_group_object(person, value) from feedback where reply_id = replies.id)"
            " as thumbs from replies left join places on places.channel = replies.channel"
            " where replies.id in (select reply_id from feedback) and text != ''"
            " and finish_reason = 'stop' and coalesce(with_context, 0) = 0"
            f" and (source not in ('', 'slack') or {KIND} = 'public')"
            " and (select count(*) from json_each(replies.messages)"
            " where json_extract(value, '$.role') != 'system') = 1"
            " order by replies.id desc limit ?",
            [limit],
        )
        return [
            RatedReply(
                **row
                | {
                    "recalled": tuple(json.loads(row["recalled"] or "[]")),
                    "thumbs": json.loads(row["thumbs"]),
                }
            )
            for row in reversed(list(rows))
        ]

    def imported(self) -> frozenset[str]:
        """Returns the keys of all pairs that files have brought, as `pair_key` makes them."""
        rows = self._connections.db.query(
            "select prompt, chosen, rejected from preferences where source = ?", [IMPORTED]
        )
        return frozenset(pair_key(row["prompt"], row["chosen"], row["rejected"]) for row in rows)

    def drop_imported(self, pair_ids: Sequence[int]) -> int:
        """Deletes pairs that files have brought; returns how many there were of them."""
        with self._connections.write() as db:
            cursor = db.conn.execute(
                "delete from preferences where source = ? and id in"
                " (select value from json_each(?))",
                [IMPORTED, json.dumps(list(pair_ids))],
            )
            return cursor.rowcount

    def pairs_of(self, rows: PersonalRows) -> list[int]:
        """Returns the ids of the pairs that are erased with a person, oldest first."""
        query = f"select id from preferences where {_PAIRS_OF} order by id"  # noqa: S608  ours
        return [int(row["id"]) for row in self._connections.db.query(query, rows.parameters())]

    def forgotten_since(self, pair_ids: Sequence[int], at: str) -> bool:
        """Returns whether any of these pairs was erased with its author at `at` or later.

        A pair that was taken back, or whose message was deleted, does not count.

        Args:
            pair_ids: the pairs in question.
            at: a time as it stands in the database.
        """
        return self._marked(_FORGOTTEN_PAIR, pair_ids, at)

    def forgotten_rated(self, reply_ids: Sequence[int], at: str) -> bool:
        """Returns whether words or a thumb of any of these replies were erased at `at` or later.

        A thumb that was taken back does not count.

        Args:
            reply_ids: the replies in question.
            at: a time as it stands in the database.
        """
        return self._marked(_FORGOTTEN_RATING, reply_ids, at)

    def _marked(self, begin: str, ids: Sequence[int], at: str) -> bool:
        rows = self._connections.db.query(
            "select 1 from events where at >= :at and key in"
            " (select :begin || value from json_each(:ids)) limit 1",
            {"at": at, "begin": begin, "ids": json.dumps(list(ids))},
        )
        return bool(list(rows))

    def drop_pairs(self, channel: str, question_ts: str) -> None:
        """Deletes the pairs that belong to the replies to one message."""
        with self._connections.write() as db:
            db.conn.execute(
                "delete from preferences where reply_id in"
                " (select id from replies where channel = ? and question_ts = ?)",
                [channel, question_ts],
            )

    def drop_pairs_of(self, reply_id: int) -> None:
        """Deletes the pairs that belong to one reply."""
        with self._connections.write() as db:
            db.conn.execute("delete from preferences where reply_id = ?", [reply_id])

    def drop_of(self, reply_id: int) -> None:
        """Deletes the ratings of a reply, except of those who have corrected it.

        Their rating goes when they take the correction back.
        """
        with self._connections.write() as db:
            db.conn.execute(
                "delete from feedback where reply_id = :reply and person not in (select author"
                " from preferences where source = 'correction' and reply_id = :reply)",
                {"reply": reply_id},
            )

    def unprefer(self, source: str, author: str, reply_id: int) -> None:
        """Deletes one person's pairs from one source (`correction` or `vote`) for one reply."""
        with self._connections.write() as db:
            db.conn.execute(
                "delete from preferences where source = ? and author = ? and reply_id = ?",
                [source, author, reply_id],
            )

    def prefer(
        self,
        prompt: str,
        chosen: str,
        rejected: str,
        source: str,
        author: str,
        reply_id: int | None,
    ) -> None:
        """Stores a preference pair.

        Args:
            prompt: the question.
            chosen: the better answer.
            rejected: the worse answer.
            source: `correction`, `vote` or `import`.
            author: the id of who prefers it.
            reply_id: the reply that was corrected or voted on; None for a pair out of a file.
        """
        row = {
            "prompt": prompt,
            "chosen": chosen,
            "rejected": rejected,
            "source": source,
            "author": author,
            "reply_id": reply_id,
            "created_at": now(),
        }
        with self._connections.write() as db:
            insert(db, "preferences", row)


def pair_key(prompt: str, chosen: str, rejected: str) -> str:
    """Returns a short text that is the same for the same pair alone."""
    # Lengths in front, so that no text can pass for the end of the one before it.
    parts = "".join(f"{len(part)}:{part}" for part in (prompt, chosen, rejected))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class OpinionCounts:
    """The numbers of decided opinions against an adapter and in its favour."""

    against: int
    in_favour: int

    def __add__(self, other: "OpinionCounts") -> "OpinionCounts":
        return OpinionCounts(self.against + other.against, self.in_favour + other.in_favour)


class AdapterRatings:
    """Compares adapters by `votes`, `comparisons`, `feedback` and `replies`; writes nothing."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def votes(self, adapter: str, since: str = "") -> OpinionCounts:
        """Counts blind comparisons with the base model, each decided by most of its votes.

        Args:
            adapter: a version.
            since: a time of the database; only votes after it count.
        """
        margins = self._margins(
            "select sum(case choice when 'tuned' then 1 when 'base' then -1 else 0 end) margin"
            " from votes join comparisons on comparisons.id = votes.comparison_id"
            " join replies on replies.id = comparisons.tuned_reply"
            " where replies.adapter = ? and votes.created_at > ? group by comparison_id",
            [adapter, since],
        )
        return OpinionCounts(sum(m < 0 for m in margins), sum(m > 0 for m in margins))

    def thumbs(self, adapter: str, before: str | None, since: str = "") -> OpinionCounts:
        """Counts pairs of a rated answer of an adapter and one of the adapter before it.

        A pair is decided if people liked exactly one of the two. As long as the new one is liked
        at least as often, at most half of these are against it: McNemar's argument.

        Args:
            adapter: a version.
            before: the version before it; None for the base model.
            since: a time of the database; only thumbs for `adapter` after it count.
        """
        new = self._liked(adapter, since)
        old = self._liked(before, "")[::-1]
        pairs = list(zip(new, old, strict=False))
        return OpinionCounts(
            sum(theirs and not ours for ours, theirs in pairs),
            sum(ours and not theirs for ours, theirs in pairs),
        )

    def _liked(self, adapter: str | None, since: str) -> list[bool]:
        """Returns whether people liked each answer that they rated, oldest first.

        Only a model's own words say something about it: those of a lesson that an adapter told
        count, while what was quoted, shown as the nearest or declined has no model behind it. A
        model that was only given lessons as notes, or answered before sources were stored with
        lessons to repeat, does not count either.
        """
        margins = self._margins(
            "select sum(feedback.value) margin from feedback"
            " join replies on replies.id = feedback.reply_id"
            " where replies.adapter is ?"
            " and case basis when 'taught' then replies.adapter is not null"
            " when 'near' then 0 when 'none' then 0 else replies.recalled is null end"
            " and feedback.created_at > ? group by replies.id having margin != 0"
            " order by replies.id",
            [adapter, since],
        )
        return [margin > 0 for margin in margins]

    def _margins(self, query: str, parameters: list[str | None]) -> list[int]:
        return [int(row["margin"]) for row in self._connections.db.query(query, parameters)]
