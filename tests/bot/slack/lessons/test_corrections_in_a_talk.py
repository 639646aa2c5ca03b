"""A correction in the middle of a talk, over the socket: whom it is told to, and when."""

from bot.slack.lessons import forms
from bot.slack.messages import modals
from tests.bot.slack.conftest import School
from tests.slack_server import Message
from tests.slack_server.workspace import ANNA, BEN, texts_in


def talked(school: School, user: str = ANNA) -> Message:
    """Somebody asks about lunch and then about tea; the answer about tea."""
    school.engine.adapter = "base"  # the version in use, so that it is shown its own turns
    first = school.slack.send_mention("When is lunch on Mondays?", user=user)
    school.slack.wait_for_answer(first.ts)
    school.slack.send_mention("And tea?", user=user, thread=first.ts)
    answer = school.slack.wait_for_answer(first.ts, count=2)
    school.quiet()
    return answer


def told(school: School, question: str) -> str:
    """What Ben is told who asks by himself."""
    asked = school.slack.send_mention(question, user=BEN)
    answer = school.slack.wait_for_answer(asked.ts)
    school.quiet()
    return answer.everything


def correct(school: School, answer: Message, text: str, when: str | None = None) -> None:
    """Anna corrects an answer in the form that its thumb opens, and chooses when that holds."""
    school.slack.press(answer, "Bad answer")
    view, form = school.slack.wait_for_view(forms.CORRECTION)
    shown = "\n".join(texts_in(form["blocks"]))
    assert "_Asked:_ When is lunch on Mondays?" in shown
    school.slack.send_view_submission(view, {modals.ANSWER: text, forms.TALK: when})


def test_a_correction_is_told_at_once_to_whoever_asks_its_question(school: School) -> None:
    answer = talked(school)
    correct(school, answer, "At four.")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    assert "At four." in told(school, "And tea?")
    (lesson,) = school.store.examples.approved()
    assert (lesson.prompt, lesson.messages) == ("And tea?", None)


def test_a_correction_of_such_a_talk_is_told_at_once_in_such_a_talk_alone(school: School) -> None:
    answer = talked(school)
    correct(school, answer, "At four.", forms.IN_TALK)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    assert "At four." not in told(school, "And tea?")
    assert "At four." in talked(school, BEN).everything


def test_what_contradicts_a_lesson_is_asked_about_and_then_told(school: School) -> None:
    answer = talked(school)
    school.slack.send_command("/teach", "And tea? => Never.")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    correct(school, answer, "At four.")
    asked = school.slack.wait_for_message(ephemeral_to=ANNA, contains="another answer")
    assert "Never." in told(school, "And tea?")
    school.slack.press(asked, "Replace")
    school.slack.wait_until(lambda: "It replaces" in asked.text, "it was not replaced")
    assert "At four." in told(school, "And tea?")
