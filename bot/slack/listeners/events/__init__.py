"""Things that happen in Slack; Bolt acknowledges them at once."""

from slack_bolt import App

from bot.slack.listeners.events import home, messages, reactions
from bot.slack.services import Services


def register(app: App, services: Services) -> None:
    """Registers the listeners to events."""
    messages.register(app, services)
    reactions.register(app, services)
    home.register(app, services)
