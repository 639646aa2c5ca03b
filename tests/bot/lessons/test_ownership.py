"""An author hears who did what with their lesson, unless it was they or nobody can reach them."""

import pytest

from bot.feedback.message_changes import MessageChanges
from bot.feedback.ratings import ReplyRatings
from bot.lessons.curation import Curation
from bot.lessons.ownership import by_thumb, tell_author
from bot.store import Store
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.rows import NewExample
from tests.bot.stored import reply

ANNA, BEN = "U0ANNA", "U0BEN"


def lesson(store: Store, author: str = BEN) -> int:
    return store.examples.add(NewExample("When is lunch?", "At noon.", "teach", author)).id


def told(store: Store) -> list[tuple[str, str, str | None]]:
    return [(n.person, n.what, n.who) for n in store.notices.untold(100)]


@pytest.mark.parametrize(
    ("author", "heard"),
    [(BEN, [(BEN, "edited", ANNA)]), (ANNA, []), ("console", []), ("anna", [])],
)
def test_only_somebody_elses_deed_is_told_and_only_to_members_of_slack(
    store: Store, author: str, heard: list[tuple[str, str, str]]
) -> None:
    tell_author(store, store.examples.get(lesson(store, author)), "edited", ANNA)
    assert told(store) == heard


def test_of_who_has_opted_out_nothing_is_stored(store: Store) -> None:
    number = lesson(store)
    store.people.opt_out(BEN)
    tell_author(store, store.examples.get(number), "edited", ANNA)
    assert told(store) == []


def test_a_lesson_that_is_taken_out_of_use_is_told_once(curation: Curation, store: Store) -> None:
    number = lesson(store)
    curation.reject(number, ANNA)
    curation.withdraw(number, ANNA)
    curation.withdraw(number, ANNA)
    assert told(store) == [(BEN, "rejected", ANNA), (BEN, "withdrawn", ANNA)]


def test_a_refusal_is_told_by_whoever_carries_it_out(curation: Curation, store: Store) -> None:
    number = lesson(store)
    store.provenance.add(number, SourceMessage("C1", "1.1", ANNA))
    assert curation.refuse(number, ANNA).status == "withdrawn"
    assert told(store) == []


def test_the_deletion_of_its_message_is_told(message_changes: MessageChanges, store: Store) -> None:
    store.provenance.add(lesson(store), SourceMessage("C1", "1.1", ANNA))
    message_changes.message_deleted("C1", "1.1")
    assert told(store) == [(BEN, "withdrawn", "slack")]


def test_who_liked_an_answer_first_hears_once_that_it_is_disputed(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "Who are you?", "A bot.")
    ratings.thumbs_up(number, BEN)
    ratings.thumbs_down(number, ANNA)
    ratings.thumbs_down(number, "U0CARL")
    assert told(store) == [(BEN, "withdrawn", ANNA)]


def test_only_what_a_model_wrote_and_nobody_changed_is_a_thumbs(
    ratings: ReplyRatings, curation: Curation, store: Store
) -> None:
    written = curation.teach("When is lunch?", "At noon.", BEN).id
    liked = ratings.thumbs_up(reply(store, "Who are you?", "A bot."), BEN).id
    assert written is not None
    near = reply(store, "When do we eat?", "Perhaps.", basis="near", lessons=[written])
    adopted = ratings.thumbs_up(near, BEN).id
    edited = store.examples.add(NewExample("Who?", "Me.", "reaction", BEN)).id
    assert liked is not None
    assert adopted is not None
    ids = (written, liked, adopted, edited)
    assert [by_thumb(store, store.examples.get(number)) for number in ids] == [
        False,
        True,
        False,
        False,
    ]
