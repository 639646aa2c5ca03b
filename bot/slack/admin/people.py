"""/nightschool people: who is a teacher, who an admin; admins give and take rights."""

import re

from bot.errors import InputError
from bot.slack.dependencies import Services
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.mrkdwn import escape
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.command import Command
from bot.store.people import ROLES

MEMBER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
HOW = "Write `/nightschool people teacher @name`, `people admin @name` or `people remove @name`."


def command(services: Services, command: Command) -> None:
    """`people`, `people teacher @ben`, `people admin @ben`, `people remove @ben`."""
    words = command.raw.split()[1:]
    if not words:
        send_ephemeral(services.client, command.recipient, _list(services))
        return
    services.rights.require_admin(command.user)
    does, named = words[0].lower(), MEMBER.findall(command.raw)
    if does not in (*ROLES, "remove") or len(named) != 1:
        raise InputError(HOW)
    person = named[0]
    if person == services.identity.user:
        raise InputError("I have no rights of my own.")
    said = (
        _removed(services, person)
        if does == "remove"
        else _made(services, person, does, command.user)
    )
    send_ephemeral(services.client, command.recipient, MessageContent(said))


def _made(services: Services, person: str, role: str, who: str) -> str:
    if role == "teacher" and _is_last_admin(services, person):
        raise InputError("That is the last admin: make another one first.")
    services.store.people.make(person, role, who)
    return f"{_name(services, person)} is {'an admin' if role == 'admin' else 'a teacher'} now."


def _removed(services: Services, person: str) -> str:
    slack = services.settings.slack
    if person in (*slack.admins, *slack.teachers):
        raise InputError("That right is in `nightschool.toml`: take it away there.")
    if _is_last_admin(services, person):
        raise InputError("That is the last admin: make another one first.")
    if not services.store.people.unmake(person):
        raise InputError("They have no rights that could be taken.")
    return f"{_name(services, person)} has no rights any more."


def _is_last_admin(services: Services, person: str) -> bool:
    if services.settings.slack.admins:
        return False
    return [r.person for r in services.store.people.roles() if r.role == "admin"] == [person]


def _list(services: Services) -> MessageContent:
    slack = services.settings.slack
    given = {role.person: role.role for role in services.store.people.roles()}
    given |= dict.fromkeys(slack.teachers, "teacher") | dict.fromkeys(slack.admins, "admin")
    lines = [f"• {_name(services, person)}: {role}" for person, role in given.items()]
    review = services.settings.examples.approval == "review"
    mode = (
        "What teachers teach is approved at once; what others teach waits for a teacher."
        if review
        else "What anybody teaches is approved at once."
    )
    nobody = "Nobody has a right yet: admins are named in `nightschool.toml`, under `[slack]`."
    return MessageContent("\n".join([*(lines or [nobody]), mode]))


def _name(services: Services, person: str) -> str:
    return escape(services.member_names.name(person))
