"""What the bot brings, on the page."""

import re
from datetime import UTC, datetime, timedelta

from starlette.testclient import TestClient

from bot.lessons.teaching import Lesson
from bot.store.examples.scope import EVERYONE, Scope
from tests.bot.console.console_parts import ConsoleParts
from tests.bot.feedback.benefits.week import NOW, asked, stamp


def asked_now(parts: ConsoleParts, count: int) -> None:
    for _ in range(count):
        asked(parts.store, 0, basis="taught")
    with parts.store.connections.write() as db:
        db.conn.execute("update replies set created_at = ?", [stamp(datetime.now(UTC))])


def test_a_new_house_has_no_card(client: TestClient) -> None:
    assert re.search(r'id="figures"[^>]* hidden', client.get("/").text)


def test_the_week_stands_beside_the_week_before(client: TestClient, parts: ConsoleParts) -> None:
    asked_now(parts, 3)
    html = client.get("/").text
    assert not re.search(r'id="figures"[^>]* hidden', html)
    row = re.search(r'<th scope="row">Questions</th><td>(\d)</td><td>(\d)</td>', html)
    assert row is not None
    assert row.groups() == ("3", "0")
    (mark,) = re.findall(r"/figures\?fingerprint=(\w+)", html)
    assert client.get(f"/figures?fingerprint={mark}").status_code == 204
    asked_now(parts, 1)
    assert client.get(f"/figures?fingerprint={mark}").status_code == 200


def test_what_each_night_gained(client: TestClient, parts: ConsoleParts) -> None:
    parts.curation.learn(Lesson("Who bakes?", "Noor.", "U1", scope=EVERYONE))
    parts.finish_night(parts.begin_night())
    html = client.get("/figures").text
    assert 'aria-label="as deployed"' in html
    assert "1 of 1 (was 0)" in html
    assert "6 of 10 (was 7)" in html


def test_due_lessons_are_listed_but_none_for_others(
    client: TestClient, parts: ConsoleParts
) -> None:
    for question, scope in (("Who <bakes>?", EVERYONE), ("Who leaves?", Scope("channel", "C9"))):
        parts.curation.learn(Lesson(question, "Noor.", "U1", scope=scope))
    with parts.store.connections.write() as db:
        at = stamp(NOW - timedelta(days=90))
        db.conn.execute("update examples set created_at = ?, review_days = 30", [at])
    html = client.get("/figures").text
    assert "Who &lt;bakes&gt;?" in html
    assert "not confirmed since 16 December" in html
    assert "Who leaves?" not in html
    assert "1 lesson due" in html
