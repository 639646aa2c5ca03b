"""What goes into a stream cannot be called back: it is whole, harmless, and fits."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.slack.messages.markdown_stream import MarkdownStream
from bot.slack.messages.mrkdwn import escape, split

LIMIT = 300
PIECES = st.lists(
    st.text(st.sampled_from([*"ab &<>*`\n.-é🙂"]), max_size=60)
    | st.sampled_from(
        ["https://a.example/x?y=1&z=2", "www.a.example", "```", "<!channel>", "x" * 90]
    ),
    max_size=40,
)


def streamed(pieces: list[str], limit: int = LIMIT) -> list[str]:
    """The messages that come of an answer in these pieces."""
    flow, messages = MarkdownStream(limit), [""]
    for number, piece in enumerate(pieces):
        flow.add(piece)
        for out, full in flow.take(last=number == len(pieces) - 1):
            messages[-1] += out
            if full:
                messages.append("")
    return messages


@given(PIECES)
def test_no_message_is_too_long_and_nothing_in_it_rings(pieces: list[str]) -> None:
    for message in streamed(pieces):
        assert len(message) <= LIMIT
        assert not re.search(r"<|>|&(?!amp;|lt;|gt;)", message)


@given(PIECES)
def test_no_word_is_lost_and_none_is_said_twice(pieces: list[str]) -> None:
    said = "".join(streamed(pieces))
    for mark in ("`", " ", "\n"):
        said = said.replace(mark, "")
    meant = escape("".join(pieces))
    assert said == re.sub(r"[`\s]", "", meant)


@given(PIECES)
def test_code_blocks_are_closed_where_a_message_ends(pieces: list[str]) -> None:
    *full, _ = streamed(pieces)
    assert all(message.count("```") % 2 == 0 for message in full)


def test_addresses_become_code_so_that_slack_shows_no_preview_of_them() -> None:
    (said,) = streamed(
        ["See htt", "ps://a.example/x, ", "`https://b.example`, [it](www.c.example)."]
    )
    assert said == "See `https://a.example/x,` `https://b.example`, [it](`www.c.example`)."


def test_words_go_out_whole_and_languages_without_spaces_too() -> None:
    flow = MarkdownStream()
    flow.add("The light")
    assert list(flow.take()) == [("The ", False)]
    flow.add("house is")
    assert list(flow.take()) == [("lighthouse ", False)]
    flow.add("灯" * 100)
    ((out, _),) = flow.take()
    assert len(out) > 80


def test_signs_of_several_characters_are_not_cut() -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"
    for message in [*split(family * 100, 100), *streamed([family * 100])]:
        assert message.replace(family, "") == ""


def test_an_address_goes_out_whole_however_long_it_is() -> None:
    flow = MarkdownStream()
    flow.add("https://a.example/" + "x" * 100)
    assert list(flow.take()) == [("", False)]


def test_a_back_tick_within_a_code_block_opens_no_code_after_it() -> None:
    (said,) = streamed(["``` a ` b ``` www.c.example"])
    assert said == "``` a ` b ``` `www.c.example`"


def test_a_message_begins_with_a_word_and_keeps_its_empty_lines() -> None:
    flow = MarkdownStream()
    flow.add("\n\nHello ")
    assert list(flow.take()) == [("Hello ", False)]
    flow.add("\n\nthere ")
    assert list(flow.take()) == [("\n\nthere ", False)]


def test_the_names_of_known_channels_are_links_however_the_text_is_cut() -> None:
    text = "Ask in #rooms, `#rooms` or https://a.example/#rooms today."
    for at in range(len(text)):
        stream = MarkdownStream(channel_of={"rooms": "C0ROOMS"}.get)
        stream.add(text[:at])
        shown = "".join(piece for piece, _ in stream.take())
        stream.add(text[at:])
        shown += "".join(piece for piece, _ in stream.take(last=True))
        assert shown == "Ask in <#C0ROOMS>, `#rooms` or `https://a.example/#rooms` today."
