"""/teach question => answer, or /teach alone for a form."""

from slack_bolt import App

from bot.errors import InputError
from bot.feedback import parse_lesson
from bot.slack import plain_lessons, views
from bot.slack.listeners.command import Command, listener
from bot.slack.plain_lessons import Written
from bot.slack.services import Services
from bot.slack.whispering import Ear, whisper


def register(app: App, services: Services) -> None:
    """Registers /teach."""
    app.command("/teach")(listener(services, _teach))


def _teach(services: Services, command: Command) -> None:
    if not command.text:
        limits = services.settings.examples
        form = views.teach_form(
            channel=command.channel,
            response_url=command.response_url,
            prompt_limit=limits.max_prompt_length,
            completion_limit=limits.max_completion_length,
        )
        services.client.views_open(trigger_id=command.trigger, view=form)
        return
    lesson = parse_lesson(command.text)
    if lesson is None:
        raise InputError("Write it as `/teach question => answer`, or `/teach` alone for a form.")
    ear = Ear(command.user, command.channel, response_url=command.response_url)
    written = Written(*lesson, ear)
    said = plain_lessons.outcome(services, written, plain_lessons.teach(services, written))
    whisper(services.client, ear, said)
