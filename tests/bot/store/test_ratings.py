"""One opinion a person a reply, the pairs that follow from it, and what adapters are worth."""

import pytest

from bot.messages import Completion, Message
from bot.store import Store
from bot.store.database.clock import now
from bot.store.database.personal_data import PersonalRows
from bot.store.ratings import IMPORTED, OpinionCounts, pair_key
from bot.store.replies import Origin
from tests.bot.store.rows import reply
from trainer.retrieval.decision import Source


def test_the_last_opinion_of_a_person_wins_and_can_be_taken_back(store: Store) -> None:
    number = reply(store)
    store.ratings.set(number, "U1", 1)
    store.ratings.set(number, "U1", -1)
    store.ratings.set(number, "U2", 1)
    assert store.ratings.of(number, "U1") == -1
    assert store.ratings.everyone(number) == {"U1": -1, "U2": 1}
    assert store.ratings.tally(number) == store.ratings.totals() == (1, 1)
    assert (store.ratings.number_of("U1"), store.ratings.number_of("U3")) == (1, 0)
    assert store.ratings.take_back(number, "U1")
    assert not store.ratings.take_back(number, "U1")
    assert store.ratings.of(number, "U1") == 0


def test_pairs_out_of_files_are_known_by_their_keys_and_those_of_people_are_not(
    store: Store,
) -> None:
    store.ratings.prefer("Why?", "Because.", "So.", "vote", "U2", reply(store))
    assert store.ratings.imported() == set()
    store.ratings.prefer("Why?", "Because.", "So.", IMPORTED, "U2", None)
    assert store.ratings.imported() == {pair_key("Why?", "Because.", "So.")}
    assert pair_key("a", "bc", "d") != pair_key("ab", "c", "d")


def test_opinions_of_an_edited_question_go_but_not_of_who_corrected(store: Store) -> None:
    number, other = reply(store), reply(store)
    for person in ("U1", "U2", "U3"):
        store.ratings.set(number, person, -1)
    store.ratings.prefer("Why?", "Because.", "So.", "correction", "U1", number)
    store.ratings.prefer("Why?", "Because.", "So.", "vote", "U2", number)
    store.ratings.prefer("Why?", "Because.", "So.", "correction", "U3", other)
    store.ratings.drop_of(number)
    assert store.ratings.everyone(number) == {"U1": -1}
    assert store.ratings.corrections(number) == {"U1": "Because."}


def test_pairs_are_dropped_by_question_reply_or_person(store: Store) -> None:
    first, second = reply(store, ts="1.1"), reply(store, ts="1.2")
    for number in (first, second):
        for source, author in (("vote", "U1"), ("correction", "U1"), ("vote", "U2")):
            store.ratings.prefer("Why?", "Because.", "So.", source, author, number)
    store.ratings.unprefer("vote", "U1", first)
    assert [one.source for one in store.ratings.preferred()][:2] == ["correction", "vote"]
    assert len(store.ratings.preferred()) == 5
    store.ratings.drop_pairs("C1", "1.1")
    assert {one.reply_id for one in store.ratings.preferred()} == {second}
    store.ratings.drop_pairs_of(second)
    assert store.ratings.preferred() == []


def test_only_pairs_that_were_erased_with_somebody_count_as_forgotten(store: Store) -> None:
    number = reply(store)
    for author in ("U1", "U2", "U3"):
        store.ratings.prefer("Why?", "Because.", "So.", "vote", author, number)
    before = now()
    store.ratings.unprefer("vote", "U2", number)
    gone = PersonalRows("U1")
    assert store.ratings.pairs_of(gone) == [1]
    assert store.ratings.pairs_of(PersonalRows("U9", touched=[number])) == [1, 3]
    store.erase(gone)
    assert store.ratings.forgotten_since([1, 2, 3], before)
    assert not store.ratings.forgotten_since([2, 3], before)
    assert not store.ratings.forgotten_since([1], "9999")
    assert [one.id for one in store.ratings.preferred()] == [3]


def compared(store: Store, adapter: str, *choices: str) -> None:
    base, tuned = reply(store), reply(store, adapter=adapter)
    number = store.comparisons.add("Why?", "U0ASKS", base, tuned, 1.0).id
    for voter, choice in enumerate(choices):
        store.comparisons.vote(number, f"U{voter}", choice)


def test_each_comparison_is_decided_by_most_of_its_votes(store: Store) -> None:
    compared(store, "v0001", "tuned", "tuned", "base")
    compared(store, "v0001", "base")
    compared(store, "v0001", "tuned", "base", "tie")
    compared(store, "v0002", "base")
    assert store.adapter_ratings.votes("v0001") == OpinionCounts(1, 1)
    assert store.adapter_ratings.votes("v0001", "9999") == OpinionCounts(0, 0)
    assert OpinionCounts(1, 2) + OpinionCounts(3, 4) == OpinionCounts(4, 6)


