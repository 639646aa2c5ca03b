"""The feedback buttons below an answer, and the buttons that they bring up."""

from slack_bolt import App

from bot.errors import InputError
from bot.slack import correcting, feedback_buttons, judging, verdict_words
from bot.slack.listeners.action import Click, listener
from bot.slack.services import Services
from bot.slack.trouble import SLACK_TROUBLE, explain

UNKNOWN = "I do not know that answer any more."


def register(app: App, services: Services) -> None:
    """Registers thumbs, "Tell me" and "Take back"."""
    app.action(feedback_buttons.ACTION)(listener(services, _thumb))
    app.action(verdict_words.CORRECT)(listener(services, _correct))
    app.action(verdict_words.TAKE_BACK)(listener(services, _take_back))


def _thumb(services: Services, click: Click) -> None:
    pressed = feedback_buttons.pressed(click.value)
    if pressed is None:
        raise InputError(UNKNOWN)
    opinion, number = pressed
    reply = _here(services, click, str(number))
    if opinion < 0:
        try:
            # First of all: the trigger lives three seconds.
            correcting.open_form(services, click.ear, click.trigger, reply)
        except SLACK_TROUBLE as error:
            explain(error, "open the correction form")  # the whispered button opens it
    judging.by_button(services, click.ear, reply, opinion, click.at)


def _correct(services: Services, click: Click) -> None:
    correcting.open_form(services, click.ear, click.trigger, _here(services, click, click.value))


def _take_back(services: Services, click: Click) -> None:
    judging.by_button(services, click.ear, _here(services, click, click.value), 0, click.at)


def _here(services: Services, click: Click, value: str) -> int:
    """The reply of a button, which must be one of this conversation.

    Raises:
        InputError: it is none.
        NotFoundError: there is no such reply.
    """
    number = int(value) if value.isascii() and value.isdigit() else 0
    if not number or services.store.replies.get(number).channel != click.ear.channel:
        raise InputError(UNKNOWN)
    return number
