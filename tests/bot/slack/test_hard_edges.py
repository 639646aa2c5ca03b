"""What people really send, and what Slack's clock and connections do: handled once, sensibly."""

import json
import threading

import pytest
from slack_sdk.models.blocks import Block

from bot.answers.questions import Reply
from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.reviews.freshness import Freshness
from bot.settings import Settings
from bot.slack.answers import streaming
from bot.slack.answers.conversation import ONLY_FILES
from bot.slack.answers.footer import NO_FILES, ReplyFooter
from bot.slack.messages import blocks
from bot.slack.messages.markdown_stream import STREAM_LIMIT
from bot.slack.messages.permalinks import Permalinks
from bot.slack.messages.posting import MessageContent
from bot.slack.service import SlackService
from bot.slack.state.member_names import MemberNames
from bot.slack.transport.executors import SLOW
from tests.bot.slack.conftest import School
from tests.slack_server import limits
from tests.slack_server.workspace import ANNA, BEN, BOT, GENERAL
from trainer.adapters.registry import Registry

FILE = {"id": "F1", "name": "plan.pdf", "url_private": "https://files.example/plan.pdf"}


def question(school: School) -> str:
    """The last question that reached the model."""
    return str(school.engine.requests[-1]["messages"][-1]["content"])


@pytest.mark.parametrize(
    "words",
    [
        "מה שלום הכלב של אוטיליה?",
        "\u202eevil\u202c or not 👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈?",
        "why does\n```\nif a < b && c > d:\n    *x = &y\n```\nfail?",
        "`code` *bold* _it_ ~no~ > quote",
    ],
    ids=["RTL", "emoji", "code block", "marks"],
)
def test_words_of_every_kind_reach_the_model_and_come_back_whole(
    school: School, words: str
) -> None:
    asked = school.slack.send_mention(words)
    answer = school.slack.wait_for_message(thread=asked.ts, contains="says")
    school.quiet()
    assert question(school) == words
    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert answer.text == f"v0007 says: {escaped}"


def test_mentions_of_people_and_channels_are_read_and_ring_nobody(school: School) -> None:
    asked = school.slack.send_mention(f"Is <@{BEN}> in <#{GENERAL}|general>, <!here>?")
    answer = school.slack.wait_for_message(thread=asked.ts, contains="says")
    assert question(school) == "Is @ben in #general, @here?"
    assert "<" not in answer.everything.replace(f"<#{GENERAL}>", "#general")


@pytest.mark.parametrize("length", [4097, 40_000])
def test_what_is_too_long_is_refused_in_a_sentence(school: School, length: int) -> None:
    asked = school.slack.send_direct("x" * length)
    told = school.slack.wait_for_message(thread=asked.ts, contains="4096 at most")
    school.quiet()
    assert school.slack.bot_messages() == [told]
    assert school.engine.requests == []


def test_a_file_with_words_is_answered_by_its_words(school: School) -> None:
    asked = school.slack.send_message(
        f"<@{BOT}> What is a plan?", subtype="file_share", files=[FILE]
    )
    answer = school.slack.wait_for_message(thread=asked.ts, contains="What is a plan?")
    school.quiet()
    assert NO_FILES in answer.everything


def test_a_file_alone_is_answered_by_a_word(school: School) -> None:
    asked = school.slack.send_message(
        "", channel=school.slack.workspace.direct(ANNA).id, subtype="file_share", files=[FILE]
    )
    school.slack.wait_for_message(thread=asked.ts, contains=ONLY_FILES)
    school.quiet()
    assert school.engine.requests == []


@pytest.mark.parametrize("skew", [-86400.0, 86400.0], ids=["behind", "ahead"])
def test_a_clock_that_is_a_day_off_changes_nothing(school: School, skew: float) -> None:
    school.slack.workspace.clock_skew = skew
    school.slack.workspace._last_ts = 0.0
    asked = school.slack.send_mention("What time is it?")
    answer = school.slack.wait_for_message(thread=asked.ts, contains="What time")
    school.quiet()
    school.slack.send_reaction(answer)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    school.slack.take_reaction_back(answer)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="taken back")
    school.slack.edit_message(asked, f"<@{BOT}> What day is it?")
    school.slack.wait_for_message(thread=asked.ts, contains="What day")
    school.quiet()
    assert len(school.slack.bot_messages()) == 1


