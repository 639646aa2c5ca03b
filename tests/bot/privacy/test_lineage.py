"""Where a person's words are found in what others were answered, and where by no means."""

from collections.abc import Sequence

import pytest

from bot.messages import Completion, Message
from bot.privacy.lineage import SURE, traces
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.replies import Origin

LONG = "Behind the old mill, to the left."


def taught(store: Store, completion: str) -> int:
    return store.examples.add(NewExample("Where is it?", completion, "teach", "U0GONE")).id


def answered(
    store: Store,
    turns: Sequence[str],
    text: str,
    person: str = "U0ASKS",
    place: tuple[str, str] = ("C1", "1.0"),
    recalled: Sequence[int] = (),
) -> int:
    roles = ("user", "assistant")
    messages = [Message(roles[number % 2], turn) for number, turn in enumerate(turns)]
    reply = store.replies.add(
        Completion(text, "base", None, 1, 1, 0.1, "stop"),
        messages,
        source="slack",
        channel=place[0],
        thread=place[1],
        person=person,
        origin=Origin(recalled),
    )
    return reply.id


def test_an_answer_of_twelve_characters_is_found_and_a_shorter_one_is_chance(store: Store) -> None:
    """Of "At noon." nobody can say who said it first."""
    long, short = "abcdefghijkl", "abcdefghijk"
    assert (len(long), len(short)) == (SURE, SURE - 1) == (12, 11)
    said = answered(store, ["And?"], f"It is {long}.")
    answered(store, ["And?"], f"It is {short}.")
    assert traces(store, [], [taught(store, long)]) == [said]
    assert traces(store, [], [taught(store, short)]) == []
    assert traces(store, [], [taught(store, "At noon.")]) == []


def test_what_was_taught_is_found_whatever_its_case_and_spaces(store: Store) -> None:
    lesson = taught(store, LONG)
    said = answered(store, ["Where?"], "I think: behind  the OLD mill,\nto the left. Yes.")
    earlier = answered(store, ["Where?", LONG, "And then?"], "No idea.")
    answered(store, [LONG], "No idea.")  # their own last words are theirs
    assert traces(store, [], [lesson]) == [said, earlier]


def test_an_answer_that_a_lesson_helped_with_is_found_whatever_it_says(store: Store) -> None:
    lesson = taught(store, "No.")
    helped = answered(store, ["Where?"], "Rather not.", recalled=[lesson])
    answered(store, ["Where?"], "Rather not.", recalled=[lesson + 1])
    assert traces(store, [], [lesson]) == [helped]


def test_a_question_and_its_answer_are_found_in_later_turns_of_their_thread(store: Store) -> None:
    own = answered(store, ["Marmalade?"], "Quite.", "U0GONE")
    question = answered(store, ["Marmalade?", "Hm.", "Why?"], "So.")
    answer = answered(store, ["Well?", "Quite.", "Why?"], "So be it.")
    answered(store, ["Well?", "Hm.", "Marmalade?"], "Never.")  # the same words, but their own
    assert traces(store, [own], []) == [question, answer]


def test_what_follows_from_a_found_answer_is_found_as_well(store: Store) -> None:
    own = answered(store, ["Marmalade?"], "Quite.", "U0GONE")
    first = answered(store, ["Marmalade?", "Quite.", "Why?"], "For breakfast.")
    second = answered(store, ["Why?", "For breakfast.", "When?"], "At eight.")
    assert traces(store, [own], []) == [first, second]


@pytest.mark.parametrize("place", [("C2", "1.0"), ("C1", "2.0")])
def test_the_same_words_in_another_thread_are_somebody_elses(
    store: Store, place: tuple[str, str]
) -> None:
    own = answered(store, ["Marmalade?"], "Quite.", "U0GONE")
    answered(store, ["Marmalade?", "Hm.", "Why?"], "So.", place=place)
    assert traces(store, [own], []) == []


def test_only_one_conversation_is_searched_where_one_is_named(store: Store) -> None:
    lesson = taught(store, LONG)
    here = answered(store, ["Where?"], LONG)
    there = answered(store, ["Where?"], LONG, place=("C1", "2.0"))
    elsewhere = answered(store, ["Where?"], LONG, place=("C2", "1.0"))
    assert traces(store, [], [lesson], ("C1", "1.0")) == [here]
    assert traces(store, [], [lesson]) == [here, there, elsewhere]


def test_a_reply_that_was_blanked_is_passed_over(store: Store) -> None:
    own = answered(store, ["Marmalade?"], "Quite.", "U0GONE")
    store.replies.blank(own)
    answered(store, ["Why?"], "So.")
    assert traces(store, [own], []) == []
