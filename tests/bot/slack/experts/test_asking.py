"""From "Ask somebody" to the answer in every thread that waits for it."""

import json

import pytest

from bot.feedback.experts.asking import CONSENT
from bot.slack.experts import buttons
from bot.slack.experts.actions import OTHERS_MAY
from bot.slack.experts.request_message import ELSEWHERE, NO_MORE, PASSED, TAKEN_BACK
from bot.slack.experts.sending import FOUND_NOBODY, UNKNOWN_TO_ALL
from bot.slack.messages import modals
from bot.slack.messages.feedback_buttons import ASK_SOMEBODY
from bot.store.examples.scope import EVERYONE, Scope
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.bot.slack.experts.asking import (
    ADMIN,
    ANSWER,
    EVA,
    FINN,
    HELP,
    QUESTION,
    RANDOM,
    answer_with,
    fill,
    follow,
    knows,
    press,
    requests_to,
    rounds,
    school,
    told,
    want,
)
from tests.slack_server.workspace import ANNA, BEN, BOT, CLEO, DIRECT, GENERAL, PRIVATE, Message


@pytest.fixture
def bot(drive: Drive) -> Direct:
    """A bot whose expert for keys is Ben."""
    made = school(drive)
    knows(made, BEN)
    return made


def buttons_of(message: Message) -> set[str]:
    return {
        str(element.get("action_id"))
        for block in message.blocks
        for element in block.get("elements", ())
    }


def test_asking_is_offered_where_there_is_somebody_to_be_asked(drive: Drive) -> None:
    made = school(drive)
    assert ASK_SOMEBODY not in buttons_of(made.ask(QUESTION))
    knows(made, BEN)
    assert ASK_SOMEBODY in buttons_of(made.ask(QUESTION))
    made.command(f"{QUESTION} => {ANSWER}", name="/teach")
    assert ASK_SOMEBODY not in buttons_of(made.ask(QUESTION))


def test_an_answer_reaches_every_thread_that_waits_for_it_once(bot: Direct) -> None:
    asked = [
        bot.ask(QUESTION),
        bot.ask(QUESTION, user=EVA),
        bot.ask(QUESTION, user=FINN, channel=RANDOM),
    ]
    said = want(bot, asked[0])
    assert "I ask somebody" in said.text
    follow(bot)
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    assert QUESTION in request.text
    assert f"<#{GENERAL}>" in request.everything
    said = answer_with(bot, request, ANSWER, user=BEN)
    assert "It is posted where it was asked" in said.text
    rounds(bot)
    places = [(one.channel, one.thread_ts) for one in asked]
    assert sorted(told(bot)) == sorted(places)
    rounds(bot)
    assert len(told(bot)) == len(places)
    (lesson,) = bot.store.examples.approved()
    assert (lesson.prompt, lesson.completion) == (QUESTION, ANSWER)
    assert (lesson.source, lesson.author, lesson.for_whom) == ("expert", BEN, EVERYONE)
    assert "Answered by ben" in request.text
    assert buttons.ANSWER not in buttons_of(request)
    (first, *_) = [m for m in bot.workspace.messages if "answered:" in m.text]
    assert "taught by" in first.everything


def test_the_same_question_is_never_asked_twice(bot: Direct) -> None:
    first = bot.ask(QUESTION)
    want(bot, first)
    rounds(bot)
    assert "already" in want(bot, first).text
    assert "already" in want(bot, bot.ask(QUESTION, user=EVA), user=EVA).text
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    press(bot, request, buttons.NEVER_MIND, user=BEN)
    assert "nobody could answer it" in want(bot, first).text
    rounds(bot)
    assert len(requests_to(bot, BEN)) == 1


def test_never_mind_closes_it_and_who_asked_is_told_kindly(bot: Direct) -> None:
    want(bot, bot.ask(QUESTION))
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    press(bot, request, buttons.NEVER_MIND, user=BEN)
    for _ in range(2):
        rounds(bot)
    assert NO_MORE in request.text
    kind = [m for m in bot.workspace.messages if UNKNOWN_TO_ALL in m.text]
    assert [m.channel for m in kind] == [DIRECT]
    again = bot.press(buttons.ANSWER, "1", user=BEN, channel=request.channel, ts=request.ts)
    assert "waits for no answer" in again.text


def test_what_is_not_theirs_goes_to_the_next_best(bot: Direct) -> None:
    knows(bot, EVA, "cellar")
    want(bot, bot.ask(QUESTION))
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    assert not requests_to(bot, EVA)
    press(bot, request, buttons.NOT_MINE, user=BEN)
    rounds(bot)
    assert PASSED in request.text
    (other,) = requests_to(bot, EVA)
    press(bot, other, buttons.NOT_MINE, user=EVA)
    for _ in range(2):
        rounds(bot)
    notices = [m for m in bot.workspace.messages if FOUND_NOBODY in m.text]
    assert [m.channel for m in notices] == [DIRECT]


