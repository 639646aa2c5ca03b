"""Lessons that share words with a question, by full-text search (FTS5 of SQLite, BM25).

The bot's store keeps such an index of its own; this one, in memory, finds the same for the exam and
for calibration.
"""

import re
import sqlite3
import weakref
from collections.abc import Sequence

TOKENIZER = "porter unicode61"
"""Of both indexes."""
MOST_WORDS = 64
"""So many words of a question are looked for."""
_WORD = re.compile(r"\w+")


def any_word(question: str) -> str | None:
    """Returns the query for lessons with a word of a question; None where it has no word."""
    words = _WORD.findall(question)[:MOST_WORDS]
    return " OR ".join(f'"{word}"' for word in words) if words else None


class WordSearch:
    """An index of some lessons."""

    def __init__(self, lessons: Sequence[tuple[str, str]]) -> None:
        """Reads prompts and completions."""
        self._db = sqlite3.connect(":memory:")
        weakref.finalize(self, self._db.close)
        self._db.execute(
            f"create virtual table lessons using fts5(prompt, completion, tokenize='{TOKENIZER}')"
        )
        rows = ((place, *lesson) for place, lesson in enumerate(lessons))
        self._db.executemany(
            "insert into lessons(rowid, prompt, completion) values (?, ?, ?)", rows
        )

    def places(self, question: str, limit: int) -> list[int]:
        """Returns the places of the lessons whose question shares words, the likest first."""
        query = any_word(question)
        if query is None:
            return []
        found = self._db.execute(
            "select rowid from lessons where lessons match ? order by rank limit ?",
            (f"prompt : ({query})", limit),
        )
        return [int(place) for (place,) in found]
