"""/nightschool forget me and opt out: what is said, and to whom it is left to say it."""

import pytest

from bot.privacy.erasure import UNREAD, Forgotten
from bot.privacy.search import Searched
from bot.slack.state import conflicts
from bot.store.examples.rows import NewExample
from tests.bot.slack.admin.steps import add_version
from tests.bot.slack.conftest import Drive
from tests.slack_server.workspace import ANNA, BEN, BOT, GENERAL


def test_forgetting_is_asked_for_in_these_words_alone(drive: Drive) -> None:
    direct = drive()
    assert "That cannot be undone" in direct.command("forget me").text
    assert "Write `/nightschool forget me`." in direct.command("forget ben").text


def test_nobody_erases_somebody_else(drive: Drive) -> None:
    direct = drive()
    direct.store.examples.add(NewExample("Where?", "Here.", "teach", ANNA))
    for button in ("oneself:forget", "oneself:opt_out"):
        assert "Only you yourself" in direct.press(button, ANNA, user=BEN).text
    assert direct.store.examples.counts()["approved"] == 1
    assert not direct.store.people.opted_out(BEN)


def test_what_was_removed_is_said_with_the_versions_that_learned_it(drive: Drive) -> None:
    direct = drive()
    lesson = direct.store.examples.add(NewExample("Where?", "Here.", "teach", ANNA)).id
    version = add_version(direct.home, lesson)
    run = direct.store.runs.start(1).id
    direct.store.runs.trained_on(run, [lesson])
    direct.store.runs.finish(run, "promoted", "Good.", seconds=1.0, version=version)
    told = direct.press("oneself:forget", ANNA).text
    assert told.startswith("Removed: 1 lesson, 0 questions with what I answered, 0 thumbs.")
    assert f"{version} learned from your lessons" in told


def test_files_that_could_not_be_read_are_not_said_to_hold_nothing(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Forgotten(1, 0, 0, 0, (), searched=Searched(5, 100, 1, 1, unread=2), later=UNREAD)
    monkeypatch.setattr("bot.slack.admin.own_data.forget", lambda *_: gone)
    told = drive().press("oneself:forget", ANNA).text
    assert "5 files for what you had said: nothing is left in these; 2 files I could not" in told
    assert told.endswith(UNREAD)


def test_where_nothing_was_learned_no_version_is_named(drive: Drive) -> None:
    assert "learned from your lessons" not in drive().press("oneself:forget", ANNA).text


def test_a_right_that_stands_in_the_settings_file_is_said_to_stay(drive: Drive) -> None:
    direct = drive(teachers=(BEN,))
    assert "`nightschool.toml` stands there" in direct.press("oneself:forget", BEN, user=BEN).text
    assert "nightschool.toml" not in direct.press("oneself:forget", ANNA).text


def test_who_has_opted_out_is_asked_no_second_time(drive: Drive) -> None:
    direct = drive()
    assert "You have opted out." in direct.press("oneself:opt_out", ANNA).text
    assert "already" in direct.command("opt out").text
    assert "Welcome back" in direct.command("opt in").text
    assert "had not opted out" in direct.command("opt in").text


def test_a_contradiction_is_not_decided_after_who_was_asked_is_erased(drive: Drive) -> None:
    direct = drive()
    direct.command("Where? => Here.", name="/teach", user=BEN)
    asked = direct.command("Where? => There.", name="/teach")
    direct.press("oneself:forget", ANNA)
    key = asked.button_value(conflicts.REPLACE)
    assert "no longer know" in direct.press(conflicts.REPLACE, key).text


def test_only_ones_own_answers_under_way_end(drive: Drive) -> None:
    direct = drive()
    for user in (ANNA, BEN):
        asked = direct.write(f"<@{BOT}> What is {user}?", user=user)
        place = {"channel": GENERAL, "channel_type": "channel"}
        direct.dispatch(direct.body(asked.as_json() | place))
    direct.press("oneself:forget", ANNA)
    while direct.think():
        pass
    answers = "".join(m.text for m in direct.workspace.messages if "answer to" in m.text)
    assert f"What is {BEN}?" in answers
    assert f"What is {ANNA}?" not in answers


def test_who_was_forgotten_is_strange_in_the_threads_where_they_asked(drive: Drive) -> None:
    """A reply of theirs is no follow-up any more, until they mention the bot again."""

    def follow_up(thread: str | None) -> bool:
        said = direct.write("And on Fridays?", user=ANNA, thread=thread)
        place = {"channel": GENERAL, "channel_type": "channel"}
        direct.dispatch(direct.body(said.as_json() | place))
        return direct.think()

    direct = drive()
    thread = direct.ask("When is lunch?").thread_ts
    assert follow_up(thread)
    direct.press("oneself:forget", ANNA)
    assert not follow_up(thread)
