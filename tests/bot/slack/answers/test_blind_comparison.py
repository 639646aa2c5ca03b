"""The blind comparison: nothing tells which is which before the vote, and the votes are counted."""

import json

import pytest

from bot.feedback.comparisons import Voted
from bot.feedback.votes import VoteTally
from bot.home import Home
from bot.privacy.erasure import forget
from bot.slack.answers import blind_comparison
from bot.store.comparisons import StoredComparison
from tests.bot.slack.admin.steps import ask
from tests.bot.slack.conftest import School
from tests.slack_server import Message, limits
from tests.slack_server.workspace import ANNA, BEN, GENERAL

ANSWERS = {"base": "A lesson.", "v0007": "It is a thing to learn."}


def compared(school: School, *, tuned_first: bool = True) -> Message:
    """A blind comparison whose order is known to the test alone."""
    school.engine.script = lambda _, model: ANSWERS[model]
    school.slack.send_command("/compare", "What is a lesson?")
    shown = school.slack.wait_for_message(channel=GENERAL, contains=ANSWERS["base"])
    school.quiet()
    with school.store.connections.write() as db:
        db.conn.execute("update comparisons set tuned_first = ?", [int(tuned_first)])
    return shown


def pairs(school: School) -> list[tuple[str, str, str]]:
    rows = school.store.connections.db.query("select * from preferences order by id")
    return [(row["author"], row["chosen"], row["rejected"]) for row in rows]


def test_nothing_in_the_message_tells_which_is_which(school: School) -> None:
    shown = compared(school)
    everything = json.dumps(shown.as_json()).lower()
    assert not any(word in everything for word in ("base", "tuned", "v0007"))
    sides = [field["text"] for block in shown.blocks for field in block.get("fields", ())]
    assert [side.split("\n")[0] for side in sides] == ["*A*", "*B*"]
    assert sorted(side.split("\n")[1] for side in sides) == sorted(ANSWERS.values())


@pytest.mark.parametrize("tuned_first", [True, False])
def test_the_order_shown_is_the_order_that_was_drawn(
    school: School, monkeypatch: pytest.MonkeyPatch, tuned_first: bool
) -> None:
    bounds: list[int] = []

    def draw(below: int) -> int:
        bounds.append(below)
        return int(tuned_first)

    monkeypatch.setattr("bot.store.comparisons.secrets.randbelow", draw)
    school.engine.script = lambda _, model: ANSWERS[model]
    school.slack.send_command("/compare", "What is a lesson?")
    shown = school.slack.wait_for_message(channel=GENERAL, contains=ANSWERS["v0007"])
    school.quiet()
    assert bounds == [2]
    tuned_is = "a" if tuned_first else "b"
    assert shown.text.split("\n\n")[0 if tuned_first else 1].endswith(ANSWERS["v0007"])
    school.slack.press(shown, blind_comparison.LABELS[tuned_is])
    told = school.slack.wait_for_message(ephemeral_to=ANNA, contains="Your vote")
    assert "Your vote: for the tuned one" in told.text


@pytest.mark.parametrize("tuned_first", [True, False])
def test_only_the_voter_is_told_and_the_vote_is_a_pair(school: School, tuned_first: bool) -> None:
    shown = compared(school, tuned_first=tuned_first)
    school.slack.press(shown, "A is better", user=BEN)
    told = school.slack.wait_for_message(ephemeral_to=BEN, contains="A was")
    order = ("the tuned (v0007) one", "the base model")
    first, second = order if tuned_first else order[::-1]
    assert f"A was {first}, B {second}." in told.text
    assert "5 more votes needed" in told.text
    school.slack.wait_until(lambda: "1 person has voted" in shown.everything, "not counted")
    assert "tuned" not in json.dumps(shown.as_json())
    assert school.slack.bot_messages(ephemeral_to=ANNA) == []
    chosen, rejected = (ANSWERS["v0007"], ANSWERS["base"])
    if not tuned_first:
        chosen, rejected = rejected, chosen
    assert pairs(school) == [(BEN, chosen, rejected)]


