"""The bot introduces itself: once in each channel that it is invited to, once to each person."""

import threading
from typing import Any

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.settings import Settings
from bot.slack.messages import posting
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.members import Members
from bot.slack.state.places import SlackPlaces
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage
from bot.store import Store
from bot.store.people import digest
from bot.store.places import PlaceKind

log = structlog.get_logger(__name__)
WHAT = (
    ":mortar_board: Hello, I am Nightschool. I answer with what this team has taught me, learn it "
    "at night on the team's own machine, and say so where nobody has taught me something."
)
ASK_HERE = "*Ask me*: mention me with your question; in my threads no mention is needed."
ASK_DIRECTLY = (
    "*Ask me*: just write. Nobody else sees it, and what you teach here is for you alone."
)
TEACH = (
    "*Teach me*: `/teach question => answer`, a :+1: on an answer that is right, a :-1: on one "
    "that is wrong, or *Teach this* in the menu of a message. `/nightschool help` lists the rest."
)
FOR_WHOM: dict[PlaceKind, str] = {
    "public": "What is taught here is for everybody, unless you choose otherwise.",
    "private": "What is taught here is for this channel alone, unless you choose otherwise.",
    "group": "What is taught here is for this conversation alone, unless you choose otherwise.",
}
OFF = (
    ":mute: I am switched off here, and keep nothing: an admin switches me on with "
    "`/nightschool channels listen`."
)
WATCHED = "I propose answers of teachers to them as lessons; nothing is kept before they agree."
UNASKED = "I answer without a mention what I was taught, and nothing else."
MUTE = "An admin switches me off here with `/nightschool channels mute`."


class Greetings:
    """Posts the introductions, each once."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        client: WebClient,
        members: Members,
        places: SlackPlaces,
    ) -> None:
        self._store = store
        self._keep_days = settings.replies.keep_days
        self._client = client
        self._members = members
        self._places = places
        self._privacy = Privacy(store, settings)
        self._rights = Rights(store, settings)
        self._under_way: set[str] = set()
        self._owed: set[str] = set()
        self._guard = threading.Lock()

    def invited(self, channel: str) -> None:
        """Greets a channel that the bot was invited to, once for ever; never raises for Slack.

        Where Slack is away, `settle` tries it again.
        """
        mark = f"greeted:{channel}"
        with self._guard:
            if channel in self._under_way or self._store.marks.has(mark):
                return
            self._under_way.add(channel)
        try:
            content = self.to_channel(channel, self._places.ensure(channel))
            if self._say(channel, content):
                self._store.marks.set(mark)
                self._owed.discard(channel)
            else:
                self._owed.add(channel)
        finally:
            self._under_way.discard(channel)

    def settle(self) -> None:
        """Greets the channels for which Slack was away."""
        for channel in list(self._owed):
            self.invited(channel)

    def opened(self, user: str, channel: str) -> None:
        """Greets somebody who opens their direct messages with the bot for the first time.

        Of whom something is known already, and of outsiders and people who opted out, nobody is.
        """
        people = self._store.people
        if people.outsider(user) is not None or not self._privacy.keeps(user):
            return
        if self._store.replies.asked_by(user):
            return
        # Nothing is kept of it for long: what tells a second opening is that the person is known.
        if not self._store.handled_events.claim(f"greeted:{digest(user)}"):
            return
        self._members.learn(user)
        if not self._rights.is_outsider(user):
            self._say(channel, self.to_person())

    def to_channel(self, channel: str, kind: PlaceKind | None) -> MessageContent:
        """Returns what a channel is told."""
        if not self._privacy.listens(channel):
            return MessageContent(f"{WHAT}\n{OFF}")
        for_whom = FOR_WHOM.get(kind or "private", FOR_WHOM["private"])
        lines = [ASK_HERE, f"{TEACH} {for_whom}", self._kept(), self._here(channel)]
        return MessageContent("\n".join([WHAT, *(f"• {line}" for line in lines)]))

    def to_person(self) -> MessageContent:
        """Returns what somebody is told in their direct messages."""
        lines = [ASK_DIRECTLY, TEACH, self._kept()]
        return MessageContent("\n".join([WHAT, *(f"• {line}" for line in lines)]))

    def _here(self, channel: str) -> str:
        """Says what is switched on in a channel."""
        channels = self._store.channels
        watched = [WATCHED] if channels.watched(channel) else []
        unasked = [UNASKED] if channels.auto(channel) else []
        return " ".join(["*Here*:", *watched, *unasked, MUTE])

    def _kept(self) -> str:
        days = self._keep_days
        how_long = "" if days is None else f" Words of answers are kept for {days} days."
        return (
            "*What I keep*: questions to me with my answers, and what people teach me; nothing "
            f"else that is written here, and nothing leaves the machine that I run on.{how_long} "
            "`/nightschool opt out` keeps your words out, `/nightschool forget me` deletes them."
        )

    def _say(self, channel: str, content: MessageContent) -> bool:
        """Posts a greeting; False where Slack is away. What it refuses is not tried again."""
        try:
            posting.say(self._client, Place(channel), content)
        except SLACK_TROUBLE as error:
            log.warning("nobody was greeted", error=type(error).__name__, code=code_of(error))
            return not is_outage(error)
        return True


class InvitationEvents:
    """Listens for `member_joined_channel`: the bot itself was invited to a channel."""

    def __init__(self, greetings: Greetings, own: str) -> None:
        """`own` is the bot's user id."""
        self._greetings = greetings
        self._own = own

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the listener."""

        def joined(event: dict[str, Any], body: dict[str, Any]) -> None:
            channel = event.get("channel")
            if not channel or event.get("user") != self._own:
                return
            key = f"joined:{body.get('event_id')}"
            if dispatcher.handled_events.claim(key):
                dispatcher.later(self._greetings.invited, str(channel))

        app.event("member_joined_channel")(joined)
