"""Replies are found by person, thread, question and message, and lose their words on demand."""

import pytest

from bot.errors import NotFoundError
from bot.messages import Completion, Message
from bot.store import Store
from bot.store.database.connections import MAX_KEY
from bot.store.database.personal_data import NOBODY
from bot.store.replies import NOT_KEPT, Origin
from tests.bot.store.rows import reply


def test_a_reply_comes_back_as_it_was_kept(store: Store) -> None:
    kept = store.replies.add(
        Completion("Só.", "v0001", "v0001", 7, 3, 0.5, "length"),
        [Message("system", "Be brief."), Message("user", "Why?")],
        source="slack",
        channel="C1",
        thread="1.0",
        person="U1",
        question_ts="1.1",
        origin=Origin([4, 2], with_context=True),
    )
    assert store.replies.get(kept.id) == kept
    assert (kept.question, kept.recalled, kept.finish_reason) == ("Why?", (4, 2), "length")
    assert kept.with_context
    assert not store.replies.get(reply(store)).with_context


@pytest.mark.parametrize("number", [7, MAX_KEY + 1])
def test_a_reply_that_there_is_not_is_named(store: Store, number: int) -> None:
    with pytest.raises(NotFoundError, match=f"no reply {number}"):
        store.replies.get(number)


def test_the_newest_of_a_thread_come_oldest_first(store: Store) -> None:
    numbers = [reply(store, ts=f"1.{n}") for n in range(3)]
    reply(store, channel="C2")
    reply(store, thread="2.0")
    assert [one.id for one in store.replies.in_thread("C1", "1.0", 2)] == numbers[1:]
    assert store.replies.asked_in("C1", "1.0") == {"1.0", "1.1", "1.2"}
    assert store.replies.to_question("C1", "1.1") == [numbers[1]]


def test_a_comparison_is_not_the_last_answer_to_a_person(store: Store) -> None:
    first, base, tuned = reply(store), reply(store), reply(store)
    store.comparisons.add("Why?", "U0ASKS", base, tuned, 1.0)
    last = store.replies.last_to("U0ASKS", "C1")
    assert last is not None
    assert last.id == first
    assert store.replies.last_to("U0ASKS", "C2") is None


def test_replies_and_direct_channels_of_a_person(store: Store) -> None:
    own = [reply(store), reply(store, channel="D0ASKS"), reply(store, channel="D0ASKS")]
    reply(store, person="U0OTHER", channel="D0OTHER")
    assert store.replies.asked_by("U0ASKS") == own
    assert store.replies.direct_channels_of("U0ASKS") == ["D0ASKS"]


def test_each_reply_is_gone_through_oldest_first_or_those_of_one_thread(store: Store) -> None:
    here, there = reply(store), reply(store, thread="2.0")
    assert [one.id for one in store.replies.each()] == [here, there]
    assert [one.id for one in store.replies.each(("C1", "2.0"))] == [there]


def test_a_blanked_reply_has_no_words_and_no_message_leads_to_it(store: Store) -> None:
    number = reply(store, recalled=[1])
    store.replies.posted(number, "C1", "1.5")
    store.replies.blank(number)
    blanked = store.replies.get(number)
    assert (blanked.text, blanked.messages, blanked.recalled) == ("", (), ())
    assert blanked.question == ""
    assert store.replies.at("C1", "1.5") is None


def test_a_cut_reply_keeps_only_the_last_words_of_who_asked(store: Store) -> None:
    completion = Completion("So.", "base", None, 1, 1, 0.1, "stop")
    turns = [Message("user", "Before?"), Message("assistant", "Hm."), Message("user", "Why?")]
    kept = store.replies.add(
        completion,
        turns,
        source="slack",
        channel="C1",
        thread="1.0",
        person="U1",
        origin=Origin([1]),
    )
    other = reply(store)
    store.replies.cut([kept.id])
    cut = store.replies.get(kept.id)
    assert (cut.text, cut.messages, cut.recalled) == ("", (Message("user", "Why?"),), ())
    assert store.replies.get(other).text == "So."


def test_a_reply_is_gone_with_the_last_message_that_carried_it(store: Store) -> None:
    number = reply(store)
    for ts in ("1.6", "1.5"):
        store.replies.posted(number, "C1", ts)
    assert store.replies.places(number) == [("C1", "1.5"), ("C1", "1.6")]
    assert store.replies.gone("C1", "1.5") is None
    assert store.replies.gone("C1", "1.9") is None
    assert store.replies.at("C1", "1.6") == number
    assert store.replies.gone("C1", "1.6") == number


def test_a_blanked_reply_stays_empty_when_it_is_cut(store: Store) -> None:
    number = reply(store)
    store.replies.blank(number)
    store.replies.cut([number])
    assert store.replies.get(number).messages == ()


def test_people_who_have_asked_in_slack_are_counted_once_up_to_a_limit(store: Store) -> None:
    for person in ("U1", "U2", "U1", "U3", NOT_KEPT, NOBODY, ""):
        reply(store, person=person)
    completion = Completion("So.", "base", None, 1, 1, 0.1, "stop")
    for source in ("cli", "console"):
        store.replies.add(
            completion, [], source=source, channel=source, thread="", person=f"from {source}"
        )
    assert store.replies.askers(11) == 3
    assert store.replies.askers(2) == 2
