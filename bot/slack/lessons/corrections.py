"""Corrections of answers: the form "What should I have said?" and its submission."""

from slack_sdk import WebClient

from bot.feedback.ratings import ReplyRatings
from bot.lessons.teaching import OnConflict, Taught
from bot.settings import ExampleSettings
from bot.slack.lessons.forms import Correction, correction_form
from bot.slack.messages import blocks
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.permalinks import Permalinks
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.conflicts import Conflicts
from bot.store import Store


class Corrections:
    """Opens the form for a better answer, and teaches what was submitted in it."""

    def __init__(
        self,
        store: Store,
        ratings: ReplyRatings,
        limits: ExampleSettings,
        client: WebClient,
        dispatcher: Dispatcher,
        conflicts: Conflicts,
        permalinks: Permalinks,
    ) -> None:
        self._store = store
        self._ratings = ratings
        self._limits = limits
        self._client = client
        self._dispatcher = dispatcher
        self._conflicts = conflicts
        self._permalinks = permalinks

    def open_form(self, recipient: Recipient, trigger: str, reply_id: int) -> None:
        """Opens the form, filled with an earlier correction of the same person.

        Args:
            recipient: the person who corrects.
            trigger: Slack's permission to open a form; it lives three seconds.
            reply_id: the id of the answer.

        Raises:
            NotFoundError: there is no such reply.
            SlackClientError: the trigger is too old.
        """
        reply = self._store.replies.get(reply_id)
        earlier = self._ratings.correction_of(reply_id, recipient.user)
        form = correction_form(reply, recipient, earlier, self._limits)
        self._client.views_open(trigger_id=trigger, view=form)

    def teach(self, correction: Correction) -> Taught:
        """Teaches the better answer; stores nothing where it contradicts another lesson."""
        recipient = correction.recipient
        return self._ratings.correct(correction.reply, recipient.user, correction.text, "ask")

    def outcome(self, correction: Correction, taught: Taught) -> MessageContent:
        """Returns the notice for the teacher: the result, or buttons for a contradiction."""
        if taught.status != "contradiction":
            return self._thanks(correction, taught)
        user = correction.recipient.user

        def settle(choice: OnConflict) -> MessageContent:
            settled = self._ratings.correct(
                correction.reply, user, correction.text, choice, taught.conflicts
            )
            return self._thanks(correction, settled)

        return self._conflicts.ask(user, taught.conflicts, settle)

    def _thanks(self, correction: Correction, taught: Taught) -> MessageContent:
        # The link takes a call to Slack; the teacher does not wait for it.
        self._dispatcher.later(self._permalinks.keep, taught.id, correction.reply)
        return blocks.taught(taught)
