"""Replace, keep both, cancel: what shall become of a lesson that contradicts another."""

import re

from slack_bolt import App

from bot.errors import InputError
from bot.slack.contradictions import CHOICES
from bot.slack.listeners.action import Click, listener
from bot.slack.services import Services
from bot.slack.whispering import instead


def register(app: App, services: Services) -> None:
    """Registers the three buttons."""
    app.action(re.compile("|".join(map(re.escape, CHOICES))))(listener(services, _decide))


def _decide(services: Services, click: Click) -> None:
    said = services.contradictions.decide(click.ear.user, click.value, CHOICES[click.action])
    if said is None:
        raise InputError("Only who taught this can decide.")
    instead(services.client, click.ear, said)
