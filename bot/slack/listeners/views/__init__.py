"""Submitted modals."""

from slack_bolt import App

from bot.slack.listeners.views import teach
from bot.slack.services import Services


def register(app: App, services: Services) -> None:
    """Registers the views."""
    teach.register(app, services)
