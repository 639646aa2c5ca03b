"""`/nightschool report`, and what the Home tab says of the week and of one's own."""

from collections.abc import Callable
from datetime import datetime

from slack_sdk import WebClient
from slack_sdk.models.blocks import Block, DividerBlock

from bot.feedback.benefits.figures import Benefits, benefits, own_figures
from bot.feedback.benefits.wording import own_line
from bot.settings import Settings
from bot.slack.benefits import figures_message
from bot.slack.lessons.scope_buttons import place_of
from bot.slack.messages.blocks import section
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.mrkdwn import escape
from bot.slack.payloads.command import Command
from bot.store import Store
from trainer.adapters.registry import Registry


class BenefitsReport:
    """Says what the bot brings; safe from any thread."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        registry: Registry,
        client: WebClient,
        now: Callable[[], datetime],
    ) -> None:
        """`now` is the clock."""
        self._store = store
        self._review_days = settings.lessons.review_days
        self._registry = registry
        self._client = client
        self._now = now

    def command(self, command: Command) -> None:
        """Answers `/nightschool report`."""
        told = self._told(command.user, command.channel)
        send_ephemeral(self._client, command.recipient, figures_message.report(told))

    def home(self, user: str) -> list[Block]:
        """Returns the section of the Home tab; none before anybody has asked anything."""
        told = self._told(user, "")
        if not (told.week.questions or told.before.questions):
            return []
        own = own_figures(self._store, user, self._now())
        text = f"{figures_message.table(told)}\n_{escape(own_line(own))}_"
        return [DividerBlock(), section(text)]

    def _told(self, user: str, channel: str) -> Benefits:
        """Returns the figures for one person; what is counted by place, over what they may see."""
        return benefits(
            self._store,
            self._registry,
            self._now(),
            review_days=self._review_days,
            audience=place_of(user, channel),
        )
