"""What people asked and nobody has taught: the questions, clustered into gaps.

A gap holds no words of its own: its questions do, each beside the reply that it got, and each with
the place in which it was asked. So who reads a list is told of what was asked in public, in their
own place, or by themselves, and the numbers are counted over that alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.errors import NotFoundError
from bot.store.database.clock import now
from bot.store.database.connections import MAX_KEY, Connections
from bot.store.database.personal_data import ASKED, DIRECT, Delete, TableErasure, Update
from bot.store.examples.scope import CONSOLE, VISIBLE, Audience, Scope, parameters

GapReason = Literal["untaught", "disliked", "asked_again"]
REASONS: tuple[GapReason, ...] = ("untaught", "disliked", "asked_again")
GapStatus = Literal["open", "asked", "closed", "dismissed"]
WORDINGS = 5
"""At most so many other wordings of a question are told."""
PLACES = 200
"""At most so many places of one gap are told where its answer is still wanted."""
QUESTION_VISIBLE = (
    "coalesce(:all or (questions.source = 'slack' and (places.kind = 'public'"
    " or (questions.channel not glob 'D*' and questions.channel = :seen_channel)"
    " or (questions.channel glob 'D*' and questions.person = :seen_person)"
    " or (:seen_own and questions.person = :seen_person)))"
    f" or (questions.source != 'slack' and :seen_person = '{CONSOLE}'), 0)"
)
"""An SQL term, never null: whether an audience sees a row of `gap_questions`."""
_SEEN = (
    "gap_questions questions left join places on places.channel = questions.channel"
    f" where {QUESTION_VISIBLE}"
)
# With the plus no index of `answered_by` is used: most questions of a year have none.
_OPEN = "+questions.answered_by is null"
# All that this reads of a question is in that index: a row holds a vector, and a year has
# tens of thousands of them.
_UNANSWERED = (
    "gap_questions questions indexed by idx_gap_questions_open"
    " left join places on places.channel = questions.channel"
    f" where {QUESTION_VISIBLE} and questions.answered_by is null"
)
ERASURE = (
    TableErasure(
        "gap_questions",
        (
            Delete(
                f"person = :person or reply_id in {ASKED} or channel in {DIRECT}",
                holds=("text", "key", "channel", "person", "vector"),
            ),
        ),
        impersonal={
            "source": "the way that it was asked, one of a few words",
            "asked_at": "a time",
            "revision": "a fingerprint of the encoder",
        },
    ),
    TableErasure(
        "gaps",
        (Update("who = :person", {"who": ":nobody"}),),
        impersonal={"status": "one of four words", "created_at": "a time", "closed_at": "a time"},
    ),
    TableErasure("gap_progress", impersonal={"name": "a name of ours", "at": "a time"}),
)


@dataclass(frozen=True)
class Gap:
    """A question that nobody has taught an answer to, counted over what an audience may see.

    Attributes:
        question: the wording in which it was asked most often.
        wordings: other ones, the newest first.
        asked: how often it was asked.
        people: how many people asked it.
        last_asked: when, for the last time.
        status: `open`, `asked` (somebody was asked for an answer), `closed` or `dismissed`.
        reasons: why it is a gap.
        nearest: the id of the lesson that is nearest to it, which this audience may see.
        lesson: the id of the lesson that closed it.
    """

    id: int
    question: str
    wordings: tuple[str, ...]
    asked: int
    people: int
    last_asked: str
    status: GapStatus
    reasons: tuple[GapReason, ...]
    nearest: int | None = None
    lesson: int | None = None


@dataclass(frozen=True)
class OpenGaps:
    """A part of the list of open gaps.

    Attributes:
        gaps: those of this part, in the order of the list.
        count: how many there are in all.
        offset: how many stand before this part.
    """

    gaps: tuple[Gap, ...]
    count: int
    offset: int


@dataclass(frozen=True)
class Waiting:
    """A place in which a question was asked that is not answered yet.

    Attributes:
        reply_id: the reply that did not answer it.
        channel: the id of the channel.
        thread: the conversation within it; empty where it has none.
        question_ts: the time stamp of the question's message, where it has one.
        person: the id of who asked.
        source: the way that it was asked: `slack`, `console`, `cli`.
    """

    reply_id: int
    channel: str
    thread: str
    question_ts: str | None
    person: str
    source: str


class Gaps:
    """Lists gaps, and changes what is said of them; `bot.feedback.gaps` finds them."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def open(self, audience: Audience | None, limit: int = 10, offset: int = 0) -> list[Gap]:
        """Returns open gaps: most people first, then most often asked, then newest.

        Args:
            audience: who reads the list; None for whoever sits at the machine, who sees all.
            limit: how many of them at most.
            offset: how many are left out in front.
        """
        return list(self.listed(audience, limit, offset).gaps)

    def listed(self, audience: Audience | None, limit: int, offset: int = 0) -> OpenGaps:
        """Returns what `open` does, and how many there are in all, counted once for both.

        Where `offset` is beyond the last of them, the last that are as many as `limit` begin at a
        multiple of it.
        """
        found = self._rows(
            "select gap, count(*) over () number from (select questions.gap_id gap,"  # noqa: S608  the terms are ours
            " count(*) asked, count(distinct questions.person) people,"
            f" max(questions.asked_at) last_asked from {_UNANSWERED}"
            " and questions.gap_id in (select id from gaps where status in ('open', 'asked'))"
            " group by questions.gap_id)"
            " order by people desc, asked desc, last_asked desc, gap desc"
            " limit :limit offset :offset",
            audience,
            limit=limit,
            offset=offset,
        )
        if not found:
            count = self.count(audience) if offset else 0
            if not count or not limit:
                return OpenGaps((), count, 0)
            return self.listed(audience, limit, (count - 1) // limit * limit)
        ids = [int(row["gap"]) for row in found]
        rows = self._rows(
            f"select {_COUNTS} from {_SEEN} and {_OPEN}"  # noqa: S608  the terms are ours
            " and questions.gap_id in (select value from json_each(:ids))"
            " group by questions.gap_id",
            audience,
            ids=json.dumps(ids),
        )
        rows.sort(key=lambda row: ids.index(row["gap"]))
        gaps = self._gaps(rows, audience, only_open=True)
        return OpenGaps(tuple(gaps), int(found[0]["number"]), offset)

    def count(self, audience: Audience | None) -> int:
        """Returns how many gaps are open, as `open` lists them."""
        (row,) = self._rows(
            "select count(*) number from gaps where status in ('open', 'asked')"  # noqa: S608  ours
            f" and exists (select 1 from {_UNANSWERED} and questions.gap_id = gaps.id)",
            audience,
        )
        return int(row["number"])

    def get(self, gap_id: int, audience: Audience | None) -> Gap:
        """Returns one gap of any status.

        Raises:
            NotFoundError: there is none with this id, or none that this audience may see.
        """
        gap_id = self._resolved(gap_id)
        for only in (_OPEN, "1"):
            rows = self._rows(
                f"select {_COUNTS} from {_SEEN} and {only} and questions.gap_id = :gap"  # noqa: S608
                " group by questions.gap_id",
                audience,
                gap=gap_id,
            )
            if rows:
                return self._gaps(rows, audience, only_open=only == _OPEN)[0]
        raise NotFoundError(f"there is no gap {gap_id}")

    def waiting(self, gap_id: int, audience: Audience | None) -> list[Waiting]:
        """Returns the places where a gap was asked and is not answered yet, oldest first."""
        rows = self._rows(
            "select reply_id, channel, thread, question_ts, person, source from replies"  # noqa: S608
            " join (select reply_id from"
            f" {_SEEN} and {_OPEN} and questions.gap_id = :gap) on reply_id = replies.id"
            " order by reply_id limit :limit",
            audience,
            gap=self._resolved(gap_id),
            limit=PLACES,
        )
        return [Waiting(**row) for row in rows]

    def of_reply(self, reply_id: int) -> int | None:
        """Returns the id of the gap that the question of a reply belongs to, or None."""
        rows = self._connections.db.query(
            "select gap_id from gap_questions where reply_id = ?", [reply_id]
        )
        return next((int(row["gap_id"]) for row in rows), None)

    def of_one_person(self, gap_id: int, person: str) -> bool:
        """Returns whether a person alone has asked all that is in a gap, wherever it was."""
        (row,) = self._connections.db.query(
            "select count(*) number, coalesce(sum(person = :person), 0) theirs"
            " from gap_questions where gap_id = :gap",
            {"person": person, "gap": self._resolved(gap_id)},
        )
        return bool(row["number"]) and row["number"] == row["theirs"]

    def dismiss(self, gap_id: int, who: str) -> bool:
        """Stores that nobody wants an answer; returns False where it was closed or dismissed."""
        return self._turn(gap_id, "dismissed", ("open", "asked"), who)

    def asked(self, gap_id: int) -> bool:
        """Stores that somebody was asked for an answer; returns False where it is not open."""
        return self._turn(gap_id, "asked", ("open",), None)

    def close(self, gap_id: int, lesson_id: int, who: str) -> bool:
        """Stores that a lesson answers a gap, as far as those who asked may be told it.

        Args:
            gap_id: the gap.
            lesson_id: the lesson, which must be in use.
            who: the id of who taught it.

        Returns:
            Whether the gap is closed now: nobody waits for an answer any more.
        """
        gap_id = self._resolved(gap_id)
        with self._connections.write() as db:
            db.conn.execute(
                "update gap_questions set answered_by = :lesson, unchecked = 0"  # noqa: S608  ours
                " where gap_id = :gap and answered_by is null and exists"
                " (select 1 from examples where id = :lesson and status = 'approved'"
                f" and {_COVERS})",
                {"gap": gap_id, "lesson": lesson_id},
            )
            self._settle(gap_id, lesson_id, who)
            return self._status(gap_id) == "closed"

    def answered(self, reply_ids: Sequence[int], lesson_id: int) -> None:
        """Stores that a lesson answers some questions, and closes the gaps that have no others."""
        with self._connections.write() as db:
            ids = json.dumps(list(reply_ids))
            db.conn.execute(
                "update gap_questions set answered_by = ?, unchecked = 0 where answered_by is null"
                " and reply_id in (select value from json_each(?))",
                [lesson_id, ids],
            )
            rows = db.query(
                "select distinct gap_id from gap_questions"
                " where reply_id in (select value from json_each(?))",
                [ids],
            )
            for row in list(rows):
                self._settle(int(row["gap_id"]), lesson_id, None)

    def reopen(self, reply_ids: Sequence[int]) -> None:
        """Stores that some questions are not answered any more, and opens their gaps again."""
        with self._connections.write() as db:
            ids = json.dumps(list(reply_ids))
            db.conn.execute(
                "update gap_questions set answered_by = null, unchecked = 1"
                " where reply_id in (select value from json_each(?))",
                [ids],
            )
            db.conn.execute(
                "update gaps set status = 'open', lesson_id = null, closed_at = null, who = null"
                " where status = 'closed' and id in (select gap_id from gap_questions"
                " where reply_id in (select value from json_each(?)))",
                [ids],
            )

    def closed_between(self, start: str, end: str) -> int:
        """Returns how many gaps were closed from one time of the database up to another."""
        return self._number("status = 'closed' and closed_at >= ? and closed_at < ?", start, end)

    def opened_between(self, start: str, end: str) -> int:
        """Returns how many gaps were found from one time of the database up to another."""
        return self._number(
            "merged_into is null and created_at >= ? and created_at < ?", start, end
        )

    def _number(self, where: str, start: str, end: str) -> int:
        (row,) = self._connections.db.query(
            f"select count(*) number from gaps where {where}",  # noqa: S608  ours
            [start, end],
        )
        return int(row["number"])

    def _turn(
        self, gap_id: int, status: GapStatus, before: Sequence[GapStatus], who: str | None
    ) -> bool:
        with self._connections.write() as db:
            cursor = db.conn.execute(
                "update gaps set status = ?, who = coalesce(?, who) where id = ?"
                " and status in (select value from json_each(?))",
                [status, who, self._resolved(gap_id), json.dumps(list(before))],
            )
            return cursor.rowcount == 1

    def _settle(self, gap_id: int, lesson_id: int, who: str | None) -> None:
        """Closes a gap where no question of it waits; a dismissed one stays dismissed."""
        self._connections.db.conn.execute(
            "update gaps set status = 'closed', lesson_id = :lesson, who = :who, closed_at = :now"
            " where id = :gap and status in ('open', 'asked') and not exists (select 1 from"
            " gap_questions where gap_id = :gap and answered_by is null)"
            " and exists (select 1 from gap_questions where gap_id = :gap)",
            {"gap": gap_id, "lesson": lesson_id, "who": who, "now": now()},
        )

    def _status(self, gap_id: int) -> GapStatus | None:
        rows = self._connections.db.query("select status from gaps where id = ?", [gap_id])
        return next((row["status"] for row in rows), None)

    def _resolved(self, gap_id: int) -> int:
        """Returns the gap that a gap has become part of, or itself."""
        if not 0 <= gap_id <= MAX_KEY:
            return 0
        rows = self._connections.db.query(
            "with recursive way (id) as (select :gap union select merged_into from gaps, way"
            " where gaps.id = way.id and merged_into is not null)"
            " select id from way join gaps using (id) where merged_into is null",
            {"gap": gap_id},
        )
        return next((int(row["id"]) for row in rows), gap_id)

    def _gaps(
        self, rows: Sequence[Mapping[str, Any]], audience: Audience | None, *, only_open: bool
    ) -> list[Gap]:
        ids = json.dumps([row["gap"] for row in rows])
        wordings: dict[int, list[str]] = {}
        for row in self._rows(
            "select questions.gap_id gap, questions.text from"  # noqa: S608  the terms are ours
            f" {_SEEN} and questions.gap_id in (select value from json_each(:ids))"
            f" and {_OPEN if only_open else '1'} group by questions.gap_id, questions.key"
            " order by count(*) desc, max(questions.reply_id) desc",
            audience,
            ids=ids,
        ):
            wordings.setdefault(int(row["gap"]), []).append(str(row["text"]))
        visible = {} if audience is None else parameters(audience)
        shown = {
            int(row["id"])
            for row in self._connections.db.query(
                "select id from examples where id in (select value from json_each(:ids))"  # noqa: S608
                f" and status = 'approved' and {'1' if audience is None else VISIBLE}",
                {**visible, "ids": json.dumps([row["nearest"] for row in rows])},
            )
        }
        return [
            Gap(
                id=int(row["gap"]),
                question=wordings[row["gap"]][0],
                wordings=tuple(wordings[row["gap"]][1 : 1 + WORDINGS]),
                asked=int(row["asked"]),
                people=int(row["people"]),
                last_asked=row["last_asked"],
                status=row["status"],
                reasons=tuple(reason for reason in REASONS if row[reason]),
                nearest=row["nearest"] if row["nearest"] in shown else None,
                lesson=row["lesson"],
            )
            for row in rows
        ]

    def _rows(
        self, query: str, audience: Audience | None, **given: object
    ) -> list[Mapping[str, Any]]:
        seen = parameters(audience or Audience()) | {"all": int(audience is None)}
        return list(self._connections.db.query(query, {**seen, **given}))


def covers(scope: Scope, source: str, channel: str, person: str) -> bool:
    """Returns whether a lesson with this scope may be told where a question was asked."""
    if scope.kind == "everyone":
        return True
    if scope.kind == "channel":
        return source == "slack" and scope.id == channel
    alone = source == "slack" and channel.startswith("D") and person == scope.id
    return alone or (source == "console" and scope.id == CONSOLE)


_COVERS = (
    "(scope = 'everyone' or (scope = 'channel' and gap_questions.source = 'slack'"
    " and scope_id = gap_questions.channel)"
    " or (scope = 'person' and gap_questions.source = 'slack'"
    " and gap_questions.channel glob 'D*' and scope_id = gap_questions.person)"
    f" or (scope = 'person' and gap_questions.source = 'console' and scope_id = '{CONSOLE}'))"
)
"""An SQL term: `covers` for a row of `gap_questions` and one of `examples`."""
_COUNTS = (
    "questions.gap_id gap, count(*) asked, count(distinct questions.person) people,"
    " max(questions.asked_at) last_asked, max(questions.untaught) untaught,"
    " max(questions.disliked) disliked, max(questions.asked_again) asked_again,"
    " max(questions.nearest) nearest,"
    " (select status from gaps where id = questions.gap_id) status,"
    " (select lesson_id from gaps where id = questions.gap_id) lesson"
)
