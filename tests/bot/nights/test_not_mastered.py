"""The lessons that are not mastered: at most five are named, with why, and nobody who is gone."""

from pathlib import Path

import pytest

from bot.nights.not_mastered import NAMED, mastery_lines, mastery_of, not_mastered, too_long
from bot.store import Store
from bot.store.examples.scope import Scope
from tests.bot.store.rows import example
from trainer.adapters.registry import CONFIG, WEIGHTS, AdapterCard, Registry, write_card
from trainer.dataset.export import LeftOut
from trainer.results.mastery import CONTRADICTION, TOO_ALIKE, TOO_LONG, Mastery


def of(*missing: int, mastered: int = 3, reasons: dict[int, str] | None = None) -> Mastery:
    return Mastery(mastered + len(missing), mastered, missing=missing, reasons=reasons or {})


def test_lessons_are_named_with_why_those_with_a_reason_first(store: Store) -> None:
    plain, long, twice, like = (
        example(store, text) for text in ("Who?", "What?", "When\n is\t it?", "Where?")
    )
    why = {long: TOO_LONG, twice: CONTRADICTION, like: TOO_ALIKE}
    named = not_mastered(store, of(plain, long, twice, like, reasons=why))
    assert [str(lesson) for lesson in named] == [
        "What?: its answer is too long to be learned word for word",
        "When is it?: another lesson answers nearly the same question differently",
        "Where?: another lesson's question is very like it",
        "Who?",
    ]
    assert [lesson.id for lesson in named] == [long, twice, like, plain]


def test_a_reason_of_a_later_program_is_left_out(store: Store) -> None:
    number = example(store)
    (named,) = not_mastered(store, of(number, reasons={number: "bad luck"}))
    assert str(named) == "Where?"


def test_long_questions_are_cut(store: Store) -> None:
    exact, longer = example(store, "x" * 120), example(store, "y" * 121)
    first, second = not_mastered(store, of(exact, longer))
    assert first.question == "x" * 120
    assert second.question == "y" * 119 + "…"


def test_what_was_withdrawn_erased_or_never_there_is_not_named(store: Store) -> None:
    gone, kept = example(store), example(store, "Who?")
    store.examples.change(gone, "withdrawn", "U0BEN")
    assert [lesson.id for lesson in not_mastered(store, of(gone, 99, kept))] == [kept]
    with store.connections.write() as db:
        db.table("examples").update(kept, {"prompt": ""})
    assert not_mastered(store, of(kept)) == ()
    assert mastery_lines(store, of(kept)) == ["Mastered word for word: 3 of 4 lessons."]


def test_a_lesson_that_became_private_is_not_named(store: Store) -> None:
    """The report is read by everybody."""
    narrowed, kept = example(store), example(store, "Who?")
    store.examples.set_scope(narrowed, Scope("channel", "C1"), "U0BEN")
    assert [lesson.id for lesson in not_mastered(store, of(narrowed, kept))] == [kept]


def test_five_are_named_and_the_others_counted(store: Store) -> None:
    numbers = [example(store, f"Question {number}?") for number in range(NAMED + 2)]
    lines = mastery_lines(store, of(*numbers, mastered=10))
    assert lines[0] == "Mastered word for word: 10 of 17 lessons."
    assert lines[1] == "Not mastered yet: Question 0?"
    assert lines[-1] == "Not mastered yet: 2 more."
    assert len(lines) == 1 + NAMED + 1
    assert mastery_lines(store, of(*numbers[:NAMED]))[-1] == "Not mastered yet: Question 4?"


def test_where_nobody_looked_nothing_is_said(store: Store) -> None:
    assert mastery_lines(store, None) == []
    assert mastery_lines(store, Mastery(0, 0)) == []
    assert not_mastered(store, None) == ()
    assert mastery_lines(store, of()) == ["Mastered word for word: 3 of 3 lessons."]


@pytest.mark.parametrize("version", ["v0001", "v0009", None])
def test_the_card_of_a_version_says_what_it_has_mastered(
    tmp_path: Path, version: str | None
) -> None:
    registry = Registry(tmp_path / "adapters")
    staging = tmp_path / "staging"
    staging.mkdir()
    for name in (WEIGHTS, CONFIG):
        (staging / name).write_bytes(b"{}")
    write_card(staging, AdapterCard("v0001", "starter", mastery=of(4)))
    registry.add(staging, "v0001")
    assert mastery_of(registry, version) == (of(4) if version == "v0001" else None)


def test_lessons_that_are_too_long_to_be_trained_are_named_with_their_tokens() -> None:
    """Those that were left out for another reason are not."""
    reason = "over 2048 tokens (2300): the completion would be cut off"
    away = [LeftOut(number, ("empty prompt", reason)) for number in range(1, NAMED + 2)]
    (note,) = too_long([LeftOut(99, ("withdrawn",)), *away])
    assert "lesson 1 is over 2048 tokens (2300); lesson 2" in note
    assert f"lesson {NAMED + 1}" not in note
    assert "and 1 more" in note
    assert "99" not in note
    assert too_long([LeftOut(99, ("withdrawn",))]) == []
