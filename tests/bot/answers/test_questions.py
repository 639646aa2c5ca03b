"""A question says who is going to read its answer."""

import pytest

from bot.answers.questions import Question
from bot.store.examples.scope import PUBLIC, Audience


@pytest.mark.parametrize(
    ("channel", "source", "audience"),
    [
        ("C1", "slack", Audience(channel="C1")),
        ("D1", "slack", Audience(person="U0ANNA")),
        ("console", "console", Audience(person="console")),
        ("cli", "cli", PUBLIC),
    ],
)
def test_who_reads_the_answer_follows_from_where_it_was_asked(
    channel: str, source: str, audience: Audience
) -> None:
    assert Question("Why?", "U0ANNA", channel, source=source).audience == audience
