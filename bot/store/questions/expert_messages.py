"""The messages that ask experts, and the answers on their way to whoever waits.

A row is written before Slack is called and changed afterwards, so that nothing is said twice: a row
that is `sending` when a round begins is one whose call may have succeeded, and Slack is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.store.database.clock import now
from bot.store.database.connections import Connections, insert
from bot.store.database.personal_data import ASKED, DIRECT, Delete, TableErasure
from bot.store.questions.gaps import PLACES, Waiting
from bot.store.replies import TOLD

MessageState = Literal["sending", "sent", "passed", "refused", "done"]
"""`passed`: who was asked said that it is not theirs; `refused`: Slack took no message there;
`done`: the message says how it ended."""
DeliveryState = Literal["waiting", "sending", "sent", "refused"]
ERASURE = (
    TableErasure(
        "expert_messages",
        (Delete(f"target = :person or channel in {DIRECT}", holds=("target", "channel", "ts")),),
        impersonal={"state": "one of a few words", "at": "a time"},
    ),
    TableErasure(
        "expert_deliveries",
        (Delete(f"reply_id in {ASKED} or channel in {DIRECT}", holds=("channel", "thread")),),
        impersonal={"state": "one of a few words", "at": "a time"},
    ),
)


@dataclass(frozen=True)
class ExpertMessage:
    """One row of `expert_messages`: a request that was put to one person or channel.

    Attributes:
        target: the expert.
        channel: where it stands in Slack: the channel, or the direct one of the person.
        ts: its time stamp; None until Slack has taken it.
        at: when it was sent.
    """

    id: int
    request_id: int
    target: str
    channel: str
    ts: str | None
    state: MessageState
    at: str


@dataclass(frozen=True)
class ExpertDelivery:
    """One row of `expert_deliveries`: a thread that an answer is to be posted in."""

    id: int
    request_id: int
    lesson_id: int
    reply_id: int
    channel: str
    thread: str
    state: DeliveryState
    at: str


class ExpertMessages:
    """The `expert_messages` table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, request_id: int, target: str, channel: str) -> ExpertMessage:
        """Stores that a request is being put to an expert."""
        row = {
            "request_id": request_id,
            "target": target,
            "channel": channel,
            "state": "sending",
            "at": now(),
        }
        with self._connections.write() as db:
            key = insert(db, "expert_messages", row)
        return self._select("id = :id", id=key)[0]

    def sent(self, message_id: int, ts: str) -> None:
        """Stores that Slack has taken a message."""
        self._change("state = 'sent', ts = :ts", message_id, ts=ts)

    def move(self, message_id: int, state: MessageState) -> None:
        """Changes the state of a message."""
        self._change("state = :state", message_id, state=state)

    def take_back(self, message_id: int) -> None:
        """Deletes a row whose message Slack has not taken: it is sent anew."""
        with self._connections.write() as db:
            db.conn.execute("delete from expert_messages where id = ?", [message_id])

    def of(self, request_id: int) -> list[ExpertMessage]:
        """Returns the messages about one request, oldest first."""
        return self._select("request_id = :request order by id", request=request_id)

    def at(self, request_id: int, channel: str, ts: str) -> ExpertMessage | None:
        """Returns the message of a request that stands in one place; None where none does."""
        found = self._select(
            "request_id = :request and channel = :channel and ts = :ts",
            request=request_id,
            channel=channel,
            ts=ts,
        )
        return found[0] if found else None

    def in_state(self, state: MessageState, limit: int) -> list[ExpertMessage]:
        """Returns the messages in a state, oldest first."""
        return self._select("state = :state order by id limit :limit", state=state, limit=limit)

    def stale(self, limit: int) -> list[ExpertMessage]:
        """Returns the messages that do not say yet how their request has ended, oldest first."""
        return self._select(
            "(state = 'passed' or (state = 'sent' and request_id in (select id from"
            " expert_requests where status not in ('wanted', 'asked')))) order by id limit :limit",
            limit=limit,
        )

    def number_since(self, target: str, at: str) -> int:
        """Returns how many messages an expert got since a time."""
        rows = self._connections.db.query(
            "select count(*) number from expert_messages where target = ? and at > ?"
            " and state != 'refused'",
            [target, at],
        )
        return sum(int(row["number"]) for row in rows)

    def _change(self, values: str, message_id: int, **given: object) -> None:
        with self._connections.write() as db:
            statement = f"update expert_messages set {values} where id = :id"  # noqa: S608  ours
            db.conn.execute(statement, {**given, "id": message_id})

    def _select(self, where: str, **given: object) -> list[ExpertMessage]:
        query = f"select * from expert_messages where {where}"  # noqa: S608  `where` is ours
        return [ExpertMessage(**row) for row in self._connections.db.query(query, given)]


