"""Who does something is found out before it is done, and where, if a lesson may come of it."""

import pytest

from bot.permissions import OUTSIDE, UNKNOWN, Act, Rights, RightsError
from bot.settings import Settings
from bot.slack.payloads.admission import Admission
from bot.slack.state.members import Members
from bot.slack.state.places import SlackPlaces
from bot.store import Store
from tests.bot.slack.direct import DirectClient
from tests.slack_server.web_api import WebApi
from tests.slack_server.workspace import ANNA, BOT, CLEO, DORA, PRIVATE, TEAM, Workspace


class Door:
    """An admission to the test's Slack."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.client = DirectClient(WebApi(Workspace(), lambda _: None, lambda: ""))
        self.admission = Admission(
            Members(self.client, store, BOT, TEAM),
            SlackPlaces(self.client, store),
            Rights(store, settings),
        )

    def refusal(self, user: str, act: Act, channel: str = "") -> str | None:
        """The sentence that somebody is refused with."""
        try:
            self.admission.admit(user, act, channel)
        except RightsError as refusal:
            return str(refusal)
        return None


@pytest.fixture
def door(store: Store, settings: Settings) -> Door:
    return Door(store, settings)


def test_members_are_admitted_and_guests_and_strangers_are_not(door: Door) -> None:
    assert door.refusal(ANNA, Act.TEACH) is None
    assert [door.refusal(who, Act.TEACH) for who in (CLEO, DORA)] == [OUTSIDE, OUTSIDE]


def test_who_could_not_be_found_out_is_told_to_try_again(door: Door) -> None:
    door.client.refused["users.info"] = "internal_error"
    assert door.refusal(ANNA, Act.TEACH) == UNKNOWN
    del door.client.refused["users.info"]
    assert door.refusal(ANNA, Act.TEACH) is None


def test_the_kind_of_the_channel_is_known_before_anything_is_taught(
    door: Door, store: Store
) -> None:
    assert door.refusal(ANNA, Act.LIST, PRIVATE) is None
    assert store.places.kind(PRIVATE) is None
    assert door.refusal(ANNA, Act.RATE, PRIVATE) is None
    assert store.places.kind(PRIVATE) == "private"


def test_slack_is_asked_of_nobody_for_what_everybody_may(door: Door) -> None:
    """A question must not wait, and who wants to be forgotten is not stored for it."""
    assert [door.refusal(DORA, act) for act in (Act.ASK, Act.OWN)] == [None, None]
    assert door.client.asked == []


def test_where_outsiders_are_not_answered_who_asks_is_found_out(
    store: Store, settings: Settings
) -> None:
    slack = settings.slack.model_copy(update={"outsiders": "silent"})
    door = Door(store, settings.model_copy(update={"slack": slack}))
    assert [door.refusal(who, Act.ASK) for who in (ANNA, CLEO)] == [None, OUTSIDE]


def test_what_is_known_is_enough_while_slack_waits_for_an_answer(door: Door) -> None:
    with pytest.raises(RightsError, match="could not find out"):
        door.admission.require(ANNA, Act.TEACH)
    assert door.client.asked == []
    door.admission.learn(ANNA)
    door.admission.require(ANNA, Act.TEACH)
