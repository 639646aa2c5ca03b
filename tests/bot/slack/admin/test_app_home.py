"""The Home tab: the same at a glance, for everybody; deciding is for teachers."""

import os
from typing import Any

from bot.nights.night_lock import NightLock
from bot.nights.report import headline
from bot.permissions import OUTSIDE
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, Scope
from tests.bot.slack.admin.steps import with_admin
from tests.bot.slack.conftest import Drive, School
from tests.bot.slack.direct import Direct
from tests.slack_server import limits
from tests.slack_server.workspace import ANNA, BEN, CLEO, DIRECT, PRIVATE, texts_in


def home_of(school: School, user: str, contains: str) -> dict[str, Any]:
    """Opens the Home tab and waits until it shows something."""
    school.slack.open_home(user)
    return shown(school, user, contains)


def shown(school: School, user: str, contains: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        view = school.slack.workspace.homes.get(user)
        return view if view and contains in "\n".join(texts_in(view["blocks"])) else None

    view = school.slack.wait_until(found, f"no Home tab with {contains!r}")
    assert view is not None
    return view


def waiting(school: School, number: int, author: str = BEN) -> int:
    new = NewExample(
        f"Question {number} <!channel>?", f"Answer {number}.", "teach", author, "pending"
    )
    return school.store.examples.add(new).id


def test_it_shows_what_there_is(school: School) -> None:
    run = school.store.runs.start(1)
    school.store.runs.finish(run.id, "rejected", "It forgot too much.", seconds=60.0)
    said = "\n".join(texts_in(home_of(school, BEN, "Nightschool")["blocks"]))
    for words in ("0 examples are", "Next night", "It forgot too much.", "Votes", "Thumbs",
                  "Nothing waits", "Nobody is an admin yet"):  # fmt: skip
        assert words in said


def test_the_messages_tab_is_somebody_elses(school: School) -> None:
    school.slack.open_home(ANNA, tab="messages")
    school.quiet()
    assert school.slack.workspace.homes == {}


def test_a_teacher_approves_and_rejects_there(school: School) -> None:
    with_admin(school)
    first, second = waiting(school, 1), waiting(school, 2)
    home_of(school, ANNA, "2 lessons wait")
    school.slack.press_home("home:approve", str(first))
    shown(school, ANNA, "1 lesson waits")
    school.slack.press_home("home:reject", str(second))
    shown(school, ANNA, "Nothing waits")
    assert school.store.examples.get(first).status == "approved"
    assert school.store.examples.get(second).status == "rejected"


def test_somebody_else_sees_only_their_own_and_decides_nothing(school: School) -> None:
    with_admin(school)
    mine, theirs = waiting(school, 1), waiting(school, 2, "U0OTHER")
    view = home_of(school, BEN, "These are yours")
    said = "\n".join(texts_in(view["blocks"]))
    assert "Question 1" in said
    assert "Question 2" not in said
    assert not any(block["type"] == "actions" for block in view["blocks"])
    for action in ("home:approve", "home:reject"):
        for number in (mine, theirs):
            school.slack.press_home(action, str(number), user=BEN)
    direct = school.slack.workspace.direct(BEN).id
    school.slack.wait_for_message(channel=direct, contains="teachers", count=4)
    assert school.store.examples.counts()["pending"] == 2


def test_with_10000_lessons_it_stays_under_slacks_limits(school: School) -> None:
    """views.publish of the test's Slack refuses what Slack would; so do slack_sdk's models."""
    with_admin(school)
    with school.store.connections.write() as db:
        db.conn.execute(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000) "
            "insert into examples (prompt, completion, prompt_key, pair_key, source, author, "
            "status, created_at, updated_at) select 'Question & <' || i || ' ' || "
            "hex(zeroblob(1500)), hex(zeroblob(1500)), i, i, 'teach', 'U0BEN', 'pending', "
            "'2026-01-01T00:00:00.000+00:00', '2026-01-01T00:00:00.000+00:00' from n"
        )
    view = home_of(school, ANNA, "10000 lessons wait")
    assert "… and 9990 more" in "\n".join(texts_in(view["blocks"]))
    assert len(view["blocks"]) <= limits.VIEW_BLOCKS
    assert limits.view_of({"view": view}, "home") == view
    school.slack.send_command("/nightschool", "examples pending")
    listed = school.slack.wait_for_message(ephemeral_to=ANNA, contains="10000 pending")
    assert len(listed.blocks) <= limits.MESSAGE_BLOCKS


