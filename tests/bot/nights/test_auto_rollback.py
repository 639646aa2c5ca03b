"""Votes and thumbs that turn against the adapter in use bring back the one before.

The sequential test that decides when they do is tried by itself: how often is it wrong?
"""

from pathlib import Path

import numpy as np
import pytest

from bot.home import Home
from bot.messages import Completion, Message
from bot.nights.auto_rollback import ERROR_RATE, AutoRollback, evidence, turned_against
from bot.nights.report import headline, lines
from bot.store import Run, Store
from bot.store.database.personal_data import PersonalRows
from bot.store.examples.scope import Scope
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


@pytest.mark.parametrize("opinion", ["votes", "thumbs"])
def test_who_promotes_it_again_knows_better_than_the_opinions_before(
    guard: AutoRollback, registry: Registry, store: Store, opinion: str
) -> None:
    for _ in range(9):
        if opinion == "votes":
            vote(store, "v0002", "base")
        else:
            thumb(store, "v0001", +1)
            thumb(store, "v0002", -1)
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


@pytest.mark.parametrize("since", ["erased", "narrowed"])
def test_an_adapter_with_erased_or_narrowed_lessons_does_not_come_back(
    guard: AutoRollback, registry: Registry, store: Store, tmp_path: Path, since: str
) -> None:
    lesson = example(store)
    for examples in ((lesson,), ()):
        registry.promote(add(registry, tmp_path, examples))
    if since == "erased":
        store.erase(PersonalRows("U0BEN", taught=[lesson]))
    else:
        store.examples.set_scope(lesson, Scope("channel", "C1"), "U0BEN")
    for _ in range(7):
        vote(store, "v0004", "base")
    run = guard.look()
    assert run is not None
    assert "The base model answers again" in lines(run)[0]
    assert registry.current() is None


VOTES = 200
LIMITS = np.array(
    [
        next((k for k in range(n // 2, n + 1) if turned_against(k, n - k)), n + 1)
        for n in range(VOTES + 1)
    ]
)
"""So many votes against, of n, are enough."""


def ever_crossed(share_against: float) -> float:
    """Chance that the test ever says no within VOTES votes, exactly: one look after each vote."""
    alive, crossed = np.zeros(VOTES + 2), 0.0
    alive[0] = 1.0
    for votes in range(1, VOTES + 1):
        after = alive * (1 - share_against)
        after[1:] += alive[:-1] * share_against
        crossed += after[LIMITS[votes] :].sum()
        after[LIMITS[votes] :] = 0.0
        alive = after
    return float(crossed)


@pytest.mark.parametrize("share", [0.5, 0.45, 0.2])
def test_a_good_adapter_is_rarely_taken_back_however_often_one_looks(share: float) -> None:
    assert ever_crossed(share) <= ERROR_RATE


def test_the_error_rate_of_a_simulation_is_the_documented_one() -> None:
    """2,000 teams of 200 votes each, to whom both answers are equally good."""
    votes = np.random.default_rng(7).random((2000, VOTES)) < 0.5
    wrong = (np.cumsum(votes, axis=1) >= LIMITS[1:]).any(axis=1)
    assert 0.01 < wrong.mean() <= ERROR_RATE


def test_a_bad_adapter_is_found_out() -> None:
    assert ever_crossed(0.75) > 0.99


def test_seven_in_a_row_are_enough_and_six_are_not() -> None:
    assert not turned_against(6, 0)
    assert turned_against(7, 0)
    assert not turned_against(0, 50)


def test_the_evidence_is_the_average_likelihood_ratio() -> None:
    shares = np.linspace(0.5, 1, 20001)
    for against, in_favour in ((0, 0), (3, 1), (9, 4), (0, 5)):
        ratio = (2 * shares) ** against * (2 - 2 * shares) ** in_favour
        average = np.trapezoid(ratio, shares) * 2
        assert evidence(against, in_favour) == pytest.approx(average, rel=1e-5)
