"""Bolt listeners, in folders by kind; each is a few lines around a call."""

from slack_bolt import App

from bot.slack.listeners import actions, commands, events, shortcuts, views
from bot.slack.services import Services


def register(app: App, services: Services) -> None:
    """Registers every listener."""
    events.register(app, services)
    commands.register(app, services)
    views.register(app, services)
    actions.register(app, services)
    shortcuts.register(app, services)