class ExpertDeliveries:
    """The `expert_deliveries` table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(
        self, request_id: int, lesson_id: int, reply_id: int, channel: str, thread: str
    ) -> None:
        """Stores that an answer is to be posted in a thread; once for each thread."""
        row = {
            "request_id": request_id,
            "lesson_id": lesson_id,
            "reply_id": reply_id,
            "channel": channel,
            "thread": thread,
            "state": "waiting",
            "at": now(),
        }
        with self._connections.write() as db:
            db.table("expert_deliveries").insert(row, ignore=True)

    def places(self, gap_id: int, lesson_id: int, since: str) -> list[Waiting]:
        """Returns where a gap was asked and nobody was told an answer yet, oldest first.

        Which questions a lesson answers may be found out before anybody was told of it, and others
        may have taught the same meanwhile.

        Args:
            gap_id: the gap.
            lesson_id: the lesson that is told.
            since: when an answer was wanted: what was taught before has not helped.
        """
        rows = self._connections.db.query(
            "select replies.id reply_id, replies.channel, replies.thread, replies.question_ts,"
            " replies.person, replies.source from replies join gap_questions"
            " on gap_questions.reply_id = replies.id where gap_questions.gap_id = ?"
            " and (coalesce(gap_questions.answered_by, ?) = ? or gap_questions.answered_by in"
            " (select id from examples where created_at >= ?) and not exists (select 1 from"
            " expert_deliveries there where there.reply_id = replies.id))"
            " order by replies.id limit ?",
            [gap_id, lesson_id, lesson_id, since, PLACES],
        )
        return [Waiting(**row) for row in rows]

    def late(self, since: str, limit: int) -> list[tuple[int, Waiting]]:
        """Returns who was being answered, without the lesson, while it was handed on.

        Args:
            since: the time since which the lesson was taught.
            limit: how many are returned at most.

        Returns:
            The id of the request that the lesson answers, and the place, oldest first.
        """
        rows = self._connections.db.query(
            "select expert_requests.id request, replies.id reply_id, replies.channel,"
            " replies.thread, replies.question_ts, replies.person, replies.source"
            " from expert_requests join examples on examples.id = expert_requests.lesson_id"
            " join gap_questions on gap_questions.answered_by = examples.id"
            " join replies on replies.id = gap_questions.reply_id"
            " where expert_requests.status = 'told' and examples.created_at >= :since"
            " and replies.source = 'slack' and replies.created_at >= :since"
            " and replies.basis != 'taught' and not exists (select 1 from expert_deliveries there"
            " where there.request_id = expert_requests.id and there.channel = replies.channel and"
            " there.thread = coalesce(nullif(replies.thread, ''), replies.question_ts, ''))"
            " order by replies.id limit :limit",
            {"since": since, "limit": limit},
        )
        return [(int(row.pop("request")), Waiting(**row)) for row in rows]

    def told(self, delivery: ExpertDelivery) -> int | None:
        """Returns the reply that was stored for a delivery, posted or not; None before."""
        rows = self._connections.db.query(
            "select told.id from replies told join replies asked on asked.id = ?"
            " where told.channel = asked.channel and told.thread = asked.thread"
            " and told.id > asked.id and told.finish_reason = ?"
            " and json_extract(told.recalled, '$[0]') = ? order by told.id desc limit 1",
            [delivery.reply_id, TOLD, delivery.lesson_id],
        )
        return next((int(row["id"]) for row in rows), None)

    def due(self, limit: int) -> list[ExpertDelivery]:
        """Returns what is to be posted, and what may have been posted already, oldest first."""
        rows = self._connections.db.query(
            "select * from expert_deliveries where state in ('waiting', 'sending')"
            " order by id limit ?",
            [limit],
        )
        return [_delivery(row) for row in rows]

    def move(self, delivery_id: int, state: DeliveryState) -> None:
        """Changes the state of a delivery; `at` is then when it began to be sent."""
        with self._connections.write() as db:
            db.conn.execute(
                "update expert_deliveries set state = ?, at = ? where id = ?",
                [state, now(), delivery_id],
            )


def _delivery(row: Mapping[str, Any]) -> ExpertDelivery:
    return ExpertDelivery(**row)
