"""The card about nights: starting one, its progress, how the last one ended."""

import json
import re
import threading
from datetime import UTC, datetime

import pytest
from filelock import FileLock
from starlette.testclient import TestClient

from bot.console.nights import nights_card
from bot.lessons.teaching import Lesson
from bot.operations.status import Status, status
from bot.store.examples.scope import Scope
from tests.bot.console.console_parts import ConsoleParts

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)

AS_DEPLOYED = ["1 of 1 (was 1)", "1 of 1 (was 0)", "6 of 10 (was 7)"]
"""Night by night: taught, in other words, general; before it in brackets."""


def state(parts: ConsoleParts) -> Status:
    return status(parts.home, parts.settings, parts.store)


def shown_state(html: str) -> dict[str, str]:
    """Returns what the card sends along when it asks again."""
    found = re.search(r"fingerprint=(\w+)&amp;last_run=(\d+)", html)
    assert found
    return {"fingerprint": found[1], "last_run": found[2]}


def test_before_the_first_night_it_shows_the_base_model_and_the_timetable(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who?", "Noor.", "U1")
    page = client.get("/").text
    assert "1 lesson on the timetable" in page
    assert "Go to school now" in page
    assert re.search(r'class="badge base".*?base model', page, re.DOTALL)


def test_lessons_that_are_not_for_everyone_are_not_on_the_timetable(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who?", "Noor.", "U1")
    for channel in ("C8", "C9"):
        scope = Scope("channel", channel)
        parts.curation.learn(Lesson("Where is it?", "Here.", "U1", scope=scope))
    page = client.get("/").text
    assert "1 lesson on the timetable. 2 more, not trained: told in one place only." in page


def test_a_running_night_shows_phase_step_loss_and_time_left(parts: ConsoleParts) -> None:
    run = parts.begin_night()
    parts.store.runs.progress(
        run.id, phase="train", step=38, steps=120, loss=1.2841, seconds_left=95.0
    )
    card = nights_card(state(parts), NOW)
    assert (card.running, card.badge) == (True, "at-school")
    assert (card.phase, card.step, card.steps) == ("Learning the lessons", 38, 120)
    assert card.facts == (("loss", "1.284"), ("left", "about 2 min"))


def test_the_exam_does_not_show_the_loss_that_the_training_left(parts: ConsoleParts) -> None:
    run = parts.begin_night()
    parts.store.runs.progress(run.id, phase="train", step=120, steps=120, loss=0.2)
    parts.store.runs.progress(run.id, phase="evaluate", step=1, steps=24)
    card = nights_card(state(parts), NOW)
    assert (card.phase, card.step, card.facts) == ("Sitting the exam", 1, ())


def test_the_button_is_off_during_a_night(client: TestClient, parts: ConsoleParts) -> None:
    parts.begin_night()
    assert re.search(r'<button id="go"[^>]*\bdisabled>At school</button>', client.get("/").text)


def test_a_promoted_night_shows_version_reason_and_recall_before_and_after(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who <b>?", "Noor.", "U1")
    version = parts.finish_night(parts.begin_night(), mastered=False)
    page = client.get("/").text
    assert f"Promoted {version}" in page
    assert "Mastered word for word: 0 of 1 lessons." in page
    assert "Not mastered yet: Who &lt;b&gt;?" in page
    assert "It recalls 1 of 1 lessons" in page
    assert "KL divergence from the base model: 0.050 nats a token." in page
    assert "As deployed: 1 of 1 taught, 1 of 1 in other words (this evening 1 and 0)" in page
    bars = re.findall(r'class="count">(.*?)<', page)
    assert bars == ["0 of 1", "1 of 1", "7 of 10", "6 of 10", *AS_DEPLOYED]
    assert re.search(rf'class="badge tuned".*?{version}', page, re.DOTALL)


def test_a_card_that_did_not_change_is_not_sent_again(
    client: TestClient, parts: ConsoleParts
) -> None:
    known = shown_state(client.get("/").text)
    assert client.get("/nights", params=known).status_code == 204
    parts.begin_night()
    assert client.get("/nights", params=known).status_code == 200


def test_the_end_of_a_night_is_told_once_and_the_badge_comes_along(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who?", "Noor.", "U1")
    run = parts.begin_night()
    during = client.get("/nights", params=shown_state(client.get("/").text) | {"fingerprint": ""})
    assert "hx-trigger" not in during.headers
    version = parts.finish_night(run)
    after = client.get("/nights", params=shown_state(during.text))
    told = json.loads(after.headers["hx-trigger"])
    assert version in told["night-ended"]
    assert re.search(rf'id="badge"[^>]*hx-swap-oob.*?{version}', after.text, re.DOTALL)
    again = client.get("/nights", params=shown_state(after.text) | {"fingerprint": ""})
    assert "hx-trigger" not in again.headers


def test_a_rolled_back_adapter_shows_without_a_night(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.curation.teach("Who?", "Noor.", "U1")
    parts.finish_night(parts.begin_night())
    known = shown_state(client.get("/").text)
    parts.registry.rollback()
    assert "base model" in client.get("/nights", params=known).text


def test_the_button_starts_a_real_night_that_says_why_it_did_nothing(
    client: TestClient, parts: ConsoleParts
) -> None:
    ended = threading.Event()
    parts.nights.on_finished.append(lambda _: ended.set())
    assert client.post("/nights").status_code == 200
    assert ended.wait(30)
    page = client.get("/").text
    assert "No school this time" in page
    assert "Nothing was taught yet" in page


def test_a_second_night_is_refused_in_one_line(client: TestClient, parts: ConsoleParts) -> None:
    with FileLock(parts.home.night_lock):
        answer = client.post("/nights")
    assert answer.status_code == 409
    assert answer.text == "A night is already running; wait until it is done."


def test_a_night_whose_process_died_is_shown_as_failed(
    client: TestClient, parts: ConsoleParts
) -> None:
    parts.store.runs.start(2**22 + 1)
    page = client.get("/").text
    assert "The night failed" in page
    assert "cut off" in page


def test_a_night_that_was_skipped_has_no_exam_to_show(parts: ConsoleParts) -> None:
    run = parts.begin_night()
    parts.store.runs.finish(run.id, "skipped", "Nothing new.", seconds=0.1)
    outcome = nights_card(state(parts), NOW).outcome
    assert outcome
    assert (outcome.title, outcome.reason) == ("No school this time", "Nothing new.")
    assert (outcome.exam, outcome.facts) == ((), "")


@pytest.mark.parametrize("nonsense", ["nonsense", "1" * 5000, "²"])
def test_a_page_that_says_nonsense_about_its_last_night_gets_the_card(
    client: TestClient, parts: ConsoleParts, nonsense: str
) -> None:
    parts.curation.teach("Who?", "Noor.", "U1")
    parts.finish_night(parts.begin_night())
    shown = client.get("/nights", params={"last_run": nonsense})
    assert shown.status_code == 200
    assert "hx-trigger" not in shown.headers


def test_lessons_that_nobody_confirmed_are_not_on_the_timetable(
    client: TestClient, parts: ConsoleParts
) -> None:
    for question in ("Who?", "Where?", "When?"):
        parts.curation.teach(question, f"{question} Noor knows.", "U1")
    with parts.store.connections.write() as db:
        db.table("examples").update(2, {"leaves_on": "2020-01-01"})
    assert "2 lessons on the timetable. 1 more, not trained: not confirmed." in client.get("/").text
