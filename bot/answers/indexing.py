"""Keeps the vectors of the lessons up to date: each approved lesson has some of the encoder in use.

A lesson is encoded by several keys: its question, question and answer together, and rewordings of
the question. Talks are not: their last question says too little to find them by. Of many lessons
the questions alone are encoded first, a tenth of the work, so that an import is found by its
meaning soon.
"""

import threading
import time
from collections.abc import Callable
from typing import Literal

import structlog

from bot.answers.calibrating import make_known
from bot.engine.client import EngineClient
from bot.errors import EngineError, NightschoolError
from bot.store import Example, Store
from trainer.retrieval.keys import keys_of

LESSONS_AT_ONCE = 2
"""Lessons that one request encodes: about 20 texts, for which somebody's question may wait."""
QUESTIONS_AT_ONCE = 24
"""Lessons of which one request encodes the questions alone, in about the same time."""
LOOK_EVERY = 1.0
"""Seconds between two looks for lessons that were taught meanwhile."""
AWAY_EVERY = 30.0
"""Seconds until the encoder is asked again after it did not answer, or whether it changed."""
TELL_EVERY = 100
"""Lessons between two lines of the log about an old home that is read."""
_ANY_TEXT = "?"
"""A text that every encoder can encode."""
log = structlog.get_logger(__name__)


class LessonIndexer:
    """Encodes the lessons that have no vectors yet."""

    def __init__(self, store: Store, engine: EngineClient) -> None:
        self._store = store
        self._engine = engine
        self._revision: str | None = None
        self._left_out: set[tuple[int, str, str]] = set()
        """Ids and words of the lessons that this encoder failed at."""
        self._warned: set[str] = set()
        """Why the encoder was away, since it last worked."""

    def catch_up(self, on_progress: Callable[[int, int], None] = lambda _done, _of: None) -> int:
        """Encodes all that is missing, the newest first.

        Lessons at which the encoder fails are left out until it was away or the bot starts again.

        Args:
            on_progress: called with the number of lessons that were gone through, and of all
                that were missing.

        Returns:
            How many lessons were encoded.

        Raises:
            EngineError: there is no encoder, or it went away.
            NightschoolError: the database cannot be written.
        """
        revision = self._revision or self._begin(self._engine.embed([_ANY_TEXT]).revision)
        self._read_questions(revision)
        encoded = gone_through = 0
        missing = self._store.vectors.count_missing(revision) - len(self._left_out)
        while lessons := self._missing(self._revision or revision):
            encoded += self._encode_or_leave_out(lessons)
            gone_through += len(lessons)
            on_progress(gone_through, max(missing, gone_through))
        return encoded

    def run(self, stopped: threading.Event) -> None:
        """Encodes what is taught as it is taught, until `stopped` is set; follows the encoder."""
        looked = time.monotonic()
        while not stopped.is_set():
            pause = LOOK_EVERY
            try:
                if self._revision and time.monotonic() - looked >= AWAY_EVERY:
                    self._begin(self._engine.embed([_ANY_TEXT]).revision)
                    looked = time.monotonic()
                if done := self.catch_up(_tell):
                    log.info("lessons were indexed", lessons=done)
                self._warned.clear()
            except (EngineError, NightschoolError, OSError, ValueError) as error:
                self._warn(error)
                self._revision, pause = None, AWAY_EVERY
            stopped.wait(pause)

    def _begin(self, revision: str) -> str:
        """Takes an encoder into use, unless it is in use already; returns its fingerprint.

        Raises:
            EngineError: it could not be calibrated.
        """
        if revision == self._revision:
            return revision
        self._left_out.clear()
        if outdated := self._store.vectors.count_outdated(revision):
            log.info("the encoder changed: lessons are read anew", lessons=outdated)
        make_known(self._store, self._engine, revision)
        self._revision = revision
        return revision

    def _warn(self, error: Exception) -> None:
        """Says once why lessons are found by their words alone."""
        # What the model server refused was a text of ours, so its sentence holds no one's words.
        why = str(error) if isinstance(error, EngineError) else type(error).__name__
        if why not in self._warned:
            self._warned.add(why)
            log.warning("lessons cannot be read: they are found by their words alone", why=why)

    def _read_questions(self, revision: str) -> None:
        """Encodes the questions of all lessons that have no vectors, where there are several.

        Where the encoder fails at some, they are left for later, when each is tried alone.
        """
        while (
            len(lessons := self._missing(revision, QUESTIONS_AT_ONCE, "question")) > LESSONS_AT_ONCE
        ):
            try:
                encoded = self._engine.embed([lesson.prompt for lesson in lessons])
            except EngineError:
                return
            if encoded.revision != revision:
                return
            for lesson, vector in zip(lessons, encoded.rows, strict=True):
                self._store.vectors.put(lesson, revision, {("question", 0): vector})

    def _missing(
        self,
        revision: str,
        limit: int = LESSONS_AT_ONCE,
        kind: Literal["question", "pair"] = "pair",
    ) -> list[Example]:
        """Returns the next few lessons to encode, without those that this encoder failed at."""
        missing = self._store.vectors.missing(revision, limit + len(self._left_out), kind)
        return [one for one in missing if _words(one) not in self._left_out][:limit]

    def _encode_or_leave_out(self, lessons: list[Example]) -> int:
        """Encodes some lessons, each alone where it fails at all together; returns how many.

        Raises:
            EngineError: the encoder is away, or is another one that could not be calibrated.
        """
        keys = [
            (lesson, key, text)
            for lesson in lessons
            for key, text in keys_of(lesson.prompt, lesson.completion).items()
        ]
        try:
            encoded = self._engine.embed([text for _, _, text in keys])
        except EngineError as error:
            self._engine.embed([_ANY_TEXT])  # raises where it is not the lessons that it fails at
            if len(lessons) > 1:
                return sum(self._encode_or_leave_out([lesson]) for lesson in lessons)
            self._left_out.add(_words(lessons[0]))
            # Without the sentence of the error: it could hold what people wrote.
            what = {"lesson": lessons[0].id, "error": type(error).__name__}
            log.warning("a lesson cannot be encoded: it is found by its words alone", **what)
            return 0
        self._begin(encoded.revision)
        for lesson in lessons:
            rows = {
                key: encoded.rows[row]
                for row, (owner, key, _) in enumerate(keys)
                if owner.id == lesson.id
            }
            self._store.vectors.put(lesson, encoded.revision, rows)
        return len(lessons)


def _tell(done: int, of: int) -> None:
    """Logs how far an old home is read, every TELL_EVERY lessons."""
    if done % TELL_EVERY < LESSONS_AT_ONCE <= done:
        log.info("lessons are read", done=done, of=of)


def _words(lesson: Example) -> tuple[int, str, str]:
    return lesson.id, lesson.prompt, lesson.completion
