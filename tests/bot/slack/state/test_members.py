"""Guests and people of other organisations are told from members, as Slack says it."""

from typing import Any

import pytest
from slack_sdk import WebClient

from bot.slack.state.member_names import FRESH_SECONDS
from bot.slack.state.members import Members
from bot.store import Store
from tests.bot.slack.direct import responded

OURS, THEIRS = "T0OURS", "T0THEIRS"


class Slack(WebClient):
    """A Slack that knows one person, refuses where it is told to, and counts how often it asks."""

    def __init__(self, **member: Any) -> None:
        super().__init__()
        self.member = member
        self.refusal: str | None = None
        self.asked = 0

    def users_info(self, **_: Any) -> Any:
        self.asked += 1
        if self.refusal is not None:
            responded(self, "users.info", {"ok": False, "error": self.refusal})
        return {"user": self.member}


class Clock:
    """Stands still until a test sets it."""

    seconds = 1.0

    def __call__(self) -> float:
        return self.seconds


def members(slack: Slack, store: Store, clock: Clock | None = None) -> Members:
    return Members(slack, store, "U0BOT", OURS, clock or Clock())


@pytest.mark.parametrize(
    ("member", "outsider"),
    [
        ({"team_id": OURS}, False),
        ({}, False),
        ({"team_id": OURS, "is_restricted": True}, True),
        ({"team_id": OURS, "is_ultra_restricted": True}, True),
        ({"team_id": OURS, "is_stranger": True}, True),
        ({"team_id": THEIRS}, True),
        ({"team_id": THEIRS, "enterprise_user": {"teams": [THEIRS, OURS]}}, False),
        ({"team_id": THEIRS, "enterprise_user": {"teams": [THEIRS]}}, True),
    ],
)
def test_guests_and_strangers_are_outsiders_and_colleagues_are_not(
    store: Store, member: dict[str, Any], outsider: bool
) -> None:
    """Somebody of another workspace of the same organisation may well be in this one too."""
    known = members(Slack(**member), store)
    known.learn("U0ANNA")
    assert store.people.outsider("U0ANNA") is outsider
    assert known.team("U0ANNA") == member.get("team_id")


def test_slack_is_asked_once_an_hour_and_a_guest_who_becomes_a_member_is_one(
    store: Store,
) -> None:
    slack, clock = Slack(team_id=OURS, is_restricted=True), Clock()
    known = members(slack, store, clock)
    known.learn("U0CLEO")
    slack.member["is_restricted"] = False
    clock.seconds += FRESH_SECONDS - 1
    known.learn("U0CLEO")
    assert (slack.asked, store.people.outsider("U0CLEO")) == (1, True)
    clock.seconds += 2
    known.learn("U0CLEO")
    assert (slack.asked, store.people.outsider("U0CLEO")) == (2, False)


def test_who_was_forgotten_is_learned_again_when_they_come_back(store: Store) -> None:
    known = members(Slack(team_id=OURS), store)
    known.learn("U0ANNA")
    with store.connections.write() as db:
        db.conn.execute("delete from members")
    known.learn("U0ANNA")
    assert store.people.outsider("U0ANNA") is False


@pytest.mark.parametrize("code", ["user_not_found", "user_not_visible"])
def test_who_is_not_shown_to_this_workspace_is_an_outsider(store: Store, code: str) -> None:
    slack = Slack()
    slack.refusal = code
    known = members(slack, store)
    known.learn("U0DORA")
    assert store.people.outsider("U0DORA") is True
    assert known.name("U0DORA") == "someone"


def test_where_slack_does_not_say_it_what_it_said_before_stands(store: Store) -> None:
    slack, clock = Slack(team_id=OURS), Clock()
    slack.refusal = "internal_error"
    known = members(slack, store, clock)
    known.learn("U0ANNA")
    assert store.people.outsider("U0ANNA") is None
    slack.refusal = None
    known.learn("U0ANNA")
    slack.refusal = "internal_error"
    clock.seconds += FRESH_SECONDS + 1
    known.learn("U0ANNA")
    assert store.people.outsider("U0ANNA") is False


def test_whose_name_is_only_shown_is_not_stored(store: Store) -> None:
    known = members(Slack(team_id=OURS, name="anna"), store)
    assert known.name("U0ANNA") == "anna"
    assert store.people.outsider("U0ANNA") is None
