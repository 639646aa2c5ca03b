"""What people and models write, between Slack's form and their own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.messages.mrkdwn import (
    UPDATE_LIMIT,
    escape,
    mentioned,
    name,
    readable,
    shorten,
    split,
    unescape,
)

PARTIAL_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
TEXTS = st.text(st.sampled_from([*"ab &<>*_~`#.\n-[]()!@é🙂\u202e"]), max_size=400)


@given(TEXTS)
def test_escaping_and_back_changes_nothing(text: str) -> None:
    assert unescape(escape(text)) == text


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("<@U0BOT> hello", "hello"),
        ("<@U0BOT>: hello", "hello"),
        ("<@U0BOT|nightschool>, hello", "hello"),
        ("hey <@U0BOT>, what is up?", "hey, what is up?"),
        ("<@U0BOT>", ""),
        ("ask <@U0ANNA>", "ask @anna"),
        ("ask <@U0ANNA|Anna K>", "ask @Anna K"),
        ("in <#C0GENERAL|general>", "in #general"),
        ("in <#C0GENERAL>", "in #C0GENERAL"),
        ("<!here> and <!channel>", "@here and @channel"),
        ("<!subteam^S1|@ops> please", "@ops please"),
        ("at <!date^1392734382^{date}|noon>", "at noon"),
        ("see <https://a.example/b>", "see https://a.example/b"),
        ("see <https://a.example|a.example>", "see https://a.example"),
        ("see <https://a.example/b|this>", "see this (https://a.example/b)"),
        ("write to <mailto:a@b.example|a@b.example>", "write to a@b.example"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&lt;@U0ANNA&gt; as text", "<@U0ANNA> as text"),
    ],
)
def test_a_message_reads_as_people_read_it(sent: str, read: str) -> None:
    assert readable(sent, "U0BOT", lambda user: {"U0ANNA": "anna"}[user]) == read


def test_mentions_are_found() -> None:
    assert mentioned("<@U0BOT> and <@W0ANNA|anna>, not &lt;@U0BEN&gt;") == {"U0BOT", "W0ANNA"}


@given(TEXTS, st.integers(40, 120))
def test_pieces_are_short_enough_and_whole_together(text: str, limit: int) -> None:
    pieces = split(escape(text.replace("`", "")), limit)
    assert all(len(piece) <= limit for piece in pieces)
    assert not any(PARTIAL_ENTITY.search(piece) for piece in pieces)
    words = "".join("".join(pieces).split())
    assert words == "".join(escape(text.replace("`", "")).split())


@given(TEXTS, st.integers(40, 120))
def test_every_code_block_is_closed_where_it_is_cut(text: str, limit: int) -> None:
    code = text.replace("`", "")
    pieces = split(f"```\n{code}\n```\nend", limit)
    assert all(len(piece) <= limit for piece in pieces)
    assert all(piece.count("```") % 2 == 0 for piece in pieces)


def test_a_short_text_stays_one_piece() -> None:
    assert split("a\n\nb") == ["a\n\nb"]


def test_it_is_cut_between_paragraphs_rather_than_in_them() -> None:
    first, second = "a " * 1300, "b " * 1300
    assert split(f"{first}\n\n{second}") == [first.strip(), second.strip()]
    assert UPDATE_LIMIT < 4000


def test_shortening_leaves_no_half_of_an_entity() -> None:
    assert shorten("a &amp; b", 6) == "a…"
    assert shorten("abc", 3) == "abc"


def test_a_code_block_that_is_cut_has_room_for_the_fence_that_closes_it() -> None:
    pieces = split("```\n" + "x" * 500, 100)
    assert len(pieces) > 4
    assert all(len(piece) <= 100 for piece in pieces)


def test_a_shortened_text_is_as_long_as_it_may_be_with_its_ellipsis() -> None:
    assert shorten("x" * 11, 10) == "x" * 9 + "…"
    assert shorten("x" * 10, 10) == "x" * 10


def test_a_name_is_one_line_that_turns_no_direction() -> None:
    assert name(" Anna \n of \u202eschool\u2069 ") == "Anna of school"
