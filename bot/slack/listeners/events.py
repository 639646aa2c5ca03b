"""Events of Slack, which Bolt acknowledges: messages, reactions, somebody opens the app."""

from typing import Any

from slack_bolt import App

from bot.slack.admin import app_home, help_text
from bot.slack.answers import conversation, message_edits
from bot.slack.dependencies import Services
from bot.slack.events import reaction as reactions
from bot.slack.events.message import change_from_event, from_event
from bot.slack.feedback import ratings
from bot.slack.lessons import from_message


def register(app: App, services: Services) -> None:
    """Registers the listeners to events."""
    _register_messages(app, services)
    _register_reactions(app, services)
    _register_home(app, services)


def _register_messages(app: App, services: Services) -> None:
    """Registers `app_mention` and `message`; edits and deletions are messages too, and joins."""

    def heard(event: dict[str, Any]) -> None:
        if gone := message_edits.from_event(event):
            services.executors.quick.submit(message_edits.withdraw, services, *gone)
        if (message := from_event(event)) is not None:
            services.executors.quick.submit(conversation.hear, services, message)
        elif (change := change_from_event(event)) is not None:
            services.executors.quick.submit(message_edits.revise, services, change)

    app.event("app_mention")(heard)
    app.event({"type": "message"})(heard)


def _register_reactions(app: App, services: Services) -> None:
    """Registers thumbs on answers of the bot, and the emoji that marks words to be taught."""
    settings = services.settings.feedback

    def reacted(event: dict[str, Any], body: dict[str, Any]) -> None:
        reaction = reactions.from_event(event, str(body["event_id"]))
        if reaction is None or reaction.user == services.identity.user:
            return
        if sign := reactions.sign_of(reaction.name, settings):
            services.executors.quick.submit(ratings.by_reaction, services, reaction, sign)
        elif reaction.name == settings.teach:
            act = from_message.offer if reaction.added else from_message.take_back
            services.executors.quick.submit(act, services, reaction)

    app.event("reaction_added")(reacted)
    app.event("reaction_removed")(reacted)


def _register_home(app: App, services: Services) -> None:
    """Registers `app_home_opened`: Home shows the school, Messages gets prompts to choose from."""

    def opened(event: dict[str, Any]) -> None:
        if event.get("tab") == "home":
            services.executors.quick.submit(app_home.publish, services, str(event["user"]))
        elif event.get("tab") == "messages" and event.get("channel"):
            services.executors.quick.submit(help_text.suggest, services, str(event["channel"]))

    app.event("app_home_opened")(opened)
    app_home.register(app, services)
