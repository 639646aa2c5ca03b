"""Pairs of a preferred and a disliked answer out of files are preference data, never lessons."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.importing import import_rows
from bot.lessons.preference_pairs import trainable_pairs
from bot.privacy.erasure import forget
from bot.settings import ExampleSettings, Settings
from bot.store import Store
from tests.bot.lessons.importing.read import FILE, found
from trainer.importing.lines import FoundPair

PAIR = FoundPair(3, "When is lunch?", "At noon.", "Never.")


def trained(store: Store) -> list[tuple[str, str]]:
    pairs = trainable_pairs(store, datetime.now(UTC).date())
    return [(pair.chosen, pair.rejected) for pair in pairs]


def test_a_pair_is_kept_once_and_no_lesson_is_made_of_it(
    store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, PAIR)
    first = import_rows(store, curation, FILE, "U1")
    again = import_rows(store, curation, FILE, "U1")
    assert (first.added, first.pairs, first.duplicates) == (0, 1, 0)
    assert (again.added, again.pairs, again.duplicates) == (0, 0, 1)
    assert not any(store.examples.counts().values())
    assert trained(store) == [("At noon.", "Never.")]


def test_no_pair_contradicts_a_lesson_or_brings_back_what_was_withdrawn(
    store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, PAIR)
    import_rows(store, curation, FILE, "U1")
    other = curation.teach("When is lunch?", "At one.", "U1")
    assert trained(store) == []
    assert other.id is not None
    curation.withdraw(other.id, "U1")
    agreeing = curation.teach("When is lunch?", "At noon.", "U1")
    assert trained(store) == [("At noon.", "Never.")]
    assert agreeing.id is not None
    curation.withdraw(agreeing.id, "U1")
    assert trained(store) == []


def test_a_person_who_is_forgotten_takes_their_pairs_along(
    home: Home, store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, PAIR)
    import_rows(store, curation, FILE, "U0GONE")
    forget(home, store, "U0GONE")
    assert store.ratings.preferred() == []


def test_secrets_and_personal_data_are_taken_out_of_every_part(
    store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [f"Write to {name}@lantern.example." for name in ("ada", "bob", "cas")]
    found(monkeypatch, FoundPair(1, words[0], f"Yes. {words[1]}", f"No. {words[2]}"))
    done = import_rows(store, curation, FILE, "U1")
    assert done.redacted == {"e-mail": 1}
    (kept,) = store.ratings.preferred()
    assert "@" not in kept.prompt + kept.chosen + kept.rejected


@pytest.mark.parametrize("sensitive", ["refuse", "quarantine"])
def test_where_personal_data_is_not_to_be_stored_such_a_pair_is_rejected(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, sensitive: str
) -> None:
    strict = ExampleSettings.model_validate({"sensitive": sensitive})
    curation = Curation(store, settings.with_changes(examples=strict))
    found(monkeypatch, FoundPair(1, "Who?", "Write to ada@lantern.example.", "Nobody."))
    (bad,) = import_rows(store, curation, FILE, "U1").rejected
    assert "e-mail" in bad.errors[0]
    assert store.ratings.preferred() == []


@pytest.mark.parametrize(
    ("pair", "error"),
    [
        (FoundPair(4, "", "Yes.", "No."), "empty prompt"),
        (FoundPair(4, "Why?", "Yes.", " "), "empty rejected answer"),
        (FoundPair(4, "Why?", "y" * 4097, "No."), "chosen answer over 4096 characters (4097)"),
        (FoundPair(4, "Why?", "Yes.", " Yes."), "both answers are the same"),
    ],
)
def test_a_pair_that_nothing_can_be_learned_from_is_rejected_with_its_line(
    store: Store,
    curation: Curation,
    monkeypatch: pytest.MonkeyPatch,
    pair: FoundPair,
    error: str,
) -> None:
    found(monkeypatch, pair)
    (bad,) = import_rows(store, curation, FILE, "U1").rejected
    assert (bad.line, bad.errors) == (4, (error,))


def test_texts_that_run_together_alike_are_two_pairs(
    store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, FoundPair(1, "a", "bc", "d"), FoundPair(2, "ab", "c", "d"))
    assert import_rows(store, curation, Path("two.json"), "U1").pairs == 2
