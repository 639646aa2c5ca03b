"""Who is shown a question: nobody who could not read it where it was asked, and no stranger."""

import pytest

from bot.permissions import Rights
from bot.settings import Settings
from bot.slack.experts.readers import Readers
from bot.slack.state.members import Members
from bot.store.examples.scope import EVERYONE, Scope
from bot.store.questions.experts import Expert
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.bot.slack.experts.asking import (
    EVA,
    FINN,
    HELP,
    QUESTION,
    knows,
    requests_to,
    rounds,
    school,
    want,
)
from tests.slack_server.workspace import ANNA, BEN, BOT, CLEO, DIRECT, PRIVATE, TEAM

HERE, ALONE = Scope("channel", PRIVATE), Scope("person", ANNA)


@pytest.fixture
def bot(drive: Drive) -> Direct:
    return school(drive)


def shown(bot: Direct, target: str, scope: Scope = EVERYONE) -> bool:
    """Whether a question of a scope may be shown to an expert."""
    names = Members(bot.client, bot.store, BOT, TEAM)
    readers = Readers(bot.client, bot.store, names, Rights(bot.store, Settings()))
    return readers.may_read(Expert(target, "keys"), scope)


def test_what_was_asked_in_a_private_channel_is_shown_to_those_in_it_alone(bot: Direct) -> None:
    assert [shown(bot, one, HERE) for one in (EVA, FINN, HELP, PRIVATE)] == [
        True,
        False,
        False,
        True,
    ]
    assert shown(bot, HELP)
    assert shown(bot, HELP, ALONE)


def test_who_is_in_a_private_channel_is_read_to_the_last_page(
    bot: Direct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.experts.readers.PAGE", 1)
    members = sorted(bot.workspace.channels[PRIVATE].members - {BOT})
    assert len(members) > 1
    assert all(shown(bot, one, HERE) for one in members)


def test_a_private_question_waits_where_nobody_may_read_it(bot: Direct) -> None:
    for target in (FINN, HELP):
        knows(bot, target)
    want(bot, bot.ask(QUESTION, channel=PRIVATE))
    rounds(bot)
    assert not requests_to(bot, FINN)
    assert not requests_to(bot, HELP)


def test_a_channel_that_another_organisation_was_let_into_is_asked_no_more(bot: Direct) -> None:
    knows(bot, HELP)
    bot.workspace.channels[HELP].shared = True
    assert not shown(bot, HELP)
    want(bot, bot.ask(QUESTION))
    rounds(bot)
    assert not requests_to(bot, HELP)
    bot.client.refused["conversations.info"] = "missing_scope"
    bot.store.places.learn(HELP, "public", shared=True)
    assert not shown(bot, HELP)


@pytest.mark.parametrize("change", ["deleted", "guest", "unknown", "bot_id", "team"])
def test_who_left_is_a_guest_a_bot_or_of_elsewhere_is_not_asked(bot: Direct, change: str) -> None:
    knows(bot, BEN)
    assert shown(bot, BEN)
    person = bot.workspace.people[BEN]
    if change == "unknown":
        del bot.workspace.people[BEN]
    elif change in ("deleted", "guest"):
        setattr(person, change, True)
    else:
        setattr(person, change, "B0OTHER" if change == "bot_id" else "T0OTHER")
    assert not shown(bot, BEN)


def test_guests_are_no_experts(bot: Direct) -> None:
    assert not shown(bot, CLEO)


def test_of_a_direct_question_experts_are_shown_no_place(bot: Direct) -> None:
    knows(bot, BEN)
    assert shown(bot, BEN, ALONE)
    assert DIRECT not in str(requests_to(bot, BEN))
