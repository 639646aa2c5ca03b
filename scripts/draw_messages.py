"""Draws docs/slack.png and docs/asking-back.png out of real payloads: what the bot posted.

    PYTHONPATH=. .venv/bin/python -m scripts.draw_messages

Needs Playwright (a development dependency) and Debian's chromium. Blocks and buttons are the bot's
own, the model's words are scripted.
"""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.home import Home
from bot.lessons.curation import Curation
from bot.settings import LessonSettings, load_settings
from bot.slack.experts import buttons as experts
from scripts.message_pictures import draw
from tests.bot.slack.direct import Direct
from tests.bot.slack.experts.asking import fill
from tests.slack_server.workspace import ANNA, BEN, GENERAL, Message

DOCS = Path(__file__).parent.parent / "docs"


def main() -> None:
    """Talks with the bot a little and draws what was said."""
    before_and_after()
    asking_back()


def before_and_after() -> None:
    """Asks before and after a lesson."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(Home(Path(folder)))
        bot = Direct(Path(folder), settings)
        bot.engine.says = lambda _: "I do not know what your wifi is called."
        question = "What is our wifi called?"
        bot.ask(question)
        Curation(bot.store, settings).teach(question, "It is called *lighthouse*.", ANNA)
        bot.ask(question.lower())
        said = [message for message in bot.workspace.messages if not message.deleted]
        bot.close()
    draw(DOCS / "slack.png", [("", said)])


def asking_back() -> None:
    """A question finds its expert, an answer is proposed, one is unasked, a lesson is due."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(Home(Path(folder)))
        slack = settings.slack.model_copy(update={"admins": (BEN,)})
        lessons = LessonSettings(review_days=90)
        bot = Direct(Path(folder), settings.with_changes(slack=slack, lessons=lessons))
        bot.engine.says = lambda _: "Many offices keep it with the caretaker."
        parts = [
            ("Nobody has taught it: somebody is asked, once", _asked(bot)),
            ("A teacher's answer that was thanked for is proposed to them", _proposed(bot)),
            ("A taught question, answered without a mention", _unasked(bot)),
            ("Its owner is asked once a week what is due", _due(bot)),
        ]
        bot.close()
    draw(DOCS / "asking-back.png", parts)


def _asked(bot: Direct) -> list[Message]:
    bot.command(f"experts <@{BEN}> keys, doors", user=BEN)
    start = len(bot.workspace.messages)
    answer = bot.ask("Who has the keys of the cellar?")
    bot.press(experts.ASK, answer.button_value(experts.ASK), user=ANNA, ts=answer.ts)
    bot.parts.rounds.once()
    request = _last(bot, bot.workspace.direct(BEN).id)
    before = Message(**vars(request))
    bot.press(
        experts.ANSWER,
        request.button_value(experts.ANSWER),
        user=BEN,
        channel=request.channel,
        ts=request.ts,
    )
    fill(bot, "Ada, in room 3; her deputy is Kim.", user=BEN)
    bot.parts.rounds.once()
    said = bot.workspace.messages[start:]
    told = [m for m in said if not m.deleted and m.channel == GENERAL]
    return [*told[:-1], before, told[-1]]


def _proposed(bot: Direct) -> list[Message]:
    bot.command("channels watch", user=BEN)
    start = len(bot.workspace.messages)
    question = bot.write("Where do the parcels go?", user=ANNA)
    answer = bot.write("Into the grey cupboard behind the lift.", user=BEN, thread=question.ts)
    thanks = bot.write("Thanks, found it!", user=ANNA, thread=question.ts)
    for message in (question, answer, thanks):
        bot.hear(message)
    bot.parts.rounds.once()
    return bot.workspace.messages[start:]


def _unasked(bot: Direct) -> list[Message]:
    bot.command("channels auto", user=BEN)
    start = len(bot.workspace.messages)
    bot.hear(bot.write("Who has the keys of the cellar?", user=ANNA))
    while bot.think():
        pass
    return [m for m in bot.workspace.messages[start:] if not m.deleted]


def _due(bot: Direct) -> list[Message]:
    old = (datetime.now(UTC) - timedelta(days=100)).isoformat()
    with bot.store.connections.write() as db:
        db.conn.execute("update examples set created_at = ?, updated_at = ?", [old, old])
        db.conn.execute("delete from marks")
    start = len(bot.workspace.messages)
    bot.parts.rounds.once()
    return bot.workspace.messages[start:]


def _last(bot: Direct, channel: str) -> Message:
    return next(m for m in reversed(bot.workspace.messages) if m.channel == channel)


if __name__ == "__main__":
    main()
