"""What kind a channel is: asked of Slack, else told by events and by names, which widen none."""

from typing import Any

import pytest
from slack_sdk import WebClient

from bot.slack.state.places import FRESH_SECONDS, SlackPlaces, kind_of
from bot.store import Store
from tests.bot.slack.direct import responded


class Slack(WebClient):
    """A Slack with one channel, which it tells of or refuses to."""

    def __init__(self, refusal: str | None = None, **channel: Any) -> None:
        super().__init__()
        self.channel = channel
        self.refusal = refusal
        self.asked = 0

    def conversations_info(self, **_: Any) -> Any:
        self.asked += 1
        if self.refusal == "away":
            raise ConnectionResetError
        if self.refusal is not None:
            responded(self, "conversations.info", {"ok": False, "error": self.refusal})
        return {"channel": self.channel}


class Clock:
    """Stands still until a test sets it."""

    seconds = 1.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"is_channel": True, "is_private": False}, "public"),
        ({"is_channel": True, "is_private": True}, "private"),
        ({"is_group": True}, "private"),
        ({"is_mpim": True, "is_private": True, "is_group": True}, "group"),
        ({"is_im": True}, "direct"),
    ],
)
def test_the_kind_is_read_of_what_slack_tells_of_a_channel(
    told: dict[str, bool], kind: str
) -> None:
    assert kind_of(told) == kind


def test_slack_is_asked_once_an_hour_for_a_channel(store: Store) -> None:
    slack, clock = Slack(is_private=False, is_ext_shared=True), Clock()
    places = SlackPlaces(slack, store, clock)
    assert [places.ensure("C0X") for _ in range(3)] == ["public"] * 3
    assert (slack.asked, store.places.shared("C0X")) == (1, True)
    slack.channel["is_private"] = True
    clock.seconds += FRESH_SECONDS + 1
    assert places.ensure("C0X") == "private"


def test_a_direct_channel_is_known_by_its_id(store: Store) -> None:
    slack = Slack()
    assert SlackPlaces(slack, store).ensure("D0X") == "direct"
    assert slack.asked == 0
    assert store.places.all() == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("general", "public"),
        ("privategroup", "private"),
        ("mpdm-anna--ben-1", "group"),
        (None, None),
        ("", None),
    ],
)
def test_without_the_scope_the_name_in_a_command_tells_the_kind(
    store: Store, name: str | None, kind: str | None
) -> None:
    assert SlackPlaces(Slack("missing_scope"), store).ensure("C0X", name) == kind


def test_the_name_in_a_click_makes_no_channel_public(store: Store) -> None:
    places = SlackPlaces(Slack("missing_scope"), store)
    assert places.ensure("C0X", "general", narrow_only=True) is None
    assert places.ensure("C0X", "privategroup", narrow_only=True) == "private"


@pytest.mark.parametrize("refusal", ["channel_not_found", "not_in_channel", "away"])
def test_a_channel_that_the_bot_does_not_see_is_not_public_because_of_its_name(
    store: Store, refusal: str
) -> None:
    assert SlackPlaces(Slack(refusal), store).ensure("C0X", "general") is None


def test_a_name_narrows_what_an_event_told_and_never_widens_it(store: Store) -> None:
    places = SlackPlaces(Slack("missing_scope"), store)
    places.hint("C0X", "group")
    assert places.ensure("C0X", "general") == "private"
    places.hint("C0Y", "channel")
    assert places.ensure("C0Y", "privategroup") == "private"
    places.hint("G0Z", "mpim")
    assert places.ensure("G0Z", "privategroup") == "group"


def test_what_slack_has_told_no_name_changes(store: Store) -> None:
    """A public channel may be called privategroup."""
    assert SlackPlaces(Slack(is_private=False), store).ensure("C0X", "privategroup") == "public"


@pytest.mark.parametrize("kind", [None, "", "app_home", "something new"])
def test_an_event_of_no_known_type_tells_nothing(store: Store, kind: str | None) -> None:
    SlackPlaces(Slack(), store).hint("C0X", kind)
    assert store.places.kind("C0X") is None


def test_a_slack_that_was_away_is_asked_again_and_a_refusal_stands_for_an_hour(
    store: Store,
) -> None:
    slack = Slack("away", is_private=True)
    places = SlackPlaces(slack, store)
    places.ensure("C0X")
    slack.refusal = None
    assert places.ensure("C0X") == "private"
    refusing = Slack("missing_scope")
    places = SlackPlaces(refusing, store)
    places.ensure("C0Y")
    places.ensure("C0Y")
    assert refusing.asked == 1


def test_a_channel_is_called_as_slack_tells_whatever_the_label(store: Store) -> None:
    slack = Slack(name="rooms", is_private=False)
    places = SlackPlaces(slack, store)
    assert [places.name("C0X", label) for label in ("", "evil", "rooms")] == ["rooms"] * 3
    assert (slack.asked, store.places.named("rooms"), store.places.named("evil")) == (
        1,
        "C0X",
        None,
    )


def test_a_public_channel_that_slack_does_not_tell_of_has_its_label_and_else_its_id(
    store: Store,
) -> None:
    """The id leads back to it, for those who see it; a label alone is nobody's word."""
    places = SlackPlaces(Slack("missing_scope"), store)
    for channel in ("C0X", "C0Y"):
        places.hint(channel, "channel")
    assert (places.name("C0X", "rooms"), store.places.named("rooms")) == ("rooms", None)
    assert (places.name("C0Y"), store.places.named("C0Y")) == ("C0Y", "C0Y")


@pytest.mark.parametrize("label", ["", "secret"])
@pytest.mark.parametrize(
    "slack",
    [
        Slack(name="secret", is_private=True),
        Slack(name="mpdm-anna--ben-1", is_mpim=True),
        Slack("channel_not_found"),
        Slack("missing_scope"),
        Slack("away"),
    ],
)
def test_the_name_of_a_channel_that_is_not_known_to_be_public_becomes_no_words(
    store: Store, slack: Slack, label: str
) -> None:
    """Its id serves, also where Slack sent the name along: others read these words."""
    places = SlackPlaces(slack, store)
    assert places.name("C0X", label) == "C0X"
    assert store.places.named("c0x") == "C0X"


def test_the_name_of_a_group_message_is_not_stored(store: Store) -> None:
    places = SlackPlaces(Slack(name="mpdm-anna--ben-1", is_mpim=True), store)
    assert places.name("G0X", "") == "G0X"
    assert store.places.named("mpdm-anna--ben-1") is None


def test_the_name_is_known_of_a_channel_in_which_somebody_teaches(store: Store) -> None:
    SlackPlaces(Slack(name="rooms", is_private=True), store).ensure("C0X")
    assert store.places.named("rooms") == "C0X"