def test_in_a_channel_of_experts_others_may_still_answer(drive: Drive) -> None:
    bot = school(drive)
    knows(bot, HELP, "keys")
    want(bot, bot.ask("Where are the keys?"))
    rounds(bot)
    (request,) = requests_to(bot, HELP)
    assert press(bot, request, buttons.NOT_MINE, user=EVA).text == OTHERS_MAY
    answer_with(bot, request, ANSWER, user=FINN)
    rounds(bot)
    assert "Answered by finley" in request.text


def test_nobody_is_asked_more_than_a_few_times_a_day(bot: Direct) -> None:
    questions = [f"Where is the key of cellar {number}?" for number in range(5)]
    said = [want(bot, bot.ask(question)).text for question in questions]
    for _ in range(2):
        rounds(bot)
    assert len(requests_to(bot, BEN)) == 3
    assert all("I ask somebody" in text for text in said)
    assert "tomorrow" in want(bot, bot.ask("Where is the key of the attic?")).text
    waiting = bot.store.expert_requests.unanswered(None)
    assert [request.status for request in waiting] == ["asked"] * 3 + ["wanted"] * 3


def test_who_asked_is_not_asked_nor_who_has_left_opted_out_or_is_an_outsider(drive: Drive) -> None:
    bot = school(drive)
    for person in (ANNA, BEN, EVA, FINN):
        knows(bot, person)
    bot.store.people.opt_out(EVA)
    bot.workspace.people[FINN].guest = True
    bot.client.hidden.add(BEN)
    want(bot, bot.ask(QUESTION))
    rounds(bot)
    assert not [p for p in (ANNA, BEN, EVA, FINN) if requests_to(bot, p)]


def test_a_question_of_a_private_channel_goes_to_its_members_alone(drive: Drive) -> None:
    bot = school(drive)
    for person in (FINN, EVA, HELP):
        knows(bot, person)
    asked = bot.ask(QUESTION, channel=PRIVATE)
    bot.ask(QUESTION, user=BEN)
    want(bot, asked)
    follow(bot)
    rounds(bot)
    assert not requests_to(bot, FINN)
    assert not requests_to(bot, HELP)
    (request,) = requests_to(bot, EVA)
    answer_with(bot, request, ANSWER, user=EVA)
    rounds(bot)
    assert told(bot) == [(PRIVATE, asked.thread_ts)]
    (lesson,) = bot.store.examples.approved()
    assert lesson.for_whom == Scope("channel", PRIVATE)


def test_a_private_question_reaches_other_places_where_its_answer_is_for_everyone(
    drive: Drive,
) -> None:
    bot = school(drive)
    knows(bot, EVA)
    private, public = bot.ask(QUESTION, channel=PRIVATE), bot.ask(QUESTION, user=BEN)
    want(bot, private)
    follow(bot)
    rounds(bot)
    answer_with(bot, requests_to(bot, EVA)[0], ANSWER, user=EVA, whom="everyone")
    rounds(bot)
    assert set(told(bot)) == {(m.channel, m.thread_ts) for m in (private, public)}


def direct_question(bot: Direct) -> Message:
    bot.hear(bot.write(QUESTION, user=ANNA, channel=DIRECT))
    assert bot.think()
    return next(m for m in reversed(bot.workspace.messages) if m.user == BOT)


def test_a_question_of_direct_messages_is_asked_with_consent_and_without_a_name(
    bot: Direct,
) -> None:
    asked = direct_question(bot)
    said = want(bot, asked)
    assert CONSENT in said.text
    rounds(bot)
    assert not requests_to(bot, BEN)
    agreed = bot.press(buttons.AGREE, said.button_value(buttons.AGREE), channel=DIRECT, ts=said.ts)
    assert "I ask somebody" in agreed.text
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    assert "anna" not in request.everything.lower()
    assert DIRECT not in request.everything
    answer_with(bot, request, ANSWER, user=BEN)
    rounds(bot)
    assert told(bot) == [(DIRECT, asked.thread_ts)]
    (lesson,) = bot.store.examples.approved()
    assert lesson.for_whom == Scope("person", ANNA)
    assert lesson.author == BEN


def test_nobody_has_somebody_elses_direct_question_asked(bot: Direct) -> None:
    reply = bot.store.replies.at(DIRECT, direct_question(bot).ts)
    assert reply is not None
    for channel in (GENERAL, bot.workspace.direct(EVA).id):
        said = bot.press(buttons.ASK, f"reply:{reply}", user=EVA, channel=channel).text
        assert QUESTION not in said
        assert "no longer know" in said
    follow(bot)
    gap = bot.store.gaps.of_reply(reply)
    assert "there is no gap" in bot.press(buttons.ASK, f"gap:{gap}", user=EVA).text
    rounds(bot)
    assert not requests_to(bot, BEN)


