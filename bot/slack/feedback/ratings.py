"""Records a person's rating of an answer, and acknowledges it to that person alone."""

from collections.abc import Callable
from decimal import Decimal

from slack_sdk import WebClient

from bot.feedback.ratings import ReplyRatings
from bot.slack.events.reaction import RatingOrder
from bot.slack.feedback import notices
from bot.slack.lessons.confirmation import Confirmations
from bot.slack.messages.ephemeral import Recipient, send_ephemeral
from bot.slack.messages.permalinks import Permalinks
from bot.store import Store

Decide = Callable[[int], int | None]
"""Takes a person's rating as it is and returns the new one: 1, -1, 0; None for no change."""


class RatingRecorder:
    """Records ratings in the order in which people gave them, and acknowledges each."""

    def __init__(
        self,
        store: Store,
        ratings: ReplyRatings,
        client: WebClient,
        permalinks: Permalinks,
        confirmations: Confirmations,
    ) -> None:
        self._store = store
        self._ratings = ratings
        self._client = client
        self._permalinks = permalinks
        self._confirmations = confirmations
        self._order = RatingOrder()

    def pressed(self, recipient: Recipient, reply: int, rating: int, at: Decimal) -> None:
        """Records the rating of a button.

        Args:
            recipient: who rates, and where to tell them.
            reply: the id of the answer.
            rating: 1, -1, or 0, which takes the rating back.
            at: when the button was pressed, by Slack's clock (Unix seconds).

        Raises:
            NotFoundError: there is no such reply.
            InputError: nothing of the reply or of this person may be kept.
        """
        # A reaction is taken back by removing it; Slack has no such thing for its buttons.
        self.record(recipient, reply, lambda _: rating, at, may_take_back=True)

    def record(
        self,
        recipient: Recipient,
        reply: int,
        decide: Decide,
        at: Decimal,
        *,
        may_take_back: bool = False,
    ) -> None:
        """Records the rating that `decide` returns, unless a newer one was recorded.

        Args:
            recipient: who rates, and where to tell them.
            reply: the id of the answer.
            decide: takes the rating as it is, and returns the new one.
            at: when they rated, by Slack's clock (Unix seconds).
            may_take_back: whether the notice has a button that takes the rating back.
        """
        with self._order.guard:
            if not self._order.is_newest(reply, recipient.user, at):
                return
            before = self._store.ratings.of(reply, recipient.user)
            rating = decide(before)
            if rating is None:
                return
            corrected = self._ratings.correction_of(reply, recipient.user) is not None
            ratings = self._ratings
            act = {1: ratings.thumbs_up, -1: ratings.thumbs_down, 0: ratings.take_back}[rating]
            result = act(reply, recipient.user)
        if rating > 0:
            confirmation = self._confirmations.of(result, recipient)
            notice = notices.up(result, reply, may_take_back, confirmation)
        elif rating < 0:
            notice = notices.down(result, reply, may_take_back)
        else:
            notice = notices.taken_back(result, before, corrected=corrected)
        send_ephemeral(self._client, recipient, notice)
        self._permalinks.keep(result.id, reply)
