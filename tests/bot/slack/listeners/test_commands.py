"""/compare, "compare:" and /nightschool."""

from collections.abc import Callable
from typing import Any

import pytest
from filelock import FileLock

from bot.errors import NightschoolError
from bot.home import Home
from bot.privacy.consent import MUTED
from bot.slack.state.in_flight import InFlightAnswers
from tests.bot.slack.conftest import Drive, School
from tests.bot.slack.direct import Direct
from tests.slack_server import Message
from tests.slack_server.workspace import ANNA, BEN, BOT, ELSEWHERE, GENERAL, RefusedError


def sides(message: Message) -> list[str]:
    """The two columns of a comparison."""
    return [field["text"] for block in message.blocks for field in block.get("fields", ())]


def test_compare_in_the_open_shows_base_and_tuned_with_their_names(school: School) -> None:
    school.slack.send_command("/compare", "open: Is <b> bold?")
    shown = school.slack.wait_for_message(channel=GENERAL, contains="v0007 says")
    assert sides(shown) == [
        "*Base*\nbase says: Is &lt;b&gt; bold?",
        "*Tuned (v0007)*\nv0007 says: Is &lt;b&gt; bold?",
    ]
    assert shown.thread_ts is None
    assert "*Is &lt;b&gt; bold?*" in shown.everything
    school.quiet()
    assert len(school.slack.bot_messages()) == 1


def test_compare_in_a_mention_answers_in_the_thread(school: School) -> None:
    asked = school.slack.send_mention("Compare: open: who is Ottilie?")
    shown = school.slack.wait_for_message(thread=asked.ts, contains="v0007 says")
    assert [side.split("\n")[1] for side in sides(shown)] == [
        "base says: who is Ottilie?",
        "v0007 says: who is Ottilie?",
    ]
    school.slack.redeliver(asked)
    school.quiet()
    assert len(school.slack.bot_messages()) == 1


def test_before_the_first_night_compare_says_that_both_are_the_base(school: School) -> None:
    school.engine.adapter = "base"
    school.slack.send_command("/compare", "Well?")
    shown = school.slack.wait_for_message(contains="no adapter yet")
    assert len(sides(shown)) == 2


def test_long_comparisons_come_one_below_the_other(school: School) -> None:
    school.engine.script = lambda _, model: f"{model} " + "word " * 500
    school.slack.send_command("/compare", "open: Well?")
    shown = school.slack.wait_for_message(contains="v0007 word")
    assert sides(shown) == []
    assert len(shown.blocks) == 5


def test_very_long_comparisons_come_in_several_messages(school: School) -> None:
    school.engine.script = lambda _, model: f"{model} " + "word " * 3000
    school.slack.send_command("/compare", "open: Well?")
    school.slack.wait_for_message(contains="*Tuned (v0007)*")
    school.quiet()
    assert len(school.slack.bot_messages()) > 4


def test_compare_needs_a_question(school: School) -> None:
    school.slack.send_command("/compare", "  ")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="/compare question")
    school.slack.send_command("/compare", "open: ")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="/compare question", count=2)
    asked = school.slack.send_mention("compare:")
    school.slack.wait_for_message(thread=asked.ts, contains="no question")


def test_compare_where_the_bot_is_not_asks_to_be_invited(school: School) -> None:
    school.slack.send_command("/compare", "Well?", channel=ELSEWHERE)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="/invite")
    assert school.engine.requests == []


def test_a_failing_model_is_told_where_the_comparison_was_due(school: School) -> None:
    school.engine.broken = True
    school.slack.send_command("/compare", "Well?")
    school.slack.wait_for_message(channel=GENERAL, contains="(error ")


def test_status_tells_what_it_knows_to_who_asks(school: School) -> None:
    school.slack.send_command("/teach", "Where? => Here.")
    school.slack.wait_for_message(ephemeral_to=ANNA)
    school.slack.send_command("/nightschool", "status", user=BEN)
    told = school.slack.wait_for_message(ephemeral_to=BEN)
    assert "1 example is in my lessons" in told.everything
    assert school.slack.bot_messages() == []


def test_anything_else_is_helped(school: School) -> None:
    for number, words in enumerate(("help", "", "frobnicate now"), start=1):
        school.slack.send_command("/nightschool", words)
        told = school.slack.wait_for_message(ephemeral_to=ANNA, count=number)
        assert "/nightschool night" in told.text


def test_night_runs_and_tells_the_channel_and_who_asked(school: School) -> None:
    """Without a lesson there is nothing to train: a real run, and a short one."""
    school.slack.send_command("/nightschool", "night", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="off to school")
    direct = school.slack.workspace.direct(BEN).id
    school.slack.wait_for_message(channel=direct, contains="no school tonight")
    report = school.slack.wait_for_message(channel=GENERAL, contains="no school tonight")
    assert "Nothing was taught yet" in report.everything
    school.quiet()
    assert len(school.slack.bot_messages()) == 2


def test_a_second_night_at_the_same_time_is_refused(school: School, home: Home) -> None:
    with FileLock(home.night_lock):
        school.slack.send_command("/nightschool", "night")
        school.slack.wait_for_message(ephemeral_to=ANNA, contains="already running")
    assert school.store.runs.latest() is None


def seen_by_all(direct: Direct) -> list[Message]:
    """The bot's messages that everybody sees."""
    return [m for m in direct.workspace.messages if m.user == BOT and not m.ephemeral_to]


def test_compare_is_refused_in_a_channel_that_is_switched_off(drive: Drive) -> None:
    direct = drive(listen=False)
    assert MUTED in direct.command("Well?", name="/compare").text
    assert seen_by_all(direct) == []


@pytest.mark.parametrize("code", ["not_in_channel", "channel_not_found", "is_archived"])
def test_compare_where_it_cannot_post_asks_to_be_invited(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    direct = drive()
    refuse_to_post(direct, monkeypatch, code)
    assert "/invite" in direct.command("Well?", name="/compare").text


def test_compare_that_slack_refuses_for_another_reason_does_not_ask_to_be_invited(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = drive()
    refuse_to_post(direct, monkeypatch, "internal_error")
    told = direct.command("Well?", name="/compare").text
    assert "(error " in told
    assert "/invite" not in told


def refuse_to_post(direct: Direct, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Lets Slack refuse what everybody would see."""
    method = direct._api.method

    def refused(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        if name == "chat.postMessage":
            raise RefusedError(code)
        return method(name)

    monkeypatch.setattr(direct._api, "method", refused)


def test_a_comparison_that_cannot_be_noted_leaves_no_placeholder(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = drive()

    def refused(*_: object) -> None:
        raise NightschoolError("the disk is full")

    monkeypatch.setattr(InFlightAnswers, "promise", refused)
    assert "(error " in direct.command("Well?", name="/compare").text
    assert [m for m in seen_by_all(direct) if not m.deleted] == []
    assert not direct.think(), "nothing is compared"


def test_the_first_word_chooses_a_subcommand_in_any_case(drive: Drive) -> None:
    direct = drive()
    assert "in my lessons" in direct.command("STATUS please").text
    assert "in my lessons" not in direct.command("help status").text
