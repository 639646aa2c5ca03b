"""The `vectors` table: where in the encoder's space the keys of each approved example lie.

Triggers delete the vectors of an example that is no longer approved, or whose words change, in the
same transaction. `vector_changes` says for each example when its vectors last came or went, so that
a reader need not read the others again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bot.store.database.connections import Connections, insert
from bot.store.database.personal_data import TAUGHT, Delete, TableErasure
from bot.store.examples.rows import NO_TALK, Example, example_from_row
from trainer.retrieval.keys import Key

_STORED = np.dtype("<f4")
ERASURE = (
    TableErasure(
        "vectors",
        (Delete(f"example_id in {TAUGHT}", holds=("vector",)),),
        impersonal={"kind": "one of three words", "revision": "a fingerprint of the encoder"},
    ),
    TableErasure("vector_changes"),
)


@dataclass(frozen=True)
class VectorTable:
    """All vectors of one encoder.

    Attributes:
        example_ids: (rows,), sorted.
        vectors: (rows, width) in 32 bits.
    """

    example_ids: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float32]


class Vectors:
    """The vectors of the examples."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @property
    def changes(self) -> int:
        """A number that grows whenever vectors are added or removed, by any process."""
        query = "select coalesce(max(number), 0) number from vector_changes"
        (row,) = self._connections.db.query(query)
        return int(row["number"])

    def changed(self, since: int) -> list[int]:
        """Returns the ids of the examples whose vectors came or went after that many changes."""
        query = "select example_id from vector_changes where number > ? order by example_id"
        return [int(row["example_id"]) for row in self._connections.db.query(query, [since])]

    def missing(
        self, revision: str, limit: int = 100, kind: Literal["question", "pair"] = "pair"
    ) -> list[Example]:
        """Returns approved examples without a vector of this encoder, the newest first.

        None of them is a talk: its last question alone says too little to find it by.

        Args:
            revision: the fingerprint of the encoder.
            limit: how many of them at most.
            kind: the key whose vector is missing: `question` comes first, `pair` with all others.
        """
        rows = self._connections.db.query(
            f"select * from examples where {_MISSING} order by id desc limit ?",  # noqa: S608  ours
            [revision, kind, limit],
        )
        return [example_from_row(row) for row in rows]

    def count_missing(self, revision: str, kind: Literal["question", "pair"] = "pair") -> int:
        """Returns how many `missing` returns in all."""
        (row,) = self._connections.db.query(
            f"select count(*) number from examples where {_MISSING}",  # noqa: S608  ours
            [revision, kind],
        )
        return int(row["number"])

    def count_outdated(self, revision: str) -> int:
        """Returns how many examples have vectors of another encoder than this one."""
        (row,) = self._connections.db.query(
            "select count(distinct example_id) number from vectors where revision != ?", [revision]
        )
        return int(row["number"])

    def put(
        self, example: Example, revision: str, vectors: Mapping[Key, npt.NDArray[np.float32]]
    ) -> bool:
        """Stores the vectors of one example in the place of older ones.

        Args:
            example: as it was when its keys were encoded.
            revision: the fingerprint of the encoder.
            vectors: (width,) each, by their keys.

        Returns:
            False where the example has changed or left meanwhile: then nothing is stored.

        Raises:
            ValueError: a vector holds what is no number.
        """
        if not all(np.isfinite(vector).all() for vector in vectors.values()):
            raise ValueError("a vector holds what is no number")
        with self._connections.write() as db:
            same = db.execute(
                "select 1 from examples where id = ? and status = 'approved' and prompt = ?"
                " and completion = ?",
                [example.id, example.prompt, example.completion],
            ).fetchone()
            if same is None:
                return False
            db.execute("delete from vectors where example_id = ?", [example.id])
            for (kind, place), vector in vectors.items():
                row: dict[str, object] = {"example_id": example.id, "kind": kind, "place": place}
                row |= {"revision": revision, "vector": vector.astype(_STORED).tobytes()}
                insert(db, "vectors", row)
        return True

    def all_of(self, revision: str, width: int, only: Sequence[int] | None = None) -> VectorTable:
        """Returns the vectors of an encoder; those of another width are passed over.

        Args:
            revision: the fingerprint of the encoder.
            width: numbers of a vector.
            only: ids of the examples that are wanted [all].
        """
        given: list[object] = [revision, width * _STORED.itemsize]
        wanted = ""
        if only is not None:
            wanted = "and example_id in (select value from json_each(?))"
            given.append(json.dumps(list(only)))
        rows: Sequence[tuple[int, bytes]] = self._connections.db.execute(
            "select example_id, vector from vectors"  # noqa: S608  both forms are ours
            f" where revision = ? and length(vector) = ? {wanted} order by example_id",
            given,
        ).fetchall()
        ids = np.array([example_id for example_id, _ in rows], np.int64)
        joined = b"".join(vector for _, vector in rows)
        return VectorTable(ids, np.frombuffer(joined, _STORED).reshape(-1, width))


_MISSING = (
    f"status = 'approved' and {NO_TALK} and not exists"  # noqa: S608  ours
    " (select 1 from vectors where example_id = examples.id and revision = ? and kind = ?)"
)
