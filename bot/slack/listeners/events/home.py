"""Somebody opened the app's own page."""

from typing import Any

from slack_bolt import App

from bot.slack import app_home, prompts
from bot.slack.services import Services


def register(app: App, services: Services) -> None:
    """Registers `app_home_opened`: Home shows the school, Messages gets prompts to choose from."""

    def opened(event: dict[str, Any]) -> None:
        if event.get("tab") == "home":
            services.lanes.quick.submit(app_home.publish, services, str(event["user"]))
        elif event.get("tab") == "messages" and event.get("channel"):
            services.lanes.quick.submit(prompts.suggest, services, str(event["channel"]))

    app.event("app_home_opened")(opened)
    app_home.register(app, services)
