"""What whoever taught a lesson is told of it: its outcome, whom it is for, and how to change it."""

from bot.lessons.teaching import Taught
from bot.permissions import NO_ADMIN, Rights
from bot.slack.lessons.author_notices import may_be_undone, undo_button
from bot.slack.lessons.scope_buttons import scope_buttons
from bot.slack.messages import blocks
from bot.slack.messages.ephemeral import Recipient, with_buttons
from bot.slack.messages.mrkdwn import escape
from bot.slack.messages.posting import MessageContent
from bot.store import Store
from bot.store.examples.scope import Scope

UNKNOWN_KIND = (
    "I do not know what kind of channel this is, so I take care: `nightschool doctor` says why."
)
STORED = ("approved", "pending", "quarantined")
"""The statuses of a lesson that was stored just now."""


class Confirmations:
    """Builds the notices about lessons that were taught."""

    def __init__(self, store: Store, rights: Rights) -> None:
        self._store = store
        self._rights = rights

    def of(self, taught: Taught, recipient: Recipient) -> MessageContent:
        """Builds the notice for whoever taught a lesson, with buttons that take a step back.

        They change whom it is for, and undo that it has replaced another one.

        Args:
            taught: what became of the lesson.
            recipient: who taught it, and where they are told.
        """
        text, user, channel = self.text(taught, recipient), recipient.user, recipient.channel
        if taught.id is None or taught.status not in STORED:
            return MessageContent(text)
        example = self._store.examples.get(taught.id)
        offered = scope_buttons(self._rights, example, user, channel)
        if taught.replaced and may_be_undone(self._store, example.id):
            offered.append(undo_button(example.id))
        return with_buttons(text, *offered) if offered else MessageContent(text)

    def text(self, taught: Taught, recipient: Recipient) -> str:
        """Returns the sentences of the notice, as escaped mrkdwn."""
        user, channel = recipient.user, recipient.channel
        sentences = [blocks.taught(taught, channel, user).text]
        careful = taught.scope == Scope("channel", channel) and taught.status in STORED
        if careful and self._store.places.kind(channel) is None:
            sentences.append(UNKNOWN_KIND)
        asked = taught.proposed_for or self._rights.deciders()
        if taught.status == "pending" and not asked:
            sentences.append(escape(NO_ADMIN.format(user=user)))
        return " ".join(sentences)
