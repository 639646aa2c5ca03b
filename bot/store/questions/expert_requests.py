"""What experts are asked: one row a question, from when it is wanted until it is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.errors import NotFoundError
from bot.store.database.clock import now
from bot.store.database.connections import Connections, insert
from bot.store.database.personal_data import ASKED, TableErasure, Update
from bot.store.examples.rows import keys
from bot.store.examples.scope import Audience, Scope, sees
from trainer.similarity import near_duplicate

RequestStatus = Literal["wanted", "asked", "answered", "told", "closed", "nobody", "gone"]
"""`wanted`: somebody is to be asked; `asked`: a message is out; `answered`: there is a lesson,
which may wait for its approval; `told`: it is on its way to whoever waits; `closed`: nobody is to
be asked any more; `nobody`: there was nobody to ask; `gone`: the question was taken back."""
OPEN: tuple[RequestStatus, ...] = ("wanted", "asked")
DECIDED = 500
"""Experts' lessons at most among which the answer to a question is looked for."""
COMPARED = 5000
"""Requests at most that a question is compared with by its meaning, the newest ones."""
ERASURE = (
    TableErasure(
        "expert_requests",
        (
            # Without its words it counts as taken back: see `bot.feedback.experts.answering`.
            Update(
                f"reply_id in {ASKED} or scope_id = :person",
                {"question": "''", "vector": "null", "revision": "null", "scope_id": "null"},
            ),
            Update("wanted_by = :person", {"wanted_by": ":nobody"}),
            Update("answered_by = :person", {"answered_by": ":nobody"}),
        ),
        impersonal={
            "scope": "one of three words",
            "status": "one of a few words",
            "look_after": "a time",
            "at": "a time",
        },
    ),
    TableErasure("expert_request_gaps"),
)


@dataclass(frozen=True)
class ExpertRequest:
    """One row of `expert_requests`.

    Attributes:
        reply_id: the reply to the question whose words are shown.
        question: the words of the question; empty where they were taken back.
        scope: who may read the question.
        wanted_by: the id of who wants somebody to be asked.
        answered_by: the id of who has answered; None where somebody else taught it.
        lesson_id: the lesson that answers it.
        told: whether `wanted_by` was told how it ended.
        at: when it was wanted.
    """

    id: int
    reply_id: int | None
    question: str
    scope: Scope
    wanted_by: str | None
    status: RequestStatus
    answered_by: str | None
    lesson_id: int | None
    told: bool
    at: str
    vector: bytes | None = None
    revision: str | None = None

    @property
    def open(self) -> bool:
        """Whether it waits for an answer."""
        return self.status in OPEN


@dataclass(frozen=True)
class NewRequest:
    """A request that is to be stored; `vector` is that of the question, by encoder `revision`."""

    reply_id: int
    question: str
    scope: Scope
    wanted_by: str
    vector: bytes | None = None
    revision: str | None = None


