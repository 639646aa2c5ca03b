"""An answer is seen while it is being written, by a stream or without, and stands there once."""

from typing import Any

import pytest

from bot.slack.answers.conversation import STOPPED
from bot.slack.messages.markdown_stream import STREAM_LIMIT
from bot.slack.messages.posting import THINKING
from tests.bot.slack.conftest import Drive, School
from tests.slack_server.web_api import WebApi
from tests.slack_server.workspace import ANNA, BEN, BOT, DORA, GENERAL, OTHER_TEAM, SHARED, TEAM

WORDS = [f"word{number} " for number in range(40)]
STORY = "".join(WORDS).strip()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every piece is shown as it comes."""
    monkeypatch.setattr("bot.slack.answers.streaming.STREAM_SECONDS", 0.0)
    monkeypatch.setattr("bot.slack.answers.streaming.UPDATE_SECONDS", 0.0)


@pytest.fixture
def telling(school: School) -> School:
    """A bot in the middle of a long story: ten words are out, thirty to come."""
    school.engine.script = lambda _, __: WORDS
    school.engine.hold_at = 10
    return school


def test_a_status_shows_at_once_that_the_question_was_taken(school: School) -> None:
    school.engine.open.clear()
    asked = school.slack.send_mention("Hm?")
    place = (GENERAL, asked.ts)
    status = school.slack.wait_until(
        lambda: school.slack.workspace.statuses.get(place), "no sign of life"
    )
    assert status == "is thinking…"
    assert school.slack.bot_messages() == []
    school.engine.open.set()
    school.slack.wait_for_message(thread=asked.ts, contains="Hm?")
    school.quiet()
    assert place not in school.slack.workspace.statuses


def test_the_status_is_shown_again_before_slack_takes_it_away(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr("bot.slack.answers.delivery.RENEW_SECONDS", 0.05)
    school: School = request.getfixturevalue("school")
    school.engine.open.clear()
    school.slack.send_mention("Hm?")
    school.slack.wait_until(
        lambda: len(school.slack.calls_of("assistant.threads.setStatus")) > 2, "shown once only"
    )


@pytest.mark.parametrize("direct", [False, True], ids=["channel", "direct"])
def test_the_answer_grows_while_it_is_written(telling: School, direct: bool) -> None:
    send = telling.slack.send_direct if direct else telling.slack.send_mention
    asked = send("Tell me a story")
    assert telling.engine.held.wait(60)
    growing = telling.slack.wait_for_message(thread=asked.ts, contains="word9")
    assert growing.streaming
    assert growing.text == "".join(WORDS[:10])
    telling.engine.go.set()
    telling.quiet()
    assert (growing.text.rstrip(), growing.streaming) == (STORY, False)
    assert telling.slack.bot_messages(thread=asked.ts) == [growing]
    footer, buttons = growing.blocks
    assert buttons["type"] == "context_actions"
    assert footer["type"] == "context"
    assert "v0007's own words" in footer["elements"][0]["text"]


def test_an_answer_that_is_seen_already_needs_no_status(telling: School) -> None:
    asked = telling.slack.send_mention("Tell me a story")
    telling.slack.wait_for_message(thread=asked.ts, contains="word9")
    (answer,) = telling.parts.in_flight.all()
    before = len(telling.slack.calls_of("assistant.threads.setStatus"))
    answer.display.show_life()
    assert len(telling.slack.calls_of("assistant.threads.setStatus")) == before


def test_a_thumb_on_half_an_answer_counts_when_it_is_whole(telling: School) -> None:
    asked = telling.slack.send_mention("Tell me a story")
    growing = telling.slack.wait_for_message(thread=asked.ts, contains="word9")
    telling.slack.send_reaction(growing)
    telling.heard()
    assert telling.store.examples.approved() == []
    telling.engine.go.set()
    telling.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    (example,) = telling.store.examples.approved()
    assert example.completion == STORY


@pytest.mark.parametrize("code", ["unknown_method", "channel_type_not_supported"])
def test_where_slack_refuses_streams_one_message_is_updated(telling: School, code: str) -> None:
    telling.slack.fail("chat.startStream", code)
    asked = telling.slack.send_mention("Tell me a story")
    growing = telling.slack.wait_for_message(thread=asked.ts, contains="word9")
    assert not growing.streaming
    telling.engine.go.set()
    telling.quiet()
    assert growing.text == STORY
    assert [block["type"] for block in growing.blocks] == ["section", "context", "context_actions"]
    assert telling.slack.bot_messages() == [growing]


def test_a_server_without_streams_is_not_asked_again(school: School) -> None:
    school.slack.fail("chat.startStream", "unknown_method", times=9)
    for number in range(3):
        asked = school.slack.send_mention(f"Question {number}")
        school.slack.wait_for_message(thread=asked.ts, contains=f"Question {number}")
    assert len(school.slack.calls_of("chat.startStream", failed=True)) == 1


def test_a_server_without_a_status_gets_a_message_as_sign_of_life(school: School) -> None:
    school.slack.fail("assistant.threads.setStatus", "unknown_method")
    school.engine.open.clear()
    asked = school.slack.send_mention("Hm?")
    placeholder = school.slack.wait_for_message(thread=asked.ts)
    assert placeholder.text == THINKING
    school.engine.open.set()
    school.quiet()
    assert placeholder.text == "v0007 says: Hm?"
    assert school.slack.bot_messages() == [placeholder]


def test_a_stream_that_dies_goes_on_as_a_message_that_is_updated(telling: School) -> None:
    asked = telling.slack.send_mention("Tell me a story")
    growing = telling.slack.wait_for_message(thread=asked.ts, contains="word9")
    telling.slack.end_streams()
    telling.engine.go.set()
    telling.quiet()
    assert growing.text == STORY
    assert telling.slack.bot_messages() == [growing]
    assert "message_not_in_streaming_state" in {call.error for call in telling.slack.calls}


def test_an_answer_that_cannot_replace_what_stands_there_is_posted_anew(telling: School) -> None:
    asked = telling.slack.send_mention("Tell me a story")
    telling.slack.wait_for_message(thread=asked.ts, contains="word9")
    telling.slack.end_streams()
    telling.slack.fail("chat.update", "cant_update_message", times=99)
    telling.engine.go.set()
    telling.quiet()
    assert [m.text for m in telling.slack.bot_messages()] == [STORY]


@pytest.mark.parametrize("streams", [True, False], ids=["stream", "updates"])
def test_a_long_answer_comes_in_messages_that_slack_takes(school: School, streams: bool) -> None:
    words = [f"word{number} " for number in range(3000)]
    hundreds = ["".join(words[start : start + 100]) for start in range(0, 3000, 100)]
    school.engine.script = lambda _, __: hundreds
    if not streams:
        school.slack.fail("chat.startStream", "unknown_method")
    asked = school.slack.send_mention("Tell me everything")
    school.slack.wait_for_message(thread=asked.ts, contains="word2999")
    school.quiet()
    pieces = school.slack.bot_messages(thread=asked.ts)
    assert " ".join(piece.text.strip() for piece in pieces) == "".join(words).strip()
    assert len(pieces) == (3 if streams else 7)
    assert all(len(piece.text) <= STREAM_LIMIT for piece in pieces)
    assert [bool(piece.blocks) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    # Each of them carries the reply: a thumb may be put on any.
    assert len({school.store.replies.at(piece.channel, piece.ts) for piece in pieces}) == 1


@pytest.mark.parametrize("streams", [True, False], ids=["stream", "updates"])
def test_stop_stops_the_answer_and_frees_the_place_at_the_model(
    telling: School, streams: bool
) -> None:
    if not streams:
        telling.slack.fail("chat.startStream", "unknown_method")
    telling.engine.script = lambda _, __: WORDS * 5000
    asked = telling.slack.send_mention("Tell me a story")
    growing = telling.slack.wait_for_message(thread=asked.ts, contains="word9")
    telling.slack.send_message("Stop!", thread=asked.ts)
    telling.slack.wait_for_message(thread=asked.ts, contains=STOPPED)
    assert growing.text.split() == [*"".join(WORDS[:10]).split(), *STOPPED.split()]
    telling.engine.go.set()
    assert telling.engine.left.wait(60)
    telling.quiet()
    assert telling.slack.bot_messages(thread=asked.ts) == [growing]
    assert telling.store.replies.in_thread(GENERAL, asked.ts, 9) == []
    assert telling.store.pending_answers.all() == []


def test_a_model_that_breaks_off_is_told_below_what_it_said(school: School) -> None:
    school.engine.script = lambda _, __: WORDS
    school.engine.breaks_at = 10
    asked = school.slack.send_mention("Tell me a story")
    told = school.slack.wait_for_message(thread=asked.ts, contains="(error ")
    school.quiet()
    assert told.text.startswith("".join(WORDS[:10]))
    assert ":warning: The model server stopped in the middle of the answer" in told.text
    assert school.slack.bot_messages() == [told]
    assert not told.streaming


@pytest.mark.parametrize("streams", [True, False], ids=["stream", "updates"])
def test_nobody_is_rung_by_what_the_model_writes(school: School, streams: bool) -> None:
    if not streams:
        school.slack.fail("chat.startStream", "unknown_method")
    school.engine.script = lambda _, __: (
        f"<!channel> <@{BEN}> <!subteam^S1|x> & **bold** https://a.example <https://b.example|c>"
    )
    asked = school.slack.send_mention("Shout")
    answer = school.slack.wait_for_message(thread=asked.ts, contains="bold")
    school.quiet()
    assert answer.text.startswith(f"&lt;!channel&gt; &lt;@{BEN}&gt; &lt;!subteam^S1|x&gt; &amp; ")
    assert "<" not in answer.everything
    assert not answer.unfurl


def test_an_at_channel_in_plain_words_stays_plain_words(school: School) -> None:
    """What people write as a mention is `@channel` for the model, which may say it again.

    The server of the tests notes what Slack would have made of it: see `slack` in conftest.
    """
    school.slack.fail("assistant.threads.setStatus", "unknown_method")  # so it is an update
    asked = school.slack.send_mention("Repeat <!channel> and <!here>")
    answer = school.slack.wait_for_message(thread=asked.ts, contains="@channel and @here")
    school.quiet()
    assert answer.edits
    assert not answer.rang
    for what in ("compare: @channel", "compare: open: @channel", f"compare: {'@channel ' * 250}"):
        asked = school.slack.send_mention(what)
        school.slack.wait_for_message(thread=asked.ts, contains="@channel")
        school.quiet()
    school.slack.send_command("/teach", "Who is @everyone? => @here")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    asked = school.slack.send_mention("Who is @everyone?", user=BEN)
    school.slack.wait_for_message(thread=asked.ts, contains="@here")
    school.quiet()


def test_two_questions_in_one_thread_are_answered_one_after_the_other(school: School) -> None:
    school.engine.adapter = "base"
    school.engine.open.clear()
    asked = school.slack.send_mention("Who is Ottilie?")
    school.slack.send_message("And her dog?", thread=asked.ts)
    school.slack.wait_acknowledged()
    school.engine.open.set()
    school.slack.wait_for_message(thread=asked.ts, contains="her dog?")
    school.quiet()
    said = [message["content"] for message in school.engine.requests[-1]["messages"]]
    assert said == ["Who is Ottilie?", "base says: Who is Ottilie?", "And her dog?"]


def test_an_empty_answer_is_a_message_too(school: School) -> None:
    school.engine.script = lambda _, __: ""
    asked = school.slack.send_mention("Say nothing")
    answer = school.slack.wait_for_message(thread=asked.ts)
    school.quiet()
    assert answer.text == "…"
    assert answer.user == BOT


def test_an_answer_is_streamed_to_the_team_of_whoever_asked(school: School) -> None:
    """Slack refuses a stream to a person and a team that do not belong together."""
    asked = school.slack.send_mention("Who are you?", user=DORA, channel=SHARED)
    answer = school.slack.wait_for_answer(asked.ts)
    assert not answer.edits, "it was a message that is updated, and no stream"
    (started,) = school.slack.calls_of("chat.startStream")
    assert started.arguments["recipient_team_id"] == OTHER_TEAM
    school.quiet()
    assert school.store.people.team(DORA) == OTHER_TEAM


def test_what_slack_says_of_a_person_wins_over_the_event_and_that_over_the_bots_team(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    teams: list[str] = []
    start = WebApi.chat_startStream

    def started(self: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
        teams.append(arguments["recipient_team_id"])
        return start(self, arguments)

    monkeypatch.setattr(WebApi, "chat_startStream", started)
    direct = drive()
    direct.client.hidden.add(DORA)
    for more in ({"team": None}, {"team": "T0HERE", "user_team": "T0EVENT"}):
        direct.hear(direct.write(f"<@{BOT}> Who are you?", user=DORA, channel=SHARED), **more)
        direct.think()
    direct.client.hidden.clear()
    direct.parts.admission.learn(DORA)
    direct.hear(direct.write(f"<@{BOT}> Who?", user=DORA, channel=SHARED), user_team="T0EVENT")
    direct.think()
    assert teams == [TEAM, "T0EVENT", OTHER_TEAM]
