"""Review begins by itself once a team is larger than a table: see `approval = "by_size"`.

It stays once it has begun, also where somebody who had asked is forgotten.
"""

from bot.permissions import REVIEW_MARK, Rights
from bot.settings import Settings
from bot.store import Store

FEW = 10
"""As long as not more people have asked, everybody's lessons count at once."""
TOLD_MARK = "review told"
"""The mark that is set once admins have been told that lessons are reviewed."""
WHO = "nightschool"
"""Who switched it on, in the notice to the admins."""


class ReviewBySize:
    """Looks how many people have asked, and begins the review of lessons; safe from any thread."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._by_size = settings.examples.approval == "by_size"
        self._rights = Rights(store, settings)

    def look(self) -> bool:
        """Begins the review if enough people have asked; every admin is told, once.

        Where there is no admin yet, the first ones that there are are told.

        Returns:
            True to the caller, of all processes, with whom it begins.
        """
        if not self._by_size:
            return False
        begins = self._begin()
        self._tell()
        return begins

    def _begin(self) -> bool:
        marks = self._store.marks
        if marks.has(REVIEW_MARK) or self._store.replies.askers(FEW + 1) <= FEW:
            return False
        return marks.set(REVIEW_MARK)

    def _tell(self) -> None:
        marks = self._store.marks
        if marks.has(TOLD_MARK) or not marks.has(REVIEW_MARK):
            return
        admins = self._rights.admins()
        with self._store.connections.write():
            if admins and marks.set(TOLD_MARK):
                for admin in admins:
                    self._store.notices.add(admin, "review_on", None, WHO)