class ExpertRequests:
    """The `expert_requests` and `expert_request_gaps` tables."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, request: NewRequest, gap_id: int) -> ExpertRequest:
        """Stores that somebody is to be asked about a gap, and returns the request."""
        row: dict[str, object] = {
            "reply_id": request.reply_id,
            "question": request.question,
            "vector": request.vector,
            "revision": request.revision,
            "scope": request.scope.kind,
            "scope_id": request.scope.id,
            "wanted_by": request.wanted_by,
            "status": "wanted",
            "told": 0,
            "look_after": "",
            "at": now(),
        }
        with self._connections.write() as db:
            key = insert(db, "expert_requests", row)
        self.link(key, gap_id)
        return self.get(key)

    def link(self, request_id: int, gap_id: int) -> None:
        """Stores that the answer to a request answers a gap as well."""
        with self._connections.write() as db:
            row = {"request_id": request_id, "gap_id": gap_id}
            db.table("expert_request_gaps").insert(row, ignore=True)

    def gaps(self, request_id: int) -> list[int]:
        """Returns the ids of the gaps that the answer to a request answers."""
        rows = self._connections.db.query(
            "select gap_id from expert_request_gaps where request_id = ? order by gap_id",
            [request_id],
        )
        return [int(row["gap_id"]) for row in rows]

    def get(self, request_id: int) -> ExpertRequest:
        """Returns one request.

        Raises:
            NotFoundError: there is none with this id.
        """
        found = self._select("id = :id", id=request_id)
        if not found:
            raise NotFoundError("I no longer know that question.")
        return found[0]

    def of_gap(self, gap_id: int) -> ExpertRequest | None:
        """Returns the newest request about a gap after which nobody is asked anew, or None."""
        found = self._select(
            "id in (select request_id from expert_request_gaps where gap_id = :gap)"
            " and status not in ('nobody', 'gone') order by id desc limit 1",
            gap=gap_id,
        )
        return found[0] if found else None

    def comparable(self, scope: Scope) -> list[ExpertRequest]:
        """Returns the requests, newest first, whose existence who sees a scope may know of."""
        return self._select(
            "status not in ('nobody', 'gone') and (scope = 'everyone'"
            " or (scope = :scope and scope_id is :scope_id)) order by id desc limit :limit",
            scope=scope.kind,
            scope_id=scope.id,
            limit=COMPARED,
        )

    def with_status(self, *statuses: RequestStatus, limit: int = 100) -> list[ExpertRequest]:
        """Returns the requests of these statuses, oldest first."""
        marks = ", ".join(f":s{number}" for number in range(len(statuses)))
        given = {f"s{number}": status for number, status in enumerate(statuses)}
        return self._select(f"status in ({marks}) order by id limit :limit", **given, limit=limit)

    def to_send(self, at: str, limit: int) -> list[ExpertRequest]:
        """Returns those for which somebody is to be found at a time, oldest first."""
        return self._select(
            "status = 'wanted' and look_after <= :at order by look_after, id limit :limit",
            at=at,
            limit=limit,
        )

    def unanswered(self, audience: Audience | None, limit: int = 100) -> list[ExpertRequest]:
        """Returns the open requests that an audience may see, oldest first; None sees all."""
        return [
            request
            for request in self._select("status in ('wanted', 'asked') order by id limit 1000")
            if audience is None or sees(audience, request.scope)
        ][:limit]

    def untold(self, limit: int) -> list[ExpertRequest]:
        """Returns the requests that ended without an answer, of which nobody was told."""
        return self._select(
            "status in ('closed', 'nobody') and told = 0 order by id limit :limit", limit=limit
        )

    def mark_told(self, request_id: int) -> None:
        """Stores that who wanted it was told how it ended."""
        self._change("update expert_requests set told = 1 where id = :id", id=request_id)

    def look_later(self, request_id: int, at: str) -> None:
        """Stores that nobody is looked for before a time: all have been asked enough."""
        self._change(
            "update expert_requests set look_after = :at where id = :id", id=request_id, at=at
        )

    def move(
        self, request_id: int, status: RequestStatus, of: Sequence[RequestStatus] = OPEN
    ) -> bool:
        """Changes the status of a request that has one of the statuses `of`; False otherwise."""
        marks = ", ".join(f":s{number}" for number in range(len(of)))
        given = {f"s{number}": each for number, each in enumerate(of)}
        with self._connections.write():
            moved = self._change(
                "update expert_requests set status = :status"  # noqa: S608  the names are ours
                f" where id = :id and status in ({marks})",
                id=request_id,
                status=status,
                **given,
            )
            if moved and status in ("nobody", "gone"):
                self._reopen_gaps(request_id)
        return moved

    def _reopen_gaps(self, request_id: int) -> None:
        """Offers the gaps of a request that came to nothing to be asked again."""
        self._change(
            "update gaps set status = 'open' where status = 'asked' and id in"
            " (select gap_id from expert_request_gaps where request_id = :id) and not exists"
            " (select 1 from expert_request_gaps other join expert_requests request"
            " on request.id = other.request_id where other.gap_id = gaps.id"
            " and request.status not in ('nobody', 'gone'))",
            id=request_id,
        )

    def answer(self, request_id: int, lesson_id: int, who: str | None) -> bool:
        """Stores which lesson answers an open request; True to the first who does, then False."""
        return self._change(
            "update expert_requests set status = 'answered', lesson_id = :lesson,"
            " answered_by = :who where id = :id and status in ('wanted', 'asked')",
            id=request_id,
            lesson=lesson_id,
            who=who,
        )

    def taught_since(self, request: ExpertRequest, source: str) -> tuple[int, str] | None:
        """Returns the first lesson of a source with the question's words since it was wanted.

        It is found so where its author was asked something before it was stored; they may have put
        the question in other words then, so that nearly the same ones count where no others do.

        Returns:
            The id of the lesson and of its author; None where there is none.
        """
        rows = self._connections.db.query(
            "select id, author, prompt, prompt_key = ? same from examples where source = ?"
            " and created_at >= ? and status in ('approved', 'pending', 'quarantined')"
            " order by same desc, id limit ?",
            [keys(request.question, "", None)[0], source, request.at, DECIDED],
        )
        found = (
            row for row in rows if row["same"] or near_duplicate(request.question, row["prompt"])
        )
        return next(((int(row["id"]), str(row["author"])) for row in found), None)

    def _change(self, statement: str, **given: object) -> bool:
        with self._connections.write() as db:
            return db.conn.execute(statement, given).rowcount == 1

    def _select(self, where: str, **given: object) -> list[ExpertRequest]:
        query = f"select * from expert_requests where {where}"  # noqa: S608  `where` is ours
        return [_request(row) for row in self._connections.db.query(query, given)]


def _request(row: Mapping[str, Any]) -> ExpertRequest:
    return ExpertRequest(
        row["id"],
        row["reply_id"],
        row["question"],
        Scope(row["scope"], row["scope_id"]),
        row["wanted_by"],
        row["status"],
        row["answered_by"],
        row["lesson_id"],
        bool(row["told"]),
        row["at"],
        row["vector"],
        row["revision"],
    )
