"""`/nightschool people` lists teachers and admins; admins give and take these roles."""

import re

from slack_sdk import WebClient

from bot.errors import InputError
from bot.permissions import Rights
from bot.settings import Settings
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.mrkdwn import escape
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.command import Command
from bot.slack.state.member_names import MemberNames
from bot.store import Store
from bot.store.people import ROLES

MEMBER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
HOW = "Write `/nightschool people teacher @name`, `people admin @name` or `people remove @name`."


class PeopleCommands:
    """Lists roles, gives them and takes them away."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        rights: Rights,
        client: WebClient,
        names: MemberNames,
    ) -> None:
        self._store = store
        self._slack = settings.slack
        self._by_size = settings.examples.approval == "by_size"
        self._rights = rights
        self._client = client
        self._names = names

    def command(self, command: Command) -> None:
        """Runs `people`, `people teacher @ben`, `people admin @ben` or `people remove @ben`.

        Raises:
            RightsError: only admins may change roles.
            InputError: the words are no subcommand, or that role cannot be changed here.
        """
        words = command.raw.split()[1:]
        if not words:
            send_ephemeral(self._client, command.recipient, self._list())
            return
        self._rights.require_admin(command.user)
        does, named = words[0].lower(), MEMBER.findall(command.raw)
        if does not in (*ROLES, "remove") or len(named) != 1:
            raise InputError(HOW)
        person = named[0]
        if person == self._names.own:
            raise InputError("I have no rights of my own.")
        removes = does == "remove"
        text = self._removed(person) if removes else self._made(person, does, command.user)
        send_ephemeral(self._client, command.recipient, MessageContent(text))

    def _made(self, person: str, role: str, who: str) -> str:
        if role == "teacher" and self._is_last_admin(person):
            raise InputError("That is the last admin: make another one first.")
        self._store.people.make(person, role, who)
        return f"{self._name(person)} is {'an admin' if role == 'admin' else 'a teacher'} now."

    def _removed(self, person: str) -> str:
        if person in (*self._slack.admins, *self._slack.teachers):
            raise InputError("That right is in `nightschool.toml`: take it away there.")
        if self._is_last_admin(person):
            raise InputError("That is the last admin: make another one first.")
        if not self._store.people.unmake(person):
            raise InputError("They have no rights that could be taken.")
        return f"{self._name(person)} has no rights any more."

    def _is_last_admin(self, person: str) -> bool:
        if self._slack.admins:
            return False  # those of the settings file cannot be removed here
        admins = [r.person for r in self._store.people.roles() if r.role == "admin"]
        return admins == [person]

    def _list(self) -> MessageContent:
        roles = {role.person: role.role for role in self._store.people.roles()}
        roles |= dict.fromkeys(self._slack.teachers, "teacher")
        roles |= dict.fromkeys(self._slack.admins, "admin")
        lines = [f"• {self._name(person)}: {role}" for person, role in roles.items()]
        mode = (
            "What teachers teach is approved at once; what others teach waits for a teacher."
            if self._rights.reviewing
            else "What anybody teaches is approved at once."
        )
        if self._by_size and not self._rights.reviewing:
            mode += " Once more than ten people have asked me, it waits for a teacher."
        nobody = "Nobody has a right yet: admins are named in `nightschool.toml`, under `[slack]`."
        return MessageContent("\n".join([*(lines or [nobody]), mode]))

    def _name(self, person: str) -> str:
        return escape(self._names.name(person))
