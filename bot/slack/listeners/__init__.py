"""Bolt listeners, a module a kind; each is a few lines around a call."""

from slack_bolt import App

from bot.slack.dependencies import Services
from bot.slack.listeners import actions, commands, events, forms


def register(app: App, services: Services) -> None:
    """Registers every listener."""
    events.register(app, services)
    commands.register(app, services)
    forms.register(app, services)
    actions.register(app, services)
