"""Each kind of person meets each command, button, form, shortcut and event that Slack may send.

What Bolt has registered is collected, so that a new listener without a row in the table of
`bot.slack.payloads.acts` fails here by its name. What a person is refused is compared with
EVERYBODY, which says it once more, by hand.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt import App

from bot.permissions import NO_ADMIN, OUTSIDE, UNKNOWN, Act
from bot.slack.messages.posting import Place
from bot.slack.payloads import acts
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, BEN, BOT, CLEO, DORA, GENERAL, SHARED, Person

TEACHER, ADMIN, OPTED_OUT, UNKNOWN_PERSON = "U0TEACHER", "U0ADMIN", "U0OPTEDOUT", "U0NEW"
PEOPLE = {
    "guest": CLEO,
    "stranger": DORA,
    "unknown": UNKNOWN_PERSON,
    "member": BEN,
    "author": ANNA,
    "opted out": OPTED_OUT,
    "teacher": TEACHER,
    "admin": ADMIN,
}
EVERYBODY = frozenset(PEOPLE)
MEMBERS = EVERYBODY - {"guest", "stranger", "unknown"}
MAY = {
    Act.ASK: EVERYBODY,
    Act.OWN: EVERYBODY,
    Act.TEACH: MEMBERS,
    Act.RATE: MEMBERS,
    Act.VOTE: MEMBERS,
    Act.LIST: MEMBERS,
    Act.NIGHT: frozenset({"teacher", "admin"}),
    Act.APPROVE: frozenset({"teacher", "admin"}),
    Act.STOP_NIGHT: frozenset({"admin"}),
    Act.ADAPTERS: frozenset({"admin"}),
    Act.EXPORT: frozenset({"admin"}),
    Act.CHANNELS: frozenset({"admin"}),
    Act.PEOPLE: frozenset({"admin"}),
}
REFUSALS = (OUTSIDE, UNKNOWN, "Only admins may do that", "Only teachers may do that")
Registered = dict[str, list[Any]]


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Registered:
    """The constraints of all listeners of the apps that are made from now on."""
    found: Registered = {}

    def note(kind: str) -> None:
        real: Callable[..., Any] = getattr(App, kind)

        def noting(self: App, constraint: Any, *more: Any, **named: Any) -> Any:
            found.setdefault(kind, []).append(constraint)
            return real(self, constraint, *more, **named)

        monkeypatch.setattr(App, kind, noting)

    kinds = ("action", "command", "event", "message", "options")
    for kind in (*kinds, "view", "shortcut", "message_shortcut", "global_shortcut", "function"):
        note(kind)
    return found


@pytest.fixture
def bot(drive: Drive) -> Direct:
    """A bot with a teacher and an admin, where Anna has taught something."""
    direct = drive(teachers=(TEACHER,), admins=(ADMIN,))
    for person in (TEACHER, ADMIN, OPTED_OUT):
        direct.workspace.people[person] = Person(person, person.lower())
    direct.store.people.opt_out(OPTED_OUT)
    direct.client.hidden.add(UNKNOWN_PERSON)
    direct.workspace.people[UNKNOWN_PERSON] = Person(UNKNOWN_PERSON, "new")
    for person in PEOPLE.values():
        direct.workspace.channels[GENERAL].members.add(person)
    direct.command("Where is it? => Here.", name="/teach")
    return direct


def test_every_listener_has_a_row_in_the_table(registered: Registered, drive: Drive) -> None:
    drive()
    assert sorted(registered) == ["action", "command", "event", "message_shortcut", "view"]
    known, met = set(acts.ACTIONS), set()
    for constraint in registered["action"]:
        ids = _matching(constraint, known)
        assert ids, f"the table of acts lacks {constraint}"
        met |= ids
    assert met == known, "a row of the table has no listener"
    assert set(registered["view"]) == set(acts.VIEWS)
    assert set(registered["message_shortcut"]) == set(acts.SHORTCUTS)
    assert set(registered["command"]) == {*acts.COMMANDS, "/nightschool"}
    assert {str(event) for event in registered["event"]} == {
        "app_home_opened",
        "app_mention",
        "reaction_added",
        "reaction_removed",
        "{'type': 'message'}",
        "agent_session_stopped",
        "member_joined_channel",
    }, "a new event needs a test of who may send it, below"


def _matching(constraint: str | re.Pattern[str], known: set[str]) -> set[str]:
    if isinstance(constraint, str):
        return {constraint} & known
    return {name for name in known if constraint.fullmatch(name)}


def refused(said: str) -> bool:
    """Whether somebody was told that they may not."""
    return any(refusal in said for refusal in (*REFUSALS, NO_ADMIN[:30]))


@pytest.mark.parametrize("who", PEOPLE)
def test_buttons_are_for_those_whom_the_table_says(bot: Direct, who: str) -> None:
    for action, act in acts.ACTIONS.items():
        said = bot.press(action, "0", user=PEOPLE[who]).everything
        assert refused(said) is (who not in MAY[act]), f"{action}: {said}"


@pytest.mark.parametrize("who", PEOPLE)
def test_forms_are_for_those_whom_the_table_says(bot: Direct, who: str) -> None:
    if who != "unknown":
        bot.parts.admission.learn(PEOPLE[who])
    for callback, act in acts.VIEWS.items():
        view = {"type": "modal", "callback_id": callback, "blocks": [], "state": {"values": {}}}
        said = bot.answer_to(view, user=PEOPLE[who])
        assert refused(said) is (who not in MAY[act]), f"{callback}: {said}"


@pytest.mark.parametrize("who", PEOPLE)
def test_commands_are_for_those_whom_the_table_says(bot: Direct, who: str) -> None:
    for name, act in acts.COMMANDS.items():
        said = bot.command("", user=PEOPLE[who], name=name).everything
        assert refused(said) is (who not in MAY[act]), f"{name}: {said}"
    for word, act in acts.SUBCOMMANDS.items():
        if act is Act.NIGHT and who in MAY[act]:
            continue  # it would begin one
        said = bot.command(word, user=PEOPLE[who]).everything
        assert refused(said) is (who not in MAY[act]), f"{word}: {said}"


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("adapters promote v0001", {"admin"}),
        ("adapters rollback", {"admin"}),
        ("channels mute", {"admin"}),
        ("channels watch", {"admin"}),
        ("channels unwatch", {"admin"}),
        ("channels auto", {"admin"}),
        ("channels auto off", {"admin"}),
        (f"people teacher <@{BEN}>", {"admin"}),
        ("examples approve 1", {"teacher", "admin"}),
        ("examples reject 1", {"teacher", "admin"}),
    ],
)
@pytest.mark.parametrize("who", PEOPLE)
def test_what_a_subcommand_changes_needs_more_than_to_see_it(
    bot: Direct, who: str, text: str, may: set[str]
) -> None:
    assert refused(bot.command(text, user=PEOPLE[who]).everything) is (who not in may)


@pytest.mark.parametrize("who", ["guest", "unknown", "member"])
def test_a_mention_of_the_bot_before_a_subcommand_goes_round_no_right(
    bot: Direct, who: str
) -> None:
    """The handlers do not see it: it is left out of what people read."""
    for word in (word for word, act in acts.SUBCOMMANDS.items() if who not in MAY[act]):
        said = bot.command(f"<@{BOT}> {word}", user=PEOPLE[who]).everything
        assert refused(said), f"{word}: {said}"
    assert bot.store.runs.latest() is None


@pytest.mark.parametrize("who", ["guest", "stranger", "unknown"])
def test_a_search_for_lessons_is_not_taken_for_a_withdrawal(bot: Direct, who: str) -> None:
    """What follows the first word is read in one way, whatever space stands between them."""
    bot.command("Where is room 1? => Upstairs.", name="/teach")
    said = bot.command("examples\nwithdraw 1", user=PEOPLE[who]).everything
    assert "Upstairs" not in said
    assert refused(bot.command("examples withdraw", user=PEOPLE[who]).everything)


@pytest.mark.parametrize("who", PEOPLE)
def test_the_shortcut_is_for_those_who_may_teach(bot: Direct, who: str) -> None:
    words = bot.write("The key is behind the poster.", user=ANNA)
    said = bot.choose(words, user=PEOPLE[who]).everything
    assert refused(said) is (who not in MEMBERS)
    assert bool(bot.workspace.views) is (who in MEMBERS)


@pytest.mark.parametrize("who", PEOPLE)
def test_a_thumb_counts_of_members_and_an_own_one_may_always_be_taken_back(
    bot: Direct, who: str
) -> None:
    answer = bot.ask("Who are you?")
    said = bot.react(answer, "+1", user=PEOPLE[who]).everything
    assert refused(said) is (who not in MEMBERS)
    counts = 1 if who in MEMBERS - {"opted out"} else 0
    assert bot.store.ratings.totals() == (counts, 0)
    assert not refused(bot.react(answer, "+1", user=PEOPLE[who], added=False).everything)
    assert bot.store.ratings.totals() == (0, 0)


@pytest.mark.parametrize("who", PEOPLE)
def test_an_emoji_that_is_removed_rates_with_another_one_for_members_alone(
    bot: Direct, who: str
) -> None:
    """Slack leaves a refused emoji on the message: it must not count later."""
    answer = bot.ask("Who are you?")
    for name in ("+1", "-1"):
        bot.react(answer, name, user=PEOPLE[who])
    told = len(bot.workspace.messages)
    bot.react(answer, "-1", user=PEOPLE[who], added=False)
    counts = 1 if who in MEMBERS - {"opted out"} else 0
    assert bot.store.ratings.totals() == (counts, 0)
    if who not in MEMBERS:
        assert not bot.workspace.messages[told:], "to take something back is refused to nobody"


@pytest.mark.parametrize("who", ["guest", "stranger"])
def test_an_outsider_takes_back_a_thumb_of_before_and_gives_no_other(bot: Direct, who: str) -> None:
    answer = bot.ask("Who are you?")
    reply = bot.store.replies.at(GENERAL, answer.ts)
    assert reply is not None
    bot.store.ratings.set(reply, PEOPLE[who], -1)
    for name in ("+1", "-1"):
        answer.reactions.setdefault(name, []).append(PEOPLE[who])
    bot.react(answer, "-1", user=PEOPLE[who], added=False)
    assert bot.store.ratings.totals() == (0, 0)


@pytest.mark.parametrize("who", PEOPLE)
def test_a_mark_offers_a_lesson_to_members_alone(bot: Direct, who: str) -> None:
    words = bot.write("The key is behind the poster.", user=ANNA)
    said = bot.react(words, "mortar_board", user=PEOPLE[who]).everything
    assert ("learn these words" in said) is (who in MEMBERS)


@pytest.mark.parametrize("who", PEOPLE)
def test_questions_of_all_are_answered(bot: Direct, who: str) -> None:
    assert "answer to" in bot.ask("Who are you?", user=PEOPLE[who]).text


@pytest.mark.parametrize("who", PEOPLE)
def test_an_invitation_is_greeted_whoever_gave_it_and_others_who_join_are_not(
    bot: Direct, who: str
) -> None:
    """Slack tells who was invited, and the bot greets for itself alone."""
    told = len(bot.workspace.messages)
    joined = {"type": "member_joined_channel", "channel": GENERAL, "inviter": PEOPLE[who]}
    bot.dispatch(bot.body(joined | {"user": PEOPLE[who]}))
    assert not bot.workspace.messages[told:]
    bot.dispatch(bot.body(joined | {"user": BOT}))
    assert ["Hello" in said.text for said in bot.workspace.messages[told:]] == [True]


@pytest.mark.parametrize("who", PEOPLE)
def test_the_stop_button_is_for_all_who_may_ask(bot: Direct, who: str) -> None:
    """Whoever is in the thread sees it, as Slack gives it to all of them."""
    asked = bot.write(f"<@{BOT}> Who are you?", user=ANNA)
    bot.hear(asked)
    stop = {"type": "agent_session_stopped", "channel": GENERAL, "thread_ts": asked.ts}
    bot.dispatch(bot.body(stop | {"user": PEOPLE[who], "event_ts": bot.workspace.next_ts()}))
    assert all(answer.ended for answer in bot.parts.in_flight.in_thread(Place(GENERAL, asked.ts)))
    bot.think()
    answers = [m for m in bot.workspace.messages if m.user == BOT and "answer to" in m.text]
    assert not answers


@pytest.fixture
def silent(drive: Drive) -> Direct:
    """A bot that does not answer outsiders."""
    direct = drive(outsiders="silent")
    direct.client.hidden.add(UNKNOWN_PERSON)
    direct.workspace.people[UNKNOWN_PERSON] = Person(UNKNOWN_PERSON, "new")
    for person in (DORA, UNKNOWN_PERSON):
        direct.workspace.channels[GENERAL].members.add(person)
    return direct


@pytest.mark.parametrize(
    ("who", "why"), [("guest", OUTSIDE), ("stranger", OUTSIDE), ("unknown", UNKNOWN)]
)
def test_outsiders_are_not_answered_where_the_settings_say_so(
    silent: Direct, who: str, why: str
) -> None:
    """They are told why where they speak to the bot, and nothing where they do not name it."""
    thread = silent.ask("Who are you?").thread_ts
    before = len(silent.workspace.messages)
    asked = silent.write(f"<@{BOT}> And now?", user=PEOPLE[who], thread=thread)
    for _ in range(2):
        silent.hear(asked)
    assert not silent.think()
    told = [m for m in silent.workspace.messages[before:] if m.user == BOT]
    assert [(m.text, m.ephemeral_to) for m in told] == [(why, PEOPLE[who])]
    silent.hear(silent.write("Hello?", user=PEOPLE[who]))
    assert not silent.think()


def test_a_question_of_an_outsider_is_not_answered_for_being_edited(silent: Direct) -> None:
    asked = silent.write(f"<@{BOT}> And now?", user=CLEO)
    silent.hear(asked)
    before = asked.as_json()
    asked.text += " Please."
    change = {"message": asked.as_json() | {"edited": {"user": CLEO}}, "previous_message": before}
    silent.hear(asked, subtype="message_changed", hidden=True, **change)
    assert not silent.think()
    assert not any(m.user == BOT and not m.ephemeral_to for m in silent.workspace.messages)


@pytest.mark.parametrize("who", ["guest", "stranger"])
def test_outsiders_do_what_members_do_where_the_settings_say_so(drive: Drive, who: str) -> None:
    direct = drive(outsiders="member")
    direct.command("Where is it? => Here.", name="/teach", user=PEOPLE[who], channel=SHARED)
    assert direct.store.examples.counts()["approved"] == 1


def test_a_guest_with_a_role_is_a_member(drive: Drive) -> None:
    direct = drive(teachers=(CLEO,))
    direct.command("Where is it? => Here.", name="/teach", user=CLEO)
    assert direct.store.examples.counts()["approved"] == 1
