"""The questions behind the gaps: what of them is new, unread by the encoder, or to be checked.

`bot.feedback.gaps` writes here; whoever only lists gaps needs `bot.store.questions.gaps` alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.store.database.clock import now
from bot.store.database.connections import Connections, insert
from bot.store.questions.gaps import REASONS, GapReason
from trainer.retrieval.decision import Source

_STORED = np.dtype("<f4")
VECTORS = 50
"""Of so many questions of a gap, the newest ones, its centre is made."""
ANSWERING = timedelta(minutes=10)
"""How long before a reply is stored its lessons may have been looked up: a model is slow."""
_LAST_WORDS = "json_extract(messages, '$[#-1].content')"


@dataclass(frozen=True)
class AnsweredQuestion:
    """A question as it stands beside its reply; comparisons are none.

    Attributes:
        basis: where the reply came from.
        lesson: the id of the lesson that the reply told, or named as the nearest.
        turned_down: whether somebody gave it a thumb down, and nobody corrected it.
    """

    reply_id: int
    text: str
    source: str
    channel: str
    person: str
    asked_at: str
    basis: Source
    lesson: int | None = None
    turned_down: bool = False


@dataclass(frozen=True)
class GapQuestion:
    """One row of `gap_questions`, as far as it is looked at again.

    Attributes:
        told: the lesson that its reply told, which did not answer it.
    """

    reply_id: int
    gap_id: int
    text: str
    source: str
    channel: str
    person: str
    asked_at: str
    told: int | None


@dataclass(frozen=True)
class GapVectors:
    """The questions of one gap in the encoder's space, as far as they were read: (n, width)."""

    gap_id: int
    texts: tuple[str, ...]
    vectors: npt.NDArray[np.float32]


