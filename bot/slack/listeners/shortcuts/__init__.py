"""Shortcuts in the menu of a message."""

from slack_bolt import App

from bot.slack.listeners.shortcuts import teach_this
from bot.slack.services import Services


def register(app: App, services: Services) -> None:
    """Registers the shortcuts."""
    teach_this.register(app, services)
