"""Emoji on messages: thumbs on answers of the bot, and the mark for words to be taught."""

from typing import Any

from slack_bolt import App

from bot.slack import judging, teaching, thumbs
from bot.slack.services import Services


def register(app: App, services: Services) -> None:
    """Registers `reaction_added` and `reaction_removed`."""
    settings = services.settings.feedback

    def reacted(event: dict[str, Any], body: dict[str, Any]) -> None:
        reaction = thumbs.from_event(event, str(body["event_id"]))
        if reaction is None or reaction.user == services.identity.user:
            return
        if sign := thumbs.sign_of(reaction.name, settings):
            services.lanes.quick.submit(judging.by_reaction, services, reaction, sign)
        elif reaction.name == settings.teach:
            act = teaching.offer if reaction.added else teaching.take_back
            services.lanes.quick.submit(act, services, reaction)

    app.event("reaction_added")(reacted)
    app.event("reaction_removed")(reacted)
