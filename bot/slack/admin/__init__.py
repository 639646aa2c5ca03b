"""Running the school from Slack: what `/nightschool` does, and the buttons that it brings up.

Every command, button and form asks `services.rights` anew: a button may be pressed long after it
was shown, and by somebody else.
"""

from collections.abc import Callable

from slack_bolt import App

from bot.slack.admin import (
    adapters,
    attribution,
    channels,
    export,
    help_text,
    lessons,
    nights,
    own_data,
    people,
)
from bot.slack.dependencies import Services
from bot.slack.payloads.command import Command

Subcommand = Callable[[Services, Command], None]
SUBCOMMANDS: dict[str, Subcommand] = {
    "status": help_text.status,
    "examples": lessons.command,
    "lessons": lessons.command,
    "night": nights.command,
    "adapters": adapters.command,
    "why": attribution.command,
    "export": export.command,
    "channels": channels.command,
    "people": people.command,
    "forget": own_data.forget_me,
    "opt": own_data.opt,
    "help": help_text.help_,
}


def run(services: Services, command: Command) -> None:
    """Does what the first word says; help for anything else."""
    words = command.text.lower().split()
    SUBCOMMANDS.get(words[0] if words else "", help_text.help_)(services, command)


def register(app: App, services: Services) -> None:
    """Registers the buttons and forms."""
    for room in (lessons, nights, adapters, own_data):
        room.register(app, services)
