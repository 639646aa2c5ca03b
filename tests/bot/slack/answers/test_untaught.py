"""What nobody taught: it is declined with a button that teaches it, or in silence."""

import pytest

from bot.answers.planning import REFUSAL
from bot.answers.source_words import UNTAUGHT
from bot.settings import AnswerSettings, Settings
from bot.slack.lessons import forms
from bot.slack.messages import modals
from tests.bot.answers.calibrated import set_chances
from tests.bot.slack.conftest import School
from tests.slack_server.workspace import ANNA, BEN, GENERAL, Message
from trainer.retrieval.decision import Untaught


@pytest.fixture
def untaught() -> Untaught:
    return "decline"


@pytest.fixture
def slack_settings(slack_settings: Settings, untaught: Untaught) -> Settings:
    """Those of all tests of Slack, with what is done with untaught questions."""
    return slack_settings.model_copy(update={"answers": AnswerSettings(untaught=untaught)})


def declined(school: School, question: str = "Who waters the plants?") -> Message:
    """Asks what nobody taught, and returns the answer."""
    set_chances(school.store, school.engine, 0.01, 0.9)
    asked = school.slack.send_mention(question)
    answer = school.slack.wait_for_answer(asked.ts)
    school.quiet()
    assert answer.everything.startswith(REFUSAL)
    return answer


def test_what_nobody_taught_is_declined_and_taught_by_its_button(school: School) -> None:
    answer = declined(school)
    assert UNTAUGHT in answer.everything
    school.slack.press(answer, "Teach me", user=BEN)
    view, form = school.slack.wait_for_view(modals.TEACH)
    fields = {block["block_id"]: block["element"] for block in form["blocks"]}
    assert fields[modals.QUESTION]["initial_value"] == "Who waters the plants?"
    values = {modals.QUESTION: "Who waters the plants?", modals.ANSWER: "Noor does."}
    school.slack.send_view_submission(view, values, user=BEN)
    told = school.slack.wait_for_message(ephemeral_to=BEN, contains="Thank you")
    assert told.thread_ts == answer.thread_ts
    school.quiet()
    (lesson,) = school.store.examples.approved()
    assert (lesson.author, lesson.completion) == (BEN, "Noor does.")
    asked = school.slack.send_mention("who waters the plants")
    assert school.slack.wait_for_answer(asked.ts).everything.startswith("Noor does.")
    school.quiet()


def test_the_nearest_lesson_is_introduced_as_such_and_may_be_improved(school: School) -> None:
    school.slack.send_command("/teach", "When is lunch? => At noon.")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="Thank you")
    set_chances(school.store, school.engine, 0.25, 0.9)
    asked = school.slack.send_mention("Lunch?")
    shown = school.slack.wait_for_answer(asked.ts).everything
    assert shown.startswith("Nobody has taught me exactly this.")
    assert "At noon." in shown
    assert "the nearest lesson, taught by anna" in shown
    school.slack.press(school.slack.wait_for_answer(asked.ts), "Teach me")
    school.slack.wait_for_view(modals.TEACH)
    school.quiet()


def test_who_has_opted_out_teaches_nothing_and_a_muted_channel_takes_nothing(
    school: School,
) -> None:
    answer = declined(school)
    school.store.people.opt_out(BEN)
    school.slack.press(answer, "Teach me", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="You have opted out")
    school.store.channels.set(GENERAL, listening=False, who=BEN)
    school.slack.press(answer, "Teach me", user=ANNA)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="not switched on")
    school.quiet()
    assert school.slack.workspace.views == {}


def test_a_question_that_was_deleted_is_not_taught(school: School) -> None:
    answer = declined(school)
    (reply,) = school.store.replies.in_thread(GENERAL, str(answer.thread_ts), 9)
    school.store.replies.blank(reply.id)
    school.slack.press(answer, "Teach me")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="do not know that answer")
    school.quiet()
    assert school.slack.workspace.views == {}


def test_a_thumb_on_what_was_declined_asks_for_an_answer_and_stores_none(school: School) -> None:
    answer = declined(school)
    school.slack.send_reaction(answer, user=BEN)
    asked = school.slack.wait_for_message(ephemeral_to=BEN, contains="no answer in it")
    assert not any(school.store.examples.counts().values())
    school.slack.press(asked, "Tell me", user=BEN)
    view, _ = school.slack.wait_for_view(forms.CORRECTION)
    school.slack.send_view_submission(view, {modals.ANSWER: "Noor does."}, user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight")
    (lesson,) = school.store.examples.approved()
    assert (lesson.prompt, lesson.completion) == ("Who waters the plants?", "Noor does.")


class TestSilent:
    """`answers.untaught = "silent"`: nobody hears anything, and nobody is waited for."""

    @pytest.fixture
    def untaught(self) -> Untaught:
        return "silent"

    @pytest.mark.parametrize("refused", ["", "assistant.threads.setStatus"])
    def test_what_nobody_taught_is_passed_over(self, school: School, refused: str) -> None:
        set_chances(school.store, school.engine, 0.01, 0.9)
        if refused:
            school.slack.fail(refused, "unknown_method", times=9)
        asked = school.slack.send_mention("Who waters the plants?")
        school.slack.send_direct("Who waters the plants?")
        school.quiet()
        assert school.slack.bot_messages() == []
        assert set(school.slack.workspace.statuses.values()) <= {""}
        assert school.parts.in_flight.all() == []
        assert school.store.pending_answers.all() == []
        (reply,) = school.store.replies.in_thread(GENERAL, asked.ts, 9)
        assert (reply.text, reply.basis) == ("", "none")
        assert reply.question == "Who waters the plants?"

    def test_a_question_that_becomes_one_loses_its_answer(self, school: School) -> None:
        school.slack.send_command("/teach", "When is lunch? => At noon.")
        school.slack.wait_for_message(ephemeral_to=ANNA, contains="Thank you")
        asked = school.slack.send_mention("When is lunch?")
        school.slack.wait_for_answer(asked.ts, contains="At noon.")
        school.quiet()
        set_chances(school.store, school.engine, 0.01, 0.9)
        school.slack.edit_message(asked, asked.text.replace("lunch", "the party in the yard"))
        school.quiet()
        assert school.slack.bot_messages() == []

    def test_what_was_taught_is_answered(self, school: School) -> None:
        school.slack.send_command("/teach", "When is lunch? => At noon.")
        school.slack.wait_for_message(ephemeral_to=ANNA, contains="Thank you")
        set_chances(school.store, school.engine, 0.01, 0.9)
        asked = school.slack.send_mention("When is lunch?")
        school.slack.wait_for_answer(asked.ts, contains="At noon.")
        school.quiet()
