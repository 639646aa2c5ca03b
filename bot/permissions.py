"""Who may do what: anybody, a teacher, an admin. Knows no Slack beyond the look of its user ids.

Roles come from the settings and from the `people` table; an admin is a teacher too. Every action
asks anew, so a role that was taken away is gone at once.
"""

from bot.errors import InputError
from bot.settings import MEMBER, Settings
from bot.store import Store

NO_ADMIN = (
    "Nobody is an admin of this bot yet. Whoever runs it makes you one: in nightschool.toml, "
    'under [slack], admins = ["{user}"], and then start it again.'
)


class RightsError(InputError):
    """Somebody may not do what they asked for; the text says who may."""


class Rights:
    """Looks up what a person may do; safe from any thread."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._slack = settings.slack
        self._review = settings.examples.approval == "review"

    def is_admin(self, user: str) -> bool:
        """Returns whether this person may run the bot: nights, versions, roles."""
        return user in self._slack.admins or self._store.people.role(user) == "admin"

    def is_teacher(self, user: str) -> bool:
        """Returns whether what this person teaches needs nobody's approval; admins are teachers."""
        return (
            user in self._slack.teachers
            or self.is_admin(user)
            or self._store.people.role(user) == "teacher"
        )

    def has_admin(self) -> bool:
        """Returns whether there is any admin at all."""
        return bool(self._slack.admins) or any(
            role.role == "admin" for role in self._store.people.roles()
        )

    def needs_review(self, author: str) -> bool:
        """Returns whether an example by this author waits until a teacher has approved it.

        Only members of the workspace are reviewed: who teaches in the console or from a
        terminal sits at the machine and could change the settings as well.
        """
        return self._review and bool(MEMBER.fullmatch(author)) and not self.is_teacher(author)

    def require_admin(self, user: str) -> None:
        """Lets admins pass.

        Raises:
            RightsError: says how one becomes an admin where there is none, else who may.
        """
        if self.is_admin(user):
            return
        if not self.has_admin():
            raise RightsError(NO_ADMIN.format(user=user))
        raise RightsError("Only admins may do that; `/nightschool people` says who they are.")

    def require_teacher(self, user: str) -> None:
        """Lets teachers and admins pass.

        Raises:
            RightsError: as `require_admin`.
        """
        if self.is_teacher(user):
            return
        if not self.has_admin():
            raise RightsError(NO_ADMIN.format(user=user))
        raise RightsError("Only teachers may do that; `/nightschool people` says who they are.")
