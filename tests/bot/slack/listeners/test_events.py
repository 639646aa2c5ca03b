"""Events: what is listened to, and what of it is nothing."""

from tests.bot.slack.conftest import Drive
from tests.slack_server.workspace import ANNA, BEN, BOT, GENERAL


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
