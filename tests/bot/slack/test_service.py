"""Signing in, staying connected, reporting, ending."""

import threading

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.answers.assistant import Assistant
from bot.engine.client import EngineClient
from bot.errors import NightschoolError, SettingsError
from bot.home import Home
from bot.nights.runner import NightRunner
from bot.settings import Settings
from bot.slack.messages.posting import MessageContent
from bot.slack.service import SlackService
from bot.store import Run, Store
from tests.bot.slack.conftest import School
from tests.slack_server import SlackServer
from tests.slack_server.workspace import GENERAL
from trainer.adapters.registry import Registry


def service_with(home: Home, settings: Settings, store: Store, **slack: object) -> SlackService:
    """A bot whose Slack settings are changed; it will not get as far as to need an engine."""
    changed = settings.model_copy(update={"slack": settings.slack.model_copy(update=slack)})
    registry = Registry(home.adapters)
    assistant = Assistant(store, EngineClient("http://127.0.0.1:9", None), changed, registry)
    nights = NightRunner(home, changed, store, registry)
    return SlackService(home, changed, store, assistant, nights)


@pytest.mark.parametrize(
    ("key", "variable"), [("bot_token", "SLACK_BOT_TOKEN"), ("app_token", "SLACK_APP_TOKEN")]
)
def test_a_refused_token_is_named(
    home: Home, slack_settings: Settings, store: Store, key: str, variable: str
) -> None:
    service = service_with(home, slack_settings, store, **{key: SecretStr("x-wrong-secret")})
    with pytest.raises(SettingsError) as caught:
        service.start()
    sentence = str(caught.value)
    assert variable in sentence
    assert "\n" not in sentence
    assert "wrong-secret" not in sentence


def test_a_start_that_fails_leaves_nothing_running(
    home: Home, slack_settings: Settings, store: Store
) -> None:
    before = set(threading.enumerate())
    service = service_with(home, slack_settings, store, app_token=SecretStr("x-wrong"))
    with pytest.raises(SettingsError):
        service.start()
    assert service._parts is None
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
        assert not thread.is_alive(), thread.name


def test_exchanged_tokens_are_named(
    home: Home, slack_settings: Settings, slack: SlackServer, store: Store
) -> None:
    service = service_with(
        home, slack_settings, store, bot_token=SecretStr(slack.app_token),
        app_token=SecretStr(slack.bot_token),
    )  # fmt: skip
    with pytest.raises(SettingsError, match="SLACK_BOT_TOKEN"):
        service.start()


def test_missing_tokens_are_named(home: Home, slack_settings: Settings, store: Store) -> None:
    with pytest.raises(SettingsError, match="SLACK_APP_TOKEN"):
        service_with(home, slack_settings, store, app_token=None).start()


def test_a_slack_that_is_not_there_is_one_line(
    home: Home, slack_settings: Settings, store: Store
) -> None:
    service = service_with(home, slack_settings, store, api_url="http://127.0.0.1:9/api/")
    with pytest.raises(NightschoolError, match="cannot be reached"):
        service.start()


def test_when_slack_asks_for_a_new_connection_nothing_is_lost(school: School) -> None:
    school.slack.disconnect()
    school.slack.wait_until(lambda: school.slack.connections_opened == 2, "no new connection")
    asked = school.slack.send_mention("Still there?")
    school.slack.wait_for_message(thread=asked.ts, contains="Still there?")


