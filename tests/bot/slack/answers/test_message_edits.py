"""A question that is edited or deleted is taken at its newest word."""

from bot.feedback.ratings import ReplyRatings
from bot.lessons.curation import Curation
from bot.slack.answers.conversation import ONLY_FILES, STOPPED
from bot.store import Example
from tests.bot.slack.conftest import School
from tests.slack_server import Message
from tests.slack_server.workspace import ANNA, BEN, BOT, GENERAL


def answered(school: School, question: str = "Who is Otilie?") -> tuple[Message, Message]:
    """A question and its answer."""
    asked = school.slack.send_mention(question)
    answer = school.slack.wait_for_message(thread=asked.ts, contains=question)
    school.quiet()
    return asked, answer


def liked_below(school: School) -> tuple[Message, Example]:
    """A question, and the lesson out of what somebody else asked below it."""
    school.engine.adapter = "base"
    asked, _ = answered(school, "What is zanzibar?")
    school.slack.send_message("And its dog?", user=BEN, thread=asked.ts)
    second = school.slack.wait_for_message(thread=asked.ts, contains="its dog?")
    school.quiet()
    school.slack.send_reaction(second, user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight")
    (lesson,) = school.store.examples.approved()
    return asked, lesson


def test_an_edited_question_is_answered_anew_where_the_old_answer_stands(school: School) -> None:
    asked, answer = answered(school)
    school.slack.edit_message(asked, f"<@{BOT}> Who is Ottilie?")
    school.slack.wait_for_message(thread=asked.ts, contains="Who is Ottilie?")
    school.quiet()
    assert school.slack.bot_messages() == [answer]
    assert answer.text == "v0007 says: Who is Ottilie?"
    # The old wording is no part of the talk any more.
    school.slack.send_message("And her dog?", thread=asked.ts)
    school.slack.wait_for_message(thread=asked.ts, contains="her dog?")
    assert "Otilie" not in str(school.engine.requests[-1])


def test_a_question_that_is_edited_under_way_is_answered_once_and_in_its_new_words(
    school: School,
) -> None:
    school.engine.open.clear()
    asked = school.slack.send_mention("Who is Otilie?")
    school.slack.wait_until(lambda: school.engine.requests, "the model was not asked")
    school.slack.edit_message(asked, f"<@{BOT}> Who is Ottilie?")
    school.heard()
    school.engine.open.set()
    school.slack.wait_for_message(thread=asked.ts, contains="Ottilie?")
    school.quiet()
    assert [m.text for m in school.slack.bot_messages()] == ["v0007 says: Who is Ottilie?"]


def test_an_edit_that_overtakes_its_question_counts(school: School) -> None:
    with school.slack.holding_deliveries() as held:
        asked = school.slack.send_mention("Who is Otilie?")
        school.slack.edit_message(asked, f"<@{BOT}> Who is Ottilie?")
    *first, edit = held
    school.slack.redeliver(edit)
    school.quiet()
    assert school.slack.bot_messages() == []
    for delivery in first:
        school.slack.redeliver(delivery)
    school.slack.wait_for_message(thread=asked.ts, contains="Ottilie?")
    school.quiet()
    assert [m.text for m in school.slack.bot_messages()] == ["v0007 says: Who is Ottilie?"]


def test_an_older_edit_that_comes_late_changes_nothing(school: School) -> None:
    asked, answer = answered(school)
    with school.slack.holding_deliveries() as held:
        school.slack.edit_message(asked, f"<@{BOT}> Who is Odile?")
        school.slack.edit_message(asked, f"<@{BOT}> Who is Ottilie?")
    for delivery in reversed(held):
        school.slack.redeliver(delivery)
        school.quiet()
    assert answer.text == "v0007 says: Who is Ottilie?"


def test_an_edit_without_new_words_is_let_pass(school: School) -> None:
    """Slack tells of previews of links and of growing threads as of edits."""
    asked, answer = answered(school)
    school.slack.edit_message(asked, f"<@{BOT}> Who is Otilie?")
    school.quiet()
    assert len(school.engine.requests) == 1
    assert answer.edits == 0


def test_a_question_that_is_turned_to_somebody_else_keeps_its_answer(school: School) -> None:
    asked, answer = answered(school)
    school.slack.edit_message(asked, f"<@{BEN}> Who is Ottilie?")
    school.quiet()
    assert school.slack.bot_messages() == [answer]
    assert len(school.engine.requests) == 1


def test_a_deleted_question_takes_its_answer_and_its_lesson_along(school: School) -> None:
    asked, answer = answered(school)
    school.slack.send_reaction(answer)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    school.slack.delete_message(asked)
    school.quiet()
    assert school.slack.bot_messages() == []
    assert school.store.examples.counts()["withdrawn"] == 1
    (reply,) = school.store.replies.in_thread(GENERAL, asked.ts, 9)
    assert (reply.text, reply.question) == ("", "")


def test_a_deleted_question_leaves_what_was_said_after_it(school: School) -> None:
    """Ben asked on below it, and his lesson has Anna's turn in it."""
    asked, lesson = liked_below(school)
    assert "zanzibar" in str(lesson.messages)
    school.slack.delete_message(asked)
    school.quiet()
    assert school.store.examples.get(lesson.id).status == "withdrawn"
    replies = school.store.replies.in_thread(GENERAL, asked.ts, 9)
    assert "zanzibar" not in str(replies)
    assert [reply.question for reply in replies] == ["", "And its dog?"]


def test_an_edited_question_leaves_later_turns_in_its_old_wording(school: School) -> None:
    """Else nobody could find it there any more when it is deleted, or its author forgotten."""
    asked, lesson = liked_below(school)
    school.slack.edit_message(asked, f"<@{BOT}> What is madeira?")
    school.slack.wait_for_message(thread=asked.ts, contains="What is madeira?")
    school.quiet()
    assert school.store.examples.get(lesson.id).status == "withdrawn"
    assert "zanzibar" not in str(school.store.replies.in_thread(GENERAL, asked.ts, 9))


def test_a_thumb_on_an_answer_without_its_earlier_turns_is_told_why_it_teaches_nothing(
    school: School,
) -> None:
    asked, _ = liked_below(school)
    school.slack.edit_message(asked, f"<@{BOT}> What is madeira?")
    school.slack.wait_for_message(thread=asked.ts, contains="What is madeira?")
    school.quiet()
    below = school.slack.wait_for_message(thread=asked.ts, contains="its dog?")
    school.slack.send_reaction(below, user=ANNA)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="cannot be learned")
    assert school.store.examples.approved() == []


