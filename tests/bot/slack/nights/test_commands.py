"""/nightschool night: live in one message, stopped by button, and by whom."""

import threading
from collections.abc import Iterator

import pytest

from bot.home import Home
from bot.nights.night_lock import NightLock
from bot.nights.report import HEADLINES
from bot.nights.runner import NightRunner
from bot.slack.nights import progress
from bot.slack.nights.progress import NightProgress
from tests.bot.slack.admin.steps import ask, changed, make_admin, with_admin
from tests.bot.slack.conftest import Drive, School
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, BEN, GENERAL


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(progress, "UPDATE_SECONDS", 0.0)


@pytest.fixture
def under_way(
    school: School, home: Home, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[School, int]]:
    """A run of this process that goes on until it is finished or cancelled by the test."""
    lock = NightLock(home, school.store)
    lock.take()
    run = school.store.runs.start(pid=1).id
    stopped: list[int] = []

    def cancel(run_id: int) -> bool:
        stopped.append(run_id)
        school.store.runs.finish(run_id, "failed", "The training was stopped.", seconds=1.0)
        return True

    monkeypatch.setattr(school.nights, "start", lambda *, force: run)  # noqa: ARG005  as it is called
    monkeypatch.setattr(school.nights, "cancel", cancel)
    monkeypatch.setattr(school.nights, "stop", lock.release)
    yield school, run
    lock.release()


def test_progress_is_shown_in_one_message_that_ends_as_the_report(
    under_way: tuple[School, int],
) -> None:
    school, run = under_way
    ask(school, "night", "off to school", user=BEN)
    live = school.slack.wait_for_message(contains="At school")
    assert live.channel == school.slack.workspace.direct(BEN).id
    school.store.runs.progress(run, phase="train", step=30, steps=60, loss=1.234, seconds_left=90)
    changed(school, live, "30 of 60")
    assert "loss 1.234, about 1 min 30 s left" in live.everything
    school.store.runs.finish(run, "skipped", "Nothing new.", seconds=1.0)
    changed(school, live, "no school tonight")
    assert len(school.slack.bot_messages()) == 1


@pytest.mark.parametrize("by_button", [True, False])
def test_who_started_it_and_admins_may_stop_it(
    under_way: tuple[School, int], by_button: bool
) -> None:
    school, run = under_way
    ask(school, "night", "off to school", user=BEN)
    live = school.slack.wait_for_message(contains="At school")
    # Anna did not start it, and there is no admin whom she could be.
    school.slack.press(live, "Stop", user=ANNA)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="nightschool.toml")
    make_admin(school, "U0OTHER")
    ask(school, "night stop", "who started the night", user=ANNA)
    assert school.store.runs.get(run).status == "running"
    if by_button:
        school.slack.press(live, "Stop", user=BEN)
        school.slack.wait_for_message(ephemeral_to=BEN, contains="is being stopped")
    else:
        make_admin(school)
        ask(school, "night stop", "is being stopped")
    changed(school, live, "the night failed")
    ask(school, "night stop", "No night is under way")


def test_where_there_are_admins_only_teachers_start_a_night(school: School) -> None:
    with_admin(school)
    ask(school, "night", "Only teachers", user=BEN)
    assert school.store.runs.latest() is None
    school.store.people.make(BEN, "teacher", ANNA)
    ask(school, "night", "off to school", user=BEN)
    school.slack.wait_for_message(contains="Nothing was taught yet")
    school.quiet()


def test_without_direct_messages_the_outcome_is_told_where_it_was_asked(
    under_way: tuple[School, int],
) -> None:
    school, run = under_way
    school.slack.fail("chat.postMessage", "cannot_dm_bot")
    ask(school, "night", "off to school", user=BEN)
    ended = school.store.runs.finish(run, "skipped", "Nothing new.", seconds=1.0)
    school.service.night_finished(ended)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="no school tonight")


def test_a_night_that_a_restart_cut_off_ends_in_its_message(under_way: tuple[School, int]) -> None:
    school, _ = under_way
    ask(school, "night", "off to school", user=BEN)
    live = school.slack.wait_for_message(contains="At school")
    school.service.stop()
    school.nights.stop()  # its lock goes, as with a process that ends
    school.service.start()
    changed(school, live, "was cut off")
    assert school.store.runs.followed() == []
    # The report's channel hears of it too, once.
    school.nights.announce_missed()
    school.nights.announce_missed()
    assert len(school.slack.bot_messages(channel=GENERAL, contains="was cut off")) == 1


