"""Events: what is listened to, and what of it is nothing."""

import pytest

from tests.bot.slack.conftest import Drive
from tests.slack_server.workspace import (
    ANNA,
    BEN,
    BOT,
    CLEO,
    GENERAL,
    GROUP,
    PRIVATE,
    SHARED,
)


def test_the_bots_own_thumb_is_no_opinion(drive: Drive) -> None:
    direct = drive()
    answer = direct.ask("Who are you?")
    direct.react(answer, "+1", user=BOT)
    assert direct.store.ratings.totals() == (0, 0)
    direct.react(answer, "+1")
    assert direct.store.ratings.totals() == (1, 0)


def test_a_mark_is_an_offer_once_and_its_end_takes_the_lesson_back(drive: Drive) -> None:
    direct = drive()
    words = direct.write("The key is behind the poster.")
    event = {
        "type": "reaction_added",
        "user": ANNA,
        "reaction": "mortar_board",
        "item": {"type": "message", "channel": GENERAL, "ts": words.ts},
    }
    body = direct.body(event)
    for _ in range(2):
        direct.dispatch(body)
    offers = [m for m in direct.workspace.messages if "learn these words" in m.text]
    assert len(offers) == 1
    direct.choose(words)
    direct.submit({"question": "Where is the key?", "answer": "Behind the poster."})
    assert direct.store.examples.counts()["approved"] == 1
    words.reactions["mortar_board"] = [ANNA]
    said = direct.react(words, "mortar_board", added=False)
    assert "I will not learn that" in said.text
    assert direct.store.examples.counts()["withdrawn"] == 1


def test_each_tab_of_the_app_gets_its_own(drive: Drive) -> None:
    direct = drive()
    own = direct.workspace.direct(BEN).id
    opened = {"type": "app_home_opened", "user": BEN, "channel": own}
    direct.dispatch(direct.body(opened | {"tab": "messages"}))
    assert (list(direct.workspace.homes), list(direct.workspace.prompts)) == ([], [own])
    direct.dispatch(direct.body(opened | {"tab": "home"}))
    assert list(direct.workspace.homes) == [BEN]


def test_a_question_that_is_deleted_loses_its_answer(drive: Drive) -> None:
    direct = drive()
    answer = direct.ask("Who are you?")
    asked = direct.workspace.message(GENERAL, answer.thread_ts or "")
    asked.deleted = True
    gone = {"subtype": "message_deleted", "deleted_ts": asked.ts, "hidden": True}
    before = {"previous_message": asked.as_json(), "channel_type": "channel"}
    direct.dispatch(direct.body({"type": "message", "channel": GENERAL} | gone | before))
    assert answer.deleted


@pytest.mark.parametrize(
    ("channel", "kind"), [(GENERAL, "public"), (PRIVATE, "private"), (GROUP, "group")]
)
def test_every_message_tells_the_kind_of_its_channel(drive: Drive, channel: str, kind: str) -> None:
    """Also one that is not for the bot: old installations may not ask for it."""
    direct = drive()
    direct.hear(direct.write("Lunch?", channel=channel))
    assert direct.store.places.kind(channel) == kind
    assert "conversations.info" not in direct.client.asked


def test_an_event_tells_that_a_channel_is_shared(drive: Drive) -> None:
    direct = drive()
    words = direct.write("Lunch?", channel=SHARED)
    body = direct.body(words.as_json() | {"channel": SHARED, "channel_type": "channel"})
    direct.dispatch(body | {"is_ext_shared_channel": True})
    assert direct.store.places.shared(SHARED)


def test_who_opens_the_home_tab_is_found_out_first(drive: Drive) -> None:
    """What it shows to outsiders is another than what members see."""
    direct = drive()
    opened = {"type": "app_home_opened", "user": CLEO, "channel": "D0CLEO", "tab": "home"}
    direct.dispatch(direct.body(opened))
    assert direct.store.people.outsider(CLEO) is True
