"""Running the school from Slack: what `/nightschool` does, and the buttons that it brings up.

Every command, button and form asks `services.rights` anew: a button may be pressed long after it
was shown, and by somebody else.
"""

from collections.abc import Callable

from slack_bolt import App

from bot.slack.admin import (
    adapters,
    channels,
    exporting,
    helping,
    lessons,
    nights,
    oneself,
    people,
    why,
)
from bot.slack.listeners.command import Command
from bot.slack.services import Services

Subcommand = Callable[[Services, Command], None]
SUBCOMMANDS: dict[str, Subcommand] = {
    "status": helping.status,
    "examples": lessons.command,
    "lessons": lessons.command,
    "night": nights.command,
    "adapters": adapters.command,
    "why": why.command,
    "export": exporting.command,
    "channels": channels.command,
    "people": people.command,
    "forget": oneself.forget_me,
    "opt": oneself.opt,
    "help": helping.help_,
}


def run(services: Services, command: Command) -> None:
    """Does what the first word says; help for anything else."""
    words = command.text.lower().split()
    SUBCOMMANDS.get(words[0] if words else "", helping.help_)(services, command)


def register(app: App, services: Services) -> None:
    """Registers the buttons and forms."""
    for room in (lessons, nights, adapters, oneself):
        room.register(app, services)
