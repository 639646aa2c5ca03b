"""Votes between base and tuned: one a person, and the preference that follows."""

import pytest

from bot.errors import InputError, NotFoundError
from bot.feedback.comparisons import ComparisonVotes
from bot.store import Store
from tests.bot.stored import reply


def compared(store: Store, base: str = "Never.", tuned: str = "At noon.") -> int:
    """A comparison of two answers to one question."""
    replies = [reply(store, "When is lunch?", text) for text in (base, tuned)]
    return store.comparisons.add("When is lunch?", "U1", replies[0], replies[1], 0.1).id


def pairs(store: Store) -> list[tuple[str, str]]:
    rows = store.connections.db.query("select chosen, rejected from preferences order by id")
    return [(row["chosen"], row["rejected"]) for row in rows]


@pytest.mark.parametrize(
    ("choice", "pair"),
    [
        ("tuned", [("At noon.", "Never.")]),
        ("base", [("Never.", "At noon.")]),
        ("tie", []),
        ("bad", []),
    ],
)
def test_a_vote_for_one_prefers_it_to_the_other(
    votes: ComparisonVotes, store: Store, choice: str, pair: list[tuple[str, str]]
) -> None:
    voted = votes.vote(compared(store), "U2", choice)
    assert (voted.choice, voted.first, voted.voters) == (choice, True, 1)
    assert pairs(store) == pair


def test_a_persons_first_vote_stands(votes: ComparisonVotes, store: Store) -> None:
    number = compared(store)
    votes.vote(number, "U2", "base")
    again = votes.vote(number, "U2", "tuned")
    assert (again.choice, again.first, again.voters, again.tally.base) == ("base", False, 1, 1)
    assert pairs(store) == [("Never.", "At noon.")]
    assert votes.vote(number, "U3", "tuned").voters == 2


@pytest.mark.parametrize("base", ["At noon.", " At noon. ", ""])
def test_answers_that_do_not_differ_are_no_preference(
    votes: ComparisonVotes, store: Store, base: str
) -> None:
    votes.vote(compared(store, base), "U2", "tuned")
    assert pairs(store) == []


def test_who_has_opted_out_does_not_vote(votes: ComparisonVotes, store: Store) -> None:
    store.people.opt_out("U2")
    with pytest.raises(InputError, match="opted out"):
        votes.vote(compared(store), "U2", "tuned")


def test_there_are_no_votes_from_a_channel_that_was_switched_off(
    votes: ComparisonVotes, store: Store
) -> None:
    number = compared(store)
    store.channels.set("C1", False, "U9")
    with pytest.raises(InputError, match="not switched on"):
        votes.vote(number, "U2", "tuned")


def test_what_is_gone_cannot_be_voted_on(votes: ComparisonVotes, store: Store) -> None:
    number = compared(store)
    store.replies.blank(store.comparisons.get(number).tuned_reply)
    with pytest.raises(InputError, match="Nothing of that answer is kept"):
        votes.vote(number, "U2", "tuned")
    with pytest.raises(NotFoundError):
        votes.vote(number + 1, "U2", "tuned")
