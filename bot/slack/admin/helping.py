"""/nightschool status and help: for everybody, with what only some may do marked as such."""

from bot.slack import blocks
from bot.slack.admin.texts import COMMANDS
from bot.slack.listeners.command import Command
from bot.slack.posting import Piece
from bot.slack.services import Services
from bot.slack.text import escape
from bot.slack.whispering import section, whisper
from bot.status import status as read_status


def status(services: Services, command: Command) -> None:
    """How it is."""
    state = read_status(services.home, services.settings, services.store)
    whisper(services.client, command.ear, blocks.status(state))


def help_(services: Services, command: Command) -> None:
    """What it understands; who has no right to something is not told of it."""
    rights = services.rights
    open_to = {
        "": True,
        "teacher": rights.is_teacher(command.user),
        "admin": rights.is_admin(command.user),
    }
    lines = [f"• `{what}`: {does}" for role, what, does in COMMANDS if open_to[role]]
    if not rights.has_admin():
        lines.append(
            "Nobody is an admin yet. Whoever runs me makes you one in `nightschool.toml`: under "
            f'`[slack]`, `admins = ["{command.user}"]`.'
        )
    first = blocks.help_text()
    more = escape("\n".join(lines))
    whisper(
        services.client,
        command.ear,
        Piece(f"{first.text}\n\n{more}", (section(first.text), section(more))),
    )
