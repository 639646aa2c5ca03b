"""/nightschool adapters: versions, and going to one and back."""

import re

from bot.home import Home
from bot.lessons.curation import Curation
from bot.privacy.erasure import forget
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from tests.bot.slack.admin.steps import add_version, ask, changed, labels, with_admin
from tests.bot.slack.conftest import Drive, School
from tests.slack_server.workspace import ANNA, BEN
from trainer.adapters.registry import Registry


def test_versions_are_listed_and_shown_to_everybody(school: School, home: Home) -> None:
    assert "No adapter yet" in ask(school, "adapters", "base model", user=BEN).everything
    for _ in range(2):
        add_version(home)
    shown = ask(school, "adapters", "v0002", user=BEN)
    assert labels(shown) == ["Show", "Show"]
    card = ask(school, "adapters show v0001", "Made on 2026-11-20", user=BEN)
    assert "What was taught: 1 of 4 before, 4 of 4 now." in card.everything
    assert "&lt;lessons&gt;" in card.everything
    ask(school, "adapters show v0099", "no adapter", user=BEN)
    ask(school, "adapters dance", "adapters rollback", user=BEN)


def test_promoting_and_rolling_back_ask_first(school: School, home: Home) -> None:
    with_admin(school)
    registry = Registry(home.adapters)
    add_version(home)
    add_version(home)
    shown = ask(school, "adapters promote v0001", "Answer with v0001")
    assert registry.current() == "v0002"
    (promote,) = shown.blocks[1]["elements"]
    assert promote["confirm"]["text"]["text"] == "From now on I answer with v0001."
    school.slack.press(shown, "Promote")
    changed(school, shown, "I answer with v0001 now")
    assert registry.current() == "v0001"
    back = ask(school, "adapters rollback", "Go back")
    school.slack.press(back, "Roll back")
    changed(school, back, "I answer with v0002 now")
    assert registry.current() == "v0002"


def test_buttons_are_refused_to_who_is_no_admin_and_when_they_are_stale(
    school: School, home: Home
) -> None:
    with_admin(school)
    registry = Registry(home.adapters)
    add_version(home)
    add_version(home)
    shown = ask(school, "adapters promote v0001", "Answer with v0001")
    back = ask(school, "adapters rollback", "Go back")
    school.slack.press(shown, "Promote", user=BEN)
    school.slack.press(back, "Roll back", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="Only admins", count=2)
    assert registry.current() == "v0002"
    registry.promote(None)
    school.slack.press(back, "Roll back")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="Another version")
    assert registry.current() is None


def test_a_version_with_forgotten_lessons_is_not_used_again(school: School, home: Home) -> None:
    with_admin(school)
    taught = Curation(school.store, school.service._settings).teach("Where?", "Here.", "U0GONE").id
    assert taught is not None
    add_version(home, taught)
    add_version(home)
    forget(home, school.store, "U0GONE")
    ask(school, "adapters promote v0001", "not used again")
    back = ask(school, "adapters rollback", "Go back")
    school.slack.press(back, "Roll back")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="not used again", count=2)
    assert Registry(home.adapters).current() == "v0002"


def test_the_newest_versions_are_listed_first(drive: Drive) -> None:
    direct = drive()
    for _ in range(11):
        add_version(direct.home)
    versions = re.findall(r"\*(v\d+)\* ", direct.command("adapters").everything)
    assert versions == [f"v{number:04}" for number in range(11, 1, -1)]


def test_a_card_that_cannot_be_read_does_not_hide_the_other_versions(drive: Drive) -> None:
    direct = drive()
    broken, whole = add_version(direct.home), add_version(direct.home)
    (Registry(direct.home.adapters).path(broken) / "card.json").write_text("{")
    said = direct.command("adapters").everything
    assert f"*{broken}*: its card cannot be read" in said
    assert f"*{whole}*" in said


def test_a_version_says_how_many_of_its_lessons_are_gone(drive: Drive) -> None:
    direct = drive()
    ids = [
        direct.store.examples.add(NewExample(f"Question {number}?", "Yes.", "teach", BEN)).id
        for number in range(3)
    ]
    version = add_version(direct.home, *ids)
    assert "not taught any more" not in direct.command(f"adapters show {version}").everything
    direct.store.examples.change(ids[0], "withdrawn", BEN)
    shown = direct.command(f"adapters show {version}").everything
    assert "1 of its lessons are not taught any more." in shown


def test_a_lesson_that_is_for_one_channel_by_now_is_taught_to_no_adapter_any_more(
    drive: Drive,
) -> None:
    direct = drive()
    lesson = direct.store.examples.add(NewExample("Question?", "Yes.", "teach", BEN)).id
    version = add_version(direct.home, lesson)
    direct.store.examples.set_scope(lesson, Scope("channel", "C0PLANS"), BEN)
    shown = direct.command(f"adapters show {version}").everything
    assert "1 of its lessons are not taught any more." in shown
    assert "Question?" not in shown


def test_an_added_version_says_where_it_came_from_and_what_nobody_knows_of_it(
    drive: Drive,
) -> None:
    """Who promotes it here reads what who added it was told."""
    direct = drive()
    notes = ("Nobody here can tell what it was trained on.", "It names its base '<other>'.")
    version = add_version(direct.home, verdict="added", origin="PEFT", notes=notes)
    shown = direct.command(f"adapters show {version}").everything
    assert "Added on 2026-11-20 from elsewhere (PEFT) for starter, 1 min 15 s." in shown
    assert "Nobody here can tell what it was trained on.\n" in shown
    assert "It names its base '&lt;other&gt;'." in shown
    assert "Made on" not in shown
    listed = direct.command("adapters").everything
    assert f"*{version}* 2026-11-20, added\n" in listed
    known = add_version(direct.home, 7, verdict="added", origin="PEFT")
    shown = direct.command(f"adapters show {known}").everything
    assert "(PEFT) for starter, with 1 lessons by its card, 1 min 15 s." in shown


def test_the_notes_of_a_night_stay_in_its_report(drive: Drive) -> None:
    """They may name lessons that are for somebody alone since."""
    direct = drive()
    version = add_version(direct.home, notes=("Too long: Where is the key?",))
    assert "Where is the key?" not in direct.command(f"adapters show {version}").everything
