"""What the tests of due lessons do: lessons grow old, and people press the buttons below them."""

from datetime import datetime, timedelta

from bot.store import Store
from tests.bot.slack.direct import Direct
from tests.slack_server import Message
from tests.slack_server.workspace import BOT

TEACHER, CARL = "U0TEACHER", "U0CARL"
DAYS = 30
"""The interval of the setting."""


def age(store: Store, days: float) -> None:
    """Lets all lessons, and the messages about them, be so many days older."""
    with store.connections.write() as db:
        for table, column in (
            ("examples", "created_at"),
            ("examples", "confirmed_at"),
            ("examples", "leaves_on"),
            ("reviews", "at"),
        ):
            for row in list(db.table(table).rows):
                if row[column] is not None:
                    moment = datetime.fromisoformat(row[column]) - timedelta(days=days)
                    day = moment.date().isoformat()
                    text = (
                        day if column == "leaves_on" else moment.isoformat(timespec="milliseconds")
                    )
                    db.table(table).update(row["id"], {column: text})


def an_hour_later(direct: Direct) -> None:
    """What Slack said of people is asked anew."""
    direct.parts.admission._members._profiles.clear()


def messages_to(direct: Direct, person: str) -> list[Message]:
    """What stands in the direct messages of a person about due lessons."""
    channel = direct.workspace.direct(person).id
    return in_channel(direct, channel)


def in_channel(direct: Direct, channel: str) -> list[Message]:
    return [
        m
        for m in direct.workspace.messages
        if m.channel == channel
        and m.user == BOT
        and ":calendar:" in m.everything
        and not m.ephemeral_to
    ]


def press(direct: Direct, message: Message, action: str, value: object, user: str) -> Message:
    """Presses a button of a message, and lets a round follow; what its reader alone is told."""
    told = direct.press(action, str(value), user=user, channel=message.channel, ts=message.ts)
    direct.parts.rounds.once()
    return told
