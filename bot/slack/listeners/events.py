"""Listeners for events: messages, reactions, and a person who opens the app's Home tab."""

from functools import partial
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from bot.permissions import Act
from bot.settings import FeedbackSettings
from bot.slack.admin.app_home import AppHome
from bot.slack.answers.intake import MessageIntake
from bot.slack.answers.message_edits import MessageEdits
from bot.slack.events import reaction as reactions
from bot.slack.events.message import change_from_event, deletion_from_event, from_event
from bot.slack.events.observers import Observers
from bot.slack.events.reaction import Reaction
from bot.slack.feedback.reactions import ReactionRatings
from bot.slack.lessons.marked_messages import MarkedMessages
from bot.slack.listeners.greetings import Greetings
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.suggested_prompts import suggest
from bot.slack.payloads.admission import Admission
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.places import SlackPlaces


class MessageEvents:
    """Listens for `app_mention` and `message`; edits, deletions and joins are messages too."""

    def __init__(
        self,
        intake: MessageIntake,
        edits: MessageEdits,
        places: SlackPlaces,
        observers: Observers,
    ) -> None:
        self._intake = intake
        self._edits = edits
        self._places = places
        self._observers = observers

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the listener."""

        def heard(event: dict[str, Any], body: dict[str, Any]) -> None:
            if event.get("channel") and event.get("channel_type"):
                # Of every message, also those that are not for the bot: a mention tells no kind.
                shared = body.get("is_ext_shared_channel")
                dispatcher.later(self._places.hint, event["channel"], event["channel_type"], shared)
            if deleted := deletion_from_event(event):
                dispatcher.later(self._edits.withdraw, *deleted)
            if (message := from_event(event)) is not None:
                dispatcher.first(self._intake.hear, message)
                for observer in self._observers.messages:
                    dispatcher.later(observer, message)
            elif (change := change_from_event(event)) is not None:
                dispatcher.later(self._edits.revise, change)

        app.event("app_mention")(heard)
        app.event({"type": "message"})(heard)


class ReactionEvents:
    """Listens for rating emoji on answers, and for the emoji that marks a message to be taught."""

    def __init__(
        self,
        settings: FeedbackSettings,
        ratings: ReactionRatings,
        marked: MarkedMessages,
        observers: Observers,
    ) -> None:
        self._settings = settings
        self._ratings = ratings
        self._marked = marked
        self._observers = observers

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the listener."""

        def reacted(event: dict[str, Any], body: dict[str, Any]) -> None:
            reaction = reactions.from_event(event, str(body["event_id"]))
            # Bolt leaves out the bot's own reactions.
            if reaction is None:
                return
            for observer in self._observers.reactions:
                dispatcher.later(observer, reaction)
            if sign := reactions.sign_of(reaction.name, self._settings):
                dispatcher.later(self._rate, dispatcher, reaction, sign)
            elif reaction.name == self._settings.teach:
                author = Recipient(reaction.user, reaction.channel)
                work = partial(self._mark, dispatcher, author, reaction)
                dispatcher.later(dispatcher.once, reaction.key, author, "teach this", work)

        app.event("reaction_added")(reacted)
        app.event("reaction_removed")(reacted)

    def _rate(self, dispatcher: Dispatcher, reaction: Reaction, sign: int) -> None:
        self._ratings.reacted(reaction, sign)
        dispatcher.done()

    def _mark(self, dispatcher: Dispatcher, author: Recipient, reaction: Reaction) -> None:
        """Follows a mark on a message; to remove one's own needs no right."""
        if not reaction.added:
            self._marked.unmarked(reaction)
            return
        dispatcher.admit(author, Act.TEACH)
        self._marked.marked(reaction)


class HomeEvents:
    """Listens for `app_home_opened`: publishes the Home tab, greets and suggests prompts."""

    def __init__(
        self, client: WebClient, home: AppHome, admission: Admission, greetings: Greetings
    ) -> None:
        self._client = client
        self._home = home
        self._admission = admission
        self._greetings = greetings

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the listener."""

        def opened(event: dict[str, Any]) -> None:
            if event.get("tab") == "home":
                dispatcher.later(self._publish, str(event["user"]))
            elif event.get("tab") == "messages" and event.get("channel"):
                dispatcher.later(self._messages, str(event["user"]), str(event["channel"]))

        app.event("app_home_opened")(opened)

    def _messages(self, user: str, channel: str) -> None:
        """Greets who is new, above the prompts."""
        self._greetings.opened(user, channel)
        suggest(self._client, channel)

    def _publish(self, user: str) -> None:
        """Publishes the Home tab; what it shows depends on whether they are an outsider."""
        self._admission.learn(user)
        self._home.publish(user)
