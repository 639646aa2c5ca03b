"""Muted channels, opting out, being forgotten, deleted messages: seen from Slack."""

import logging

import pytest

from bot.home import Home
from bot.lessons.exporting import export_approved
from bot.privacy.consent import Privacy
from bot.privacy.erasure import forget
from bot.settings import Settings
from bot.store import Store
from bot.store.examples.scope import Scope
from tests.bot.slack.admin.steps import ask, changed, with_admin
from tests.bot.slack.conftest import School
from tests.slack_server import Message
from tests.slack_server.workspace import ANNA, BEN, GENERAL

WORDS = ("zanzibar", "quokka", "marmalade", "periwinkle")


def stored(home: Home) -> bytes:
    """All bytes of all files: the database, its log, exports, logs, adapters."""
    return b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())


def answered(school: School, question: str, user: str = ANNA) -> Message:
    asked = school.slack.send_mention(question, user=user)
    answer = school.slack.wait_for_message(thread=asked.ts, contains="says")
    school.quiet()
    return answer


def replies(store: Store) -> list[dict[str, object]]:
    return list(store.connections.db.query("select * from replies"))


def test_a_muted_channel_is_silent_and_nothing_of_it_is_kept(school: School, home: Home) -> None:
    with_admin(school)
    before = answered(school, "Who are you?")
    ask(school, "channels mute", "silent in")
    asked = school.slack.send_mention("What is zanzibar?")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="not switched on")
    follow_up = school.slack.send_message("And zanzibar?", thread=before.thread_ts)
    school.slack.send_command("/teach", "zanzibar => quokka")
    school.slack.send_command("/compare", "zanzibar?")
    school.slack.send_reaction(before)
    school.quiet()
    assert school.slack.bot_messages(thread=asked.ts) == []
    assert len(school.slack.bot_messages(thread=follow_up.thread_ts)) == 1
    assert len(replies(school.store)) == 1
    assert not any(school.store.examples.counts().values())
    assert b"zanzibar" not in stored(home)
    assert list(school.store.connections.db.query("select * from feedback")) == []
    ask(school, "channels listen", "listen in")
    answered(school, "There again?")


def test_where_nothing_is_said_the_settings_decide(store: Store, settings: Settings) -> None:
    quiet = settings.model_copy(
        update={"slack": settings.slack.model_copy(update={"listen": False})}
    )
    privacy = Privacy(store, quiet)
    assert [privacy.listens(c) for c in ("C0NEW", "D0ANNA", "console")] == [False, True, True]
    assert Privacy(store, settings).listens("C0NEW")
    store.channels.set("C0NEW", True, ANNA)
    assert privacy.listens("C0NEW")


def test_direct_messages_teach_nothing_until_the_person_does(school: School) -> None:
    asked = school.slack.send_direct("What is zanzibar?")
    answer = school.slack.wait_for_message(thread=asked.ts, contains="says")
    school.quiet()
    assert not any(school.store.examples.counts().values())
    school.slack.send_reaction(answer)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="for you alone")
    (example,) = school.store.examples.approved()
    assert (example.source, example.author) == ("reaction", ANNA)
    assert example.for_whom == Scope("person", ANNA)


def leave(school: School, text: str, label: str, contains: str, user: str = ANNA) -> Message:
    """Asks to be forgotten or to opt out, and confirms it."""
    asked = ask(school, text, "That cannot be undone", user=user)
    school.slack.press(asked, label, user=user)
    return changed(school, asked, contains)


