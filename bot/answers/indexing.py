"""Keeps the vectors of the lessons up to date: each approved lesson has some of the encoder in use.

A lesson is encoded by several keys: its question, question and answer together, and rewordings of
the question.
"""

import threading
from collections.abc import Callable

import structlog

from bot.answers.calibrating import make_known
from bot.engine.client import EngineClient
from bot.errors import EngineError, NightschoolError
from bot.store import Example, Store
from trainer.retrieval.keys import keys_of

LESSONS_AT_ONCE = 8
"""Lessons that one request encodes."""
LOOK_EVERY = 1.0
"""Seconds between two looks for lessons that were taught meanwhile."""
AWAY_EVERY = 30.0
"""Seconds until the encoder is asked again after it did not answer."""
log = structlog.get_logger(__name__)


class LessonIndexer:
    """Encodes the lessons that have no vectors yet."""

    def __init__(self, store: Store, engine: EngineClient) -> None:
        self._store = store
        self._engine = engine
        self._revision: str | None = None

    def catch_up(self, on_progress: Callable[[int, int], None] = lambda _done, _of: None) -> int:
        """Encodes all that is missing.

        Args:
            on_progress: called with the lessons done and the number of all that were missing.

        Returns:
            How many lessons were encoded.

        Raises:
            EngineError: there is no encoder, or it failed.
            NightschoolError: the database cannot be written.
        """
        if self._revision is None:
            self._revision = self._engine.embed(["?"]).revision
            make_known(self._store, self._engine, self._revision)
        done, missing = 0, self._store.vectors.count_missing(self._revision)
        while lessons := self._store.vectors.missing(self._revision, LESSONS_AT_ONCE):
            self._encode(lessons)
            done += len(lessons)
            on_progress(done, max(missing, done))
        return done

    def run(self, stopped: threading.Event) -> None:
        """Encodes what is taught as it is taught, until `stopped` is set."""
        while not stopped.is_set():
            pause = LOOK_EVERY
            try:
                if done := self.catch_up():
                    log.info("lessons were indexed", lessons=done)
            except (EngineError, NightschoolError, OSError, ValueError) as error:
                log.debug("lessons could not be indexed", error=type(error).__name__)
                self._revision, pause = None, AWAY_EVERY
            stopped.wait(pause)

    def _encode(self, lessons: list[Example]) -> None:
        keys = [
            (lesson, key, text)
            for lesson in lessons
            for key, text in keys_of(lesson.prompt, lesson.completion).items()
        ]
        encoded = self._engine.embed([text for _, _, text in keys])
        self._revision = encoded.revision
        for lesson in lessons:
            rows = {
                key: encoded.rows[row]
                for row, (owner, key, _) in enumerate(keys)
                if owner.id == lesson.id
            }
            self._store.vectors.put(lesson, encoded.revision, rows)
