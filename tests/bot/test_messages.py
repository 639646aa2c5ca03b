"""Conversations are told from single questions, and come back from JSON as they were."""

import pytest

from bot.messages import Message, as_dicts, dump, is_talk, load

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


def test_what_is_written_as_json_is_read_back_as_it_was() -> None:
    said = (SYSTEM, Message("user", 'Größe "42"?\n'), ANSWER)
    text = dump(said)
    assert load(text) == said
    assert "Größe" in text
    assert as_dicts(said[:1]) == [{"role": "system", "content": "x"}]
