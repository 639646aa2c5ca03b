"""Words of people: the offer to teach them, and their author's refusal."""

from slack_bolt import App

from bot.errors import InputError
from bot.slack import posting, teaching
from bot.slack.listeners.action import Click, listener
from bot.slack.posting import Place
from bot.slack.services import Services
from bot.slack.whispering import instead


def register(app: App, services: Services) -> None:
    """Registers "Teach this" and "Do not learn this"."""
    app.action(teaching.OFFER)(listener(services, _teach))
    app.action(teaching.REFUSE)(listener(services, _refuse))


def _teach(services: Services, click: Click) -> None:
    channel, _, ts = click.value.partition(":")
    if channel != click.ear.channel:
        raise InputError("Press it where the words are.")
    teaching.open_form(services, click.ear, click.trigger, None, ts)


def _refuse(services: Services, click: Click) -> None:
    number = int(click.value) if click.value.isascii() and click.value.isdigit() else 0
    said = teaching.refuse(services, click.ear.user, number)
    if click.message:
        # In the direct messages, where it was told to them alone.
        place = Place(click.ear.channel, click.ear.thread)
        posting.replace(services.client, place, click.ts, [said])
    else:
        instead(services.client, click.ear, said)
