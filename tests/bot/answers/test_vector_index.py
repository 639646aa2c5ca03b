"""The nearest lessons: exact, by the best key of each, and never of what has left."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from bot.answers.vector_index import VectorIndex
from bot.store import Store
from bot.store.database.personal_data import PersonalRows
from bot.store.examples.rows import NewExample
from bot.store.examples.vectors import VectorTable
from trainer.retrieval.keys import Key


def unit(*values: float) -> npt.NDArray[np.float32]:
    vector = np.array(values, np.float32)
    made: npt.NDArray[np.float32] = vector / np.linalg.norm(vector)
    return made


def nearest(index: VectorIndex, question: npt.NDArray[np.float32]) -> list[tuple[int, float]]:
    return list(index.cosines(question, "a").in_order())


def lesson(store: Store, *keys: tuple[float, float]) -> int:
    """A lesson with these vectors, in two dimensions."""
    example = store.examples.add(NewExample("Which tea?", "Assam.", "teach", "U1"))
    named: dict[Key, npt.NDArray[np.float32]] = {
        ("wording", place): unit(*key) for place, key in enumerate(keys)
    }
    assert store.vectors.put(example, "a", named)
    return example.id


def test_the_best_key_of_a_lesson_counts(store: Store) -> None:
    first = lesson(store, (0, 1), (1, 0.1))
    second = lesson(store, (1, 1))
    found = nearest(VectorIndex(store), unit(1, 0))
    assert [example for example, _ in found] == [first, second]
    assert [cosine for _, cosine in found] == pytest.approx([0.99504, 0.70711], abs=1e-4)


def test_of_equals_the_newest_comes_first(store: Store) -> None:
    ids = [lesson(store, (1, 0)) for _ in range(5)]
    assert [e for e, _ in nearest(VectorIndex(store), unit(1, 0))] == ids[::-1]


def test_it_follows_every_change(store: Store) -> None:
    index = VectorIndex(store)
    assert nearest(index, unit(1, 0)) == []
    first = lesson(store, (1, 0))
    assert [e for e, _ in nearest(index, unit(1, 0))] == [first]
    store.examples.change(first, "withdrawn", "U1")
    assert nearest(index, unit(1, 0)) == []


def test_vectors_of_another_encoder_or_width_are_not_compared(store: Store) -> None:
    lesson(store, (1, 0))
    index = VectorIndex(store)
    assert len(index.cosines(unit(1, 0), "b").ids) == 0
    assert nearest(index, unit(1, 0, 0)) == []
    assert len(nearest(index, unit(1, 0))) == 1


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_question_whose_vector_is_no_number_finds_nothing(store: Store, number: float) -> None:
    known = lesson(store, (1, 0))
    cosines = VectorIndex(store).cosines(np.array([number, 0], np.float32), "a")
    assert (list(cosines.in_order()), cosines.of(known)) == ([], None)


def test_a_lesson_is_looked_up_by_its_id_unless_it_has_no_vectors(store: Store) -> None:
    first, second, third = (lesson(store, key) for key in ((1, 0), (1, 1), (0, 1)))
    unread = store.examples.add(NewExample("Which tea?", "Assam.", "teach", "U1")).id
    cosines = VectorIndex(store).cosines(unit(1, 0), "a")
    found = [cosines.of(number) for number in (third, first, second)]
    assert found == pytest.approx([0, 1, 0.70711], abs=1e-4)
    assert [cosines.of(number) for number in (unread, 99, 0)] == [None] * 3


@pytest.fixture
def reads(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[list[int] | None]:
    """The lessons whose vectors were read, by each read; None where all were."""
    reads: list[list[int] | None] = []
    all_of = store.vectors.all_of

    def reading(revision: str, width: int, only: Sequence[int] | None = None) -> VectorTable:
        reads.append(None if only is None else list(only))
        return all_of(revision, width, only)

    monkeypatch.setattr(store.vectors, "all_of", reading)
    return reads


def test_the_table_is_read_once_and_then_only_what_changed(
    store: Store, reads: list[list[int] | None]
) -> None:
    first, second = lesson(store, (1, 0)), lesson(store, (0, 1))
    index = VectorIndex(store)
    for _ in range(3):
        nearest(index, unit(1, 0))
    assert reads == [None]
    third = lesson(store, (1, 1))
    nearest(index, unit(1, 0))
    store.examples.change(second, "withdrawn", "U1")
    assert [e for e, _ in nearest(index, unit(1, 0))] == [first, third]
    assert reads == [None, [third], [second]]


def test_after_any_changes_it_holds_what_a_new_one_reads(store: Store) -> None:
    """Lessons come, leave, are encoded again and come back, in the middle and at both ends."""
    index = VectorIndex(store)
    random = np.random.default_rng(5)
    ids: list[int] = []
    for turn in range(60):
        match turn % 4:
            case 0 | 1:
                ids.append(lesson(store, *random.standard_normal((1 + turn % 3, 2)).tolist()))
            case 2:
                store.examples.change(int(random.choice(ids)), "withdrawn", "U1")
            case 3:
                example = store.examples.get(int(random.choice(ids)))
                store.examples.change(example.id, "approved", "U1")
                rows = random.standard_normal((2, 2)).tolist()
                keys: dict[Key, npt.NDArray[np.float32]] = {
                    ("wording", place): unit(*row) for place, row in enumerate(rows)
                }
                store.vectors.put(example, "a", keys)
        if turn % 3 == 0:
            question = unit(*random.standard_normal(2).tolist())
            assert nearest(index, question) == nearest(VectorIndex(store), question)


def test_vectors_of_somebody_forgotten_leave_memory_at_the_next_question(store: Store) -> None:
    forgotten, kept = lesson(store, (1, 0), (0, 1)), lesson(store, (1, 1))
    index = VectorIndex(store)
    nearest(index, unit(1, 0))
    store.erase(PersonalRows("U1", taught=[forgotten]))
    nearest(index, unit(1, 0))
    loaded = index._loaded
    assert loaded is not None
    assert loaded.table.example_ids.tolist() == [kept]
    assert loaded.table.vectors.tolist() == [unit(1, 1).tolist()]


def test_an_older_database_that_was_brought_back_is_read_whole(
    store: Store, reads: list[list[int] | None]
) -> None:
    first, second = lesson(store, (1, 0)), lesson(store, (0, 1))
    index = VectorIndex(store)
    nearest(index, unit(1, 0))
    with store.connections.write() as db:
        db.conn.execute("delete from vectors where example_id = ?", [second])
        db.conn.execute("delete from vector_changes where example_id = ?", [second])
    assert [e for e, _ in nearest(index, unit(1, 0))] == [first]
    assert reads == [None, None]
