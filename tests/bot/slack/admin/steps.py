"""What tests of the school's commands do again and again."""

from dataclasses import replace
from pathlib import Path

from bot.home import Home
from tests.bot.slack.conftest import School
from tests.slack_server import Message
from tests.slack_server.workspace import ANNA, BEN, GENERAL
from trainer.adapters.registry import CONFIG, WEIGHTS, AdapterCard, Registry, write_card
from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.mastery import Mastery


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


def add_version(
    home: Home,
    *examples: int,
    verdict: str = "promoted",
    origin: str = "",
    notes: tuple[str, ...] = (),
) -> str:
    """A version with a card; nobody loads its weights here."""
    registry = Registry(home.adapters)
    staging = home.runs / "staging"
    staging.mkdir(parents=True)
    for name in (WEIGHTS, CONFIG):
        Path(staging / name).write_bytes(b"{}")
    version = registry.new_version()
    exam = ExamScores(asked=4, recalled=1, canaries_asked=4, canaries_right=3)
    card = AdapterCard(
        version,
        "starter",
        example_ids=examples,
        evaluation=Evaluation(exam, replace(exam, recalled=4)),
        mastery=Mastery(4, 4 - len(examples[:1]), missing=examples[:1]),
        verdict=verdict,
        reason="4 of 4 <lessons> recalled",
        seconds=75.0,
        created_at="2026-11-20T02:00:00+00:00",
        origin=origin,
        notes=notes,
    )
    write_card(staging, card)
    registry.add(staging, version)
    if verdict == "promoted":
        registry.promote(version)
    return version