def test_a_question_that_is_deleted_under_way_is_not_answered(school: School) -> None:
    school.engine.open.clear()
    asked = school.slack.send_mention("Who is Ottilie?")
    school.slack.wait_until(lambda: school.engine.requests, "the model was not asked")
    school.slack.delete_message(asked)
    school.heard()
    school.engine.open.set()
    school.quiet()
    assert school.slack.bot_messages() == []
    assert school.store.pending_answers.all() == []
    assert not any(school.slack.workspace.statuses.values())


def test_a_deletion_that_overtakes_its_question_counts(school: School) -> None:
    with school.slack.holding_deliveries() as held:
        asked = school.slack.send_mention("Who is Ottilie?")
        school.slack.delete_message(asked)
    for delivery in reversed(held):
        school.slack.redeliver(delivery)
        school.quiet()
    assert school.slack.bot_messages() == []
    assert school.engine.requests == []


def test_an_edit_takes_back_what_a_thumb_on_the_old_answer_taught(school: School) -> None:
    """The thumb is still to be seen below the new answer; who put it there never saw that one."""
    asked, answer = answered(school)
    school.slack.send_reaction(answer)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    school.slack.edit_message(asked, f"<@{BOT}> How tall is a giraffe?")
    school.slack.wait_for_message(thread=asked.ts, contains="giraffe")
    school.quiet()
    assert school.store.examples.counts()["withdrawn"] == 1
    old, new = school.store.replies.in_thread(GENERAL, asked.ts, 9)
    assert (old.question, old.text) == ("", "")
    school.slack.take_reaction_back(answer)
    school.quiet()
    school.slack.send_reaction(answer)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight", count=2)
    (lesson,) = school.store.examples.approved()
    assert (lesson.prompt, lesson.reply_id) == ("How tall is a giraffe?", new.id)


def test_a_correction_of_the_old_answer_stays_and_can_be_taken_back(
    school: School, ratings: ReplyRatings
) -> None:
    asked, answer = answered(school)
    reply = school.store.replies.at(GENERAL, answer.ts)
    assert reply is not None
    ratings.correct(reply, BEN, "She is our cook.")
    school.slack.edit_message(asked, f"<@{BOT}> How tall is a giraffe?")
    school.slack.wait_for_message(thread=asked.ts, contains="giraffe")
    school.quiet()
    assert [e.completion for e in school.store.examples.approved()] == ["She is our cook."]
    ratings.take_back(reply, BEN)
    assert school.store.examples.approved() == []


