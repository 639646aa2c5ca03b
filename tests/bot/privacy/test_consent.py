"""Where the bot listens, and whose words it keeps."""

import pytest

from bot.errors import InputError
from bot.privacy.consent import Privacy
from bot.settings import Settings, SlackSettings
from bot.store import Store


def listening(store: Store, by_default: bool) -> Privacy:
    return Privacy(store, Settings(slack=SlackSettings(listen=by_default)))


@pytest.mark.parametrize("by_default", [True, False])
def test_a_channel_is_as_the_settings_say_until_somebody_switches_it(
    store: Store, by_default: bool
) -> None:
    privacy = listening(store, by_default)
    for channel in ("C0A", "G0A"):
        assert privacy.listens(channel) == by_default
        for said in (True, False):
            store.channels.set(channel, said, "U0ADMIN")
            assert privacy.listens(channel) == said
    assert privacy.listens("C0B") == by_default


@pytest.mark.parametrize("channel", ["D0ANNA", "console", "", "C0A/web"])
def test_direct_messages_and_what_is_not_slack_are_always_heard(store: Store, channel: str) -> None:
    privacy = listening(store, False)
    assert privacy.listens(channel)
    privacy.require_listening(channel)


def test_a_channel_that_is_switched_off_is_refused_in_a_sentence(store: Store) -> None:
    privacy = listening(store, True)
    privacy.require_listening("C0A")
    store.channels.set("C0A", False, "U0ADMIN")
    with pytest.raises(InputError, match="not switched on in this channel"):
        privacy.require_listening("C0A")


def test_of_who_has_opted_out_nothing_is_kept_until_they_opt_in(store: Store) -> None:
    privacy = listening(store, True)
    store.people.opt_out("U0OUT")
    store.people.opt_out("U0OUT")
    assert not privacy.keeps("U0OUT")
    assert privacy.keeps("U0IN")
    privacy.require_kept("U0IN")
    with pytest.raises(InputError, match="You have opted out"):
        privacy.require_kept("U0OUT")
    assert store.people.opt_in("U0OUT")
    assert not store.people.opt_in("U0OUT")
    assert privacy.keeps("U0OUT")


def test_an_opt_out_names_nobody_in_the_database(store: Store) -> None:
    store.people.opt_out("U0OUT")
    assert "U0OUT" not in "\n".join(store.connections.db.conn.iterdump())
