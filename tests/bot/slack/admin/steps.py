"""What tests of the school's commands do again and again."""

from tests.bot.slack.conftest import School
from tests.slack_server import Message
from tests.slack_server.workspace import ANNA, BEN, GENERAL


def ask(
    school: School, text: str, contains: str = "", *, user: str = ANNA, channel: str = GENERAL
) -> Message:
    """Runs /nightschool and waits for the new answer that only its author sees."""
    before = len(school.slack.bot_messages(ephemeral_to=user, contains=contains))
    school.slack.send_command("/nightschool", text, user=user, channel=channel)
    return school.slack.wait_for_message(ephemeral_to=user, contains=contains, count=before + 1)


def make_admin(school: School, user: str = ANNA) -> None:
    """Gives somebody the right, as an admin would."""
    school.store.people.make(user, "admin", "test")


def with_admin(school: School) -> School:
    """Anna is an admin, Ben is nobody in particular."""
    make_admin(school)
    assert not school.store.people.role(BEN)
    return school


def labels(message: Message) -> list[str]:
    """The buttons of a message."""
    found = []
    for block in message.blocks:
        elements = [*block.get("elements", []), block.get("accessory") or {}]
        found += [e["text"]["text"] for e in elements if e.get("type") == "button"]
    return found


def changed(school: School, message: Message, contains: str) -> Message:
    """Waits until a message was replaced by something."""
    school.slack.wait_until(lambda: contains in message.everything, f"no {contains!r}")
    return message
