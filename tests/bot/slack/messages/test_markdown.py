"""Markdown that models write reads well in Slack, and nothing in it rings or is lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.messages.markdown import mrkdwn
from bot.slack.messages.mrkdwn import split, unescape
from tests.slack_server.limits import UPDATE_CHARACTERS

PARTIAL_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
RINGING = ["<!channel>", "<!here|x>", "<@U0ANNA>", "<#C0GENERAL>", "<!subteam^S1|@ops>"]
WORDS = st.sampled_from(
    [
        *RINGING,
        *("**", "*", "_", "~~", "`", "```", "\n", "\n\n", "# ", "- ", "1. ", "> ", "    ", "\\"),
        *("[", "](", ")", "](<", ">)", "![", "|", "|---|", "\n|---|\n", "<", ">", "&", "&lt;!"),
        *("&#60;!channel&#62;", "https://a.example/x?y=1&z=2", "<https://a.example|b>", "<br>"),
        *("word", "灯", "\uff1a", "é", "\u202e", "\x00", "\r\n", "---", "[a]: https://a.example"),
    ]
)
TEXTS = st.lists(WORDS | st.text(max_size=4), max_size=40).map("".join)


@given(TEXTS)
def test_nothing_that_slack_gives_a_meaning_to_gets_through(text: str) -> None:
    shown = mrkdwn(text)
    assert not re.search("<[!@#]", shown)
    assert "<" not in shown
    assert ">" not in shown
    assert not PARTIAL_ENTITY.search(shown)


PLAIN = st.lists(
    st.sampled_from(
        ["**", "*", " ~~", "\n", "\n\n", "- ", "> ", " ", "a", "bc", "7", "[", "]", "灯"]
    ),
    max_size=30,
).map("".join)


@given(PLAIN)
def test_no_word_is_lost_or_moves(text: str) -> None:
    shown = unescape(mrkdwn(text))
    assert re.findall(r"[a-z0-9灯]", shown) == re.findall(r"[a-z0-9灯]", text)


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**bold** and *italic* and ~~gone~~", "*bold* and _italic_ and ~gone~"),
        ("***both*** and **a *b* c**", "_*both*_ and *a _b_ c*"),
        ("*a **b** c* and *a *b* c*", "_a *b* c_ and _a b c_"),
        ("**two\nlines**", "*two*\n*lines*"),
        ("un**believ**able", "un\u200b*believ*\u200bable"),
        ("これは**重要**です", "これは\u200b*重要*\u200bです"),
        ("**注意\uff1a**请看", "*注意\uff1a*\u200b请看"),
        ("2*3*4 and 2 * 3 * 4", "2*3*4 and 2 * 3 * 4"),
        ("f(*args) and g(**kwargs)", "f(*args) and g(**kwargs)"),
        ("**open and *open", "**open and *open"),
        ("~~open and `open", "~~open and `open"),
        ("__init__ and _so_ and snake_case_name", "__init__ and _so_ and snake_case_name"),
        (r"\# no heading, \[no\](link)", "# no heading, [no](link)"),
    ],
)
def test_emphasis(markdown: str, shown: str) -> None:
    assert mrkdwn(markdown) == shown


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("# Title\ntext", "*Title*\ntext"),
        ("## **Title** ##\n\ntext", "*Title*\n\ntext"),
        ("# All *in* **one**", "*All _in_ one*"),
        ("text\n---\nmore", "text\n---\nmore"),
        ("- one\n* two\n  - three", "• one\n• two\n  • three"),
        ("- one\n\n- two\n\n  more", "• one\n\n• two\n\n  more"),
        ("1. a\n2. b\n\ntext\n\n3) c", "1. a\n2. b\n\ntext\n\n3) c"),
        ("10. a\n    - b", "10. a\n    • b"),
        ("- [ ] open\n- [x] done", "• [ ] open\n• [x] done"),
        ("> quoted\nstill\n\nnot", "&gt; quoted\n&gt; still\n\nnot"),
        ("> a\n> > b", "&gt; a\n&gt; &gt; b"),
        ("a\nb\n\nc\n\n\n\nd", "a\nb\n\nc\n\nd"),
        ("a\r\n\r\n- b", "a\n\n• b"),
        ("", ""),
    ],
)
def test_blocks_keep_their_distance(markdown: str, shown: str) -> None:
    assert mrkdwn(markdown) == shown


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("`**raw** <b>`", "`**raw** &lt;b&gt;`"),
        ("`` a`b ``", "`a\u02cbb`"),
        ("```python\nx = **y\n- z\n```", "```\nx = **y\n- z\n```"),
        ("```\n<!channel> & [a](https://b.example)\n```", None),
        ("```\nnever closed **x**", "```\nnever closed **x**\n```"),
        ("````md\n```\nx\n```\n````", "```\n\u02cb\u02cb\u02cb\nx\n\u02cb\u02cb\u02cb\n```"),
        ("```x = **1\ny\n```", "```\nx = **1\ny\n```"),
        ("- b\n  ```\n  x\n  ```", "• b\n  ```\n  x\n  ```"),
        ("text\n\n    indented", "text\n\n```\nindented\n```"),
    ],
)
def test_code_stays_as_it_is_without_the_name_of_its_language(
    markdown: str, shown: str | None
) -> None:
    assert mrkdwn(markdown) == (shown or "```\n&lt;!channel&gt; &amp; [a](https://b.example)\n```")


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("[here](https://a.example/b)", "here (https://a.example/b)"),
        ("[a|b](<https://a.example/x y|c>)", "a|b (https://a.example/x y|c)"),
        ("[<!here>](https://a.example/?a=1&b=2)", "&lt;!here&gt; (https://a.example/?a=1&amp;b=2)"),
        ("[a](https://a.example/(b))", "a (https://a.example/(b))"),
        ("[a](https://a.example/Käse%20)", "a (https://a.example/Käse%20)"),
        ("[**a**](https://a.example)", "*a* (https://a.example)"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("<https://a.example/?a=1&b=2>", "https://a.example/?a=1&amp;b=2"),
        ("<anna@a.example>", "anna@a.example"),
        ("<https://a.example|label>", None),
        ("![a cat](https://a.example/c.png)", "a cat (https://a.example/c.png)"),
        ("[](https://a.example)", "https://a.example"),
        ("f[0](x) and [a](javascript:x)", "f[0](x) and [a](javascript:x)"),
        ("[1]: https://a.example\n\nsee [1]", "[1]: https://a.example\n\nsee [1]"),
        ("[open](https://a.example", "[open](https://a.example"),
    ],
)
def test_an_address_stands_beside_its_label(markdown: str, shown: str | None) -> None:
    assert mrkdwn(markdown) == (shown or "https://a.example|label")


def test_a_table_becomes_columns_of_code() -> None:
    table = "| who | **where** |\n|---|--:|\n| Anna & Bo | `<b>` |\n| 灯 | [x](https://a.example) |"
    assert mrkdwn(f"See:\n{table}\n\nend").split("\n") == [
        "See:",
        "```",
        "who       | where",
        "--------- | ---------------------",
        "Anna &amp; Bo | &lt;b&gt;",
        "灯        | x (https://a.example)",
        "```",
        "",
        "end",
    ]


def test_a_wide_cell_does_not_fill_up_all_others() -> None:
    table = f"| a | b |\n|---|---|\n| {'x' * 900} | y |\n" + "| c | d |\n" * 50
    assert len(mrkdwn(table)) < 50 * 50 + 2000


@pytest.mark.parametrize("html", ["<b>x</b>", "<div>\n**x**\n</div>", "&lt;!channel&gt; &amp;"])
def test_html_and_entities_are_shown_as_they_were_written(html: str) -> None:
    assert unescape(mrkdwn(html)).replace("*", "") == html.replace("*", "")


@pytest.mark.parametrize(
    "unit", ["**so** on & ", "<!channel> ", "- a\n", "> b ", "| a ", "`c` ", "[", "![", "*_", "\n"]
)
def test_long_texts_come_out_in_pieces_that_slack_takes(unit: str) -> None:
    text = (unit * 4000)[:4000]
    pieces = split(mrkdwn(text))
    assert all(len(piece) <= UPDATE_CHARACTERS for piece in pieces)
    assert all("<" not in piece for piece in pieces)


def test_the_names_of_known_channels_are_links_outside_of_code() -> None:
    channels = {"rooms": "C0ROOMS"}
    text = "#rooms\n\n**#rooms** and `#rooms`, #made-up\n\n```\n#rooms\n```\n\n|a|\n|-|\n|#rooms|"
    assert mrkdwn(text, channels.get) == (
        "<#C0ROOMS>\n\n*<#C0ROOMS>* and `#rooms`, #made-up\n\n```\n#rooms\n```\n\n"
        "```\na\n------\n#rooms\n```"
    )


def test_a_link_to_a_channel_that_a_model_writes_is_only_text() -> None:
    assert mrkdwn("<#C0ROOMS>", lambda _: "C0ROOMS") == "&lt;#C0ROOMS&gt;"
