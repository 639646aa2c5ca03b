"""Looks again and again for questions that nobody has taught an answer to. Knows no Slack."""

from bot.engine.client import EngineClient
from bot.settings import Settings
from bot.store import Store


class GapFinder:
    """Turns new replies, thumbs and lessons into gaps that open, grow and close."""

    def __init__(self, store: Store, engine: EngineClient | None, settings: Settings) -> None:
        self._store = store
        self._engine = engine
        self._settings = settings

    def look(self) -> int:
        """Processes what is new since the last look; returns how much that was."""
        raise NotImplementedError

    def ensure(self, reply_id: int) -> int | None:
        """Returns the gap of one reply, made where there is none; None where it can have none."""
        raise NotImplementedError
