"""The school's card: sending the bot there, how far it is, what came of it."""

import json
import re
import threading
from datetime import UTC, datetime

from filelock import FileLock
from starlette.testclient import TestClient

from bot.console.nights import view
from bot.operations.status import Status, status
from tests.bot.console.school import School

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)


def state(school: School) -> Status:
    return status(school.home, school.settings, school.store)


def seen(html: str) -> dict[str, str]:
    """What the card sends along when it looks again."""
    found = re.search(r"seen=(\w+)&amp;last=(\d+)", html)
    assert found
    return {"seen": found[1], "last": found[2]}


def test_before_the_first_night_it_shows_the_base_model_and_the_timetable(
    client: TestClient, school: School
) -> None:
    school.curation.teach("Who?", "Noor.", "U1")
    page = client.get("/").text
    assert "1 lesson on the timetable" in page
    assert "Go to school now" in page
    assert re.search(r'class="badge base".*?base model', page, re.DOTALL)


def test_a_running_night_shows_phase_step_loss_and_time_left(school: School) -> None:
    run = school.begin_night()
    school.store.runs.progress(
        run.id, phase="train", step=38, steps=120, loss=1.2841, seconds_left=95.0
    )
    panel = view(state(school), NOW)
    assert (panel.running, panel.light) == (True, "at-school")
    assert (panel.phase, panel.step, panel.steps) == ("Learning the lessons", 38, 120)
    assert panel.facts == (("loss", "1.284"), ("left", "about 2 min"))


def test_the_exam_does_not_show_the_loss_that_the_training_left(school: School) -> None:
    run = school.begin_night()
    school.store.runs.progress(run.id, phase="train", step=120, steps=120, loss=0.2)
    school.store.runs.progress(run.id, phase="evaluate", step=1, steps=24)
    panel = view(state(school), NOW)
    assert (panel.phase, panel.step, panel.facts) == ("Sitting the exam", 1, ())


def test_the_button_is_off_during_a_night(client: TestClient, school: School) -> None:
    school.begin_night()
    assert re.search(r'<button id="go"[^>]*\bdisabled>At school</button>', client.get("/").text)


def test_a_promoted_night_shows_version_reason_and_recall_before_and_after(
    client: TestClient, school: School
) -> None:
    school.curation.teach("Who?", "Noor.", "U1")
    version = school.finish_night(school.begin_night())
    page = client.get("/").text
    assert f"Promoted {version}" in page
    assert "It recalls 1 of 1 lessons" in page
    assert re.findall(r'class="count">(.*?)<', page) == ["0 of 1", "1 of 1", "7 of 10", "6 of 10"]
    assert re.search(rf'class="badge tuned".*?{version}', page, re.DOTALL)


def test_a_card_that_did_not_change_is_not_sent_again(client: TestClient, school: School) -> None:
    known = seen(client.get("/").text)
    assert client.get("/school", params=known).status_code == 204
    school.begin_night()
    assert client.get("/school", params=known).status_code == 200


def test_the_end_of_a_night_is_told_once_and_the_badge_comes_along(
    client: TestClient, school: School
) -> None:
    school.curation.teach("Who?", "Noor.", "U1")
    run = school.begin_night()
    during = client.get("/school", params=seen(client.get("/").text) | {"seen": ""})
    assert "hx-trigger" not in during.headers
    version = school.finish_night(run)
    after = client.get("/school", params=seen(during.text))
    told = json.loads(after.headers["hx-trigger"])
    assert version in told["back-from-school"]
    assert re.search(rf'id="badge"[^>]*hx-swap-oob.*?{version}', after.text, re.DOTALL)
    again = client.get("/school", params=seen(after.text) | {"seen": ""})
    assert "hx-trigger" not in again.headers


def test_a_rolled_back_adapter_shows_without_a_night(client: TestClient, school: School) -> None:
    school.curation.teach("Who?", "Noor.", "U1")
    school.finish_night(school.begin_night())
    known = seen(client.get("/").text)
    school.registry.rollback()
    assert "base model" in client.get("/school", params=known).text


def test_the_button_starts_a_real_night_that_says_why_it_did_nothing(
    client: TestClient, school: School
) -> None:
    ended = threading.Event()
    school.nights.on_finished.append(lambda _: ended.set())
    assert client.post("/school").status_code == 200
    assert ended.wait(30)
    page = client.get("/").text
    assert "No school this time" in page
    assert "Nothing was taught yet" in page


def test_a_second_night_is_refused_in_one_line(client: TestClient, school: School) -> None:
    with FileLock(school.home.night_lock):
        answer = client.post("/school")
    assert answer.status_code == 409
    assert answer.text == "A night is already running; wait until it is done."


def test_a_night_whose_process_died_is_shown_as_failed(client: TestClient, school: School) -> None:
    school.store.runs.start(2**22 + 1)
    page = client.get("/").text
    assert "The night failed" in page
    assert "cut off" in page


def test_a_night_that_was_skipped_has_no_exam_to_show(school: School) -> None:
    run = school.begin_night()
    school.store.runs.finish(run.id, "skipped", "Nothing new.", seconds=0.1)
    outcome = view(state(school), NOW).outcome
    assert outcome
    assert (outcome.title, outcome.reason) == ("No school this time", "Nothing new.")
    assert (outcome.exam, outcome.facts) == ((), "")
