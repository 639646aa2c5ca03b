"""Messages that a person marks as worth teaching, by the shortcut in the menu or by an emoji."""

from typing import Any

from slack_sdk import WebClient
from slack_sdk.models.blocks import ButtonElement
from slack_sdk.models.views import View

from bot.lessons.curation import Curation
from bot.lessons.scoping import default_scope
from bot.settings import ExampleSettings
from bot.slack.events.reaction import Reaction
from bot.slack.lessons import forms
from bot.slack.lessons.corrections import Corrections
from bot.slack.lessons.message_source import MessageSource, is_of_a_person
from bot.slack.messages.ephemeral import Recipient, send_ephemeral, with_buttons
from bot.slack.messages.mrkdwn import escape
from bot.slack.messages.posting import MessageContent
from bot.slack.transport.errors import explain
from bot.store import Store

SHORTCUT = "teach_this"
OFFER = "teach_this_offer"
MINE = "That is an answer of mine: a thumbs-up makes it a lesson, a thumbs-down asks for a better."
NOBODY = "I learn the words of people, and these are nobody's, or gone."


class MarkedMessages:
    """Opens the form that makes a lesson of a message, or shows a button that does."""

    def __init__(
        self,
        store: Store,
        curation: Curation,
        limits: ExampleSettings,
        client: WebClient,
        source: MessageSource,
        corrections: Corrections,
    ) -> None:
        self._store = store
        self._curation = curation
        self._limits = limits
        self._client = client
        self._source = source
        self._corrections = corrections

    def open_form(
        self, recipient: Recipient, trigger: str, message: dict[str, Any] | None, ts: str
    ) -> None:
        """Opens the form for a marked message; for an answer of the bot, the one that corrects it.

        Args:
            recipient: who marked it.
            trigger: Slack's permission to open a form; it lives three seconds.
            message: the message as Slack sends it; None to read it first.
            ts: its time stamp.

        Raises:
            SlackClientError: the trigger is too old.
        """
        reply = self._store.replies.at(recipient.channel, ts)
        if reply is not None:
            self._corrections.open_form(recipient, trigger, reply)
            return
        opened = self._client.views_open(trigger_id=trigger, view=forms.waiting())
        try:
            view = self._form(recipient, message or self._source.fetch(recipient.channel, ts))
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
            view = forms.unfit(escape(explain(error, "teach this")))
        self._client.views_update(view_id=opened["view"]["id"], view=view)

    def marked(self, reaction: Reaction) -> None:
        """Shows a button that opens the form: a reaction brings no trigger that could open it."""
        recipient = Recipient(reaction.user, reaction.channel)
        if self._store.replies.at(reaction.channel, reaction.ts) is not None:
            send_ephemeral(self._client, recipient, MessageContent(MINE))
            return
        message = self._source.fetch(reaction.channel, reaction.ts)
        if message is None or not is_of_a_person(message):
            return
        button = ButtonElement(
            text="Teach this",
            action_id=OFFER,
            value=f"{reaction.channel}:{reaction.ts}",
            style="primary",
        )
        offer = with_buttons(":mortar_board: Shall I learn these words?", button)
        recipient = Recipient(reaction.user, reaction.channel, message.get("thread_ts"))
        send_ephemeral(self._client, recipient, offer)

    def unmarked(self, reaction: Reaction) -> None:
        """Withdraws what this person taught from the message whose emoji they removed."""
        recipient = Recipient(reaction.user, reaction.channel)
        taught = self._curation.taught_from(reaction.channel, reaction.ts, reaction.user)
        for example in taught:
            self._curation.withdraw(example, reaction.user, "mark taken back")
            notice = f"I will not learn that (example {example})."
            send_ephemeral(self._client, recipient, MessageContent(notice))

    def _form(self, recipient: Recipient, message: dict[str, Any] | None) -> View:
        if message is None or not is_of_a_person(message):
            return forms.unfit(NOBODY)
        passage = self._source.passage(recipient.channel, message)
        here = default_scope(self._store, recipient.channel, recipient.user)
        return forms.teach_this_form(passage, recipient, self._limits, here)
