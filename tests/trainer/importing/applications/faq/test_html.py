"""Pages of questions and answers in HTML."""

from pathlib import Path

import pytest

from trainer.errors import DatasetError
from trainer.importing.applications.faq.reader import HtmlReader
from trainer.importing.lines import Found, FoundRow
from trainer.importing.options import ReadOptions


def page(tmp_path: Path, text: str) -> tuple[list[Found], list[str]]:
    path = tmp_path / "faq.html"
    path.write_text(text)
    assert HtmlReader().recognises(path, b"")
    notes: list[str] = []
    return list(HtmlReader().read(path, ReadOptions(), notes)), notes


def learned(tmp_path: Path, text: str) -> list[tuple[str, str]]:
    found, _ = page(tmp_path, text)
    rows = [one for one in found if isinstance(one, FoundRow)]
    assert rows == found
    return [(row.row["prompt"], row.row["completion"]) for row in rows]


def test_headings_have_their_answers_below_as_markdown(tmp_path: Path) -> None:
    text = """<!doctype html><html><head><title>Why?</title><style>h2 {}</style></head><body>
<nav><h2>Menu?</h2></nav><!-- <h2>Old?</h2> -->
<h1>Questions</h1>
<section><h2>Where is the <em>spare</em> key?</h2>
<p>On the <b>hook</b>, see
<a href="https://example.com/plan">the plan</a>, <a href="javascript:alert(1)">not that</a>.</p>
<ul><li>behind the door<ul><li>left</li></ul></li><li>dry</li></ul>
<pre># no heading
open  door</pre><p>Type <code>open</code> &lt;Enter&gt;.</p></section>
<h2>When?</h2>Now.<script>var x = "<h2>Who?</h2>";</script>
<footer>Imprint</footer></body></html>"""
    answer = (
        "On the **hook**, see [the plan](https://example.com/plan), not that.\n\n"
        "- behind the door\n  - left\n- dry\n\n```\n# no heading\nopen  door\n```\n\n"
        "Type `open` <Enter>."
    )
    assert learned(tmp_path, text) == [("Where is the spare key?", answer), ("When?", "Now.")]


@pytest.mark.parametrize(
    "text",
    [
        "<details><summary>Spare key</summary><p>On the hook.</p></details><p>Not this.</p>",
        "<dl><dt>Spare key</dt><dd>On the hook.</dd></dl><p>Not this.</p>",
        "<h3><button>Spare key?</button></h3><div>On the hook.</div>",
        "<button>Spare key?</button><div><p>On the hook.</p></div>",
        "<p><strong>Spare key?</strong></p><p>On the hook.</p>",
        "<p><strong>Spare key?</strong><br>On the hook.</p>",
        "<div><a><h4>Spare key?</h4></a><div><div>On the hook.</div></div></div>",
    ],
)
def test_the_usual_ways_to_write_a_page_of_questions_are_read(tmp_path: Path, text: str) -> None:
    ((question, answer),) = learned(tmp_path, text)
    assert question.rstrip("?") == "Spare key"
    assert answer == "On the hook."


def test_what_a_page_tells_search_engines_is_read_where_it_shows_no_question(
    tmp_path: Path,
) -> None:
    text = """<body><div>Loading</div><script type="application/ld+json">
{"@type": "FAQPage", "mainEntity": [{"@type": "Question", "name": "Where?",
"acceptedAnswer": {"@type": "Answer", "text": "<p>On the <b>hook</b>.<\\/p>"}}]}
</script></body>"""
    found, notes = page(tmp_path, text)
    assert [one.row for one in found if isinstance(one, FoundRow)] == [
        {"prompt": "Where?", "completion": "On the **hook**."}
    ]
    assert any("FAQPage" in note for note in notes)


def test_tables_and_quotes_are_kept(tmp_path: Path) -> None:
    text = (
        "<h2>Which?</h2><table><tr><th>Key</th><th>Place</th></tr><tr><td>spare</td><td>hook</td>"
        "</tr></table><blockquote><p>So it is.</p></blockquote>"
    )
    ((_, answer),) = learned(tmp_path, text)
    assert answer == "| Key | Place |\n| --- | --- |\n| spare | hook |\n\n> So it is."


def test_a_page_without_questions_is_refused_with_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no question is found"):
        page(tmp_path, "<h1>Keys</h1><p>On the hook.</p>")
