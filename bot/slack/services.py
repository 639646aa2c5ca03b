"""Everything a listener may use, in one object."""

import threading
from dataclasses import dataclass, field
from functools import cached_property

from slack_sdk import WebClient

from bot.assistant import Assistant
from bot.feedback import Feedback
from bot.home import Home
from bot.night import NightRunner
from bot.privacy import Privacy
from bot.rights import Rights
from bot.settings import Settings
from bot.slack.connection import Identity
from bot.slack.contradictions import Contradictions
from bot.slack.lanes import Lanes
from bot.slack.people import People
from bot.slack.speaking import Speaking
from bot.slack.threads import Threads
from bot.slack.thumbs import Order
from bot.slack.underway import UnderWay
from bot.store import Store
from trainer.registry import Registry


@dataclass(frozen=True)
class Services:
    """Made once at the start; shared by all threads."""

    home: Home
    settings: Settings
    store: Store
    assistant: Assistant
    feedback: Feedback
    nights: NightRunner
    client: WebClient
    identity: Identity
    lanes: Lanes
    people: People
    threads: Threads
    underway: UnderWay
    contradictions: Contradictions = field(default_factory=Contradictions)
    order: Order = field(default_factory=Order)
    speaking: Speaking = field(default_factory=Speaking)
    asked_for_night: dict[int, "NightAsker"] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)
    """Set when the service stops: nothing waits for Slack any longer."""
    night_starters: dict[int, str] = field(default_factory=dict)
    followers: list[threading.Thread] = field(default_factory=list)
    """What shows how far a night is; the service waits for them when it stops."""

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
