"""The story: three people ask what nobody knows, one expert answers once, all three hear it."""

from bot.engine.client import EngineClient
from bot.feedback.gaps.finder import GapFinder
from bot.settings import Settings
from bot.slack.experts import form
from bot.slack.messages import modals
from tests.bot.slack.admin.steps import ask, make_admin
from tests.bot.slack.conftest import School
from tests.slack_server.workspace import ANNA, BEN, BOT, GENERAL, Channel, Message, Person

EVA, FINN, RANDOM = "U0EVELYN", "U0FINLEY", "C0RANDOM"
ANSWER = "It hangs behind the poster."
ASKED = (
    ("Where is the spare key for the cellar?", ANNA, GENERAL),
    ("Where is the spare key for the cellar, please?", EVA, GENERAL),
    ("where is the spare key for the cellar", FINN, RANDOM),
)


def people(school: School) -> None:
    """Two more people, and one more public channel of everybody."""
    with school.slack.changed:
        workspace = school.slack.workspace
        for person in (EVA, FINN):
            workspace.people[person] = Person(person, person[2:].lower())
            workspace.channels[GENERAL].members.add(person)
        members = {ANNA, BEN, EVA, FINN, BOT}
        workspace.channels[RANDOM] = Channel(RANDOM, "random", members)
    make_admin(school)


def answered(school: School) -> list[Message]:
    return school.slack.bot_messages(contains="ben answered:")


def test_a_gap_asked_by_three_is_answered_once_and_reaches_all_three_threads(
    school: School, settings: Settings
) -> None:
    people(school)
    ask(school, f"experts <@{BEN}> keys, cellar", "is asked about")
    answers = []
    for question, person, channel in ASKED:
        sent = school.slack.send_mention(question, user=person, channel=channel)
        answers.append(school.slack.wait_for_answer(sent.ts))
    client = EngineClient(school.engine.url, None)
    GapFinder(school.store, client, settings).look()
    client.close()

    school.slack.press(answers[1], "Ask somebody", user=EVA)
    school.slack.wait_for_message(ephemeral_to=EVA, contains="I ask somebody")
    school.slack.press(answers[2], "Ask somebody", user=FINN)
    school.slack.wait_for_message(ephemeral_to=FINN, contains="already")
    request = school.slack.wait_for_message(
        contains="Do you know it?", channel=school.slack.workspace.direct(BEN).id
    )
    pressed = school.slack.press(request, "Answer", user=BEN)
    school.slack.redeliver(pressed)
    view, _ = school.slack.wait_for_view(form.CALLBACK)
    submitted = school.slack.send_view_submission(
        view, {modals.ANSWER: ANSWER, modals.SCOPE: "everyone"}, user=BEN
    )
    school.slack.redeliver(submitted)

    school.slack.wait_until(lambda: len(answered(school)) == len(ASKED), "somebody waits")
    school.quiet()
    where = sorted((said.channel, said.thread_ts) for said in answered(school))
    assert where == sorted((one.channel, one.thread_ts) for one in answers)
    assert all(ANSWER in said.text for said in answered(school))
    school.slack.wait_until(lambda: "Answered by ben" in request.text, "the request waits")
    (lesson,) = school.store.examples.approved()
    assert (lesson.source, lesson.author, lesson.completion) == ("expert", BEN, ANSWER)
    assert [one.id for one in school.store.examples.trained("2030-01-01")] == [lesson.id]
    assert school.store.gaps.open(None) == []
    assert school.store.expert_requests.unanswered(None) == []
