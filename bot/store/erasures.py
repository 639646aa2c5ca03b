"""Erasures whose files are still to be deleted and searched: a to-do list that outlives a kill.

It holds ids and salted digests, and nothing of the person.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from bot.store.database.connections import Connections, insert
from bot.store.database.personal_data import ASKED, TAUGHT, PersonalRows, TableErasure

_LAST_TURN = "json_array(json_extract(messages, '$[#-1].content'))"
_PLAIN = frozenset({"prompt", "completion", "chosen", "why"})
"""Columns whose content is text; that of all others is JSON."""
_REMOVED = (
    f"select prompt, completion, messages from examples where id in {TAUGHT}",  # noqa: S608  ours
    f"select {_LAST_TURN} from replies where id in {ASKED} and messages != '[]'",  # noqa: S608  ours
    "select why from changes where who = :person",
    "select lesson from open_questions where person = :person",
)
_KEPT = (
    "select prompt, completion, messages from examples where completion != ''",
    f"select {_LAST_TURN} from replies where messages != '[]'",  # noqa: S608  ours
)
ERASURE = (
    TableErasure(
        "erasures",
        impersonal={
            "examples": "ids",
            "pairs": "ids",
            "fingerprints": "salted digests, dropped after the search",
            "at": "a time",
        },
    ),
)


@dataclass(frozen=True)
class Fingerprints:
    """Salted digests, as hexadecimal digits, of what a search must not find any more.

    Attributes:
        salt: what is hashed before each text.
        windows: digests of words in a row.
        words: digests of rare words.
    """

    salt: str
    windows: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class ErasureTask:
    """One row of `erasures`: what was erased from the database and is to leave the files.

    Attributes:
        examples: ids of the erased examples.
        pairs: ids of the erased preference pairs.
        fingerprints: of the words that were erased; None after the search for them.
        at: the time of the erasure.
    """

    id: int
    examples: tuple[int, ...]
    pairs: tuple[int, ...]
    fingerprints: Fingerprints | None
    at: str


class Erasures:
    """The `erasures` table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(
        self,
        examples: Sequence[int],
        pairs: Sequence[int],
        fingerprints: Fingerprints | None,
        at: str,
    ) -> int:
        """Stores what is left to be done of an erasure, and returns the id of the task.

        It belongs into the transaction that erases the words.

        Args:
            examples: ids of the erased examples.
            pairs: ids of the erased preference pairs.
            fingerprints: of the words that are erased; None where nothing is searched for.
            at: the time of the erasure, as it stands in the database.
        """
        row = {
            "examples": json.dumps(list(examples)),
            "pairs": json.dumps(list(pairs)),
            "fingerprints": None if fingerprints is None else json.dumps(asdict(fingerprints)),
            "at": at,
        }
        with self._connections.write() as db:
            return insert(db, "erasures", row)

    def open(self) -> list[ErasureTask]:
        """Returns the erasures that are not finished, oldest first."""
        rows = self._connections.db.query("select * from erasures order by id")
        return [
            ErasureTask(
                row["id"],
                tuple(json.loads(row["examples"])),
                tuple(json.loads(row["pairs"])),
                _fingerprints(row["fingerprints"]),
                row["at"],
            )
            for row in rows
        ]

    def removed_texts(self, rows: PersonalRows, pairs: Sequence[int]) -> Iterator[str]:
        """Yields what an erasure is about to remove of a person's own words.

        What a model said to them is not among it: it says the same to others.

        Args:
            rows: the person and the keys of their rows.
            pairs: ids of the preference pairs that are erased with them.
        """
        parameters = rows.parameters() | {"pairs": json.dumps(list(pairs))}
        chosen = (
            "select prompt, chosen from preferences"
            " where id in (select value from json_each(:pairs)) and author = :person"
        )
        for query in (*_REMOVED, chosen):
            yield from self._texts(query, parameters)

    def kept_texts(self) -> Iterator[str]:
        """Yields the lessons and questions that are stored: what people may say with good reason.

        Answers and the earlier turns of conversations are not among them: in these a person's words
        are a trace that an erasure has missed.
        """
        for query in _KEPT:
            yield from self._texts(query, {})

    def _texts(self, query: str, parameters: dict[str, object]) -> Iterator[str]:
        for row in self._connections.db.query(query, parameters):
            for column, value in row.items():
                if not value:
                    continue
                if column in _PLAIN:
                    yield value
                else:
                    yield from _strings(json.loads(value))

    def drop_fingerprints(self, task_id: int) -> None:
        """Deletes the fingerprints of an erasure, once the search is over."""
        with self._connections.write() as db:
            db.conn.execute("update erasures set fingerprints = null where id = ?", [task_id])

    def done(self, task_id: int) -> None:
        """Deletes an erasure from the list."""
        with self._connections.write() as db:
            db.conn.execute("delete from erasures where id = ?", [task_id])


def _strings(value: object) -> Iterator[str]:
    """Yields all texts in a JSON value, but for names of fields."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _fingerprints(text: str | None) -> Fingerprints | None:
    if text is None:
        return None
    read = json.loads(text)
    return Fingerprints(read["salt"], tuple(read["windows"]), tuple(read["words"]))
