"""How a team is asked for what nobody has taught, and for what was taught long ago."""

from datetime import datetime, timedelta

from bot.slack.experts import form
from bot.slack.messages import modals
from bot.store import Store
from bot.store.questions.gaps import Gap
from tests.bot.slack.admin.steps import labels
from tests.end_to_end.lessons import BESIDE, GAP, GAP_ANSWER, GAP_WORDINGS, STILL_TRUE
from tests.slack_server import SlackServer
from tests.slack_server.workspace import ANNA, BEN, BOT, GENERAL, Channel, Message, Person

EVA, FINN, RANDOM = "U0EVELYN", "U0FINLEY", "C0RANDOM"
REVIEW_DAYS = 30
ANSWER_SECONDS = 300.0


def more_people(slack: SlackServer) -> None:
    """Two more members, and one more public channel of everybody."""
    with slack.changed:
        workspace = slack.workspace
        for person in (EVA, FINN):
            workspace.people[person] = Person(person, person[2:].lower())
            workspace.channels[GENERAL].members.add(person)
        workspace.channels[RANDOM] = Channel(RANDOM, "random", {ANNA, BEN, EVA, FINN, BOT})


def an_expert_is_asked(slack: SlackServer, store: Store) -> list[Message]:
    """Three people ask what nobody knows, and an expert answers once.

    Returns:
        The first answers that they got, which offered to ask somebody.
    """
    slack.send_command("/nightschool", f"experts <@{BEN}> the coffee machine and its repair")
    slack.wait_for_message(ephemeral_to=ANNA, contains="is asked about")
    places = ((ANNA, GENERAL), (EVA, GENERAL), (FINN, RANDOM))
    asked = [
        slack.send_mention(wording, user=person, channel=channel)
        for wording, (person, channel) in zip((GAP, *GAP_WORDINGS), places, strict=True)
    ]
    offered = [
        slack.wait_until(
            lambda one=one: _offering(slack, one),  # type: ignore[misc]  # defaults bind the loop
            f"nobody can be asked: {one.text}",
            timeout=ANSWER_SECONDS,
        )
        for one in asked
    ]
    answers = [one for one in offered if one is not None]
    slack.wait_until(lambda: [g.people for g in _gaps(store)] == [3], "it is not one gap of three")
    slack.press(answers[1], "Ask somebody", user=EVA)
    slack.wait_for_message(ephemeral_to=EVA, contains="I ask somebody")
    slack.press(answers[2], "Ask somebody", user=FINN)
    slack.wait_for_message(ephemeral_to=FINN, contains="already")
    request = slack.wait_for_message(
        contains="Do you know it?", channel=slack.workspace.direct(BEN).id
    )
    slack.press(request, "Answer", user=BEN)
    view, _ = slack.wait_for_view(form.CALLBACK)
    given = {modals.ANSWER: GAP_ANSWER, modals.SCOPE: "everyone"}
    slack.redeliver(slack.send_view_submission(view, given, user=BEN))
    slack.wait_until(lambda: len(told(slack)) == len(answers), "somebody waits for the answer")
    slack.wait_until(lambda: "Answered by ben" in request.text, "the request waits")
    return answers


def told(slack: SlackServer) -> list[Message]:
    """The messages by which the expert's answer was told."""
    return slack.bot_messages(contains="ben answered:")


def due_lessons_are_decided(slack: SlackServer, store: Store) -> None:
    """Two lessons grow old; of the one their owner says that it holds, and retires the other."""
    moment = datetime.now().astimezone() - timedelta(days=REVIEW_DAYS + 1)
    taught = {"created_at": moment.isoformat(timespec="milliseconds")}
    with store.connections.write() as db:  # at once: the owner is asked once a week
        for prompt in (STILL_TRUE, BESIDE[0]):
            db.table("examples").update(lesson_of(store, prompt), taught)
    home = slack.workspace.direct(ANNA).id
    message = slack.wait_for_message(channel=home, contains="still true?")
    for prompt, label in ((STILL_TRUE, "Still true"), (BESIDE[0], "Retire")):
        slack.press(_below(message, lesson_of(store, prompt), label), label)
    slack.wait_until(lambda: "retired" in message.everything, "nothing was retired")
    slack.wait_until(lambda: "still true" in message.everything, "nothing was confirmed")


def lesson_of(store: Store, prompt: str) -> int:
    """The id of the lesson about a question."""
    (row,) = store.connections.db.query("select id from examples where prompt = ?", [prompt])
    return int(row["id"])


def _offering(slack: SlackServer, asked: Message) -> Message | None:
    said = slack.bot_messages(channel=asked.channel, thread=asked.ts)
    return next((message for message in said if "Ask somebody" in labels(message)), None)


def _gaps(store: Store) -> list[Gap]:
    return [gap for gap in store.gaps.open(None) if gap.question in (GAP, *GAP_WORDINGS)]


def _below(message: Message, example: int, label: str) -> Message:
    """The part of a message of due lessons that has the buttons of one lesson."""
    blocks = [
        block
        for block in message.blocks
        if any(
            element.get("value") == str(example) and element["text"]["text"] == label
            for element in block.get("elements", ())
        )
    ]
    return Message(
        message.channel, message.ts, message.user, message.text, blocks=blocks, bot_id=BOT
    )