@pytest.mark.parametrize("cut", [False, True], ids=["closed", "cut"])
def test_after_an_outage_it_comes_back_and_says_nothing_twice(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, cut: bool
) -> None:
    """Slack may close the WebSocket as it should, or the network may cut it off."""
    monkeypatch.setattr("bot.slack.transport.socket_mode.PING_SECONDS", 0.2)
    school: School = request.getfixturevalue("school")
    school.engine.open.clear()
    first = school.slack.send_mention("First?")
    school.slack.wait_until(lambda: school.engine.requests, "the model was not asked")
    school.slack.drop_connections(cut=cut)
    school.slack.wait_until(lambda: school.slack.connections == 0, "still connected")
    second = school.slack.send_mention("Second?")
    school.slack.redeliver(first)
    school.engine.open.set()
    for asked, text in ((first, "First?"), (second, "Second?")):
        school.slack.wait_for_message(thread=asked.ts, contains=text)
    school.quiet()
    assert len(school.slack.bot_messages()) == 2


def test_a_cut_connection_is_noticed_before_the_next_ping(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """slack_sdk takes the end of a connection for silence and spins until pings fail."""
    monkeypatch.setattr("bot.slack.transport.socket_mode.PING_SECONDS", 3600)
    school: School = request.getfixturevalue("school")
    connection = school.service._socket
    assert connection is not None
    assert connection.is_connected()
    school.slack.drop_connections(cut=True)
    school.slack.wait_until(lambda: not connection.is_connected(), "the end was not noticed")


def test_a_report_goes_to_its_channel(school: School) -> None:
    ts = school.service.post_report(MessageContent("Good morning &amp; welcome"))
    report = school.slack.wait_for_message(contains="Good morning")
    assert (report.ts, report.channel, report.thread_ts) == (ts, GENERAL, None)


def test_a_listener_that_fails_keeps_no_report_back_and_its_words_are_not_logged(
    school: School, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Run) -> None:
        raise RuntimeError("what somebody wrote")

    school.nights.on_finished.insert(0, fail)
    run = school.store.runs.start(pid=1)
    school.nights.announce(school.store.runs.finish(run.id, "skipped", "Nothing new.", seconds=1.0))
    school.slack.wait_for_message(channel=GENERAL, contains="no school tonight")
    logged = "".join(capsys.readouterr())
    assert "a listener to the night failed" in logged
    assert "RuntimeError" in logged
    assert "test_service.py:" in logged
    assert "somebody" not in logged


def test_a_report_that_slack_refuses_breaks_nothing(school: School) -> None:
    school.slack.workspace.channel(GENERAL).archived = True
    assert school.service.post_report(MessageContent("Good morning")) is None


def test_stopping_twice_is_fine_and_leaves_no_connection(school: School) -> None:
    school.service.stop()
    school.service.stop()
    school.slack.wait_until(lambda: school.slack.connections == 0, "still connected")
    assert school.nights.on_finished == [], "nights are reported no more"
    assert school.service.drain(0.0), "nothing is under way"


def test_a_night_without_losses_has_no_picture(school: School) -> None:
    run = school.store.runs.start(pid=0)
    with capture_logs() as logged:
        school.service.night_finished(school.store.runs.finish(run.id, "skipped", "", seconds=0.0))
    asked = [call.method for call in school.slack.calls]
    assert "chat.postMessage" in asked
    assert not [method for method in asked if method.startswith("files.")]
    assert not [line for line in logged if line["log_level"] == "warning"]


def test_a_report_that_waits_for_slack_does_not_hold_the_end_up(school: School) -> None:
    report = threading.Thread(
        target=school.service.post_report, args=[MessageContent("Good morning")], daemon=True
    )
    with school.slack.outage():
        report.start()
        school.slack.wait_until(
            lambda: "chat.postMessage" in [call.method for call in school.slack.calls],
            "the report was not tried",
        )
        school.service.stop()
        report.join(60)
    assert not report.is_alive()


def test_without_a_channel_no_report_is_posted(
    home: Home, slack_settings: Settings, store: Store, slack: SlackServer
) -> None:
    service = service_with(home, slack_settings, store, report_channel=None)
    service.start()
    try:
        assert service.post_report(MessageContent("Good morning")) is None
    finally:
        service.stop()
    assert not slack.calls_of("chat.postMessage", failed=True), "Slack was not even asked"
