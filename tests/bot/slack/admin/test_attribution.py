"""/nightschool why: the lessons behind an answer."""

from bot.home import Home
from bot.lessons.curation import Curation
from tests.bot.slack.admin.steps import add_version, ask
from tests.bot.slack.conftest import School
from tests.slack_server.workspace import BEN, GENERAL


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