def test_the_end_of_a_night_outlasts_an_outage(
    under_way: tuple[School, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.transport.retry.WAITS", (0.02,) * 500)
    school, run = under_way
    ask(school, "night", "off to school", user=BEN)
    live = school.slack.wait_for_message(contains="At school")
    with school.slack.outage():
        before = len(school.slack.calls)
        ended = school.store.runs.finish(run, "skipped", "Nothing new.", seconds=1.0)
        reporter = threading.Thread(target=school.service.night_finished, args=(ended,))
        reporter.start()
        school.slack.wait_until(lambda: len(school.slack.calls) > before + 5, "it gave up")
    reporter.join(60)
    # Slack may be back between the two calls that change a message and post it anew.
    school.slack.wait_for_message(channel=live.channel, contains="no school tonight")
    school.slack.wait_for_message(channel=GENERAL, contains="no school tonight")
    school.slack.wait_until(lambda: not school.store.runs.followed(), "still followed")


def test_a_night_that_ends_while_slack_stays_away_ends_in_its_message_after_the_next_start(
    under_way: tuple[School, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("bot.slack.transport.retry.WAITS", (0.01,))
    died: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    school, run = under_way
    ask(school, "night", "off to school", user=BEN)
    live = school.slack.wait_for_message(contains="At school")
    with school.slack.outage():
        school.store.runs.finish(run, "skipped", "Nothing new.", seconds=1.0)
        school.parts.progress.join(60)
        assert [left.id for left in school.store.runs.followed()] == [run]
    assert not died
    logged = "".join(capsys.readouterr())
    assert logged.count("end the message of a night") == 1
    assert "Traceback" not in logged
    school.service.stop()
    school.service.start()
    changed(school, live, "no school tonight")
    assert school.store.runs.followed() == []


def test_a_message_that_slack_refuses_to_change_and_to_post_is_given_up(
    under_way: tuple[School, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else every start would try it again."""
    school, run = under_way
    ask(school, "night", "off to school", user=BEN)
    school.slack.wait_for_message(contains="At school")
    monkeypatch.setattr(progress, "LOOK_SECONDS", 3600.0)
    school.slack.fail("chat.update", "is_archived", times=99)
    school.slack.fail("chat.postMessage", "is_archived", times=99)
    school.store.runs.finish(run, "skipped", "Nothing new.", seconds=1.0)
    school.service.stop()
    assert school.store.runs.followed() == []


@pytest.mark.parametrize(
    ("own", "words"), [(True, "too late for that"), (False, "runs in another process")]
)
def test_a_night_that_cannot_be_stopped_any_more_or_from_here_says_so(
    under_way: tuple[School, int], monkeypatch: pytest.MonkeyPatch, own: bool, words: str
) -> None:
    school, run = under_way
    make_admin(school, ANNA)
    monkeypatch.setattr(school.nights, "cancel", lambda _: False)
    monkeypatch.setattr(school.nights, "owns", lambda _: own)
    ask(school, "night stop", words, user=ANNA)
    assert school.store.runs.get(run).status == "running"


def over_at_once(direct: Direct, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Lets nights end as they begin; returns a list to which each adds whether it was forced."""
    started: list[bool] = []

    def start(_: NightRunner, *, force: bool) -> int:
        started.append(force)
        run = direct.store.runs.start(pid=1)
        return direct.store.runs.finish(run.id, "skipped", "Nothing new.", seconds=1.0).id

    monkeypatch.setattr(NightRunner, "start", start)
    return started


@pytest.mark.parametrize(("text", "force"), [("night", False), ("Night FORCE", True)])
def test_force_is_passed_on_only_where_it_is_said(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, text: str, force: bool
) -> None:
    direct = drive()
    started = over_at_once(direct, monkeypatch)
    monkeypatch.setattr(NightProgress, "begin", lambda *_: None)
    assert "off to school" in direct.command(text).text
    assert started == [force]


def test_a_night_that_is_over_at_once_is_told_also_without_direct_messages(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may end before anybody has noted who asked for it."""
    direct = drive()
    direct.workspace.direct(BEN).archived = True
    told: list[str] = []
    over_at_once(direct, monkeypatch)
    monkeypatch.setattr(
        "bot.slack.nights.progress.posting.tell",
        lambda _client, user, _url, content: told.append(f"{user}: {content.text}"),
    )
    direct.command("night", user=BEN)
    assert [line.partition("\n")[0] for line in told] == [f"{BEN}: {HEADLINES['skipped']}"]


def test_the_button_of_an_earlier_night_does_not_stop_the_present_one(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct, stopped = drive(admins=(ANNA,)), []
    earlier = direct.store.runs.start(pid=1)
    direct.store.runs.finish(earlier.id, "skipped", "Nothing new.", seconds=1.0)
    present = direct.store.runs.start(pid=1)

    def cancel(_: NightRunner, run_id: int) -> bool:
        stopped.append(run_id)
        return True

    monkeypatch.setattr(NightRunner, "under_way", lambda _: present)
    monkeypatch.setattr(NightRunner, "cancel", cancel)
    assert "No night is under way" in direct.press(progress.STOP, str(earlier.id)).text
    assert stopped == []
    assert "is being stopped" in direct.press(progress.STOP, str(present.id)).text
    assert stopped == [present.id]
