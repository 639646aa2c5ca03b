"""Puts what is wanted to experts, and keeps their messages true. Called again and again.

A row is written before each message is posted. Where nobody knows whether Slack has taken it, the
bot looks for it in Slack, so that nothing is said twice and nothing is lost.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.feedback.experts.asking import ExpertAsking
from bot.settings import MEMBER
from bot.slack.experts import request_message as message
from bot.slack.experts.posted import find_posted
from bot.slack.experts.readers import Readers
from bot.slack.messages import posting
from bot.slack.messages.mrkdwn import escape, name, shorten
from bot.slack.messages.permalinks import Permalinks
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.state.member_names import MemberNames
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage
from bot.store import Store
from bot.store.database.personal_data import NOBODY
from bot.store.questions.expert_messages import ExpertMessage
from bot.store.questions.expert_requests import ExpertRequest
from bot.store.questions.experts import Expert

log = structlog.get_logger(__name__)
AT_ONCE = 20
"""Requests, messages and notices that one round sends at most."""
AGAIN = timedelta(minutes=10)
"""How long nobody is looked for where all were asked enough."""
UNKNOWN_TO_ALL = "Nobody could answer that for now. Teach me if you find it out:"
FOUND_NOBODY = "I found nobody who could be asked that. Teach me if you find it out:"


class ExpertRequestsSender:
    """Sends requests and tells how they ended; called by one thread."""

    def __init__(
        self,
        store: Store,
        client: WebClient,
        asking: ExpertAsking,
        readers: Readers,
        names: MemberNames,
        permalinks: Permalinks,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`clock` tells the present time, with its zone."""
        self._store = store
        self._client = client
        self._asking = asking
        self._readers = readers
        self._names = names
        self._permalinks = permalinks
        self._clock = clock

    def send(self) -> None:
        """Puts each wanted question to the best expert who may be asked.

        Raises:
            SlackClientError, OSError: Slack is away; the next round goes on.
        """
        for row in self._store.expert_messages.in_state("sending", AT_ONCE):
            self._find(row)
        at = _iso(self._clock())
        for request in self._store.expert_requests.to_send(at, AT_ONCE):
            self._send(request)

    def update(self) -> None:
        """Has the messages say how their questions ended.

        Raises:
            SlackClientError, OSError: Slack is away; the next round goes on.
        """
        for row in self._store.expert_messages.stale(AT_ONCE):
            request = self._store.expert_requests.get(row.request_id)
            ending = message.PASSED if row.state == "passed" else self._ending(request)
            self._replace(row, message.ended(request, ending))
            self._store.expert_messages.move(row.id, "done")

    def tell(self) -> None:
        """Tells those who wanted somebody to be asked that there is no answer.

        Raises:
            SlackClientError, OSError: Slack is away; the next round goes on.
        """
        for request in self._store.expert_requests.untold(AT_ONCE):
            person = request.wanted_by or ""
            known = MEMBER.fullmatch(person) and not self._store.people.opted_out(person)
            if known and request.question:
                said = UNKNOWN_TO_ALL if request.status == "closed" else FOUND_NOBODY
                text = f"{said}\n{message.quoted(request.question)}"
                self._say(Place(person), MessageContent(text))
            self._store.expert_requests.mark_told(request.id)

    def _send(self, request: ExpertRequest) -> None:
        rows = self._store.expert_messages.of(request.id)
        if any(row.state == "sent" for row in rows):
            self._store.expert_requests.move(request.id, "asked", of=("wanted",))
            return
        asked, waits = {row.target for row in rows}, False
        for expert in self._candidates(request):
            if expert.target in asked:
                continue
            if not self._asking.has_room(expert):
                waits = True
            elif self._readers.may_read(expert, request.scope) and self._put(request, expert):
                self._store.expert_requests.move(request.id, "asked", of=("wanted",))
                return
        if waits:
            self._store.expert_requests.look_later(request.id, _iso(self._clock() + AGAIN))
        else:
            self._store.expert_requests.move(request.id, "nobody", of=("wanted",))

    def _candidates(self, request: ExpertRequest) -> list[Expert]:
        known: dict[str, Expert] = {}
        gaps = self._store.expert_requests.gaps(request.id)
        each = [self._asking.candidates(request.question, gap, request.wanted_by) for gap in gaps]
        for expert in each[0] if each else ():
            if all(expert in others for others in each):
                known[expert.target] = expert
        return list(known.values())

    def _put(self, request: ExpertRequest, expert: Expert) -> bool:
        """Posts the message to one expert; returns False where Slack does not take it."""
        where = self._where(request)
        channel = expert.target if expert.channel else self._direct(expert.target)
        if channel is None:
            return False
        row = self._store.expert_messages.add(request.id, expert.target, channel)
        ts = self._say(Place(channel), message.asking(request, row.id, where))
        if ts is None:
            self._store.expert_messages.move(row.id, "refused")
            return False
        self._store.expert_messages.sent(row.id, ts)
        return True

    def _find(self, row: ExpertMessage) -> None:
        """Finds out whether Slack has taken a message that was being sent."""
        ts = find_posted(self._client, row.channel, None, message.block_id(row.id), row.at)
        if ts is None:
            self._store.expert_messages.take_back(row.id)
        else:
            self._store.expert_messages.sent(row.id, ts)

    def _where(self, request: ExpertRequest) -> str:
        """Says where a question was asked, to those who may read there."""
        if request.scope.kind == "person" or request.reply_id is None:
            return ""
        reply = self._store.replies.get(request.reply_id)
        if not reply.channel:
            return ""
        link = self._permalinks.of(reply.channel, reply.question_ts) if reply.question_ts else None
        asked = f"<{link}|Asked>" if link else "Asked"
        return f"{asked} in <#{escape(reply.channel)}>"

    def _direct(self, person: str) -> str | None:
        """Returns the id of the direct channel with a person; None where Slack refuses it."""
        try:
            return str(self._client.conversations_open(users=person)["channel"]["id"])
        except SlackApiError as error:
            if is_outage(error):
                raise
            log.warning("an expert was not asked", code=code_of(error))
            return None

    def _ending(self, request: ExpertRequest) -> str:
        if request.status in ("closed", "nobody"):
            return message.NO_MORE
        if request.status == "gone":
            return message.TAKEN_BACK
        if request.answered_by is None:
            return message.ELSEWHERE
        who = request.answered_by
        known = "somebody" if who == NOBODY else shorten(escape(name(self._names.name(who))), 80)
        return f":white_check_mark: Answered by {known}."

    def _say(self, place: Place, content: MessageContent) -> str | None:
        """Posts a message; None where Slack refuses it.

        Raises:
            SlackClientError, OSError: Slack is away.
        """
        try:
            return posting.say(self._client, place, content)
        except SLACK_TROUBLE as error:
            if is_outage(error):
                raise
            log.warning("no message of experts", error=type(error).__name__, code=code_of(error))
            return None

    def _replace(self, row: ExpertMessage, content: MessageContent) -> None:
        try:
            self._client.chat_update(
                channel=row.channel,
                ts=row.ts or "",
                text=content.text,
                blocks=list(content.blocks),
                parse="none",
                link_names=False,
            )
        except SLACK_TROUBLE as error:
            if is_outage(error):
                raise
            log.warning("a request stays", error=type(error).__name__, code=code_of(error))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