class GapQuestions:
    """The `gap_questions` and `gap_progress` tables."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def progress(self, name: str) -> int:
        """Returns how far something was looked through, 0 at first."""
        rows = self._connections.db.query("select number from gap_progress where name = ?", [name])
        return next((int(row["number"]) for row in rows), 0)

    def advance(self, name: str, number: int) -> None:
        """Stores how far something was looked through."""
        with self._connections.write() as db:
            db.table("gap_progress").insert({"name": name, "number": number}, replace=True)

    def mark(self, name: str) -> str:
        """Returns the time of the database up to which something was looked through."""
        rows = self._connections.db.query("select at from gap_progress where name = ?", [name])
        return next((str(row["at"] or "") for row in rows), "")

    def set_mark(self, name: str, at: str) -> None:
        """Stores the time up to which something was looked through."""
        with self._connections.write() as db:
            row = {"name": name, "number": 0, "at": at}
            db.table("gap_progress").insert(row, replace=True)

    def last_reply(self) -> int:
        """Returns the id of the newest reply, 0 where there is none."""
        (row,) = self._connections.db.query("select coalesce(max(id), 0) number from replies")
        return int(row["number"])

    def between(self, after: int, last: int) -> list[AnsweredQuestion]:
        """Returns the questions of the replies with ids from `after` + 1 to `last`, in order."""
        return self._answered("replies.id > ? and replies.id <= ?", [after, last])

    def of_replies(self, reply_ids: Sequence[int]) -> list[AnsweredQuestion]:
        """Returns the questions of some replies, in their order."""
        ids = json.dumps(list(reply_ids))
        return self._answered("replies.id in (select value from json_each(?))", [ids])

    def thumbed_down(self, since: str, limit: int) -> list[tuple[int, str]]:
        """Returns replies with their thumbs down from a time on, with the times, oldest first."""
        rows = self._connections.db.query(
            "select reply_id, created_at from feedback where created_at >= ? and value < 0"
            " order by created_at limit ?",
            [since, limit],
        )
        return [(int(row["reply_id"]), str(row["created_at"])) for row in rows]

    def add(
        self, asked: AnsweredQuestion, key: str, reasons: Sequence[GapReason], gap_id: int | None
    ) -> int:
        """Stores a question, or one more reason of it, and returns the id of its gap.

        Args:
            asked: the question.
            key: its normalised words: a question in the same words is in the same gap.
            reasons: why nobody is content with its answer.
            gap_id: the gap that it joins where nobody has asked it in these words; None begins one.
        """
        flags: dict[str, int] = {reason: int(reason in reasons) for reason in REASONS}
        with self._connections.write() as db:
            if (here := self._merge_flags(asked.reply_id, flags)) is not None:
                return here
            same = db.query("select gap_id from gap_questions where key = ? limit 1", [key])
            gap = next((int(row["gap_id"]) for row in same), gap_id)
            # It may have become part of another one since who calls this has looked.
            while gap is not None and (into := self._merged_into(gap)) is not None:
                gap = into
            if gap is None:
                number = "select coalesce(max(number), 0) + 1 number from gaps"
                (row,) = db.query(number)
                begun = {"status": "open", "created_at": now(), "number": row["number"]}
                gap = insert(db, "gaps", begun)
            db.table("gap_questions").insert(
                {
                    "reply_id": asked.reply_id,
                    "gap_id": gap,
                    "text": asked.text,
                    "key": key,
                    "source": asked.source,
                    "channel": asked.channel,
                    "person": asked.person,
                    "asked_at": asked.asked_at,
                    **flags,
                    "nearest": asked.lesson if asked.basis == "near" else None,
                    "told": asked.lesson if asked.basis == "taught" else None,
                    "unread": 1,
                    # What was taught before was looked through when it was asked.
                    "unchecked": int(self._taught_since(asked.asked_at)),
                }
            )
            self._open_again(gap)
            return gap

    def move(self, gap_id: int, into: int) -> bool:
        """Makes an open gap part of another; returns False where somebody was asked already."""
        with self._connections.write() as db:
            cursor = db.conn.execute(
                "update gaps set merged_into = :into where id = :gap and id != :into"
                " and status = 'open' and merged_into is null"
                " and (select merged_into from gaps where id = :into) is null",
                {"gap": gap_id, "into": into},
            )
            if cursor.rowcount != 1:
                return False
            db.conn.execute(
                "update gap_questions set gap_id = ? where gap_id = ?",
                [into, gap_id],
            )
            self._open_again(into)
            return True

    def unread(self, limit: int) -> list[GapQuestion]:
        """Returns questions that the encoder has not read, newest first."""
        return self._select("unread = 1 order by reply_id desc limit ?", [limit])

    def unchecked(self, limit: int) -> list[GapQuestion]:
        """Returns questions that a lesson may answer by now, newest first."""
        return self._select(
            "unchecked = 1 and answered_by is null order by reply_id desc limit ?", [limit]
        )

    def checked(self, reply_ids: Sequence[int], nearest: int | None) -> None:
        """Stores that no lesson answers some questions, and the one that is nearest to them."""
        with self._connections.write() as db:
            db.conn.execute(
                "update gap_questions set unchecked = 0, nearest = coalesce(?, nearest)"
                " where reply_id in (select value from json_each(?))",
                [nearest, json.dumps(list(reply_ids))],
            )

    def check(self, gap_ids: Sequence[int]) -> None:
        """Has the open questions of some gaps checked: a lesson has come that may answer them."""
        with self._connections.write() as db:
            db.conn.execute(
                "update gap_questions set unchecked = 1 where answered_by is null"
                " and gap_id in (select value from json_each(?))",
                [json.dumps(list(gap_ids))],
            )

    def read(self, reply_ids: Sequence[int], revision: str, vector: Any) -> None:
        """Stores the vector of some questions in the same words; None of what cannot be read."""
        stored = None if vector is None else vector.astype(_STORED).tobytes()
        with self._connections.write() as db:
            db.conn.execute(
                "update gap_questions set unread = 0, revision = ?, vector = ?"
                " where reply_id in (select value from json_each(?))",
                [revision, stored, json.dumps(list(reply_ids))],
            )

    def outdate(self, revision: str) -> int:
        """Has all read again that another encoder has read; returns how many."""
        with self._connections.write() as db:
            return db.conn.execute(
                "update gap_questions set unread = 1, vector = null"
                " where unread = 0 and revision is not ?",
                [revision],
            ).rowcount

    def same_words(self, key: str) -> list[int]:
        """Returns the replies whose questions are in the same words and unread."""
        rows = self._connections.db.query(
            "select reply_id from gap_questions where key = ? and unread = 1", [key]
        )
        return [int(row["reply_id"]) for row in rows]

    def changes(self) -> int:
        """Returns a number that grows whenever the questions of any gap change."""
        (row,) = self._connections.db.query("select coalesce(max(number), 0) number from gaps")
        return int(row["number"])

    def changed(self, since: int) -> list[int]:
        """Returns the ids of the gaps whose questions have changed after that many changes."""
        rows = self._connections.db.query("select id from gaps where number > ?", [since])
        return [int(row["id"]) for row in rows]

    def vectors(self, gap_ids: Sequence[int], revision: str) -> list[GapVectors]:
        """Returns the newest questions of some gaps with their vectors of one encoder."""
        rows = self._connections.db.query(
            "select gap_id, text, vector from (select gap_id, text, vector, row_number() over"
            " (partition by gap_id order by reply_id desc) place from gap_questions"
            " where revision = ? and vector is not null"
            " and gap_id in (select value from json_each(?)))"
            " where place <= ? order by gap_id",
            [revision, json.dumps(list(gap_ids)), VECTORS],
        )
        by_gap: dict[int, list[Mapping[str, Any]]] = {}
        for row in rows:
            by_gap.setdefault(int(row["gap_id"]), []).append(row)
        return [
            GapVectors(
                gap_id,
                tuple(str(row["text"]) for row in some),
                np.stack([np.frombuffer(row["vector"], _STORED) for row in some]),
            )
            for gap_id, some in by_gap.items()
        ]

    def texts(self, limit: int) -> list[tuple[int, str]]:
        """Returns the newest questions, one of the same words, with their gaps."""
        rows = self._connections.db.query(
            "select max(reply_id), gap_id, text from gap_questions group by key"
            " order by 1 desc limit ?",
            [limit],
        )
        return [(int(row["gap_id"]), str(row["text"])) for row in rows]

    def left_alone(self, on: str, limit: int) -> list[int]:
        """Returns the replies to questions whose lesson is not in use any more.

        Args:
            on: an ISO date: lessons that ended before are not in use.
            limit: how many of them at most.
        """
        rows = self._connections.db.query(
            "select reply_id from gap_questions where answered_by in"
            " (select distinct questions.answered_by from gap_questions questions"
            " left join examples on examples.id = questions.answered_by"
            " where questions.answered_by is not null"
            " and (coalesce(status, '') != 'approved' or expires_on < ?)) limit ?",
            [on, limit],
        )
        return [int(row["reply_id"]) for row in rows]

    def lessons_changed(self, after: int, limit: int) -> list[tuple[int, int]]:
        """Returns the ids of lessons that came or changed, each with the number of the change."""
        rows = self._connections.db.query(
            "select id, example_id from changes where id > ? order by id limit ?", [after, limit]
        )
        return [(int(row["example_id"]), int(row["id"])) for row in rows]

    def vectors_changed(self, after: int, limit: int) -> tuple[list[int], int]:
        """Returns lessons whose vectors came or went after some changes, and the last change."""
        rows = list(
            self._connections.db.query(
                "select example_id, number from vector_changes where number > ?"
                " order by number limit ?",
                [after, limit],
            )
        )
        last = int(rows[-1]["number"]) if rows else after
        return [int(row["example_id"]) for row in rows], last

    def _merged_into(self, gap_id: int) -> int | None:
        rows = self._connections.db.query("select merged_into from gaps where id = ?", [gap_id])
        return next((row["merged_into"] for row in rows), None)

    def _merge_flags(self, reply_id: int, flags: Mapping[str, int]) -> int | None:
        """Adds reasons to a question that is there already; returns its gap."""
        db = self._connections.db
        rows = list(db.query("select * from gap_questions where reply_id = ?", [reply_id]))
        if not rows:
            return None
        if any(flags[reason] > rows[0][reason] for reason in REASONS):
            db.conn.execute(
                "update gap_questions set untaught = max(untaught, :untaught),"
                " disliked = max(disliked, :disliked),"
                " asked_again = max(asked_again, :asked_again) where reply_id = :reply",
                {**flags, "reply": reply_id},
            )
        return int(rows[0]["gap_id"])

    def _taught_since(self, at: str) -> bool:
        """Returns whether a lesson may have come after those of a reply were looked up."""
        looked = (datetime.fromisoformat(at) - ANSWERING).isoformat(timespec="milliseconds")
        rows = self._connections.db.query("select at from changes order by id desc limit 1")
        return any(str(row["at"]) >= looked for row in rows)

    def _open_again(self, gap_id: int) -> None:
        """Opens a closed gap where a question of it waits; a dismissed one stays dismissed."""
        self._connections.db.conn.execute(
            "update gaps set status = 'open', lesson_id = null, closed_at = null, who = null"
            " where id = :gap and status = 'closed' and exists (select 1 from gap_questions"
            " where gap_id = :gap and answered_by is null)",
            {"gap": gap_id},
        )

    def _answered(self, where: str, given: Sequence[object]) -> list[AnsweredQuestion]:
        rows = self._connections.db.query(
            f"select replies.id, {_LAST_WORDS} text, source, channel, person, created_at, basis,"  # noqa: S608  ours
            " json_extract(recalled, '$[0]') lesson, exists (select 1 from feedback"
            " where reply_id = replies.id and value < 0) and not exists (select 1 from preferences"
            " where reply_id = replies.id and source = 'correction') turned_down from replies"
            f" where {where} and basis is not null and messages != '[]' order by replies.id",
            given,
        )
        return [
            AnsweredQuestion(
                int(row["id"]),
                str(row["text"] or ""),
                row["source"],
                row["channel"],
                row["person"],
                row["created_at"],
                row["basis"],
                row["lesson"],
                bool(row["turned_down"]),
            )
            for row in rows
        ]

    def _select(self, where: str, given: Sequence[object]) -> list[GapQuestion]:
        rows = self._connections.db.query(
            "select reply_id, gap_id, text, source, channel, person, asked_at, told"  # noqa: S608  ours
            f" from gap_questions where {where}",
            given,
        )
        return [GapQuestion(**row) for row in rows]
