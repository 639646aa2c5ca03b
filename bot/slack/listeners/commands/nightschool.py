"""/nightschool: everything that runs the school; see `bot.slack.admin`."""

from slack_bolt import App

from bot.slack import admin
from bot.slack.listeners.command import listener
from bot.slack.services import Services


def register(app: App, services: Services) -> None:
    """Registers /nightschool and the buttons that it brings up."""
    app.command("/nightschool")(listener(services, admin.run))
    admin.register(app, services)
