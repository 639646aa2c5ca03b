"""Another answer to a question that was taught: whoever teaches decides, in all four ways.

Anna is a teacher, so that what Ben taught is hers to replace.
"""

from collections.abc import Callable

import pytest

from bot.slack.lessons import forms
from bot.slack.messages import modals
from tests.bot.slack.admin.steps import labels
from tests.bot.slack.conftest import School
from tests.slack_server import Message
from tests.slack_server.workspace import ANNA, BEN, GENERAL

QUESTION = "Where is the spare key?"
OLD, NEW = "Under the mat.", "Behind the moon poster."
Teach = Callable[[School], None]


def by_line(school: School) -> None:
    school.slack.send_command("/teach", f"{QUESTION} => {NEW}")


def by_form(school: School) -> None:
    school.slack.send_command("/teach")
    view, _ = school.slack.wait_for_view(modals.TEACH)
    school.slack.send_view_submission(view, {modals.QUESTION: QUESTION, modals.ANSWER: NEW})


def by_correction(school: School) -> None:
    school.engine.script = lambda _, __: "I wonder."
    asked = school.slack.send_mention("Where is the spare key, please?")
    answer = school.slack.wait_for_answer(asked.ts)
    school.slack.press(answer, "Bad answer")
    view, _ = school.slack.wait_for_view(forms.CORRECTION)
    school.slack.send_view_submission(view, {modals.ANSWER: NEW})


def by_shortcut(school: School) -> None:
    asked = school.slack.send_message(QUESTION)
    answer = school.slack.send_message(NEW, user=BEN, thread=asked.ts)
    school.slack.use_shortcut("teach_this", answer)
    view, _ = school.slack.wait_for_view(forms.TEACH_THIS)
    filled = {modals.QUESTION: QUESTION, modals.ANSWER: NEW}
    school.slack.send_view_submission(view, filled)


def asked(school: School, teach: Teach) -> Message:
    """Teaches against what is known; the question that this brings up."""
    school.store.people.make(ANNA, "teacher", "test")
    school.store.examples.change(taught_before(school), "approved", BEN)
    teach(school)
    question = school.slack.wait_for_message(ephemeral_to=ANNA, contains="another answer")
    assert OLD in question.everything
    assert completions(school) == [OLD]
    return question


def taught_before(school: School) -> int:
    school.slack.send_command("/teach", f"{QUESTION} => {OLD}", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight")
    return school.store.examples.approved()[0].id


def completions(school: School) -> list[str]:
    return [example.completion for example in school.store.examples.approved()]


@pytest.mark.parametrize("teach", [by_line, by_form, by_correction, by_shortcut])
def test_whoever_teaches_otherwise_is_asked_and_can_replace(school: School, teach: Teach) -> None:
    question = asked(school, teach)
    school.slack.press(question, "Replace")
    school.slack.wait_until(lambda: "replaces what" in question.text, "nothing was replaced")
    assert completions(school) == [NEW]
    assert school.store.examples.counts()["superseded"] == 1
    # The buttons are gone with the question.
    assert not {"Replace", "Keep both", "Cancel"} & set(labels(question))


def test_both_can_be_kept(school: School) -> None:
    question = asked(school, by_line)
    school.slack.press(question, "Keep both")
    school.slack.wait_until(lambda: "learn that tonight" in question.text, "nothing was taught")
    assert completions(school) == [OLD, NEW]


def test_cancelling_changes_nothing(school: School) -> None:
    question = asked(school, by_line)
    school.slack.press(question, "Cancel")
    school.slack.wait_until(lambda: "Nothing was changed" in question.text, "not cancelled")
    assert completions(school) == [OLD]


def test_only_who_was_asked_decides(school: School) -> None:
    question = asked(school, by_line)
    school.slack.press(question, "Replace", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="Only who taught this")
    assert completions(school) == [OLD]


def test_a_decision_counts_once_however_often_it_comes(school: School) -> None:
    question = asked(school, by_line)
    copy = Message(GENERAL, question.ts, question.user, "", blocks=question.blocks)
    copy.ephemeral_to = ANNA
    pressed = school.slack.press(question, "Keep both")
    school.slack.redeliver(pressed)
    school.slack.wait_until(lambda: "learn that tonight" in question.text, "nothing was taught")
    school.quiet()
    school.slack.press(copy, "Replace")
    school.slack.wait_until(lambda: "no longer know" in copy.text, "decided twice")
    assert completions(school) == [OLD, NEW]
