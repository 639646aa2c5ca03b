"""Which lessons a person sees in Slack, and which of them are theirs to change."""

from bot.permissions import Rights, RightsError
from bot.slack.lessons.scope_buttons import place_of
from bot.slack.messages.ephemeral import Recipient
from bot.store import Example, Store
from bot.store.examples.scope import sees

NOT_YOURS = "That is for teachers and for who wrote the lesson."
ELSEWHERE = (
    "Example {id} is for one channel or one person: it is shown only there, and to its author in "
    "our direct messages."
)


class LessonAccess:
    """Looks up what a person may see and change, at every action anew."""

    def __init__(self, store: Store, rights: Rights) -> None:
        self._store = store
        self._rights = rights

    def visible(self, recipient: Recipient, identifier: int) -> Example:
        """Returns a lesson that this person may see where they are.

        Raises:
            RightsError: they may not.
            NotFoundError: there is no such lesson.
        """
        example = self._store.examples.get(identifier)
        if not self.is_shown(recipient, example):
            raise RightsError(ELSEWHERE.format(id=identifier))
        if example.status != "approved" and not self.has_say(recipient.user, example):
            raise RightsError(f"Example {identifier} is {example.status}: {NOT_YOURS}")
        return example

    def is_shown(self, recipient: Recipient, example: Example) -> bool:
        """Returns whether a lesson is for those who read where this person is."""
        place = place_of(recipient.user, recipient.channel)
        return sees(place, example.for_whom, example.author, example.owner)

    def is_theirs(self, user: str, example: Example) -> bool:
        """Returns whether a person taught or owns a lesson, or wrote words that are in it."""
        return user in (example.author, example.owner) or self._store.provenance.wrote(
            example.id, user
        )

    def has_say(self, user: str, example: Example) -> bool:
        """Returns whether a person may change a lesson."""
        return self._rights.is_teacher(user) or self.is_theirs(user, example)

    def require_say(self, user: str, example: Example) -> None:
        """Checks that a person may change a lesson.

        Raises:
            RightsError: they may not.
        """
        if not self.has_say(user, example):
            raise RightsError(NOT_YOURS)
