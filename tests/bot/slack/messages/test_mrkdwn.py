"""What people and models write, between Slack's form and their own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.messages.mrkdwn import (
    MENTIONS,
    UPDATE_LIMIT,
    Names,
    escape,
    mentioned,
    name,
    readable,
    shorten,
    split,
    unescape,
    with_channels,
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
    names = Names(lambda user: {"U0ANNA": "anna"}[user])
    assert readable(sent, "U0BOT", names) == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("in <#C0ROOMS>", "in #rooms"),
        ("in <#C0ROOMS|old-rooms>", "in #rooms"),
        ("in <#C0ROOMS|>", "in #rooms"),
        ("ask <!subteam^S0OPS>", "ask @ops"),
        ("ask <!subteam^S0OPS|@ops>", "ask @ops"),
    ],
)
def test_channels_and_groups_are_called_as_they_are_told_to_be(sent: str, read: str) -> None:
    names = Names(str, lambda *_: "rooms", lambda *_: "ops")
    assert readable(sent, "U0BOT", names) == read


def test_of_very_many_mentions_only_the_first_are_asked_about() -> None:
    asked: list[str] = []

    def tell(identifier: str, _: str) -> str:
        asked.append(identifier)
        return "rooms"

    text = readable("<#C0ROOMS> <!subteam^S0OPS> " * 1000, "U0BOT", Names(str, tell, tell))
    assert len(asked) == MENTIONS
    assert text.endswith("#C0ROOMS @S0OPS")


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("ask in #rooms.", "ask in <#C0ROOMS>."),
        ("#Rooms", "<#C0ROOMS>"),
        ("(#rooms-)", "(<#C0ROOMS>-)"),
        ("_#rooms_ and _#rooms_", "_<#C0ROOMS>_ and _<#C0ROOMS>_"),
        ("a_#rooms", "a_#rooms"),
        ("#rooms-berlin", "#rooms-berlin"),
        ("C#rooms &amp;#rooms", "C#rooms &amp;<#C0ROOMS>"),
        ("##rooms", "##rooms"),
        ("/#rooms ?q=#rooms", "/#rooms ?q=#rooms"),
        ("#C0ROOMS #1 #", "#C0ROOMS #1 #"),
    ],
)
def test_only_the_names_of_known_channels_become_links(text: str, linked: str) -> None:
    def channel_of(name: str) -> str | None:
        return {"rooms": "C0ROOMS"}.get(name.lower())

    assert with_channels(text, channel_of) == linked


def test_what_is_no_id_of_a_channel_becomes_no_link() -> None:
    assert with_channels("#rooms", lambda _: "C0|<!channel>") == "#rooms"


@given(st.text(st.sampled_from([*"#ab-_ .&<>\n"]), max_size=200))
def test_links_to_channels_are_never_cut(text: str) -> None:
    linked = with_channels(escape(text * 2), lambda _: "C0ROOMS")
    for piece in split(linked, 40):
        assert not re.search(r"<(?!#C0ROOMS>)", piece)


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
