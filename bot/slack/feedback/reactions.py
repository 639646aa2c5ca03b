"""Ratings by emoji: which rating follows when one is added to an answer or removed."""

from concurrent.futures import Executor

import structlog
from slack_sdk import WebClient

from bot.permissions import Act, RightsError
from bot.settings import FeedbackSettings
from bot.slack.events import reaction as reactions
from bot.slack.events.reaction import Reaction
from bot.slack.feedback import notices
from bot.slack.feedback.ratings import Decide, RatingRecorder
from bot.slack.messages.ephemeral import Recipient, send_ephemeral
from bot.slack.payloads.admission import Admission
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.store import Store

log = structlog.get_logger(__name__)


class ReactionRatings:
    """Records the emoji that `settings` names as ratings."""

    def __init__(
        self,
        store: Store,
        settings: FeedbackSettings,
        client: WebClient,
        quick: Executor,
        in_flight: InFlightAnswers,
        recorder: RatingRecorder,
        admission: Admission,
    ) -> None:
        self._store = store
        self._settings = settings
        self._client = client
        self._quick = quick
        self._in_flight = in_flight
        self._recorder = recorder
        self._admission = admission

    def reacted(self, reaction: Reaction, sign: int) -> None:
        """Records the rating of an emoji, if the message is an answer of the bot.

        Args:
            reaction: the emoji, its message, and whether it was added or removed.
            sign: the rating that the emoji stands for, 1 or -1.
        """
        if self._in_flight.after(
            reaction.channel,
            reaction.ts,
            lambda: self._quick.submit(self.reacted, reaction, sign),
        ):
            return  # an answer that is still being written has no id yet
        reply = self._store.replies.at(reaction.channel, reaction.ts)
        if reply is None:
            return
        thread = self._store.replies.get(reply).thread or None
        recipient = Recipient(reaction.user, reaction.channel, thread)
        try:
            if not self._store.handled_events.claim(reaction.key):
                return
            if reaction.added:
                self._admission.admit(reaction.user, Act.RATE, reaction.channel)
                decide = _added(sign)
            else:
                decide = _removed(sign, self._counting(reaction))
            self._recorder.record(recipient, reply, decide, reaction.at)
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
            send_ephemeral(self._client, recipient, notices.sorry(error))

    def _counting(self, removed: Reaction) -> frozenset[int]:
        """Returns the ratings that may follow from emoji which this person still has there.

        Slack leaves an emoji that was refused on the message. Who may not rate can only take an
        earlier rating back, which is refused to nobody.
        """
        try:
            self._admission.admit(removed.user, Act.RATE, removed.channel)
        except RightsError:
            return frozenset()
        return self._standing(removed)

    def _standing(self, removed: Reaction) -> frozenset[int]:
        """Returns the ratings of the emoji that this person still has on the message."""
        try:
            answer = self._client.reactions_get(
                channel=removed.channel, timestamp=removed.ts, full=True
            )
        except SLACK_TROUBLE as error:
            log.warning("reactions were not read", error=type(error).__name__, code=code_of(error))
            return frozenset()
        message = answer.get("message") or {}
        if message.get("ts") != removed.ts:
            return frozenset()
        return frozenset(
            reactions.sign_of(reactions.bare(reaction["name"]), self._settings)
            for reaction in message.get("reactions") or []
            if removed.user in reaction.get("users", ())
        )


def _added(sign: int) -> Decide:
    return lambda _: sign


def _removed(sign: int, standing: frozenset[int]) -> Decide:
    """Returns the decision about a removed emoji.

    The person may have rated otherwise since, and another emoji of theirs may still stand.
    """

    def decide(current: int) -> int | None:
        if current == -sign or sign in standing:
            return None
        if -sign in standing:
            return -sign
        return 0 if current else None

    return decide
