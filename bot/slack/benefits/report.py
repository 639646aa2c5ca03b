"""`/nightschool report`, and what the Home tab says of the week and of one's own."""

from collections.abc import Callable
from datetime import datetime

from slack_sdk import WebClient
from slack_sdk.models.blocks import Block, DividerBlock

from bot.feedback.benefits.figures import benefits, own_figures, week_beside_week
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
        """Answers `/nightschool report`; gaps and due lessons are counted as far as seen here."""
        told = benefits(
            self._store,
            self._registry,
            self._now(),
            review_days=self._review_days,
            audience=place_of(command.user, command.channel),
        )
        send_ephemeral(self._client, command.recipient, figures_message.report(told))

    def home(self, user: str) -> list[Block]:
        """Returns the section of the Home tab; none before anybody has asked anything."""
        now = self._now()
        week, before = week_beside_week(self._store, now)
        if not (week.questions or before.questions):
            return []
        own = own_figures(self._store, user, now)
        text = f"{figures_message.table(week, before)}\n_{escape(own_line(own))}_"
        return [DividerBlock(), section(text)]
