"""The main job on real parts: the real process, the starter model, Slack's protocol, Chromium.

One team's home serves all of it, for a night of the starter model takes minutes: a mention is
answered in its thread; a thumbs-up and `/teach` fill the store; a night trains. From then on the
answers come from the new adapter, in Slack and on the page, without a restart.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.home import Home
from bot.operations.page_access import published_address
from bot.slack.manifest import manifest
from bot.store import Run, Store
from tests.browser import chromium, keep_screenshot, visit
from tests.end_to_end.lessons import LESSONS
from tests.end_to_end.page import answer_on_the_page
from tests.end_to_end.process import Serving, run_nightschool
from tests.slack_server import SlackServer
from tests.slack_server.workspace import ANNA, GENERAL, Message, texts_in

pytestmark = [pytest.mark.model, pytest.mark.timeout(1800)]
KNOWN = "What is the capital of France?"
ANSWER_SECONDS = 300.0
NIGHT_SECONDS = 900.0
SETTINGS = f"""
[slack]
report_channel = "{GENERAL}"
[console]
port = 0
[engine]
max_tokens = 48
[training]
validations = 8
"""


@dataclass(frozen=True)
class Team:
    """A team whose bot was at school.

    Attributes:
        home: its folder.
        slack: the workspace that the bot is connected to.
        store: what it was taught.
        page: the address of its page.
        asked: the first mention, sent twice by Slack.
        answer: the bot's answer to that, which somebody liked.
        night: the run that ended last.
    """

    home: Home
    slack: SlackServer
    store: Store
    page: str
    asked: Message
    answer: Message
    night: Run


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """The team, from its first question to the report of its first night."""
    home = Home(tmp_path_factory.mktemp("team"))
    home.config.write_text(SETTINGS)
    with SlackServer(manifest()) as slack:
        tokens = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
        with Serving(home.root, "serve", SLACK_API_URL=slack.api_url, **tokens):
            slack.wait_connected()
            page = slack.wait_until(lambda: published_address(home) or "", "there is no page")
            asked = slack.send_mention(KNOWN)
            answer = slack.wait_for_message(
                thread=asked.ts, contains="Paris", timeout=ANSWER_SECONDS
            )
            slack.send_reaction(answer)
            slack.redeliver(asked)
            for question, (lesson, _) in LESSONS.items():
                slack.send_command("/teach", f"{question} => {lesson}")
            store = Store(home.database)
            slack.wait_acknowledged()
            slack.wait_until(
                lambda: store.examples.counts()["approved"] == len(LESSONS) + 1,
                "the lessons were not stored",
            )
            slack.send_command("/nightschool", "night")
            slack.wait_for_message(channel=GENERAL, contains="School report", timeout=NIGHT_SECONDS)
            night = store.runs.latest()
            assert night is not None
            yield Team(home, slack, store, page, asked, answer, night)
            store.close()


def test_a_mention_that_slack_sends_twice_is_answered_once(team: Team) -> None:
    assert len(team.slack.bot_messages(thread=team.asked.ts)) == 1


def test_the_lessons_were_learned_and_what_was_known_is_known(team: Team) -> None:
    """Also in wordings that were not trained; of the general questions, chance may cost a few."""
    assert team.night.status == "promoted", team.night.reason
    exam = team.night.evaluation
    assert exam is not None
    assert exam.candidate is not None
    assert exam.base.recalled <= 1
    assert exam.candidate.recalled == exam.candidate.asked == len(LESSONS) + 1
    assert exam.candidate.reworded_recalled >= 1
    assert exam.candidate.canaries_right >= exam.base.canaries_right - 5


def test_slack_hears_the_new_adapter_however_it_asks(team: Team) -> None:
    for question, (_, word) in LESSONS.items():
        asked = team.slack.send_mention(question.lower().rstrip("?"))
        team.slack.wait_until(
            lambda ts=asked.ts, word=word: any(  # type: ignore[misc]  # defaults bind the loop
                word in m.everything.lower() for m in team.slack.bot_messages(thread=ts)
            ),
            f"the answer to {question!r} was not learned",
            timeout=ANSWER_SECONDS,
        )
    first, *others = (
        row["adapter"]
        for row in team.store.connections.db.query(
            "select adapter from replies where source = 'slack' and thread != '' order by id"
        )
    )
    assert first is None
    assert set(others) == {team.night.version}


def test_the_vote_of_a_blind_comparison_tells_whose_answer_was_whose(team: Team) -> None:
    question, (_, word) = next(iter(LESSONS.items()))
    team.slack.send_command("/compare", question)
    shown = team.slack.wait_for_message(contains="A is better", timeout=ANSWER_SECONDS)
    version = team.night.version
    assert version is not None
    assert version not in shown.everything
    first, second = (side for b in shown.blocks for side in texts_in(b.get("fields", [])))
    knows = "A" if word in first.lower() else "B"
    assert word not in (second if knows == "A" else first).lower()
    team.slack.press(shown, f"{knows} is better")
    told = team.slack.wait_for_message(ephemeral_to=ANNA, contains="Your vote")
    assert f"{knows} was the tuned ({version}) one" in told.text or (
        f"{knows} the tuned ({version}) one" in told.text
    )
    assert "for the tuned one" in told.text
    assert "5 more votes needed" in told.text
    (pair,) = team.store.connections.db.table("preferences").rows
    assert word in pair["chosen"].lower()
    assert word not in pair["rejected"].lower()


@pytest.mark.browser
def test_the_page_hears_the_new_adapter_too(team: Team) -> None:
    with chromium() as browser, visit(browser, team.page) as visited:
        page = visited.page
        assert team.night.version is not None
        assert team.night.version in page.locator("#badge").inner_text()
        for question, (_, word) in LESSONS.items():
            assert word in answer_on_the_page(page, question).lower()
        keep_screenshot(page, "team-learned")
        assert visited.complaints == []
        assert all(request.startswith(team.page.partition("?")[0]) for request in visited.requests)


def test_a_thumb_that_is_taken_back_is_not_in_the_next_export(team: Team) -> None:
    team.slack.take_reaction_back(team.answer)
    team.slack.wait_until(
        lambda: team.store.examples.counts()["withdrawn"] == 1, "nothing was withdrawn"
    )
    exported = team.home.root / "exported"
    run_nightschool(team.home.root, "examples", "export", str(exported))
    assert _questions(exported) == set(LESSONS)


def _questions(folder: Path) -> set[str]:
    rows = [
        json.loads(line)
        for name in ("train.jsonl", "valid.jsonl")
        for line in (folder / name).read_text().splitlines()
    ]
    return {m["content"] for row in rows for m in row["messages"] if m["role"] == "user"}
