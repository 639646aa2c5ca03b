"""A conversation of several turns is told from a single question."""

import pytest

from bot.messages import Message, is_talk

SYSTEM, QUESTION, ANSWER = (Message(role, "x") for role in ("system", "user", "assistant"))


@pytest.mark.parametrize(
    ("messages", "talk"),
    [
        (None, False),
        ([], False),
        ([QUESTION, ANSWER], False),
        ([SYSTEM, QUESTION, ANSWER], False),
        ([QUESTION, ANSWER, QUESTION], True),
        ([SYSTEM, QUESTION, ANSWER, QUESTION, ANSWER], True),
    ],
)
def test_turns_before_the_last_question_make_a_conversation(
    messages: list[Message] | None, *, talk: bool
) -> None:
    """The instructions in a system message are no turn."""
    assert is_talk(messages) is talk