def compared(school: School, text: str = "compare: What is quokka?") -> tuple[Message, Message]:
    """A question to both models, and what shows their answers."""
    school.engine.script = lambda question, model: f"{model} on {question}"
    asked = school.slack.send_mention(text)
    shown = school.slack.wait_for_message(thread=asked.ts, contains="base on")
    school.quiet()
    return asked, shown


def test_a_deleted_comparison_is_gone_with_its_votes_pairs_and_words(school: School) -> None:
    asked, shown = compared(school)
    school.slack.press(shown, "A is better", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="Your vote")
    school.slack.delete_message(asked)
    school.quiet()
    assert school.slack.bot_messages() == []
    tables = ("replies", "comparisons", "comparison_posts", "preferences")
    rows = [list(school.store.connections.db.table(name).rows) for name in tables]
    assert "quokka" not in str(rows)
    assert rows[2:] == [[], []]


def test_an_edited_comparison_is_made_anew_where_the_old_one_stands(school: School) -> None:
    asked, shown = compared(school)
    school.slack.edit_message(asked, f"<@{BOT}> compare: What is a wombat?")
    school.slack.wait_for_message(thread=asked.ts, contains="base on What is a wombat?")
    school.quiet()
    assert school.slack.bot_messages() == [shown]
    (first, second) = school.store.connections.db.table("comparisons").rows
    assert (first["prompt"], second["prompt"]) == ("", "What is a wombat?")
    # It may be edited into a plain question, and back.
    school.slack.edit_message(asked, f"<@{BOT}> What is a wombat?")
    school.slack.wait_until(lambda: shown.text == "v0007 on What is a wombat?", shown.text)
    school.quiet()
    school.slack.edit_message(asked, f"<@{BOT}> compare: And an emu?")
    school.slack.wait_until(lambda: "And an emu?" in shown.everything, shown.text)
    school.quiet()
    assert school.slack.bot_messages() == [shown]
    school.slack.send_reaction(shown)
    school.quiet()
    assert not any(school.store.ratings.totals())


def test_a_comparison_that_is_deleted_under_way_is_not_shown_or_kept(school: School) -> None:
    school.engine.open.clear()
    asked = school.slack.send_mention("compare: What is quokka?")
    school.slack.wait_until(lambda: len(school.engine.requests) == 2, "nobody was asked")
    school.slack.delete_message(asked)
    school.heard()
    school.engine.open.set()
    school.quiet()
    assert school.slack.bot_messages() == []
    rows = [list(school.store.connections.db.table(n).rows) for n in ("replies", "comparisons")]
    assert "quokka" not in str(rows)


def test_a_message_edited_to_nothing_counts_as_deleted(school: School) -> None:
    asked, _ = answered(school)
    school.slack.edit_message(asked, "")
    school.quiet()
    assert school.slack.bot_messages() == []


def test_a_message_edited_to_its_file_alone_is_no_deleted_one(school: School) -> None:
    slack, files = school.slack, [{"id": "F1", "name": "plan.pdf"}]
    asked = slack.send_message("Read it", channel=slack.workspace.direct(ANNA).id, files=files)
    slack.wait_for_message(thread=asked.ts, contains="Read it")
    school.quiet()
    before = asked.as_json() | {"files": files}
    with slack.changed:
        slack.emit(
            {
                "type": "message",
                "subtype": "message_changed",
                "channel": asked.channel,
                "channel_type": "im",
                "ts": slack.workspace.next_ts(),
                "message": before | {"text": ""},
                "previous_message": before,
            }
        )
    slack.wait_for_message(thread=asked.ts, contains=ONLY_FILES)


def test_a_question_may_be_edited_into_a_stop(school: School) -> None:
    school.engine.open.clear()
    asked = school.slack.send_mention("Who is Ottilie?")
    school.slack.wait_until(lambda: school.engine.requests, "the model was not asked")
    school.slack.edit_message(asked, f"<@{BOT}> stop")
    school.heard()
    school.engine.open.set()
    school.quiet()
    assert STOPPED not in "".join(m.text for m in school.slack.bot_messages())
    assert "Ottilie" not in "".join(m.text for m in school.slack.bot_messages())


def test_other_peoples_edits_and_deletions_are_none_of_its_business(
    school: School, curation: Curation
) -> None:
    plain = school.slack.send_message("Good morning")
    school.slack.edit_message(plain, f"<@{BOT}> good morning")
    other = school.slack.send_message("Bye")
    school.slack.delete_message(other)
    school.quiet()
    assert school.slack.bot_messages() == []
    assert curation.samples() == []
