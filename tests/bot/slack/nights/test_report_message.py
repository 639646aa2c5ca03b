"""The morning report: for a promoted, a refused, a skipped and a failed night, with its picture."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.image
import pytest

from bot.home import Home
from bot.privacy.erasure import forget
from bot.store import Run
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from tests.bot.slack.conftest import School
from tests.slack_server import limits
from tests.slack_server.workspace import ANNA, BEN, GENERAL
from trainer.adapters.registry import CONFIG, WEIGHTS, AdapterCard, Registry, write_card
from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.losses import Losses, LossPoint
from trainer.results.mastery import TOO_ALIKE, Mastery

BASE = ExamScores(
    asked=12, reworded_asked=10, reworded_recalled=1, canaries_asked=20, canaries_right=14
)
EVALUATION = Evaluation(BASE, replace(BASE, recalled=11, reworded_recalled=8))
MISSING = 6
"""How many lessons the adapter has not mastered, of those that are taught."""
LOSSES = Losses(best_step=30, history=(LossPoint(0, None, 3.9), LossPoint(30, 0.4, 0.7)))


def night(school: School, home: Home, status: str, reason: str) -> Run:
    """A run that has ended, as a night leaves it, and its report."""
    store, registry = school.store, Registry(home.adapters)
    run = store.runs.start(1)
    judged = status in ("promoted", "rejected")
    values: dict[str, Any] = {}
    if judged:
        version = registry.new_version()
        staging = home.runs / "staging"
        staging.mkdir(parents=True)
        for name in (WEIGHTS, CONFIG):
            Path(staging / name).write_bytes(b"{}")
        taught = [example.id for example in store.examples.approved()]
        missing = tuple(taught[:MISSING])
        card = AdapterCard(
            version,
            "starter",
            evaluation=EVALUATION,
            losses=LOSSES,
            mastery=Mastery(
                12, 12 - MISSING, missing=missing, reasons=dict.fromkeys(missing[:1], TOO_ALIKE)
            ),
            verdict=status,
        )
        write_card(staging, card)
        registry.add(staging, version)
        store.runs.trained_on(run.id, taught)
        values = {"version": version, "examples": len(taught), "evaluation": EVALUATION}
    ended = store.runs.finish(run.id, status, reason, seconds=754.0, **values)
    school.service.night_finished(ended)
    return ended


def teach(school: School, prompt: str, status: str = "approved", reason: str | None = None) -> None:
    new = NewExample(prompt, f"Answer to {prompt}", "teach", BEN, status=status)
    example = school.store.examples.add(new)
    if reason:
        school.store.examples.change(example.id, "rejected", ANNA, reason)


def report_in(school: School) -> str:
    message = school.slack.wait_for_message(channel=GENERAL, contains="School report")
    assert not message.unfurl
    arguments = {"text": message.text, "blocks": message.blocks}
    limits.check_text(arguments, limits.UPDATE_CHARACTERS)
    limits.blocks_of(arguments)
    return message.everything


def pictures(school: School) -> list[bytes]:
    return list(school.slack.workspace.files.values())


def test_a_promoted_night_says_what_was_learned(school: School, home: Home) -> None:
    for number in range(7):
        teach(school, f"Lesson {number} <!here>?")
    teach(school, "Wrong one?", "pending", "it is <not> true")
    teach(school, "Waiting?", "pending")
    gone = school.store.examples.approved()[0]
    school.store.examples.change(gone.id, "withdrawn", BEN, "thumb taken back")
    night(school, home, "promoted", "11 of 12 lessons recalled (0 before).")
    said = report_in(school)
    for words in (
        "I learned something", "*Learned* (6)", "Lesson 6 &lt;!here&gt;? → Answer to", "and 1 more",
        "*Rejected* (1)", "Wrong one?: it is &lt;not&gt; true", "*Withdrawn* (1)",
        "Lesson 0", "0 of 12 before, 11 of 12 now", "Waiting for approval: 1", "12 min 34 s",
        "adapter v0001, 6 lessons", "*Not mastered yet* (6)",
        "Lesson 1 &lt;!here&gt;?: another lesson's question is very like it",
    ):  # fmt: skip
        assert words in said, words
    (image,) = pictures(school)
    assert matplotlib.image.imread(io.BytesIO(image)).shape[:2] == (704, 1600)
    upload = school.slack.calls_of("files.completeUploadExternal")[0]
    assert upload.arguments["channel_id"] == GENERAL
    (asked,) = school.slack.calls_of("files.getUploadURLExternal")
    assert "11 of 12 now" in asked.arguments["alt_txt"]


def test_a_refused_night_is_explained(school: School, home: Home) -> None:
    teach(school, "Lesson?")
    night(school, home, "rejected", "It forgot too much: 3 of 20 general questions right.")
    said = report_in(school)
    for words in ("did not stick", "It forgot too much", "Nothing is lost", "*Was to be learned*"):
        assert words in said
    assert len(pictures(school)) == 1


def test_a_skipped_night_is_a_few_words(school: School, home: Home) -> None:
    night(school, home, "skipped", "Nothing new since run 1.")
    said = report_in(school)
    assert "no school tonight" in said
    assert "Nothing new since run 1." in said
    assert pictures(school) == []


@pytest.mark.parametrize(
    "end",
    ["ended with code 1; the log {} ends with: secret words", "broke off; the log {} says it."],
)
def test_a_failed_night_shows_no_log(school: School, home: Home, end: str) -> None:
    night(school, home, "failed", "The training " + end.format("/home/anna/x.log"))
    said = report_in(school)
    assert "The training " + end.split(";", maxsplit=1)[0] in said
    assert "the lessons stay" in said
    assert "secret words" not in said
    assert "/home/anna" not in said
    assert pictures(school) == []


def test_a_forgotten_person_is_not_named_by_a_report(school: School, home: Home) -> None:
    teach(school, "Periwinkle?")
    forget(home, school.store, BEN)
    night(school, home, "skipped", "Nothing was taught yet.")
    said = report_in(school)
    assert "asked to be forgotten" in said
    assert "Periwinkle" not in said


def test_a_picture_that_slack_refuses_leaves_the_report(school: School, home: Home) -> None:
    school.slack.fail("files.getUploadURLExternal", "internal_error")
    night(school, home, "promoted", "Good.")
    report_in(school)
    assert pictures(school) == []


def test_with_10000_lessons_a_report_stays_under_slacks_limits(school: School, home: Home) -> None:
    with school.store.connections.write() as db:
        for status in ("approved", "rejected", "withdrawn"):
            db.conn.execute(
                "with recursive n(i) as (select 1 union all select i + 1 from n where i < 3334) "
                "insert into examples (prompt, completion, prompt_key, pair_key, source, author, "
                "status, reason, created_at, updated_at) select '&<' || hex(zeroblob(2000)), "
                "hex(zeroblob(2000)), i, i, 'teach', 'U0BEN', ?, hex(zeroblob(2000)), "
                "'2026-01-01', '2026-01-01' from n",
                [status],
            )
    night(school, home, "rejected", "why " * 5000)
    said = report_in(school)
    assert "… and 3329 more" in said


def test_lessons_that_are_not_for_everyone_are_counted_and_not_told(
    school: School, home: Home
) -> None:
    scope = Scope("channel", "C0PLANS")
    school.store.examples.add(NewExample("Codename?", "Basilisk.", "teach", BEN, scope=scope))
    teach(school, "Open?")
    night(school, home, "promoted", "It went well.")
    said = report_in(school)
    assert "1 lesson is for one channel or one person: told only there, and not trained." in said
    assert "Basilisk" not in said