def test_ties_and_two_bad_answers_are_votes_without_a_pair(school: School) -> None:
    shown = compared(school)
    school.slack.press(shown, "Tie", user=ANNA)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="ties 1")
    school.slack.press(shown, "Both bad", user=BEN)
    told = school.slack.wait_for_message(ephemeral_to=BEN, contains="both bad 1")
    assert "6 more votes needed" in told.text
    assert pairs(school) == []


def test_the_first_vote_of_a_person_stands(school: School) -> None:
    """After it they know which was which: a second one would not be blind."""
    shown = compared(school)
    first = school.slack.press(shown, "A is better")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="Your vote: for the tuned one")
    school.slack.redeliver(first)
    school.slack.press(shown, "B is better")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="Your first vote stands")
    school.quiet()
    assert len(pairs(school)) == 1
    assert school.store.comparisons.votes("v0007") == {"base": 0, "tuned": 1, "tie": 0, "bad": 0}
    assert len(school.slack.bot_messages(ephemeral_to=ANNA)) == 2


def test_six_votes_name_a_winner_with_its_interval(school: School) -> None:
    shown = compared(school)
    for number in range(5):
        school.store.comparisons.vote(1, f"U{number}", "tuned")
    school.slack.press(shown, "A is better")
    told = school.slack.wait_for_message(ephemeral_to=ANNA, contains="Wilson")
    assert "preferred in 100% of 6, 95 % interval 61% to 100% (Wilson)" in told.text
    assert "the tuned one is better" in told.text


def test_a_vote_from_elsewhere_is_none(school: School) -> None:
    shown = compared(school)
    direct = school.slack.workspace.direct(ANNA).id
    school.slack.press(Message(direct, shown.ts, shown.user, "", blocks=shown.blocks), "Tie")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="Vote where it was asked")
    assert school.store.comparisons.voters(1) == 0


@pytest.mark.parametrize("length", [10, 450, 700, 3000])
def test_long_answers_are_voted_on_below_the_last_of_them(school: School, length: int) -> None:
    school.engine.script = lambda _, model: f"{model[0]} " + "word " * length
    asked = school.slack.send_mention("compare: Well?")
    shown = school.slack.wait_for_message(thread=asked.ts, contains="A is better")
    school.quiet()
    assert school.slack.bot_messages(thread=asked.ts)[-1].ts == shown.ts
    school.slack.press(shown, "Tie")
    told = school.slack.wait_for_message(ephemeral_to=ANNA, contains="a tie")
    assert told.thread_ts == asked.ts
    school.slack.wait_until(lambda: "1 person" in shown.everything, "not counted")


@pytest.mark.parametrize("value", ["", "1", "1:c", "x:a", ":tie", "²:a"])
def test_a_button_that_is_not_ours_is_nothing(value: str) -> None:
    assert blind_comparison.chosen(value) is None


@pytest.mark.parametrize("choice", ["base", "tuned", "tie", "bad"])
def test_every_revelation_is_a_message_that_slack_takes(choice: str) -> None:
    stored = StoredComparison(1, "q", ANNA, 1, 2, tuned_first=False)
    for tally in (VoteTally(), VoteTally(base=9, tuned=1), VoteTally(base=5, tuned=5)):
        piece = blind_comparison.revelation(Voted(stored, choice, True, "v0001", tally, 1))
        limits.check_text({"text": piece.text}, limits.UPDATE_CHARACTERS)


def test_a_comparison_of_who_was_forgotten_says_that_nothing_is_kept(
    school: School, home: Home
) -> None:
    shown = compared(school)
    forget(home, school.store, ANNA)
    school.slack.press(shown, "A is better", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="Nothing of that answer is kept")
    assert list(school.store.connections.db.table("votes").rows) == []


def test_why_explains_the_last_answer_and_no_comparison(school: School) -> None:
    """It would tell whoever asked for a blind one what the tuned one is."""
    asked = school.slack.send_mention("What is a rule?")
    school.slack.wait_for_message(thread=asked.ts, contains="rule")
    compared(school)
    assert "What is a rule?" in ask(school, "why", "wrote that").everything
