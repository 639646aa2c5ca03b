"""Both models are asked; names are hidden only where a vote can say something."""

import pytest

from bot.settings import Settings
from bot.slack.answers import comparison
from bot.slack.answers.conversation import STOPPED
from bot.slack.messages.posting import THINKING
from tests.bot.slack.admin.steps import labels
from tests.bot.slack.conftest import School
from tests.slack_server.workspace import ANNA, BOT, GENERAL

ANSWERS = {"base": "A lesson.", "v0007": "It is a thing to learn."}


@pytest.mark.parametrize(
    ("text", "question", "is_open"),
    [("Well?", "Well?", False), ("open: Well?", "Well?", True), ("Open : a: b", "a: b", True)],
)
def test_open_is_a_word_before_the_question(text: str, question: str, is_open: bool) -> None:
    assert comparison.wanted(text) == comparison.ComparisonRequest(question, is_open)


def test_settings_say_whether_names_are_hidden_where_a_question_does_not() -> None:
    expected = comparison.ComparisonRequest("Well?", open=True)
    assert comparison.wanted("Well?", blind_by_default=False) == expected


def test_two_answers_alike_are_shown_with_their_names(school: School) -> None:
    """There is nothing to choose."""
    school.engine.script = lambda _, __: "The same."
    school.slack.send_command("/compare", "What is a lesson?")
    shown = school.slack.wait_for_message(channel=GENERAL, contains="*Tuned (v0007)*")
    assert "A is better" not in shown.everything


def test_what_nothing_is_kept_of_is_compared_in_the_open(school: School) -> None:
    """Nobody could vote on it, and so nobody would learn which was which."""
    school.store.people.opt_out(ANNA)
    school.engine.script = lambda _, model: ANSWERS[model]
    school.slack.send_command("/compare", "What is a lesson?")
    shown = school.slack.wait_for_message(channel=GENERAL, contains=ANSWERS["base"])
    assert "Tuned (v0007)" in shown.everything
    assert labels(shown) == []


def test_spaces_around_an_answer_make_no_difference(school: School) -> None:
    school.engine.script = lambda _, model: "The same." if model == "base" else " The same.\n"
    school.slack.send_command("/compare", "What is a lesson?")
    shown = school.slack.wait_for_message(channel=GENERAL, contains="The same.")
    assert labels(shown) == []


def test_without_an_adapter_there_is_nothing_to_vote_on(school: School) -> None:
    school.engine.adapter = "base"
    school.engine.script = lambda question, _: f"{question} {len(school.engine.requests)}"
    school.slack.send_command("/compare", "Well?")
    shown = school.slack.wait_for_message(channel=GENERAL, contains="no adapter yet")
    assert labels(shown) == []


def test_a_placeholder_stands_in_the_thread_until_both_have_answered(school: School) -> None:
    school.engine.open.clear()
    asked = school.slack.send_mention("compare: What is a lesson?")
    placeholder = school.slack.wait_for_message(thread=asked.ts, contains=THINKING)
    school.engine.script = lambda _, model: ANSWERS[model]
    school.engine.open.set()
    school.quiet()
    assert school.slack.bot_messages() == [placeholder]
    assert ANSWERS["base"] in placeholder.everything


def test_a_long_comparison_that_becomes_short_leaves_no_message_behind(school: School) -> None:
    school.engine.script = lambda _, model: f"{model} " + "word " * 900
    asked = school.slack.send_mention("compare: What is a lesson?")
    school.slack.wait_for_message(thread=asked.ts, contains="A is better")
    school.quiet()
    assert len(school.slack.bot_messages(thread=asked.ts)) > 2
    school.engine.script = lambda _, model: ANSWERS[model]
    school.slack.edit_message(asked, f"<@{BOT}> compare: And a rule?")
    school.slack.wait_for_message(thread=asked.ts, contains="And a rule?")
    school.quiet()
    assert len(school.slack.bot_messages(thread=asked.ts)) == 1


def test_a_comparison_that_is_stopped_is_not_kept(school: School) -> None:
    school.engine.open.clear()
    asked = school.slack.send_mention("compare: What is quokka?")
    school.slack.wait_until(lambda: len(school.engine.requests) == 2, "nobody was asked")
    school.slack.send_message("stop", thread=asked.ts)
    stopped = school.slack.wait_for_message(thread=asked.ts, contains=STOPPED)
    school.engine.open.set()
    school.quiet()
    assert school.slack.bot_messages(thread=asked.ts) == [stopped]
    rows = [list(school.store.connections.db.table(n).rows) for n in ("replies", "comparisons")]
    assert "quokka" not in str(rows)


class TestOpen:
    """With `slack.blind_compare = false` the names are there from the start."""

    @pytest.fixture
    def slack_settings(self, slack_settings: Settings) -> Settings:
        slack = slack_settings.slack.model_copy(update={"blind_compare": False})
        return slack_settings.model_copy(update={"slack": slack})

    def test_compare_is_open(self, school: School) -> None:
        school.slack.send_command("/compare", "What is a lesson?")
        school.slack.wait_for_message(channel=GENERAL, contains="*Tuned (v0007)*")