def test_thumbs_are_compared_in_pairs_with_the_adapter_before(store: Store) -> None:
    for adapter, values in ((None, [1, -1, 1]), ("v0001", [1, 1, -1])):
        for value in values:
            store.ratings.set(reply(store, adapter=adapter), "U1", value)
    store.ratings.set(reply(store, adapter="v0001", recalled=[1]), "U1", -1)
    undecided = reply(store, adapter="v0001")
    for person, value in (("U1", 1), ("U2", -1)):
        store.ratings.set(undecided, person, value)
    # The newest of the base first: +1, -1, +1 beside +1, +1, -1; nobody decided the last one.
    assert store.adapter_ratings.thumbs("v0001", None) == OpinionCounts(1, 1)
    assert store.adapter_ratings.thumbs("v0001", None, "9999") == OpinionCounts(0, 0)


def test_the_newest_answers_of_the_adapter_before_are_compared(store: Store) -> None:
    for value in (-1, 1):
        store.ratings.set(reply(store, adapter="v0001"), "U1", value)
    store.ratings.set(reply(store, adapter="v0002"), "U1", -1)
    assert store.adapter_ratings.thumbs("v0002", "v0001") == OpinionCounts(1, 0)


def test_a_pair_knows_whether_its_question_began_the_conversation(store: Store) -> None:
    talk = [Message("user", "Well?"), Message("assistant", "So."), Message("user", "Why?")]
    numbers = [
        store.replies.add(
            Completion("So.", "base", None, 1, 1, 0.1, "stop"),
            [Message("system", "Be brief."), *turns],
            source="slack",
            channel="C1",
            thread="1.0",
            person="U1",
        ).id
        for turns in (talk[-1:], talk)
    ]
    for number in numbers:
        store.ratings.prefer("Why?", "Because.", "So.", "vote", "U1", number)
    assert [one.later_turn for one in store.ratings.preferred()] == [False, True]


def test_answers_that_were_given_lessons_to_repeat_do_not_count(store: Store) -> None:
    store.ratings.set(reply(store, adapter="v0001"), "U1", 1)
    store.ratings.set(reply(store, adapter="v0002", recalled=[1]), "U1", -1)
    assert store.adapter_ratings.thumbs("v0002", "v0001") == OpinionCounts(0, 0)


def rated(store: Store, value: int, origin: Origin, adapter: str | None = None) -> None:
    """Stores an answer that is known to come from somewhere, and a thumb on it."""
    added = store.replies.add(
        Completion("So.", adapter or "base", adapter, 1, 1, 0.1, "stop"),
        [Message("user", "Why?")],
        source="slack",
        channel="C1",
        thread="1.0",
        person="U1",
        origin=origin,
    )
    store.ratings.set(added.id, "U1", value)


@pytest.mark.parametrize("basis", ["none", "near", "taught"])
@pytest.mark.parametrize("lessons", [(), (1,)])
def test_what_an_adapter_told_of_a_lesson_counts_and_what_no_model_wrote_does_not(
    store: Store, basis: Source, lessons: tuple[int, ...]
) -> None:
    """An adapter speaks where it tells a lesson, so that otherwise no thumb on it would count."""
    rated(store, -1, Origin([1], "taught"), "v0001")
    rated(store, 1, Origin((), "model"))
    rated(store, -1, Origin(lessons, basis))  # the newest without an adapter
    assert store.adapter_ratings.thumbs("v0001", None) == OpinionCounts(1, 0)


def test_own_words_of_a_model_that_was_given_notes_do_not_count(store: Store) -> None:
    rated(store, 1, Origin((), "model"))
    rated(store, -1, Origin([1], "model"), "v0001")
    assert store.adapter_ratings.thumbs("v0001", None) == OpinionCounts(0, 0)
    rated(store, -1, Origin((), "model"), "v0001")
    assert store.adapter_ratings.thumbs("v0001", None) == OpinionCounts(1, 0)


def test_a_pair_knows_where_its_answer_was_asked_and_with_what(store: Store) -> None:
    store.places.learn("C1", "public")
    store.places.learn("C2", "group")
    numbers = [reply(store, channel=channel) for channel in ("C1", "C2", "C3", "D1")]
    with_context = store.replies.add(
        Completion("So.", "base", None, 1, 1, 0.1, "stop"),
        [Message("user", "Why?")],
        source="console",
        channel="console",
        thread="1.0",
        person="console",
        origin=Origin(with_context=True),
    )
    for number in (*numbers, with_context.id):
        store.ratings.prefer("Why?", "Because.", "So.", "vote", "U1", number)
    pairs = store.ratings.preferred()
    assert [pair.place for pair in pairs] == ["public", "group", None, "direct", None]
    assert [pair.asked_in for pair in pairs] == ["slack"] * 4 + ["console"]
    assert [pair.with_context for pair in pairs] == [False] * 4 + [True]
