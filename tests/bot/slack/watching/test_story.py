"""What the bot does in two channels by itself, through a server that speaks as Slack does."""

from bot.slack.lessons.from_message import REFUSE
from bot.slack.watching.switching import ANSWERING, WATCHING
from bot.slack.watching.unasked import UNASKED
from tests.bot.slack.admin.steps import ask, labels, with_admin
from tests.bot.slack.conftest import School
from tests.slack_server import Message
from tests.slack_server.workspace import ANNA, BEN, BOT, DIRECT, GENERAL, OPS, OTHER_BOT, PRIVATE

KEY, POSTER = "Where is the spare key?", "Behind the moon poster."
PLAN, CELLAR = "Where is the secret plan?", "In the cellar."


def answers(school: School, question: Message) -> list[Message]:
    said = school.slack.bot_messages(
        channel=question.channel, thread=question.thread_ts or question.ts
    )
    return [message for message in said if message.ephemeral_to is None]


def test_an_auto_channel_answers_the_taught_question_and_is_silent_at_ten_others(
    school: School,
) -> None:
    slack = with_admin(school).slack
    slack.send_command("/teach", f"{KEY} => {POSTER}")
    slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    slack.send_command("/teach", f"{PLAN} => {CELLAR}", channel=PRIVATE)
    slack.wait_for_message(ephemeral_to=ANNA, contains="I know that now")
    ask(school, "channels auto", "answer without a mention now")
    slack.wait_for_message(channel=GENERAL, contains=ANSWERING[:30])

    slack.send_message("Good morning.", user=BEN)
    asked = slack.send_message(KEY, user=BEN)
    answer = slack.wait_for_answer(asked.ts, POSTER)
    assert UNASKED in answer.everything
    slack.redeliver(asked)
    others = [
        slack.send_message("Where is the coffee machine?", user=BEN),
        slack.send_message("What is the capital of France?", user=BEN),
        slack.send_message("The spare key is gone again.", user=BEN),
        slack.send_message(f"Ask <@{BEN}>: {KEY}", user=ANNA),
        slack.send_message(f"<!subteam^{OPS}> {KEY}", user=ANNA),
        slack.send_message(f"> {KEY}\nSomebody asked me that.", user=ANNA),
        slack.send_message("Lunch?", user=BEN),
        slack.send_message(KEY, user=OTHER_BOT),
        slack.send_message(PLAN, user=BEN),
        slack.send_message(KEY, user=BEN, channel=PRIVATE),
    ]
    in_thread = slack.send_message(KEY, user=ANNA, thread=others[0].ts)
    school.quiet()
    assert answers(school, asked) == [answer]
    assert not [said for other in (*others, in_thread) for said in answers(school, other)]
    assert len(school.store.replies.to_question(GENERAL, asked.ts)) == 1
    assert all(not school.store.replies.to_question(o.channel, o.ts) for o in others)

    slack.send_reaction(answer, "-1", user=BEN)
    slack.wait_for_message(channel=GENERAL, contains="at least 90% sure")
    slack.delete_message(asked)
    slack.wait_until(lambda: answer.deleted, "the answer of a deleted question stays")

    ask(school, "channels auto", "answer without a mention now", channel=PRIVATE)
    told = slack.wait_for_answer(slack.send_message(PLAN, user=BEN, channel=PRIVATE).ts, CELLAR)
    assert "for this channel alone" in told.everything


def test_what_a_teacher_was_thanked_for_is_learned_with_one_button(school: School) -> None:
    slack = with_admin(school).slack
    ask(school, "channels watch", "I watch")
    slack.wait_for_message(channel=GENERAL, contains=WATCHING[:30])
    asked = slack.send_message(KEY, user=BEN)
    slack.send_message(POSTER, user=ANNA, thread=asked.ts)
    thanks = slack.send_message("Thank you so much!", user=BEN, thread=asked.ts)
    proposal = slack.wait_for_message(channel=DIRECT, contains="You answered ben")
    assert labels(proposal) == ["Learn it so", "Edit", "No"]
    slack.redeliver(thanks)
    school.quiet()
    assert not school.store.examples.approved()

    slack.press(proposal, "Learn it so", user=ANNA)
    slack.wait_until(lambda: "learn that tonight" in proposal.everything, "it is not learned")
    (lesson,) = school.store.examples.approved()
    assert (lesson.prompt, lesson.completion, lesson.author) == (KEY, POSTER, ANNA)
    told = slack.wait_for_message(channel=slack.workspace.direct(BEN).id, contains="words of yours")
    answer = slack.send_message(f"<@{BOT}> {KEY}", user=BEN)
    slack.wait_for_answer(answer.ts, POSTER)
    assert told.button_value(REFUSE) == str(lesson.id)
    slack.press(told, "Do not learn this", user=BEN)
    slack.wait_until(lambda: not school.store.examples.approved(), "it is still a lesson")
    assert not school.slack.bot_messages(channel=GENERAL, thread=asked.ts)
