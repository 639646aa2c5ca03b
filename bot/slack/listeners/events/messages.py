"""Mentions, direct messages and words in threads; all go through one door."""

from typing import Any

from slack_bolt import App

from bot.slack import conversation, deletions, revising
from bot.slack.incoming import change_from_event, from_event
from bot.slack.services import Services


def register(app: App, services: Services) -> None:
    """Registers `app_mention` and `message`; edits and deletions are messages too, and joins."""

    def heard(event: dict[str, Any]) -> None:
        if gone := deletions.from_event(event):
            services.lanes.quick.submit(deletions.withdraw, services, *gone)
        if (message := from_event(event)) is not None:
            services.lanes.quick.submit(conversation.hear, services, message)
        elif (change := change_from_event(event)) is not None:
            services.lanes.quick.submit(revising.revise, services, change)

    app.event("app_mention")(heard)
    app.event({"type": "message"})(heard)
