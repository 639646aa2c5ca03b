"""Slash commands; each acknowledges first and answers only its author."""

from slack_bolt import App

from bot.slack.listeners.commands import compare, nightschool, teach
from bot.slack.services import Services


def register(app: App, services: Services) -> None:
    """Registers the commands."""
    teach.register(app, services)
    compare.register(app, services)
    nightschool.register(app, services)
