"""Who may do what: an outsider, a member, a teacher, an admin, and whoever runs the machine.

Roles come from the settings and from the `people` table; an admin is a teacher too. They are
looked up at every action, so a role that was taken away is gone at once. Outsiders are guests and
people of other organisations, as `bot.store.people` knows them; a role makes an outsider a member.
Who has no id of Slack's sits at the machine and could change the settings as well: they may
everything.
"""

from enum import StrEnum

from bot.errors import InputError
from bot.settings import MEMBER, Settings
from bot.store import Example, Store
from bot.store.examples.scope import EVERYONE, Audience, Scope, sees

NO_ADMIN = (
    "Nobody is an admin of this bot yet. Whoever runs it makes you one: in nightschool.toml, "
    'under [slack], admins = ["{user}"], and then start it again.'
)
OUTSIDE = (
    "You are a guest here, or of another organisation: only members of this workspace may do that."
)
UNKNOWN = "I could not find out who you are; try again in a minute."
REVIEW_MARK = "review"
"""The mark by which lessons are reviewed for good, once enough people have asked."""


class Act(StrEnum):
    """Something that people do with the bot; `Rights.require` says who may."""

    ASK = "ask"
    TEACH = "teach"
    RATE = "rate"
    VOTE = "vote"
    LIST = "list"
    NIGHT = "night"
    STOP_NIGHT = "stop night"
    """Of somebody else; one's own one may always stop."""
    APPROVE = "approve"
    ADAPTERS = "adapters"
    EXPORT = "export"
    CHANNELS = "channels"
    PEOPLE = "people"
    OWN = "own"
    """Help, being forgotten, opting out, and taking back what is one's own."""


OF_ADMINS = (Act.STOP_NIGHT, Act.ADAPTERS, Act.EXPORT, Act.CHANNELS, Act.PEOPLE)


class RightsError(InputError):
    """Somebody may not do what they asked for; the text says who may."""


class Rights:
    """Looks up what a person may do; may be used from any thread."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._slack = settings.slack
        self._approval = settings.examples.approval

    def is_admin(self, user: str) -> bool:
        """Returns whether a person may run the bot: nights, adapters, people, channels."""
        return user in self._slack.admins or self._store.people.role(user) == "admin"

    def is_teacher(self, user: str) -> bool:
        """Returns whether what a person teaches needs nobody's approval; admins are teachers."""
        return (
            user in self._slack.teachers
            or self.is_admin(user)
            or self._store.people.role(user) == "teacher"
        )

    def has_admin(self) -> bool:
        """Returns whether there is any admin."""
        return bool(self._slack.admins) or any(
            role.role == "admin" for role in self._store.people.roles()
        )

    def admins(self) -> tuple[str, ...]:
        """Returns the ids of all admins."""
        table = (role.person for role in self._store.people.roles() if role.role == "admin")
        return tuple(dict.fromkeys((*self._slack.admins, *table)))

    def deciders(self) -> tuple[str, ...]:
        """Returns the ids of everybody who may decide about lessons: all admins and teachers."""
        table = (role.person for role in self._store.people.roles())
        return tuple(dict.fromkeys((*self._slack.admins, *self._slack.teachers, *table)))

    def is_outsider(self, user: str) -> bool | None:
        """Returns whether a person is a guest or of another organisation; None for unknown."""
        return self._store.people.outsider(user) if MEMBER.fullmatch(user) else False

    @property
    def reviewing(self) -> bool:
        """Whether what members teach waits for a teacher."""
        by_size = self._approval == "by_size" and self._store.marks.has(REVIEW_MARK)
        return self._approval == "review" or by_size

    def needs_review(self, author: str, scope: Scope = EVERYONE) -> bool:
        """Returns whether an example by this author waits until a teacher has approved it.

        Only members of the workspace are reviewed, and nothing that is for one person alone.
        """
        reviewed = bool(MEMBER.fullmatch(author)) and scope.kind != "person"
        return reviewed and self.reviewing and not self.is_teacher(author)

    def may_replace(self, user: str, example: Example) -> bool:
        """Returns whether a person may put another lesson in the place of this one.

        Its author and its owner may, a teacher, and whoever sits at the machine. A lesson from
        there has no author in Slack: where there is no teacher either, anybody may mend it.
        """
        if (
            user in (example.author, example.owner)
            or not MEMBER.fullmatch(user)
            or self.is_teacher(user)
        ):
            return True
        return not MEMBER.fullmatch(example.author) and not self.deciders()

    def may_rescope(self, user: str, example: Example, audience: Audience | None) -> bool:
        """Returns whether a person may change whom a lesson is for.

        Its author may. A teacher may where they see it, and so may whoever sits at the machine.

        Args:
            user: the id of who changes it.
            example: the lesson.
            audience: who reads in the place where they do so; None on the terminal, where every
                lesson can be read.
        """
        if user == example.author:
            return True
        if MEMBER.fullmatch(user) and not self.is_teacher(user):
            return False
        return audience is None or sees(audience, example.for_whom, example.author)

    def require(self, user: str, act: Act) -> None:
        """Checks that a person may do something.

        Raises:
            RightsError: they may not; the text says who may.
        """
        if act is Act.OWN or not MEMBER.fullmatch(user):
            return
        self._require_member(user, act)
        if act in OF_ADMINS:
            self.require_admin(user)
        elif act is Act.APPROVE or (act is Act.NIGHT and self.has_admin()):
            self.require_teacher(user)

    def may(self, user: str, act: Act) -> bool:
        """Returns whether a person may do something."""
        try:
            self.require(user, act)
        except RightsError:
            return False
        return True

    def _require_member(self, user: str, act: Act) -> None:
        answered = act is Act.ASK and self._slack.outsiders == "answer"
        if answered or self._slack.outsiders == "member" or self.is_teacher(user):
            return
        outsider = self.is_outsider(user)
        if outsider is not False:
            raise RightsError(UNKNOWN if outsider is None else OUTSIDE)

    def require_admin(self, user: str) -> None:
        """Checks that a person is an admin.

        Raises:
            RightsError: says how one becomes an admin where there is none, else who may.
        """
        if self.is_admin(user):
            return
        if not self.has_admin():
            raise RightsError(NO_ADMIN.format(user=user))
        raise RightsError("Only admins may do that; `/nightschool people` says who they are.")

    def require_teacher(self, user: str) -> None:
        """Checks that a person is a teacher or an admin.

        Raises:
            RightsError: as `require_admin`.
        """
        if self.is_teacher(user):
            return
        if not self.has_admin():
            raise RightsError(NO_ADMIN.format(user=user))
        raise RightsError("Only teachers may do that; `/nightschool people` says who they are.")
