"""Pages that somebody made to stop a parser end in bounded memory, and as one sentence or rows."""

import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import DatasetError
from trainer.importing.applications.faq.blocks import questions_and_answers
from trainer.importing.applications.faq.html import html_blocks
from trainer.importing.applications.faq.markdown import markdown_blocks
from trainer.importing.applications.faq.reader import HtmlReader, structured_blocks
from trainer.importing.applications.faq.safe_html import harmless
from trainer.importing.options import ReadOptions

SIZE = 100_000
HOSTILE = [
    "<" * SIZE,
    "<a" * (SIZE // 2),
    "</" * (SIZE // 2),
    "<!--" * (SIZE // 4),
    "<!" * (SIZE // 2),
    "<![CDATA[" * (SIZE // 9),
    "<script" * (SIZE // 7),
    "<div>" * (SIZE // 5),
    "<ul><li>" * (SIZE // 8),
    "<b><i>" * (SIZE // 6) + "</b>" * (SIZE // 6),
    "<p " + "a=" * SIZE + ">",
    "<a b='" * (SIZE // 6),
    "&" * SIZE,
    "<h2>Why?</h2>" * (SIZE // 13),
    "> " * SIZE,
    "- " * SIZE,
    "[" * SIZE,
    "[a](" * (SIZE // 4),
    "*" * SIZE,
    "**a" * (SIZE // 3),
    "`" * SIZE,
    "# " * SIZE,
    "[a]: <" * (SIZE // 6),
    "Q: a\n" * (SIZE // 5),
    "- a\n* b\n" * (SIZE // 8),
    "1. **a?**\n" * (SIZE // 9),
    "|" * SIZE,
    '<script type="application/ld+json">' * (SIZE // 35),
    '<script type="application/ld+json">' + "[" * SIZE + "</script>",
]


@pytest.mark.parametrize("page", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("blocks", [html_blocks, markdown_blocks, structured_blocks])
def test_a_hostile_page_ends(page: str, blocks: type) -> None:
    with suppress(DatasetError):  # it has no question
        list(questions_and_answers(blocks(page), []))


def test_memory_of_a_page_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<b>" * 20_000)
    tracemalloc.start()
    with pytest.raises(DatasetError):
        list(HtmlReader().read(path, ReadOptions(), []))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60_000_000


TAGS = "<h2> </h2> <p> <li> <ul> <details> <summary> </summary> </details> <dl> <dt> <dd> <pre>"
TEXTS = ["<", ">", "</", "<table>", "<tr>", "<td>", "Why?", "So.", "\n", "## ", "**", "Q: ", "A: "]
MARKDOWN = ["\n\n", "```", "- ", "> ", "[a]", "(b)", ": ", "&lt;", "\0", "é"]
MARKS = st.sampled_from([*TAGS.split(), *TEXTS, *MARKDOWN])


@given(st.lists(MARKS, max_size=40).map("".join))
def test_any_page_becomes_rows_or_one_sentence(page: str) -> None:
    for blocks in (html_blocks, markdown_blocks):
        try:
            found = list(questions_and_answers(blocks(page), []))
        except DatasetError:
            continue
        assert found


@given(st.lists(MARKS, max_size=40).map("".join))
def test_every_tag_of_a_harmless_page_is_closed(page: str) -> None:
    for piece in harmless(page).split("<")[1:]:
        assert ">" in piece
