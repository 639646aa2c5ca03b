"""A table in an answer is one of Slack's own, and columns of equal width where Slack refuses."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.slack.messages.markdown import has_table
from bot.slack.messages.markdown_stream import BLOCK_LIMIT, whole
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import GENERAL, Message

Drive = Callable[..., Direct]
TABLE = "Our offices:\n\n| City | Floor |\n|---|---|\n| Berlin | <3> |\n| Paris | 12 |"


def markdown(message: Message) -> list[str]:
    return [block["text"] for block in message.blocks if block["type"] == "markdown"]


@pytest.fixture
def bot(drive: Drive) -> Direct:
    """It answers with a table, where Slack has no streams."""
    made = drive()
    made.client.refused["chat.startStream"] = "unknown_method"
    made.engine.says = lambda _: TABLE
    return made


def test_an_answer_with_a_table_is_a_block_of_markdown_above_its_footer(bot: Direct) -> None:
    answer = bot.ask("Where are the offices?")
    (shown,) = markdown(answer)
    assert "| Berlin | &lt;3&gt; |" in shown
    assert answer.blocks[0]["type"] == "markdown"
    assert len(answer.blocks) > 1, "the footer is below it"
    assert "Berlin | &lt;3&gt;" in answer.text, "notifications show the columns"


def test_where_slack_refuses_it_is_columns_and_is_not_tried_again(
    bot: Direct, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []
    call = bot.client.api_call

    def without_markdown(method: str, **arguments: Any) -> Any:
        if "'markdown'" in str(arguments):
            refused.append(method)
            bot.client.refused[method] = "invalid_blocks"
        try:
            return call(method, **arguments)
        finally:
            if "'markdown'" in str(arguments):
                del bot.client.refused[method]

    monkeypatch.setattr(bot.client, "api_call", without_markdown)
    first = bot.ask("Where are the offices?")
    assert refused
    tried = len(refused)
    second = bot.ask("And where are they now?")
    for answer in (first, second):
        assert markdown(answer) == []
        assert "```" in answer.everything
    assert len(refused) == tried


def test_a_stream_brings_the_table_as_it_is(drive: Drive) -> None:
    bot = drive()
    bot.engine.says = lambda _: TABLE
    answer = bot.ask("Where are the offices?", channel=GENERAL)
    assert "| Paris | 12 |" in answer.everything


def test_a_pipe_is_no_table() -> None:
    assert has_table(TABLE)
    assert not has_table("Run `a | b`, or a | b.")


def test_what_a_block_shows_rings_nobody_and_fits() -> None:
    assert whole("<!channel> https://evil.example") == "&lt;!channel&gt; `https://evil.example`"
    assert whole("a " * BLOCK_LIMIT) is None
