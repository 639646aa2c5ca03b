"""Pressed buttons; each acknowledges first and checks who pressed it."""

from slack_bolt import App

from bot.slack.listeners.actions import contradictions, thumbs, votes, words
from bot.slack.services import Services


def register(app: App, services: Services) -> None:
    """Registers the buttons."""
    thumbs.register(app, services)
    contradictions.register(app, services)
    words.register(app, services)
    votes.register(app, services)
