"""Whose thumbs count, that the last word wins, and that a bad answer is never trained."""

import pytest

from bot.feedback.service import Feedback
from bot.home import Home
from bot.settings import load_settings
from bot.store import Store
from tests.bot.feedback.test_service import reply, statuses


def with_settings(store: Store, home: Home, lines: str) -> Feedback:
    home.config.write_text(f"[feedback]\n{lines}\n")
    return Feedback(store, load_settings(home))


def pairs(store: Store) -> list[tuple[str, str]]:
    rows = store.connections.db.query("select chosen, rejected from preferences order by id")
    return [(row["chosen"], row["rejected"]) for row in rows]


def test_only_the_askers_thumb_counts_if_so_set(store: Store, home: Home) -> None:
    feedback = with_settings(store, home, 'thumbs = "asker"')
    number = reply(store, "Who are you?", "A bot.")
    assert feedback.thumbs_up(number, "U2").status == "uncounted"
    assert statuses(store) == []
    assert feedback.thumbs_up(number, "U1").status == "approved"
    assert feedback.thumbs_down(number, "U2").status == "approved"
    assert store.ratings.everyone(number) == {"U1": 1, "U2": -1}


def test_only_teachers_thumbs_count_if_so_set(store: Store, home: Home) -> None:
    feedback = with_settings(store, home, 'thumbs = "teachers"\n[slack]\nteachers = ["U7"]')
    number = reply(store, "Who are you?", "A bot.")
    assert feedback.thumbs_up(number, "U1").status == "uncounted"
    assert feedback.thumbs_up(number, "U7").status == "approved"
    assert feedback.take_back(number, "U7").status == "withdrawn"


def test_several_people_are_needed_if_so_set(store: Store, home: Home) -> None:
    feedback = with_settings(store, home, "thumbs = 2")
    number = reply(store, "Who are you?", "A bot.")
    first = feedback.thumbs_up(number, "U1")
    assert (first.status, first.missing) == ("noted", 1)
    assert feedback.thumbs_up(number, "U1").missing == 1
    assert feedback.thumbs_up(number, "U2").status == "approved"
    assert feedback.thumbs_down(number, "U3").status == "withdrawn"
    assert feedback.take_back(number, "U3").status == "approved"
    assert feedback.take_back(number, "U2").status == "withdrawn"


def test_what_one_likes_and_another_does_not_is_not_taught(
    feedback: Feedback, store: Store
) -> None:
    number = reply(store, "Who are you?", "A bot.")
    feedback.thumbs_up(number, "U1")
    assert feedback.thumbs_down(number, "U2").status == "withdrawn"
    assert feedback.thumbs_up(number, "U2").status == "approved"


def test_a_lesson_is_by_who_likes_the_answer(feedback: Feedback, store: Store) -> None:
    """Though it becomes one only when somebody else thinks better of it."""
    number = reply(store, "Who are you?", "A bot.")
    feedback.thumbs_down(number, "U1")
    assert feedback.thumbs_up(number, "U2").status == "noted"
    assert feedback.take_back(number, "U1").status == "approved"
    assert [example.author for example in store.examples.approved()] == ["U2"]


@pytest.mark.parametrize("likes", ["before", "after"])
def test_a_corrected_answer_is_never_trained_whoever_likes_it(
    feedback: Feedback, store: Store, likes: str
) -> None:
    number = reply(store, "When is lunch?", "Never.")
    if likes == "before":
        feedback.thumbs_up(number, "U1")
    feedback.correct(number, "U2", "At noon.", "keep")
    if likes == "after":
        assert feedback.thumbs_up(number, "U1").status == "corrected"
    assert [e.completion for e in store.examples.approved()] == ["At noon."]


def test_a_thumb_up_after_a_correction_takes_the_correction_back(
    feedback: Feedback, store: Store
) -> None:
    number = reply(store, "When is lunch?", "Never.")
    feedback.correct(number, "U1", "At noon.")
    feedback.thumbs_up(number, "U1")
    assert [e.completion for e in store.examples.approved()] == ["Never."]
    assert pairs(store) == []
    assert store.ratings.everyone(number) == {"U1": 1}


def test_taking_back_takes_the_correction_back(feedback: Feedback, store: Store) -> None:
    number = reply(store, "When is lunch?", "Never.")
    feedback.correct(number, "U1", "At noon.")
    feedback.take_back(number, "U1")
    assert statuses(store) == ["withdrawn"]
    assert pairs(store) == []
    assert store.ratings.everyone(number) == {}


def test_a_second_correction_replaces_the_first_without_a_question(
    feedback: Feedback, store: Store
) -> None:
    number = reply(store, "When is lunch?", "Never.")
    feedback.correct(number, "U1", "At noon.")
    assert feedback.correction_of(number, "U1") == "At noon."
    assert feedback.correct(number, "U1", "At one.", "ask").status == "approved"
    assert statuses(store) == ["withdrawn", "approved"]
    assert pairs(store) == [("At one.", "Never.")]


def test_a_correction_against_another_lesson_is_asked_about_and_stores_nothing(
    feedback: Feedback, store: Store
) -> None:
    feedback.teach("When is lunch?", "At two.", "U9")
    number = reply(store, "When is lunch?", "Never.")
    asked = feedback.correct(number, "U1", "At noon.", "ask")
    assert asked.status == "contradiction"
    assert pairs(store) == []
    settled = feedback.correct(number, "U1", "At noon.", "replace", asked.conflicts)
    assert settled.replaced == tuple(example.id for example in asked.conflicts)
    assert statuses(store) == ["superseded", "approved"]


def test_the_same_words_are_no_correction(feedback: Feedback, store: Store) -> None:
    number = reply(store, "When is lunch?", "Never.")
    assert feedback.correct(number, "U1", " Never. ").status == "refused"
    assert store.ratings.everyone(number) == {}


def test_a_preference_has_no_secrets_in_it(feedback: Feedback, store: Store) -> None:
    number = reply(store, "Who is on call?", "Nobody.")
    feedback.correct(number, "U1", "Write to ada@lantern.example.")
    assert pairs(store) == [("Write to [e-mail].", "Nobody.")]


def test_what_somebody_withdrew_by_hand_a_thumb_does_not_bring_back(
    feedback: Feedback, store: Store
) -> None:
    number = reply(store, "Who are you?", "A bot.")
    taught = feedback.thumbs_up(number, "U1")
    assert taught.id is not None
    feedback.withdraw(taught.id, "U9", "not true")
    assert feedback.thumbs_up(number, "U2").status == "withdrawn"
    assert statuses(store) == ["withdrawn"]
