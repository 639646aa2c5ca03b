"""Vectors stand beside their lesson and leave with it, whoever takes it away."""

import numpy as np
import numpy.typing as npt
import pytest

from bot.messages import Message
from bot.store import Example, Store
from bot.store.database.personal_data import PersonalRows
from bot.store.examples.rows import NewExample
from trainer.retrieval.keys import Key

WIDTH = 4


def taught(store: Store, prompt: str = "Which tea?", status: str = "approved") -> Example:
    return store.examples.add(NewExample(prompt, "Assam.", "teach", "U0ANNA", status=status))


def keys(*values: float) -> dict[Key, npt.NDArray[np.float32]]:
    """A question's vector, and one of question and answer for each further value."""
    places: list[Key] = [("question", 0), *(("wording", n) for n in range(len(values) - 1))]
    return {
        key: np.full(WIDTH, value, np.float32) for key, value in zip(places, values, strict=True)
    }


def held(store: Store, revision: str = "a", width: int = WIDTH) -> list[tuple[int, float]]:
    table = store.vectors.all_of(revision, width)
    assert table.vectors.shape == (len(table.example_ids), width)
    firsts = [float(vector[0]) for vector in table.vectors]
    return list(zip(table.example_ids.tolist(), firsts, strict=True))


def test_they_come_back_as_they_were_in_the_order_of_the_lessons(store: Store) -> None:
    first, second = taught(store), taught(store, "Which jam?")
    assert store.vectors.put(second, "a", keys(0.5, 0.25))
    assert store.vectors.put(first, "a", keys(-1.0))
    assert held(store) == [(first.id, -1.0), (second.id, 0.5), (second.id, 0.25)]


def test_new_ones_replace_the_old_ones_of_whatever_encoder(store: Store) -> None:
    lesson = taught(store)
    store.vectors.put(lesson, "a", keys(1.0, 2.0))
    store.vectors.put(lesson, "b", keys(3.0))
    assert held(store) == []
    assert held(store, "b") == [(lesson.id, 3.0)]


def test_those_of_another_width_are_passed_over(store: Store) -> None:
    store.vectors.put(taught(store), "a", keys(1.0))
    assert held(store, width=WIDTH * 2) == []


def test_what_is_no_number_is_not_stored(store: Store) -> None:
    lesson = taught(store)
    with pytest.raises(ValueError, match="no number"):
        store.vectors.put(lesson, "a", keys(1.0, float("nan")))
    assert held(store) == []


def test_only_approved_lessons_without_them_are_missing_the_newest_first(store: Store) -> None:
    first, second, third = (taught(store, f"Question {n}?") for n in range(3))
    taught(store, "Pending?", "pending")
    store.vectors.put(second, "a", {**keys(1.0), ("pair", 0): np.ones(WIDTH, np.float32)})
    assert [e.id for e in store.vectors.missing("a")] == [third.id, first.id]
    assert [e.id for e in store.vectors.missing("a", limit=1)] == [third.id]
    assert [store.vectors.count_missing(revision) for revision in ("a", "b")] == [2, 3]
    store.vectors.put(third, "a", {("question", 0): np.ones(WIDTH, np.float32)})
    assert [e.id for e in store.vectors.missing("a")] == [third.id, first.id], "the others follow"
    assert [e.id for e in store.vectors.missing("a", kind="question")] == [first.id]


def test_a_talk_needs_none_and_a_question_under_a_system_prompt_does(store: Store) -> None:
    asked = (Message("user", "Which tea?"), Message("assistant", "Assam."))
    talk = store.examples.add(
        NewExample("Which tea?", "Assam.", "import", "U0ANNA", messages=(*asked, *asked))
    )
    system = (Message("system", "Be brief."), *asked)
    single = store.examples.add(
        NewExample("Which tea?", "Assam.", "import", "U0ANNA", messages=system)
    )
    assert talk.id != single.id
    assert [e.id for e in store.vectors.missing("a")] == [single.id]
    assert store.vectors.count_missing("a") == 1


@pytest.mark.parametrize("status", ["withdrawn", "superseded", "rejected", "quarantined"])
def test_they_leave_with_a_lesson_that_leaves(store: Store, status: str) -> None:
    lesson, other = taught(store), taught(store, "Which jam?")
    for example in (lesson, other):
        store.vectors.put(example, "a", keys(1.0))
    store.examples.change(lesson.id, status, "U0ANNA")
    assert held(store) == [(other.id, 1.0)]
    store.examples.change(lesson.id, "approved", "U0ANNA")
    assert [e.id for e in store.vectors.missing("a", kind="question")] == [lesson.id]


def test_they_leave_with_the_words_of_a_forgotten_person(store: Store) -> None:
    lesson = taught(store)
    store.vectors.put(lesson, "a", keys(1.0))
    store.erase(PersonalRows("U0ANNA", taught=[lesson.id]))
    assert held(store) == []


def test_they_leave_when_the_words_change(store: Store) -> None:
    lesson = taught(store)
    store.vectors.put(lesson, "a", keys(1.0))
    with store.connections.write() as db:
        db.table("examples").update(lesson.id, {"permalink": "https://example.org"})
    assert held(store) != []
    with store.connections.write() as db:
        db.table("examples").update(lesson.id, {"completion": "Darjeeling."})
    assert held(store) == []


def test_a_lesson_that_left_while_it_was_encoded_gets_none(store: Store) -> None:
    lesson, edited = taught(store), taught(store, "Which jam?")
    store.examples.change(lesson.id, "withdrawn", "U0ANNA")
    with store.connections.write() as db:
        db.table("examples").update(edited.id, {"completion": "Plum."})
    assert not store.vectors.put(lesson, "a", keys(1.0))
    assert not store.vectors.put(edited, "a", keys(1.0))
    assert held(store) == []


def test_those_of_some_lessons_can_be_read_alone(store: Store) -> None:
    first, second, third = (taught(store, f"Question {n}?") for n in range(3))
    for lesson in (first, second, third):
        store.vectors.put(lesson, "a", keys(1.0, 2.0))
    some = store.vectors.all_of("a", WIDTH, [third.id, first.id, 99])
    assert some.example_ids.tolist() == [first.id, first.id, third.id, third.id]
    assert store.vectors.all_of("a", WIDTH, []).vectors.shape == (0, WIDTH)


def test_it_is_known_whose_changed(store: Store) -> None:
    """Whether they came, were replaced or left."""
    first, second, third = (taught(store, f"Question {n}?") for n in range(3))
    assert store.vectors.changed(0) == []
    for lesson in (first, second, third):
        store.vectors.put(lesson, "a", keys(1.0, 2.0))
    assert store.vectors.changed(0) == [first.id, second.id, third.id]
    seen = store.vectors.changes
    assert store.vectors.changed(seen) == []
    store.vectors.put(second, "b", keys(1.0))
    store.examples.change(first.id, "withdrawn", "U0ANNA")
    assert store.vectors.changed(seen) == [first.id, second.id]


def test_every_change_is_counted(store: Store) -> None:
    lesson = taught(store)
    seen = [store.vectors.changes]
    store.vectors.put(lesson, "a", keys(1.0))
    seen.append(store.vectors.changes)
    store.vectors.put(lesson, "a", keys(2.0))
    seen.append(store.vectors.changes)
    store.examples.change(lesson.id, "withdrawn", "U0ANNA")
    seen.append(store.vectors.changes)
    assert seen == sorted(set(seen))
