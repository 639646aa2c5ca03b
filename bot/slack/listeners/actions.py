"""Pressed buttons: each is acknowledged first, and who pressed it is checked again."""

import re

import structlog
from slack_bolt import App

from bot.errors import InputError
from bot.slack.answers import blind_comparison
from bot.slack.dependencies import Services
from bot.slack.feedback import notices, ratings
from bot.slack.lessons import corrections, from_message
from bot.slack.messages import feedback_buttons, posting
from bot.slack.messages.ephemeral import replace_ephemeral, send_ephemeral
from bot.slack.messages.posting import Place
from bot.slack.payloads.action import Click, listener
from bot.slack.state.conflicts import CHOICES
from bot.slack.transport.errors import SLACK_TROUBLE, code_of, explain

log = structlog.get_logger(__name__)
UNKNOWN = "I do not know that answer any more."


def register(app: App, services: Services) -> None:
    """Registers thumbs, votes, and the buttons of contradictions and of words of people."""
    app.action(feedback_buttons.ACTION)(listener(services, _thumb))
    app.action(notices.CORRECT)(listener(services, _correct))
    app.action(notices.TAKE_BACK)(listener(services, _take_back))
    app.action(re.compile("|".join(map(re.escape, CHOICES))))(listener(services, _decide))
    app.action(from_message.OFFER)(listener(services, _teach))
    app.action(from_message.REFUSE)(listener(services, _refuse))
    app.action(re.compile(f"{blind_comparison.ACTION}\\w+"))(listener(services, _vote))


def _thumb(services: Services, click: Click) -> None:
    pressed = feedback_buttons.pressed(click.value)
    if pressed is None:
        raise InputError(UNKNOWN)
    opinion, number = pressed
    reply = _here(services, click, str(number))
    if opinion < 0:
        try:
            # First of all: the trigger lives three seconds.
            corrections.open_form(services, click.recipient, click.trigger, reply)
        except SLACK_TROUBLE as error:
            explain(error, "open the correction form")  # the whispered button opens it
    ratings.by_button(services, click.recipient, reply, opinion, click.at)


def _correct(services: Services, click: Click) -> None:
    corrections.open_form(
        services, click.recipient, click.trigger, _here(services, click, click.value)
    )


def _take_back(services: Services, click: Click) -> None:
    ratings.by_button(services, click.recipient, _here(services, click, click.value), 0, click.at)


def _here(services: Services, click: Click, value: str) -> int:
    """The reply of a button, which must be one of this conversation.

    Raises:
        InputError: it is none.
        NotFoundError: there is no such reply.
    """
    number = int(value) if value.isascii() and value.isdigit() else 0
    if not number or services.store.replies.get(number).channel != click.recipient.channel:
        raise InputError(UNKNOWN)
    return number


def _decide(services: Services, click: Click) -> None:
    said = services.conflicts.decide(click.recipient.user, click.value, CHOICES[click.action])
    if said is None:
        raise InputError("Only who taught this can decide.")
    replace_ephemeral(services.client, click.recipient, said)


def _teach(services: Services, click: Click) -> None:
    channel, _, ts = click.value.partition(":")
    if channel != click.recipient.channel:
        raise InputError("Press it where the words are.")
    from_message.open_form(services, click.recipient, click.trigger, None, ts)


def _refuse(services: Services, click: Click) -> None:
    number = int(click.value) if click.value.isascii() and click.value.isdigit() else 0
    said = from_message.refuse(services, click.recipient.user, number)
    if click.message:
        # In the direct messages, where it was told to them alone.
        place = Place(click.recipient.channel, click.recipient.thread)
        posting.replace(services.client, place, click.ts, [said])
    else:
        replace_ephemeral(services.client, click.recipient, said)


def _vote(services: Services, click: Click) -> None:
    found = blind_comparison.chosen(click.value)
    if found is None:
        raise InputError("I do not know this comparison any more.")
    number, letter = found
    compared = services.store.comparisons.get(number)
    tuned = services.store.replies.get(compared.tuned_reply)
    if tuned.messages and tuned.channel != click.recipient.channel:
        raise InputError("Vote where it was asked.")
    choice = blind_comparison.meaning(letter, tuned_first=compared.tuned_first)
    voted = services.votes.vote(number, click.recipient.user, choice)
    send_ephemeral(services.client, click.recipient, blind_comparison.revelation(voted))
    if voted.first:
        _recount(services, click, voted.voters)


def _recount(services: Services, click: Click, voters: int) -> None:
    """Shows everybody how many have voted, and nothing of what."""
    try:
        services.client.chat_update(
            channel=click.recipient.channel,
            ts=click.ts,
            text=click.message.get("text") or "",
            blocks=blind_comparison.recounted(click.message.get("blocks") or [], voters),
            parse="none",
            link_names=False,
        )
    except SLACK_TROUBLE as error:
        log.warning("votes were not counted up", error=type(error).__name__, code=code_of(error))