def test_an_answer_with_a_secret_is_shown_before_it_is_stored(bot: Direct) -> None:
    want(bot, bot.ask(QUESTION))
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    press(bot, request, buttons.ANSWER, user=BEN)
    view = bot.form()
    fill(bot, "Ask eva.meier@example.org for it.", user=BEN)
    assert not any(bot.store.examples.counts().values())
    assert view["callback_id"] == "expert_answer"


def test_the_form_shows_what_is_stored_and_what_was_taken_out_of_it(bot: Direct) -> None:
    want(bot, bot.ask(QUESTION))
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    press(bot, request, buttons.ANSWER, user=BEN)
    text = "Ask eva.meier@example.org for it."
    filled = bot.form() | {
        "state": {
            "values": {
                modals.ANSWER: {modals.INPUT: {"value": text}},
                modals.SCOPE: {modals.INPUT: {"selected_option": {"value": "place"}}},
            }
        }
    }
    answered = json.loads(bot.answer_to(filled, user=BEN))
    fields = {block.get("block_id"): block for block in answered["view"]["blocks"]}
    shown = fields[modals.ANSWER]["element"]["initial_value"]
    assert shown.startswith("Ask ")
    assert "eva.meier" not in json.dumps(answered)
    assert fields[modals.SCOPE]["element"]["initial_option"]["value"] == "place"
    assert answered["view"]["submit"]["text"] == "Answer so"
    assert QUESTION in json.dumps(answered)
    assert not any(bot.store.examples.counts().values())


def test_an_answer_that_contradicts_a_lesson_is_asked_about_and_told_once_decided(
    bot: Direct,
) -> None:
    asked = bot.ask(QUESTION)
    want(bot, asked)
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    # Somebody teaches it at the same time, for the place alone, so that the gap stays as it is.
    bot.command(f"{QUESTION} => It is lost.", name="/teach", user=BEN)
    said = answer_with(bot, request, ANSWER, user=BEN)
    assert "taught another answer" in said.everything
    assert not told(bot)
    bot.press("settle_replace", said.button_value("settle_replace"), user=BEN, ts=said.ts)
    rounds(bot)
    assert told(bot) == [(asked.channel, asked.thread_ts)]


def test_who_answers_second_is_told_who_was_first_and_may_propose(drive: Drive) -> None:
    bot = school(drive)
    knows(bot, HELP)
    want(bot, bot.ask(QUESTION))
    rounds(bot)
    (request,) = requests_to(bot, HELP)
    press(bot, request, buttons.ANSWER, user=FINN)
    late = bot.form()
    answer_with(bot, request, ANSWER, user=EVA)
    bot.workspace.views["late"] = late
    said = fill(bot, "In the office.", user=FINN)
    assert "evelyn has answered it meanwhile" in said.everything
    assert "settle_replace" in str(said.blocks)
    rounds(bot)
    assert len(told(bot)) == 1
    assert not told(bot, "In the office.")


def test_what_a_teacher_must_approve_is_told_once_they_have(drive: Drive) -> None:
    bot = school(drive, teachers=(EVA,))
    bot.store.marks.set("review")
    knows(bot, BEN)
    asked = bot.ask(QUESTION)
    want(bot, asked)
    rounds(bot)
    said = answer_with(bot, requests_to(bot, BEN)[0], ANSWER, user=BEN)
    assert "Once a teacher has approved it" in said.text
    rounds(bot)
    assert not told(bot)
    bot.command("examples approve 1", user=EVA)
    rounds(bot)
    assert told(bot) == [(asked.channel, asked.thread_ts)]


def test_a_lesson_that_others_taught_meanwhile_is_told_to_those_who_wait(bot: Direct) -> None:
    asked = bot.ask(QUESTION)
    want(bot, asked)
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    bot.command(f"{QUESTION} => {ANSWER}", name="/teach", user=EVA)
    follow(bot)
    rounds(bot)
    assert ELSEWHERE in request.text
    (said,) = [m for m in bot.workspace.messages if "taught me that meanwhile" in m.text]
    assert (said.channel, said.thread_ts) == (asked.channel, asked.thread_ts)


def test_a_question_that_was_taken_back_is_not_asked_and_not_shown_any_more(bot: Direct) -> None:
    first = bot.ask(QUESTION)
    want(bot, first)
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    reply = bot.store.replies.at(first.channel, first.ts)
    bot.store.replies.blank(reply or 0)
    rounds(bot)
    assert request.text == TAKEN_BACK
    assert QUESTION not in request.everything


