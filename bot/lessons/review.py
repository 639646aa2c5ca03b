"""Review begins by itself once a team is larger than a table: see `approval = "by_size"`.

It stays once it has begun, also where somebody who had asked is forgotten.
"""

from bot.permissions import REVIEW_MARK, Rights
from bot.settings import Settings
from bot.store import Store

FEW = 10
"""As long as not more people have asked, everybody's lessons count at once."""
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

        Returns:
            True to the caller, of all processes, with whom it begins.
        """
        marks = self._store.marks
        if not self._by_size or marks.has(REVIEW_MARK):
            return False
        if self._store.replies.askers(FEW + 1) <= FEW:
            return False
        with self._store.connections.write():
            begins = marks.set(REVIEW_MARK)
            for admin in self._rights.admins() if begins else ():
                self._store.notices.add(admin, "review_on", None, WHO)
        return begins
