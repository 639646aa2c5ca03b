"""Everything a listener may use, in one object."""

import threading
from dataclasses import dataclass, field
from functools import cached_property

from slack_sdk import WebClient

from bot.answers.assistant import Assistant
from bot.feedback.comparisons import ComparisonVotes
from bot.feedback.message_changes import MessageChanges
from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.nights.runner import NightRunner
from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.settings import Settings
from bot.slack.events.reaction import RatingOrder
from bot.slack.state.conflicts import Conflicts
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.member_names import MemberNames
from bot.slack.state.pacing import StreamingState
from bot.slack.state.threads import Threads
from bot.slack.transport.connection import Identity
from bot.slack.transport.executors import Executors
from bot.store import Store
from trainer.adapters.registry import Registry


@dataclass(frozen=True)
class Services:
    """Made once at the start; shared by all threads."""

    home: Home
    settings: Settings
    store: Store
    assistant: Assistant
    nights: NightRunner
    client: WebClient
    identity: Identity
    executors: Executors
    member_names: MemberNames
    threads: Threads
    in_flight: InFlightAnswers
    conflicts: Conflicts = field(default_factory=Conflicts)
    rating_order: RatingOrder = field(default_factory=RatingOrder)
    streaming: StreamingState = field(default_factory=StreamingState)
    asked_for_night: dict[int, "NightAsker"] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)
    """Set when the service stops: nothing waits for Slack any longer."""
    night_starters: dict[int, str] = field(default_factory=dict)
    followers: list[threading.Thread] = field(default_factory=list)
    """What shows how far a night is; the service waits for them when it stops."""

    @cached_property
    def curation(self) -> Curation:
        """Looks after lessons."""
        return Curation(self.store, self.settings)

    @cached_property
    def ratings(self) -> ReplyRatings:
        """Takes thumbs and corrections."""
        return ReplyRatings(self.store, self.settings)

    @cached_property
    def votes(self) -> ComparisonVotes:
        """Takes votes on blind comparisons."""
        return ComparisonVotes(self.store, self.settings)

    @cached_property
    def message_changes(self) -> MessageChanges:
        """Takes edits and deletions of messages."""
        return MessageChanges(self.store, self.curation)

    @cached_property
    def rights(self) -> Rights:
        """Who may do what; asked anew in every action and view."""
        return Rights(self.store, self.settings)

    @cached_property
    def privacy(self) -> Privacy:
        """Where the bot listens, and whose words it keeps."""
        return Privacy(self.store, self.settings)

    @cached_property
    def registry(self) -> Registry:
        """The adapter versions."""
        return Registry(self.home.adapters)


@dataclass(frozen=True)
class NightAsker:
    """Who sent the bot to school, and the way to tell them how it went."""

    user: str
    response_url: str