def test_outsiders_have_nobody_asked_and_answer_nothing(bot: Direct) -> None:
    asked = bot.ask(QUESTION, user=CLEO)
    assert "guest" in want(bot, asked, user=CLEO).text
    want(bot, asked, user=EVA)
    rounds(bot)
    assert len(requests_to(bot, BEN)) == 1


def test_a_request_is_answered_by_who_was_asked_where_it_stands(bot: Direct) -> None:
    want(bot, bot.ask(QUESTION))
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    for channel in (GENERAL, request.channel):
        bot.press(buttons.ANSWER, "1", user=EVA, channel=channel, ts=request.ts)
    other = [m for m in bot.workspace.messages if m.user == BOT and "no longer know" in m.text]
    assert len(other) == 2
    assert not bot.workspace.views


def test_an_admin_sets_experts_up_and_removes_them(drive: Drive) -> None:
    bot = school(drive)
    assert "nobody to ask" in bot.command("experts").text
    assert "Only admins" in bot.command(f"experts <@{BEN}> keys").text
    knows(bot, BEN)
    knows(bot, HELP, "*")
    said = bot.command("experts").text
    assert "ben: keys, cellar" in said
    assert f"<#{HELP}>: anything else" in said
    assert "Write `/nightschool experts" in bot.command("experts keys", user=ADMIN).text
    assert "invite me" in bot.command("experts <#C0ELSEWHERE> keys", user=ADMIN).text
    assert "Only members" in bot.command(f"experts <@{CLEO}> keys", user=ADMIN).text
    bot.command(f"experts remove <@{BEN}>", user=ADMIN)
    assert "ben" not in bot.command("experts").text


def test_who_was_being_answered_while_the_answer_came_hears_it_as_well(bot: Direct) -> None:
    """Their question becomes a gap after it was handed on; who asks later is told the lesson."""
    first = bot.ask(QUESTION)
    want(bot, first)
    follow(bot)
    rounds(bot)
    late = bot.ask(QUESTION, user=EVA)
    bot.hear(bot.write(f"<@{BOT}> {QUESTION}", user=FINN, channel=RANDOM))
    said: list[Message] = []

    def meanwhile() -> None:
        said.append(answer_with(bot, requests_to(bot, BEN)[0], ANSWER, user=BEN))
        rounds(bot)

    bot.engine.between = meanwhile
    assert bot.think()
    bot.engine.between = lambda: None
    after = bot.ask(QUESTION, user=EVA)
    assert ANSWER in after.text
    for _ in range(2):
        follow(bot)
        rounds(bot)
    asked = next(m for m in bot.workspace.messages if m.channel == RANDOM and m.user == FINN)
    places = [(m.channel, m.thread_ts) for m in (first, late)]
    assert sorted(told(bot)) == sorted([*places, (RANDOM, asked.ts)])
    assert bot.store.gaps.open(None) == []


def test_an_answer_is_told_also_where_others_taught_the_same_before_it_was_handed_on(
    bot: Direct,
) -> None:
    """Who waits was found to be answered by the other lesson, which nobody has told them."""
    asked = bot.ask(QUESTION, channel=PRIVATE)
    want(bot, asked)
    follow(bot)
    rounds(bot)
    press(bot, requests_to(bot, BEN)[0], buttons.ANSWER, user=BEN)
    fill(bot, ANSWER, user=BEN, whom="place")
    bot.command(f"{QUESTION} => {ANSWER}", name="/teach", user=FINN)
    follow(bot)
    rounds(bot)
    assert told(bot) == [(PRIVATE, asked.thread_ts)]


def test_what_was_asked_and_answered_in_private_keeps_nobody_else_from_asking(
    bot: Direct,
) -> None:
    """Nor is anybody told that it was."""
    private = bot.ask(QUESTION, user=ANNA, channel=PRIVATE)
    follow(bot)
    want(bot, private)
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    answer_with(bot, request, ANSWER, user=BEN)
    rounds(bot)
    said = want(bot, bot.ask(QUESTION, user=EVA), user=EVA)
    assert "already" not in said.text
    rounds(bot)
    assert len(requests_to(bot, BEN)) == 2


def test_where_nobody_could_be_asked_the_gap_may_be_asked_again(bot: Direct) -> None:
    answer = bot.ask(QUESTION)
    follow(bot)
    want(bot, answer)
    rounds(bot)
    (request,) = requests_to(bot, BEN)
    (gap,) = bot.store.gaps.open(None)
    assert gap.status == "asked"
    press(bot, request, buttons.NOT_MINE, user=BEN)
    rounds(bot)
    assert bot.store.gaps.get(gap.id, None).status == "open"
