"""Gaps on the page: whose are shown, and what their buttons do."""

import re

from starlette.testclient import TestClient

from bot.console.dependencies import READER
from bot.feedback.gaps.finder import GapFinder
from tests.bot.console.console_parts import ConsoleParts
from tests.bot.feedback.benefits.week import asked


def gaps_of(parts: ConsoleParts, *questions: str, channel: str = "C1", person: str = "U1") -> None:
    parts.store.places.learn("C1", "public")
    parts.store.places.learn("C9", "private")
    for question in questions:
        asked(parts.store, 1, question=question, channel=channel, person=person)
    GapFinder(parts.store, None, parts.settings).look()


def shown(client: TestClient) -> str:
    return client.post("/gaps").text


def test_without_gaps_the_part_is_hidden(client: TestClient) -> None:
    assert re.search(r'id="gaps"[^>]* hidden', client.get("/").text)


def test_a_gap_is_shown_with_a_button_that_fills_the_form(
    client: TestClient, parts: ConsoleParts
) -> None:
    gaps_of(parts, 'Where is <b>"the"</b> printer?')
    html = client.get("/").text
    assert not re.search(r'id="gaps"[^>]* hidden', html)
    quoted = "Where is &lt;b&gt;&#34;the&#34;&lt;/b&gt; printer?"
    assert f'data-teach="{quoted}"' in html
    assert "Asked once by 1 person." in html
    assert "<b>" not in html.partition('id="gaps"')[2].partition("</section>")[0]


def test_what_was_asked_in_private_is_not_on_the_page(
    client: TestClient, parts: ConsoleParts
) -> None:
    gaps_of(parts, "Who is to be dismissed?", channel="C9")
    gaps_of(parts, "What do I earn?", channel="D7")
    assert "dismissed?" not in shown(client)
    assert "earn" not in shown(client)
    hidden = [gap.id for gap in parts.store.gaps.open(None)]
    assert len(hidden) == 2
    for gap in hidden:
        for does in ("dismiss", "ask"):
            assert client.post(f"/gaps/{gap}/{does}").status_code == 404
    assert parts.store.gaps.count(None) == 2


def test_never_mind_takes_a_gap_out_and_a_second_click_says_so(
    client: TestClient, parts: ConsoleParts
) -> None:
    gaps_of(parts, "Where is the printer?")
    (gap,) = parts.store.gaps.open(READER)
    told = client.post(f"/gaps/{gap.id}/dismiss").text
    assert "Never mind, then." in told
    assert "printer" not in told
    assert "That is settled already." in client.post(f"/gaps/{gap.id}/dismiss").text


def test_somebody_is_asked_only_where_there_are_experts(
    client: TestClient, parts: ConsoleParts
) -> None:
    gaps_of(parts, "Where is the printer?")
    assert "Ask somebody" not in shown(client)
    (gap,) = parts.store.gaps.open(READER)
    assert "Nobody is set up to be asked yet." in client.post(f"/gaps/{gap.id}/ask").text


def test_the_list_is_sent_again_only_where_it_changed_and_is_bounded(
    client: TestClient, parts: ConsoleParts
) -> None:
    gaps_of(parts, *(f"{letter * 4} {letter * 5}?" for letter in "abcdefghijklm"))
    html = shown(client)
    (mark,) = re.findall(r'"shown": "(\w+)"', html)
    assert client.post("/gaps", data={"shown": mark}).status_code == 204
    assert (html.count('class="q"'), "… and 3 more." in html) == (10, True)
