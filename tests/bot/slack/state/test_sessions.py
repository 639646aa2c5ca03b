"""Sessions are begun, named and ended; a workspace without them is asked once."""

from collections.abc import Callable

import pytest

from bot.slack.messages.posting import Place
from bot.slack.state.sessions import BEGUN_A_MINUTE, TITLE, AgentSessions, thread_title
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, DIRECT, GENERAL

Drive = Callable[..., Direct]
SET, RENAME = "agents.sessions.setStatus", "agents.sessions.rename"
TITLED = "assistant.threads.setTitle"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def bot(drive: Drive) -> Direct:
    made = drive()
    made.workspace.has_sessions = True
    made.client.asked.clear()
    return made


def thread(bot: Direct, channel: str = GENERAL) -> Place:
    return Place(channel, bot.write("Where is the key?", user=ANNA, channel=channel).ts)


def test_a_session_has_its_title_and_ends_once(bot: Direct) -> None:
    sessions, place = AgentSessions(bot.client), thread(bot)
    assert sessions.begin(place, ANNA, "Where is the key?")
    session = bot.workspace.sessions[place.channel, str(place.thread)]
    assert (session.status, session.title, session.person) == (
        "processing",
        "Where is the key?",
        ANNA,
    )
    assert sessions.begin(place, ANNA), "it goes on, without another call"
    assert bot.client.asked.count(SET) == 1
    sessions.end(place)
    sessions.settle()
    sessions.settle()
    assert session.status == "active"
    assert bot.client.asked.count(SET) == 2


def test_what_slack_does_not_know_is_tried_once(bot: Direct) -> None:
    bot.workspace.has_sessions = False
    sessions = AgentSessions(bot.client)
    for _ in range(3):
        assert not sessions.begin(thread(bot), ANNA)
    sessions.left(thread(bot))
    sessions.settle()
    assert bot.client.asked.count(SET) == 1


def test_an_end_that_slack_did_not_hear_is_told_again(bot: Direct) -> None:
    sessions, place = AgentSessions(bot.client), thread(bot)
    sessions.begin(place, ANNA)
    sessions.end(place)
    bot.client.refused[SET] = "internal_error"
    sessions.settle()
    del bot.client.refused[SET]
    sessions.settle()
    assert bot.workspace.sessions[place.channel, str(place.thread)].status == "active"


def test_a_question_that_comes_before_the_end_keeps_the_session(bot: Direct) -> None:
    sessions, place = AgentSessions(bot.client), thread(bot)
    sessions.begin(place, ANNA)
    sessions.end(place)
    sessions.begin(place, ANNA)
    sessions.settle()
    assert bot.workspace.sessions[place.channel, str(place.thread)].status == "processing"


def test_more_sessions_than_slack_takes_are_not_begun(bot: Direct) -> None:
    clock = Clock()
    sessions = AgentSessions(bot.client, clock=clock)
    begun = [sessions.begin(thread(bot), ANNA) for _ in range(BEGUN_A_MINUTE + 1)]
    assert begun == [True] * BEGUN_A_MINUTE + [False]
    clock.now = 61.0
    assert sessions.begin(thread(bot), ANNA)


def test_a_session_that_was_left_is_ended(bot: Direct) -> None:
    """The process that began it has died."""
    place = thread(bot)
    AgentSessions(bot.client).begin(place, ANNA)
    asked: list[bool] = []
    sessions = AgentSessions(bot.client, lambda: asked.append(True))
    sessions.left(place)
    assert asked, "a round is asked for"
    sessions.settle()
    assert bot.workspace.sessions[place.channel, str(place.thread)].status == "active"


def test_a_thread_is_renamed_where_it_had_another_title(bot: Direct) -> None:
    sessions, place = AgentSessions(bot.client), thread(bot)
    sessions.begin(place, ANNA, "Where?")
    sessions.name(place, "Where?", direct=False, again=False)
    assert RENAME not in bot.client.asked
    sessions.name(place, "Where is the spare key?", direct=False, again=True)
    title = bot.workspace.sessions[place.channel, str(place.thread)].title
    assert title == "Where is the spare key?"


@pytest.mark.parametrize(("channel", "titles"), [(DIRECT, 1), (GENERAL, 0)])
def test_without_sessions_only_direct_threads_have_titles(
    bot: Direct, channel: str, titles: int
) -> None:
    bot.workspace.has_sessions = False
    sessions, place = AgentSessions(bot.client), thread(bot, channel)
    sessions.begin(place, ANNA)
    sessions.name(place, "Where is the key?", direct=channel == DIRECT, again=False)
    assert bot.client.asked.count(TITLED) == titles
    assert len(bot.workspace.titles) == titles


def test_titles_that_slack_refuses_are_tried_once(bot: Direct) -> None:
    bot.workspace.has_sessions = False
    bot.client.refused[TITLED] = "missing_scope"
    sessions = AgentSessions(bot.client)
    sessions.begin(thread(bot), ANNA)
    for _ in range(2):
        sessions.name(thread(bot, DIRECT), "Where?", direct=True, again=False)
    assert bot.client.asked.count(TITLED) == 1


def test_a_title_is_short_and_one_line_without_marks() -> None:
    assert thread_title("  *Where*\nis `the` <!channel> key?  ") == "Where is the !channel key?"
    assert len(thread_title("key " * 100)) <= TITLE
    assert thread_title("\n") == ""