def busy_day(school: School) -> None:
    """Anna asks, teaches, likes and votes; her words reach answers and lessons of Ben's."""
    school.engine.adapter = "base"  # as before the first night: earlier turns are its own
    school.engine.script = lambda question, model: f"{model} says marmalade to {question}"
    first = answered(school, "periwinkle one?")
    school.slack.send_reaction(first, user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight")
    school.engine.script = lambda question, model: f"{model} says: {question}"
    # Ben goes on in Anna's thread: her turns are before his question, and in what he likes.
    school.slack.send_message("What about me?", user=BEN, thread=first.thread_ts)
    second = school.slack.wait_for_message(thread=first.thread_ts, contains="What about me?")
    school.quiet()
    assert "periwinkle" in str(school.engine.requests[-1]["messages"])
    school.slack.send_reaction(second, user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight", count=2)
    school.slack.send_command("/teach", "Where is zanzibar? => Beside the quokka, of course.")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    # What Anna taught is quoted to Ben before the night has trained it.
    quoted = school.slack.send_mention("Where is zanzibar?", user=BEN)
    school.slack.wait_for_message(thread=quoted.ts, contains="quokka")
    direct = school.slack.send_direct("periwinkle two?")
    school.slack.wait_for_message(thread=direct.ts, contains="periwinkle two?")
    school.slack.send_command("/teach", "Who stays? => Ben does.", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight", count=3)
    school.quiet()


@pytest.mark.parametrize("way", ["forget me", "opt out"])
def test_who_is_forgotten_is_found_nowhere(
    school: School,
    home: Home,
    slack_settings: Settings,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    way: str,
) -> None:
    """Not in the database file and its log, exports, the bot's log, or the next night's data."""
    caplog.set_level(logging.INFO)
    with_admin(school)
    busy_day(school)
    export_approved(school.store, slack_settings, home.exports / "0001")
    words = [word.encode() for word in (*WORDS, ANNA, school.slack.workspace.direct(ANNA).id)]
    assert [word for word in words if word not in stored(home)] == []
    label = "Forget me" if way == "forget me" else "Opt out"
    said = leave(school, way, label, "Removed:")
    assert "3 lessons, 2 questions with what I answered, 0 thumbs" in said.everything
    # Ben's question about the same thing is Ben's own.
    words.remove(b"zanzibar")
    left = stored(home)
    assert [word for word in words if word in left] == []
    assert b"Ben does." in left
    done = export_approved(school.store, slack_settings, home.exports / "0002")
    assert len(done.train) == 1
    tonight = b"".join(p.read_bytes() for p in (home.exports / "0002").iterdir())
    assert [word for word in (*words, b"zanzibar") if word in tonight] == []
    logged = (caplog.text + "".join(capfd.readouterr())).encode()
    assert [word for word in (*words, b"zanzibar") if word in logged] == []
    assert school.store.people.role(ANNA) is None


def test_an_answer_under_way_does_not_bring_back_who_is_forgotten(
    school: School, home: Home
) -> None:
    school.engine.open.clear()
    school.slack.send_mention("What is zanzibar?")
    school.slack.send_command("/compare", "What is quokka?")
    school.slack.wait_until(lambda: len(school.engine.requests) == 3, "nobody was asked")
    forget(home, school.store, ANNA)  # as from the command line
    school.engine.open.set()
    school.quiet()
    rows = [list(school.store.connections.db.table(n).rows) for n in ("replies", "comparisons")]
    assert not any(word in str(rows) for word in ("zanzibar", "quokka", ANNA))


def test_who_is_forgotten_waits_for_nothing_more(school: School) -> None:
    school.engine.open.clear()
    school.slack.send_mention("What is zanzibar?")
    school.slack.send_command("/compare", "What is quokka?")
    school.slack.wait_until(lambda: len(school.engine.requests) == 3, "nobody was asked")
    leave(school, "forget me", "Forget me", "Removed:")
    school.engine.open.set()
    school.quiet()
    assert school.slack.bot_messages() == []
    assert school.store.pending_answers.all() == []


def test_a_question_about_a_contradiction_goes_with_who_was_asked(school: School) -> None:
    school.slack.send_command("/teach", "Where is it? => Here.", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight")
    school.slack.send_command("/teach", "Where is it? => There.")
    asked = school.slack.wait_for_message(ephemeral_to=ANNA, contains="another answer")
    leave(school, "forget me", "Forget me", "Removed:")
    school.slack.press(asked, "Propose")
    changed(school, asked, "no longer know")
    assert [e.completion for e in school.store.examples.approved()] == ["Here."]


def test_an_answer_under_way_keeps_no_turn_of_who_is_forgotten(school: School, home: Home) -> None:
    school.engine.adapter = "base"
    first = answered(school, "What is zanzibar?")
    school.engine.open.clear()
    asked = len(school.engine.requests)
    school.slack.send_message("And its dog?", user=BEN, thread=first.thread_ts)
    school.slack.wait_until(lambda: len(school.engine.requests) > asked, "nobody was asked")
    forget(home, school.store, ANNA)
    school.engine.open.set()
    school.slack.wait_for_message(thread=first.thread_ts, contains="dog?")
    school.quiet()
    assert "zanzibar" not in str(list(school.store.connections.db.table("replies").rows))


def test_direct_messages_leave_no_channel_behind(school: School, home: Home) -> None:
    """Also where no answer was stored: the commands of a talk, edits, and who has opted out."""
    channel = school.slack.workspace.direct(ANNA).id
    asked = school.slack.send_direct("help")
    school.slack.wait_for_message(channel=channel, contains="Hello")
    school.slack.edit_message(asked, "help!")
    school.quiet()
    forget(home, school.store, ANNA)
    rows = list(school.store.connections.db.table("events").rows)
    assert len(rows) > 1
    assert channel not in str(rows)


def test_forgetting_needs_the_persons_own_hand(school: School) -> None:
    with_admin(school)
    school.slack.send_command("/teach", "Where? => Here.")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    for text, label in (("forget me", "Forget me"), ("opt out", "Opt out")):
        asked = ask(school, text, "That cannot be undone")
        school.slack.press(asked, label, user=BEN)
        school.quiet()
    assert len(school.slack.bot_messages(ephemeral_to=BEN, contains="Only you yourself")) == 2
    assert school.store.examples.counts()["approved"] == 1
    assert school.store.people.opted_out(ANNA) is False
    ask(school, "forget everybody", "forget me")
    ask(school, "opt sideways", "opt out")


def test_below_an_answer_that_is_not_kept_there_are_no_thumbs(school: School) -> None:
    school.store.people.opt_out(ANNA)
    assert "feedback_buttons" not in str(answered(school, "What is zanzibar?").blocks)
    school.store.people.opt_in(ANNA)
    assert "feedback_buttons" in str(answered(school, "What is quokka?").blocks)


def test_who_has_opted_out_is_answered_and_not_kept(school: School, home: Home) -> None:
    leave(school, "opt out", "Opt out", "You have opted out")
    ask(school, "opt out", "already")
    answer = answered(school, "What is zanzibar?")
    assert "zanzibar" in answer.everything
    school.slack.send_message("And quokka?", thread=answer.thread_ts)
    school.slack.wait_for_message(thread=answer.thread_ts, contains="quokka")
    school.slack.send_message("What did she say?", thread=answer.thread_ts, user=BEN)
    school.slack.wait_for_message(thread=answer.thread_ts, contains="did she say")
    school.quiet()
    # Ben's question is asked without her turns.
    assert "zanzibar" not in str(school.engine.requests[-1]["messages"])
    school.slack.send_command("/teach", "marmalade => periwinkle")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="have opted out", count=2)
    school.slack.send_reaction(school.slack.bot_messages(contains="did she say")[-1])
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="have opted out", count=3)
    school.slack.send_command("/compare", "open: periwinkle?")
    school.slack.wait_for_message(channel=GENERAL, contains="periwinkle?")
    school.quiet()
    school.store.connections.compact()
    left = stored(home)
    assert [word for word in (*WORDS, ANNA) if word.encode() in left] == []
    ask(school, "opt in", "Welcome back")
    ask(school, "opt in", "had not opted out")
    answered(school, "What is zanzibar?")
    assert b"zanzibar" in stored(home)


def test_a_question_that_is_deleted_takes_its_lesson_along(school: School) -> None:
    asked = school.slack.send_mention("What is zanzibar?")
    answer = school.slack.wait_for_message(thread=asked.ts, contains="says")
    school.quiet()
    school.slack.send_reaction(answer, user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight")
    school.slack.delete_message(asked)
    school.slack.wait_until(
        lambda: school.store.examples.counts()["withdrawn"] == 1, "nothing was withdrawn"
    )
    assert school.store.examples.approved() == []