def test_a_thumb_on_a_message_that_nobody_knows_any_more_does_nothing(school: School) -> None:
    stranger = school.slack.send_message("From before the bot came")
    school.slack.send_reaction(stranger)
    school.slack.delete_message(stranger)
    school.slack.take_reaction_back(stranger)
    school.quiet()
    assert not any(school.store.examples.counts().values())
    assert school.slack.bot_messages(ephemeral_to=ANNA) == []


def test_two_bots_on_two_connections_with_one_store_answer_everything_once(
    school: School, home: Home, slack_settings: Settings
) -> None:
    """Slack gives each event to one of them, and after a hiccup to the other one too."""
    first = school.service
    second = SlackService(home, slack_settings, school.store, first._assistant, school.nights)
    second.start()
    try:
        school.slack.wait_until(lambda: school.slack.connections == 2, "one is missing")
        asked = [school.slack.send_mention(f"Question {number}") for number in range(6)]
        for message in asked:
            school.slack.redeliver(message)
        for number, message in enumerate(asked):
            school.slack.wait_for_message(thread=message.ts, contains=f"Question {number}")
        school.quiet()
        assert second.drain(60)
        assert len(school.slack.bot_messages()) == 6
    finally:
        second.stop()


def checked(blocks_: tuple[Block, ...] | list[Block]) -> None:
    """By slack_sdk's own models, and by what the test's Slack refuses."""
    for block in blocks_:
        block.validate_json()
    limits.blocks_of({"blocks": json.dumps([block.to_dict() for block in blocks_])})


@pytest.mark.parametrize("text", ["short", "**bold** <!channel> & " * 900, "```\n" + "x" * 9000])
def test_every_message_around_an_answer_is_one_that_slack_takes(
    school: School, home: Home, curation: Curation, text: str
) -> None:
    names = MemberNames(school.service._client, BOT)
    permalinks = Permalinks(school.service._client, school.store)
    footer = ReplyFooter(names, permalinks, Registry(home.adapters), Freshness(Settings()))
    example = school.store.examples.get(curation.teach("Q <?>", "A", "Anna \u202e<!here>").id or 0)
    for reply in (
        Reply(1, text, "starter", None, 1, 1, 0.1),
        Reply(1, text, "starter", "v0001", 1, 1, 0.1, "taught", (example,) * 3, 0.75),
        Reply(1, text, "taught", None, 1, 1, 0.1, "taught", (example,), 0.99),
        Reply(1, text, "taught", None, 1, 1, 0.1, "near", (example,), 0.25),
        Reply(1, text, "none", None, 1, 1, 0.1, "none", (), 0.75),
    ):
        below = footer.below(reply, files=1)
        checked(below)
        shown = json.dumps([block.to_dict() for block in below])
        assert "<!" not in shown
        assert "\\u202e" not in shown
        for piece in streaming.with_footer(streaming._split(text), below):
            limits.check_text({"text": piece.text}, limits.UPDATE_CHARACTERS)
            checked(piece.blocks)
    fixed: list[MessageContent] = [
        blocks.greeting(),
        blocks.help_text(),
        blocks.sorry(OSError(text), "x"),
    ]
    for piece in fixed:
        limits.check_text({"text": piece.text}, limits.UPDATE_CHARACTERS)
        checked(piece.blocks)
    assert STREAM_LIMIT < limits.MARKDOWN_CHARACTERS


def test_a_thread_with_many_questions_holds_up_no_other(school: School) -> None:
    """Those who wait for their turn take no place from others."""
    go = threading.Event()

    def script(question: str, model: str) -> str:
        if "slow" in question:
            go.wait(60)
        return f"{model} says: {question}"

    school.engine.script = script
    first = school.slack.send_mention("slow 0?")
    for number in range(1, SLOW + 2):
        school.slack.send_mention(f"slow {number}?", thread=first.ts)
    school.heard()
    other = school.slack.send_mention("quick?", user=BEN)
    school.slack.wait_for_message(thread=other.ts, contains="quick?")
    go.set()
    school.slack.wait_for_message(thread=first.ts, contains="slow", count=SLOW + 2)
    school.quiet()
    # What was asked meanwhile and has no answer yet may be quoted before the question.
    said = {m.text.split()[-1] for m in school.slack.bot_messages(thread=first.ts)}
    assert said == {f"{number}?" for number in range(SLOW + 2)}
