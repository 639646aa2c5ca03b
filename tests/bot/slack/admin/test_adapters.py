"""/nightschool adapters and why: versions, going to one and back, and where an answer came from."""

from dataclasses import replace
from pathlib import Path

from bot.home import Home
from bot.lessons.curation import Curation
from bot.privacy.erasure import forget
from tests.bot.slack.admin.steps import ask, changed, labels, with_admin
from tests.bot.slack.conftest import School
from tests.slack_server.workspace import ANNA, BEN, GENERAL
from trainer.adapters.registry import CONFIG, WEIGHTS, AdapterCard, Registry, write_card
from trainer.results.evaluation import Evaluation, ExamScores


def add_version(home: Home, *examples: int, verdict: str = "promoted") -> str:
    """A version with a card; nobody loads its weights here."""
    registry = Registry(home.adapters)
    staging = home.runs / "staging"
    staging.mkdir(parents=True)
    for name in (WEIGHTS, CONFIG):
        Path(staging / name).write_bytes(b"{}")
    version = registry.new_version()
    exam = ExamScores(asked=4, recalled=1, canaries_asked=4, canaries_right=3)
    card = AdapterCard(
        version,
        "starter",
        example_ids=examples,
        evaluation=Evaluation(exam, replace(exam, recalled=4)),
        verdict=verdict,
        reason="4 of 4 <lessons> recalled",
        seconds=75.0,
        created_at="2026-11-20T02:00:00+00:00",
    )
    write_card(staging, card)
    registry.add(staging, version)
    if verdict == "promoted":
        registry.promote(version)
    return version


def test_versions_are_listed_and_shown_to_everybody(school: School, home: Home) -> None:
    assert "No adapter yet" in ask(school, "adapters", "base model", user=BEN).everything
    for _ in range(2):
        add_version(home)
    shown = ask(school, "adapters", "v0002", user=BEN)
    assert labels(shown) == ["Show", "Show"]
    card = ask(school, "adapters show v0001", "Made on 2026-11-20", user=BEN)
    assert "What was taught: 1 of 4 before, 4 of 4 now." in card.everything
    assert "&lt;lessons&gt;" in card.everything
    ask(school, "adapters show v0099", "no adapter", user=BEN)
    ask(school, "adapters dance", "adapters rollback", user=BEN)


def test_promoting_and_rolling_back_ask_first(school: School, home: Home) -> None:
    with_admin(school)
    registry = Registry(home.adapters)
    add_version(home)
    add_version(home)
    shown = ask(school, "adapters promote v0001", "Answer with v0001")
    assert registry.current() == "v0002"
    (promote,) = shown.blocks[1]["elements"]
    assert promote["confirm"]["text"]["text"] == "From now on I answer with v0001."
    school.slack.press(shown, "Promote")
    changed(school, shown, "I answer with v0001 now")
    assert registry.current() == "v0001"
    back = ask(school, "adapters rollback", "Go back")
    school.slack.press(back, "Roll back")
    changed(school, back, "I answer with v0002 now")
    assert registry.current() == "v0002"


def test_buttons_are_refused_to_who_is_no_admin_and_when_they_are_stale(
    school: School, home: Home
) -> None:
    with_admin(school)
    registry = Registry(home.adapters)
    add_version(home)
    add_version(home)
    shown = ask(school, "adapters promote v0001", "Answer with v0001")
    back = ask(school, "adapters rollback", "Go back")
    school.slack.press(shown, "Promote", user=BEN)
    school.slack.press(back, "Roll back", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="Only admins", count=2)
    assert registry.current() == "v0002"
    registry.promote(None)
    school.slack.press(back, "Roll back")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="Another version")
    assert registry.current() is None


def test_a_version_with_forgotten_lessons_is_not_used_again(school: School, home: Home) -> None:
    with_admin(school)
    taught = Curation(school.store, school.service._settings).teach("Where?", "Here.", "U0GONE").id
    assert taught is not None
    add_version(home, taught)
    add_version(home)
    forget(home, school.store, "U0GONE")
    ask(school, "adapters promote v0001", "not used again")
    back = ask(school, "adapters rollback", "Go back")
    school.slack.press(back, "Roll back")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="not used again", count=2)
    assert Registry(home.adapters).current() == "v0002"


def test_why_names_the_nearest_lessons_and_the_lineage(school: School, home: Home) -> None:
    taught = (
        Curation(school.store, school.service._settings)
        .teach("Where is the printer?", "In the hall.", BEN)
        .id
    )
    assert taught is not None
    add_version(home, taught)
    add_version(home, taught)
    school.engine.adapter = "v0002"
    asked = school.slack.send_mention("Where is the old printer?")
    answer = school.slack.wait_for_message(thread=asked.ts, contains="says")
    school.quiet()
    link = f"https://school.slack.com/archives/{GENERAL}/p{answer.ts.replace('.', '')}"
    told = ask(school, f"why <{link}>", "v0002", user=BEN).everything
    assert "learned: *1* Where is the printer? → In the hall." in told
    assert "base → v0001 → v0002" in told
    assert "You asked" not in told
    assert "You asked: “Where is the old printer?”" in ask(school, "why", "v0002").everything


def test_why_refuses_what_is_no_answer_or_private(school: School) -> None:
    ask(school, "why", "not answered you here")
    ask(school, "why that thing", "Copy link")
    human = school.slack.send_message("What a day")
    link = f"https://school.slack.com/archives/{GENERAL}/p{human.ts.replace('.', '')}"
    ask(school, f"why {link}", "no answer of mine")
    asked = school.slack.send_direct("What is mine?")
    answer = school.slack.wait_for_message(thread=asked.ts, contains="says")
    school.quiet()
    link = f"https://school.slack.com/archives/{answer.channel}/p{answer.ts.replace('.', '')}"
    ask(school, f"why {link}", "in private", user=BEN)
    ask(school, f"why {link}", "You asked")
