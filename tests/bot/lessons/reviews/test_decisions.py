"""Whoever has a say over a lesson confirms it, retires it and hands it over; others do not."""

import pytest

from bot.errors import InputError
from bot.lessons.curation import Curation
from bot.lessons.reviews.decisions import ReviewDecisions
from bot.lessons.reviews.freshness import Freshness
from bot.permissions import Rights, RightsError
from bot.settings import Settings
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope

ANNA, BEN, CARL = "U0ANNA", "U0BEN", "U0CARL"


@pytest.fixture
def decisions(store: Store, settings: Settings) -> ReviewDecisions:
    store.examples.add(NewExample("Who?", "Noor.", "teach", ANNA))
    rights = Rights(store, settings)
    return ReviewDecisions(store, Curation(store, settings), rights, Freshness(settings))


def nobody(*_: str) -> bool:
    return False


def test_author_owner_teacher_and_the_machine_have_a_say(
    decisions: ReviewDecisions, store: Store
) -> None:
    with pytest.raises(RightsError):
        decisions.confirm(1, BEN)
    decisions.hand_over(1, BEN, ANNA, nobody)
    store.people.make(CARL, "teacher", "test")
    for who in (ANNA, BEN, CARL, "cli"):
        assert decisions.confirm(1, who)
    with pytest.raises(RightsError):
        decisions.retire(1, "U0DORA")


def test_only_what_is_due_is_confirmed_by_a_button(decisions: ReviewDecisions) -> None:
    assert not decisions.confirm(1, ANNA, only_due=True)


def test_what_is_retired_is_withdrawn_once(decisions: ReviewDecisions, store: Store) -> None:
    assert decisions.retire(1, ANNA)
    assert store.examples.get(1).status == "withdrawn"
    assert not decisions.retire(1, ANNA)
    with pytest.raises(InputError, match="is withdrawn"):
        decisions.confirm(1, ANNA)


@pytest.mark.parametrize("days", [-1, 4000])
def test_days_that_are_none_are_refused(decisions: ReviewDecisions, days: int) -> None:
    with pytest.raises(InputError, match="whole number"):
        decisions.set_interval(1, days, ANNA)


def test_a_name_that_is_no_member_owns_nothing(decisions: ReviewDecisions) -> None:
    with pytest.raises(InputError, match="no member id"):
        decisions.hand_over(1, "ben", "cli", nobody)


def test_an_outsider_owns_nothing(decisions: ReviewDecisions, store: Store) -> None:
    store.people.seen(BEN, outsider=True, team=None)
    with pytest.raises(InputError, match="guest"):
        decisions.hand_over(1, BEN, ANNA, nobody)


def test_who_opted_out_owns_nothing(decisions: ReviewDecisions, store: Store) -> None:
    store.people.opt_out(BEN)
    with pytest.raises(InputError, match="opted out"):
        decisions.hand_over(1, BEN, ANNA, nobody)


def test_only_who_reads_a_lesson_owns_it(decisions: ReviewDecisions, store: Store) -> None:
    store.examples.set_scope(1, Scope("channel", "C9"), ANNA)
    with pytest.raises(InputError, match="not in it"):
        decisions.hand_over(1, BEN, ANNA, nobody)
    assert decisions.hand_over(1, BEN, ANNA, lambda where, _: where == "C9").owned_by == BEN
    assert decisions.hand_over(1, ANNA, BEN, nobody).owned_by == ANNA