def home_text(direct: Direct, user: str = ANNA) -> str:
    """The words on somebody's Home tab, opened now."""
    direct.dispatch(direct.body({"type": "app_home_opened", "user": user, "tab": "home"}))
    return "\n".join(texts_in(direct.workspace.homes[user]["blocks"]))


def test_a_night_that_is_under_way_is_shown_and_is_no_last_night(drive: Drive) -> None:
    direct = drive()
    direct.store.runs.finish(direct.store.runs.start(1).id, "skipped", "Nothing new.", seconds=1.0)
    assert "Nothing new." in home_text(direct)
    lock = NightLock(direct.home, direct.store)
    lock.take()  # else the run counts as one that crashed
    try:
        run = direct.store.runs.start(os.getpid())
        direct.store.runs.progress(run.id, phase="train")
        text = home_text(direct)
    finally:
        lock.release()
    assert f"I am at school right now (run {run.id}, train)." in text
    assert "Nothing new." not in text
    assert headline(direct.store.runs.get(run.id)) not in text


def test_it_says_who_one_is_and_that_one_has_opted_out(drive: Drive) -> None:
    direct = drive(admins=(ANNA,), teachers=(BEN,))
    assert "You are an admin." in home_text(direct)
    direct.store.people.opt_out(BEN)
    theirs = home_text(direct, BEN)
    assert "You are a teacher." in theirs
    assert "You have opted out" in theirs


def test_a_decision_there_is_seen_at_once(drive: Drive) -> None:
    direct = drive(admins=(ANNA,))
    lesson = direct.store.examples.add(NewExample("Who?", "Me.", "teach", BEN, "pending")).id
    assert f"*{lesson}* Who?" in home_text(direct)
    direct.press("home:approve", str(lesson), user=ANNA)
    assert "Nothing waits" in "\n".join(texts_in(direct.workspace.homes[ANNA]["blocks"]))


def test_a_guest_sees_no_words_and_no_figures(drive: Drive) -> None:
    direct = drive()
    direct.store.examples.add(NewExample("Who?", "Me.", "teach", CLEO, "pending"))
    direct.dispatch(direct.body({"type": "app_home_opened", "user": CLEO, "tab": "home"}))
    assert texts_in(direct.workspace.homes[CLEO]["blocks"]) == ["Nightschool", OUTSIDE]


def test_lessons_for_a_channel_are_counted_there_and_shown_in_the_channel(drive: Drive) -> None:
    direct = drive(admins=(ANNA,))
    for answer, scope in (("Open.", EVERYONE), ("Secret.", Scope("channel", PRIVATE))):
        new = NewExample(f"{answer}?", answer, "teach", BEN, "pending", scope=scope)
        direct.store.examples.add(new)
    text = home_text(direct)
    assert "2 lessons wait" in text
    assert "Open." in text
    assert "Secret." not in text
    assert "1 for one channel or one person" in text
    assert "Secret." in direct.command("examples pending", channel=PRIVATE).everything
    # Its author sees their own.
    assert "Secret." in home_text(direct, BEN)
    # Nor can it be decided from there.
    direct.press("home:approve", "2", channel=DIRECT)
    assert direct.store.examples.get(2).status == "pending"


def test_where_nobody_can_decide_it_is_said_how_to_become_an_admin(drive: Drive) -> None:
    direct = drive()
    direct.store.examples.add(NewExample("Who?", "Me.", "teach", BEN, "pending"))
    assert f'admins = ["{ANNA}"]' in home_text(direct)
    direct.store.people.make(BEN, "teacher", "test")
    assert "admins =" not in home_text(direct)
