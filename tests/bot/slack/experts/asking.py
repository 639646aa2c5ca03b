"""What tests of experts do again and again, with a bot that is driven by hand."""

from typing import Any

from bot.feedback.gaps.finder import GapFinder
from bot.settings import Settings
from bot.slack.experts import buttons
from bot.slack.messages.feedback_buttons import ask_somebody
from bot.store.questions.expert_messages import ExpertMessage, MessageState
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, BEN, BOT, GENERAL, PRIVATE, Channel, Message, Person

ADMIN, EVA, FINN = "U0ADMIN", "U0EVELYN", "U0FINLEY"
RANDOM, HELP = "C0RANDOM", "C0HELP"
"""Public channels of everybody; HELP is one of experts."""
QUESTION = "Where is the spare key for the cellar?"
ANSWER = "It hangs behind the poster."


def school(drive: Drive, **slack: Any) -> Direct:
    """A bot with an admin, two more members and two more channels."""
    bot = drive(admins=(ADMIN,), **slack)
    for person in (ADMIN, EVA, FINN):
        bot.workspace.people[person] = Person(person, person[2:].lower())
        bot.workspace.channels[GENERAL].members.add(person)
    everybody = {ANNA, BEN, EVA, FINN, ADMIN, BOT}
    for channel, name in ((RANDOM, "random"), (HELP, "help")):
        bot.workspace.channels[channel] = Channel(channel, name, set(everybody))
    bot.workspace.channels[PRIVATE].members.add(EVA)
    return bot


def knows(bot: Direct, target: str, about: str = "keys, cellar") -> None:
    """An admin sets an expert up."""
    mention = f"<@{target}>" if target.startswith("U") else f"<#{target}|x>"
    said = bot.command(f"experts {mention} {about}", user=ADMIN)
    assert "is asked about" in said.text, said.text


def want(bot: Direct, answer: Message, *, user: str = ANNA) -> Message:
    """Presses "Ask somebody" below an answer, and returns what they alone are told."""
    reply = bot.store.replies.at(answer.channel, answer.ts)
    assert reply is not None
    value = str(ask_somebody(reply_id=reply).value)
    return bot.press(buttons.ASK, value, user=user, channel=answer.channel, ts=answer.ts)


def rounds(bot: Direct) -> None:
    """One round of all that is sent."""
    bot.parts.rounds.once()


def requests_to(bot: Direct, target: str) -> list[Message]:
    """The messages that ask an expert, as they stand now."""
    places = {(row.channel, row.ts) for row in _rows(bot, target)}
    return [m for m in bot.workspace.messages if (m.channel, m.ts) in places]


def _rows(bot: Direct, target: str) -> list[ExpertMessage]:
    states: tuple[MessageState, ...] = ("sending", "sent", "passed", "done")
    each = (bot.store.expert_messages.in_state(state, 100) for state in states)
    return [row for rows in each for row in rows if row.target == target]


def follow(bot: Direct) -> None:
    """New replies, thumbs and lessons are followed into gaps, as a thread of the service does."""
    GapFinder(bot.store, bot.engine, Settings()).look()


def press(bot: Direct, message: Message, action: str, *, user: str) -> Message:
    """Presses a button below a request."""
    value = str(message.button_value(action))
    return bot.press(action, value, user=user, channel=message.channel, ts=message.ts)


def fill(bot: Direct, text: str, *, user: str, whom: str | None = None) -> Message:
    """Submits the form of an answer that was opened last."""
    view = bot.form()
    state = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        value: dict[str, Any] = {"value": text}
        if element["type"] == "radio_buttons":
            chosen = [o for o in element["options"] if o["value"] == whom]
            value = {"selected_option": chosen[0] if chosen else element["initial_option"]}
        state[block["block_id"]] = {element["action_id"]: value}
    submitted = view | {"state": {"values": state}}
    return bot.act({"type": "view_submission", "view": submitted}, user=user)


def answer_with(
    bot: Direct, message: Message, text: str, *, user: str, whom: str | None = None
) -> Message:
    """Answers a request by its button and its form, and returns what who answered is told."""
    press(bot, message, buttons.ANSWER, user=user)
    return fill(bot, text, user=user, whom=whom)


def told(bot: Direct, text: str = ANSWER) -> list[tuple[str, str | None]]:
    """Channel and thread of every message by which an expert's answer was told."""
    return [
        (m.channel, m.thread_ts)
        for m in bot.workspace.messages
        if m.user == BOT and not m.ephemeral_to and "answered:" in m.text and text in m.text
    ]
