"""Who asked, who answered and whom they thanked, in whatever order it is heard of."""

from itertools import permutations

import pytest

from bot.feedback.watching import exchanges
from bot.feedback.watching.exchanges import Exchange, Exchanges, Said

ASKER, TEACHER, OTHER = "U1", "U2", "U3"
QUESTION, ANSWER, THANKS = "Where is the key?", "Behind the poster.", "Thanks a lot!"
FOUND = Exchange("C1", "1.0", "2.0", ASKER, TEACHER)


@pytest.fixture
def watch() -> Exchanges:
    return Exchanges(TEACHER.__eq__)


def said(ts: str, person: str, text: str, thread: str = "1.0", **more: frozenset[str]) -> Said:
    return Said("C1", ts, thread, person, text, **more)


TALK = (
    said("1.0", ASKER, QUESTION),
    said("2.0", TEACHER, ANSWER),
    said("3.0", ASKER, THANKS),
)


def found(watch: Exchanges, *talk: Said) -> set[Exchange]:
    return {exchange for message in talk for exchange in watch.heard(message)}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_exchange_is_found_in_whatever_order_and_how_often_it_is_told(
    watch: Exchanges, order: tuple[int, ...]
) -> None:
    assert found(watch, *(TALK[number] for number in (*order, *order))) == {FOUND}


@pytest.mark.parametrize("thumb_at", range(3))
def test_a_thumb_of_who_asked_is_thanks(watch: Exchanges, thumb_at: int) -> None:
    all_found: list[Exchange] = []
    for number, message in enumerate((*TALK[:2], None)):
        if number == thumb_at:
            all_found += watch.thumbed("C1", "2.0", ASKER)
        if message is not None:
            all_found += watch.heard(message)
    assert set(all_found) == {FOUND}


@pytest.mark.parametrize(
    "talk",
    [
        (said("1.0", ASKER, "The key is gone."), *TALK[1:]),
        (TALK[0], said("2.0", OTHER, ANSWER), TALK[2]),
        (TALK[0], said("2.0", ASKER, ANSWER), TALK[2]),
        (TALK[0], said("2.0", TEACHER, "Which key do you mean?"), TALK[2]),
        (*TALK[:2], said("3.0", OTHER, THANKS)),
        (*TALK[:2], said("3.0", ASKER, "Thanks, but it is not there")),
        (*TALK[:2], said("2.5", OTHER, "It was moved."), TALK[2]),
        (*TALK[:2], said("3.0", ASKER, f"Thanks <@{OTHER}>", named=frozenset({OTHER}))),
        (TALK[0], TALK[2], said("4.0", TEACHER, ANSWER)),
    ],
)
def test_what_is_no_exchange(watch: Exchanges, talk: tuple[Said, ...]) -> None:
    assert not found(watch, *talk)


def test_a_thumb_of_somebody_else_or_on_an_answer_of_no_teacher_is_none(watch: Exchanges) -> None:
    found(watch, *TALK[:2], said("4.0", OTHER, "Or below it."))
    assert not watch.thumbed("C1", "2.0", OTHER)
    assert not watch.thumbed("C1", "4.0", ASKER)
    assert not watch.thumbed("C1", "1.0", ASKER)
    assert not watch.thumbed("C2", "2.0", ASKER)


def test_who_is_named_was_thanked(watch: Exchanges) -> None:
    thanks = said("3.0", ASKER, f"Thanks <@{TEACHER}>", named=frozenset({TEACHER}))
    assert found(watch, *TALK[:2], said("2.5", OTHER, "It was moved."), thanks) == {FOUND}


def test_the_next_message_of_a_channel_is_an_answer(watch: Exchanges) -> None:
    talk = [said(one.ts, one.person, one.text, thread=one.ts) for one in TALK]
    assert found(watch, *reversed(talk)) == {FOUND}


@pytest.mark.parametrize(
    ("ts", "person", "text"),
    [
        ("1.5", OTHER, "Good morning."),
        ("1.5", OTHER, "Who has time for that?"),
        ("1.5", ASKER, "And where is the car?"),
    ],
)
def test_another_message_between_them_makes_it_none(
    watch: Exchanges, ts: str, person: str, text: str
) -> None:
    talk = [said(one.ts, one.person, one.text, thread=one.ts) for one in TALK]
    between = said(ts, person, text, thread=ts)
    assert FOUND not in found(watch, talk[0], between, *talk[1:])


def test_thanks_of_hours_later_outside_of_a_thread_are_for_something_else(
    watch: Exchanges,
) -> None:
    talk = [said(one.ts, one.person, one.text, thread=one.ts) for one in TALK[:2]]
    assert not found(watch, *talk, said("9000.0", ASKER, THANKS, thread="9000.0"))


def test_a_thumb_on_the_next_message_of_a_channel_counts(watch: Exchanges) -> None:
    found(watch, *(said(one.ts, one.person, one.text, thread=one.ts) for one in TALK[:2]))
    assert watch.thumbed("C1", "2.0", ASKER) == [FOUND]


def test_the_memory_has_bounds(watch: Exchanges, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "THREADS", 3)
    monkeypatch.setattr(exchanges, "REPLIES", 4)
    monkeypatch.setattr(exchanges, "CHANNELS", 2)
    monkeypatch.setattr(exchanges, "THUMBS", 5)
    for number in range(200):
        channel, thread = f"C{number % 7}", f"{number % 5}.0"
        ts = thread if number % 3 == 0 else f"{number + 10}.0"
        watch.heard(Said(channel, ts, thread, ASKER, QUESTION))
        watch.thumbed(channel, f"{number}.0", ASKER)
    assert len(watch._threads) == 3
    assert all(len(talk.notes) <= 4 for talk in watch._threads.values())
    assert len(watch._channels) == 2
    assert len(watch._thumbs) == 5
