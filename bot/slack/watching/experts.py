"""Proposes to teachers what they have answered, in channels that an admin has put under watch.

Nothing is stored but that a question was proposed. What was said is read again from Slack for the
proposal and when its button is pressed, so that what was edited or deleted meanwhile counts.
"""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from slack_sdk import WebClient

from bot.feedback.watching.exchanges import Exchange, Exchanges, Said
from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.settings import FeedbackSettings
from bot.slack.events.message import IncomingMessage
from bot.slack.events.reaction import Reaction, sign_of
from bot.slack.lessons.message_source import MessageSource, Passage
from bot.slack.messages import posting
from bot.slack.messages.mrkdwn import mentioned
from bot.slack.messages.posting import Place
from bot.slack.payloads.admission import Admission
from bot.slack.state.member_names import MemberNames
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage
from bot.slack.watching.proposal import proposal_message
from bot.store import Store
from bot.store.database.clock import now
from bot.store.people import digest, forgotten_key

log = structlog.get_logger(__name__)
A_DAY = 3
"""Proposals that one teacher gets in a day at most; what is more is not proposed at all."""
WAITING = 100
"""Exchanges that wait for Slack to come back; beyond that the oldest are dropped."""


class Watchable:
    """Says whose words may be proposed in which channel; it may wait for Slack."""

    def __init__(
        self, store: Store, privacy: Privacy, rights: Rights, admission: Admission
    ) -> None:
        self._store = store
        self._privacy = privacy
        self._rights = rights
        self._admission = admission

    def place(self, channel: str) -> bool:
        """Whether a channel is watched: an admin said so, and the bot is not switched off there."""
        return self._store.channels.watched(channel) and self._privacy.listens(channel)

    def person(self, user: str, ts: str) -> bool:
        """Whether the words that a person wrote at `ts` may be proposed.

        Those of outsiders may not, nor of who has opted out, or was forgotten since.
        """
        self._admission.learn(user)
        written = datetime.fromtimestamp(float(ts), UTC).isoformat(timespec="milliseconds")
        return (
            self._privacy.keeps(user)
            and self._rights.is_outsider(user) is False
            and not self._store.handled_events.marked_since(forgotten_key(user), written)
        )

    def teacher(self, user: str) -> bool:
        """Whether a person is a teacher, to whom answers of theirs may be proposed."""
        return self._rights.is_teacher(user)


class ExpertWatch:
    """Follows what people say in watched channels; safe from any thread."""

    def __init__(
        self,
        store: Store,
        settings: FeedbackSettings,
        client: WebClient,
        source: MessageSource,
        names: MemberNames,
        watchable: Watchable,
        today: Callable[[], str] = lambda: now()[:10],
    ) -> None:
        """`today` tells the date, which proposals are counted by."""
        self._store = store
        self._settings = settings
        self._client = client
        self._source = source
        self._names = names
        self._watchable = watchable
        self._today = today
        self._exchanges = Exchanges(watchable.teacher)
        self._waiting: deque[Exchange] = deque(maxlen=WAITING)

    def hear(self, message: IncomingMessage) -> None:
        """Follows a message; proposes what somebody was thanked for in it."""
        if message.direct or not self._watchable.place(message.channel):
            return
        if self._names.own in mentioned(message.text):
            return  # it is for the bot, which answers it
        self._propose_new(
            self._exchanges.heard(
                Said(
                    message.channel,
                    message.ts,
                    message.thread,
                    message.user,
                    message.text,
                    frozenset(mentioned(message.text)),
                )
            )
        )

    def react(self, reaction: Reaction) -> None:
        """Follows a thumbs-up; one that is taken back proposes nothing."""
        if not reaction.added or sign_of(reaction.name, self._settings) <= 0:
            return
        if self._watchable.place(reaction.channel):
            found = self._exchanges.thumbed(reaction.channel, reaction.ts, reaction.user)
            self._propose_new(found)

    def propose_waiting(self) -> None:
        """Tries again what could not be proposed because Slack was away."""
        for _ in range(len(self._waiting)):
            try:
                exchange = self._waiting.popleft()
            except IndexError:
                return
            self._propose(exchange, counted=True)

    def _propose_new(self, found: list[Exchange]) -> None:
        for exchange in found:
            if self._store.handled_events.claim(f"watched:{exchange.channel}:{exchange.question}"):
                self._propose(exchange)

    def _propose(self, exchange: Exchange, *, counted: bool = False) -> None:
        """Sends a proposal to a teacher, unless words of it are gone or theirs to keep.

        Args:
            exchange: what is proposed.
            counted: whether it counts already among those of the day.
        """
        if not self._watchable.place(exchange.channel):
            return
        if self._store.provenance.refused(exchange.channel, exchange.question):
            return
        persons = (exchange.asker, exchange.question), (exchange.teacher, exchange.answer)
        if not all(self._watchable.person(*person) for person in persons):
            return
        passage = self._read(exchange)
        if passage is None or not (counted or self._takes_one_more(exchange.teacher)):
            return
        asker = self._names.name(exchange.asker)
        try:
            content = proposal_message(passage, asker, exchange.channel)
            posting.say(self._client, Place(exchange.teacher), content)
        except SLACK_TROUBLE as error:
            log.warning("nothing was proposed", error=type(error).__name__, code=code_of(error))
            if is_outage(error):
                self._waiting.append(exchange)

    def _read(self, exchange: Exchange) -> Passage | None:
        """Reads an exchange again; None where it is no longer what it was."""
        passage = self._source.exchange(exchange.channel, exchange.question, exchange.answer)
        if passage is None or passage.question is None:
            return None
        said = passage.question.words.person, passage.answer.words.person
        return passage if said == (exchange.asker, exchange.teacher) else None

    def _takes_one_more(self, teacher: str) -> bool:
        """Whether a teacher may be asked once more today; it is counted then."""
        key = f"watch:{digest(teacher)}:{self._today()}"
        claims = (self._store.handled_events.claim(f"{key}:{number}") for number in range(A_DAY))
        return any(claims)
