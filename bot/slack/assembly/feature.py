"""What a feature of the bot brings to Slack: listeners, subcommands, sections of the Home tab."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.answers.assistant import Assistant
from bot.home import Home
from bot.nights.runner import NightRunner
from bot.settings import Settings
from bot.slack.admin.app_home import HomeSection
from bot.slack.answers.footer import ReplyFooter
from bot.slack.answers.streaming import StreamingContext
from bot.slack.app import Listeners
from bot.slack.assembly.workspace import Workspace
from bot.slack.payloads.command import CommandHandler
from bot.store import Store
from trainer.adapters.registry import Registry


@dataclass(frozen=True)
class Context:
    """What features are made of."""

    home: Home
    settings: Settings
    store: Store
    assistant: Assistant
    nights: NightRunner
    registry: Registry
    workspace: Workspace
    streaming: StreamingContext
    footer: ReplyFooter

    def redraw_home(self, user: str) -> None:
        """Draws somebody's Home tab anew, where they have pressed a button of it."""
        for redraw in self.workspace.observers.home:
            redraw(user)


@dataclass(frozen=True)
class Feature:
    """The parts of one feature; the others know nothing of it.

    Attributes:
        listeners: for its buttons, forms and events.
        subcommands: of `/nightschool`, by their words.
        home: sections of the Home tab, in their order.
        rounds: small tasks that are done again and again; see `bot.slack.transport.rounds`.
    """

    listeners: Sequence[Listeners] = ()
    subcommands: Mapping[str, CommandHandler] = field(default_factory=dict)
    home: Sequence[HomeSection] = ()
    rounds: Sequence[Callable[[], object]] = ()
