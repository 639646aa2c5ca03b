"""Votes and thumbs that turn against the adapter in use bring back the one before."""

from pathlib import Path

import pytest

from bot.home import Home
from bot.messages import Completion, Message
from bot.nights.auto_rollback import AutoRollback
from bot.nights.report import headline, lines
from bot.store import Run, Store
from bot.store.database.personal_data import PersonalRows
from tests.bot.store.rows import example
from trainer.adapters.registry import CURRENT, AdapterCard, Registry, write_card


def add(registry: Registry, folder: Path, examples: tuple[int, ...] = ()) -> str:
    version = registry.new_version()
    staging = folder / version
    staging.mkdir()
    for name in ("adapters.safetensors", "adapter_config.json"):
        (staging / name).write_text("{}")
    write_card(staging, AdapterCard(version, "starter", example_ids=examples))
    registry.add(staging, version)
    return version


@pytest.fixture
def registry(home: Home, tmp_path: Path) -> Registry:
    """Two adapters, the second in use."""
    registry = Registry(home.adapters)
    for _ in range(2):
        registry.promote(add(registry, tmp_path))
    return registry


@pytest.fixture
def heard() -> list[Run]:
    return []


@pytest.fixture
def guard(store: Store, registry: Registry, heard: list[Run]) -> AutoRollback:
    return AutoRollback(store, registry, heard.append)


def reply(store: Store, adapter: str | None) -> int:
    said = Completion("An answer.", adapter or "base", adapter, 1, 1, 0.1, "stop")
    asked = [Message("user", "A question?")]
    kept = store.replies.add(said, asked, source="slack", channel="C", thread="1", person="U1")
    return kept.id


def vote(store: Store, adapter: str, choice: str, people: int = 1) -> None:
    compared = store.comparisons.add("?", "U1", reply(store, None), reply(store, adapter), 0.1)
    for person in range(people):
        store.comparisons.vote(compared.id, f"U{person}", choice)


def thumb(store: Store, adapter: str | None, value: int) -> None:
    store.ratings.set(reply(store, adapter), "U1", value)


def test_without_votes_nothing_happens(guard: AutoRollback, registry: Registry) -> None:
    assert guard.look() is None
    assert registry.current() == "v0002"


def test_blind_votes_for_the_base_model_bring_back_the_adapter_before(
    guard: AutoRollback, registry: Registry, store: Store, heard: list[Run]
) -> None:
    for _ in range(6):
        vote(store, "v0002", "base", people=3)
        assert guard.look() is None
    vote(store, "v0002", "base")
    run = guard.look()
    assert registry.current() == "v0001"
    assert run is not None
    assert heard == [run]
    assert (run.status, run.version) == ("reverted", "v0002")
    assert "7 preferred what was before" in lines(run)[0]
    assert "v0001 answers again" in lines(run)[0]
    assert "went back" in headline(run)
    # Its own votes speak for the one before: nothing more happens.
    assert guard.look() is None


def test_thumbs_are_compared_with_those_of_the_adapter_before(
    guard: AutoRollback, registry: Registry, store: Store
) -> None:
    for _ in range(9):
        thumb(store, "v0001", +1)
        thumb(store, "v0002", -1)
    assert guard.look() is not None
    assert registry.current() == "v0001"


def test_an_adapter_that_is_no_worse_stays_whatever_people_are_like(
    guard: AutoRollback, registry: Registry, store: Store
) -> None:
    """A team that likes little liked little before."""
    for _ in range(30):
        thumb(store, "v0001", -1)
        thumb(store, "v0002", -1)
        vote(store, "v0002", "tie")
        vote(store, "v0002", "bad")
    assert guard.look() is None
    assert registry.current() == "v0002"


def test_many_people_on_one_comparison_are_one_vote(
    guard: AutoRollback, registry: Registry, store: Store
) -> None:
    vote(store, "v0002", "base", people=50)
    assert guard.look() is None
    assert registry.current() == "v0002"


def test_who_promotes_it_again_knows_better_than_the_votes_before(
    guard: AutoRollback, registry: Registry, store: Store
) -> None:
    for _ in range(7):
        vote(store, "v0002", "base")
    assert guard.look() is not None
    registry.promote("v0002")
    assert guard.look() is None
    assert registry.current() == "v0002"


def test_the_base_model_cannot_be_taken_back(store: Store, home: Home) -> None:
    assert AutoRollback(store, Registry(home.adapters), lambda _: None).look() is None


def test_an_adapter_without_one_before_it_stays(
    guard: AutoRollback, registry: Registry, store: Store
) -> None:
    (registry.root / CURRENT).write_text('{"version": "v0002", "previous": []}')
    for _ in range(7):
        vote(store, "v0002", "base")
    assert guard.look() is None
    assert registry.current() == "v0002"


def test_an_adapter_with_erased_lessons_does_not_come_back(
    guard: AutoRollback, registry: Registry, store: Store, tmp_path: Path
) -> None:
    lesson = example(store)
    for examples in ((lesson,), ()):
        registry.promote(add(registry, tmp_path, examples))
    store.erase(PersonalRows("U0BEN", taught=[lesson]))
    for _ in range(7):
        vote(store, "v0004", "base")
    run = guard.look()
    assert run is not None
    assert "The base model answers again" in lines(run)[0]
    assert registry.current() is None
