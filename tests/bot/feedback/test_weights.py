"""Whose thumbs count, and how many it takes, as the settings say."""

from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.messages import Completion, Message
from bot.settings import load_settings
from bot.store import Store
from tests.bot.stored import reply, statuses


def with_settings(store: Store, home: Home, lines: str) -> ReplyRatings:
    home.config.write_text(f"[feedback]\n{lines}\n")
    return ReplyRatings(store, load_settings(home))


def test_only_the_askers_thumb_counts_if_so_set(store: Store, home: Home) -> None:
    ratings = with_settings(store, home, 'thumbs = "asker"')
    number = reply(store, "Who are you?", "A bot.")
    assert ratings.thumbs_up(number, "U2").status == "uncounted"
    assert statuses(store) == []
    assert ratings.thumbs_up(number, "U1").status == "approved"
    assert ratings.thumbs_down(number, "U2").status == "approved"
    assert store.ratings.everyone(number) == {"U1": 1, "U2": -1}


def test_only_teachers_thumbs_count_if_so_set(store: Store, home: Home) -> None:
    ratings = with_settings(store, home, 'thumbs = "teachers"\n[slack]\nteachers = ["U7"]')
    number = reply(store, "Who are you?", "A bot.")
    assert ratings.thumbs_up(number, "U1").status == "uncounted"
    assert ratings.thumbs_up(number, "U7").status == "approved"
    assert ratings.take_back(number, "U7").status == "withdrawn"


def test_several_people_are_needed_if_so_set(store: Store, home: Home) -> None:
    ratings = with_settings(store, home, "thumbs = 2")
    number = reply(store, "Who are you?", "A bot.")
    first = ratings.thumbs_up(number, "U1")
    assert (first.status, first.missing) == ("noted", 1)
    assert ratings.thumbs_up(number, "U1").missing == 1
    assert ratings.thumbs_up(number, "U2").status == "approved"
    assert ratings.thumbs_down(number, "U3").status == "withdrawn"
    assert ratings.take_back(number, "U3").status == "approved"
    assert ratings.take_back(number, "U2").status == "withdrawn"


def test_outside_of_slack_one_persons_thumb_is_enough_whatever_is_set(
    store: Store, home: Home
) -> None:
    said = Completion("A bot.", "base", None, 5, 3, 0.1, "stop")
    for thumbs in ("2", '"teachers"', '"asker"'):
        ratings = with_settings(store, home, f"thumbs = {thumbs}")
        number = store.replies.add(
            said,
            [Message("user", f"Who are you, {thumbs}?")],
            source="console",
            channel="",
            thread="",
            person="console",
        ).id
        assert ratings.thumbs_up(number, "somebody").status == "approved"
