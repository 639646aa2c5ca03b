"""Who may be asked: the experts of the settings, and those that admins have set up in Slack."""

from bot.settings import Settings
from bot.store import Store
from bot.store.questions.experts import Expert

ANYTHING = "*"
"""The topic of experts who are asked what nobody else knows."""


class Directory:
    """Looks up the experts; an entry in Slack takes the place of one in the settings."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings.asking

    def experts(self) -> list[Expert]:
        """Returns all experts, those of the settings first."""
        known = {one.to: Expert(one.to, one.about) for one in self._settings.experts}
        known |= {one.target: one for one in self._store.experts.all()}
        return list(known.values())

    def in_settings(self, target: str) -> bool:
        """Returns whether an expert stands in the settings, where no command removes them."""
        return any(one.to == target for one in self._settings.experts)
