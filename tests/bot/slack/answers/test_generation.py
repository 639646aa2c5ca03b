"""An answer is generated and shown until somebody ends it, and noted with its messages."""

import pytest
from slack_sdk.models.blocks import Block

from bot.answers.questions import Reply
from bot.lessons.review import FEW
from bot.permissions import REVIEW_MARK
from bot.slack.answers.footer import ReplyFooter
from tests.bot.slack.conftest import Drive, School
from tests.slack_server.workspace import GENERAL

WORDS = [f"word{number} " for number in range(40)]


def test_every_message_of_an_answer_is_noted_before_and_after_it_is_whole(school: School) -> None:
    school.engine.script = lambda _, __: WORDS * 80
    asked = school.slack.send_mention("Tell me a story")
    school.slack.wait_for_answer(asked.ts)
    school.quiet()
    messages = school.slack.bot_messages(thread=asked.ts)
    assert len(messages) > 1
    (reply,) = school.store.replies.in_thread(GENERAL, asked.ts, 9)
    places = [(GENERAL, message.ts) for message in messages]
    assert school.store.replies.places(reply.id) == places


def test_what_was_ended_while_it_was_stored_is_blanked(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody stops it between its last word and its delivery."""
    school.engine.script = lambda _, __: "About zanzibar."
    below = ReplyFooter.below

    def end_first(self: ReplyFooter, reply: Reply, files: int = 0) -> tuple[Block, ...]:
        for answer in school.parts.in_flight.all():
            answer.end()
        return below(self, reply, files)

    monkeypatch.setattr(ReplyFooter, "below", end_first)
    asked = school.slack.send_mention("Where?")
    school.quiet()
    (reply,) = school.store.replies.in_thread(GENERAL, asked.ts, 9)
    assert (reply.text, reply.question) == ("", "")


def test_the_footer_knows_of_the_files_of_the_question(school: School) -> None:
    file = {"id": "F1", "name": "plan.pdf"}
    asked = school.slack.send_direct("Read this")
    whole = school.slack.wait_for_answer(asked.ts)
    assert "cannot open files" not in whole.everything
    channel = asked.channel
    asked = school.slack.send_message("And this", channel=channel, files=[file])
    whole = school.slack.wait_for_answer(asked.ts)
    assert "cannot open files" in whole.everything


def test_an_answer_that_somebody_ended_frees_its_place_at_the_model(school: School) -> None:
    school.engine.script = lambda _, __: WORDS * 5000
    school.engine.hold_at = 10
    school.slack.send_mention("Tell me a story")
    assert school.engine.held.wait(60)
    (answer,) = school.parts.in_flight.all()
    assert answer.end()
    school.engine.go.set()
    assert school.engine.left.wait(60)
    school.quiet()


def test_the_answer_to_the_eleventh_person_begins_the_review_of_lessons(drive: Drive) -> None:
    direct = drive()
    for number in range(FEW):
        direct.ask("Who are you?", user=f"U0PERSON{number}")
    assert not direct.store.marks.has(REVIEW_MARK)
    direct.ask("Who are you?", user="U0ONEMORE")
    assert direct.store.marks.has(REVIEW_MARK)
