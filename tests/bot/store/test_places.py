"""What kinds of channels there are."""

from bot.store import Store
from bot.store.places import Place


def test_the_kind_that_slack_told_last_is_known(store: Store) -> None:
    assert store.places.kind("C1") is None
    store.places.learn("C1", "public")
    store.places.learn("C1", "private")
    store.places.learn("C2", "group")
    assert (store.places.kind("C1"), store.places.kind("C2")) == ("private", "group")
    assert store.places.all() == [Place("C1", "private", False), Place("C2", "group", False)]


def test_a_direct_channel_is_known_by_its_id_and_never_stored(store: Store) -> None:
    assert store.places.kind("D1") == "direct"
    store.places.learn("D1", "public")
    store.places.learn("C1", "direct")
    assert store.places.all() == []
    assert store.places.kind("D1") == "direct"


def test_whether_a_channel_is_shared_stays_known_where_it_is_not_told(store: Store) -> None:
    assert not store.places.shared("C1")
    store.places.learn("C1", "public", shared=True)
    store.places.learn("C1", "private")
    assert store.places.shared("C1")
    store.places.learn("C1", "private", shared=False)
    assert not store.places.shared("C1")


def test_what_is_known_is_not_written_again(store: Store) -> None:
    """Every message in Slack says the kind of its channel."""
    store.places.learn("C1", "public", shared=True)
    before = store.connections.db.conn.total_changes
    store.places.learn("C1", "public")
    store.places.learn("C1", "public", shared=True)
    assert store.connections.db.conn.total_changes == before


def test_a_channel_is_found_by_the_names_that_it_has_or_had(store: Store) -> None:
    places = store.places
    assert (places.named("rooms"), places.name("C1")) == (None, None)
    places.learn_name("C1", "Rooms")
    places.learn_name("C1", "halls")
    assert [places.named(name) for name in ("rooms", "HALLS", "gyms")] == ["C1", "C1", None]
    assert places.name("C1") == "halls"


def test_a_name_leads_to_the_channel_that_has_it_now(store: Store) -> None:
    store.places.learn_name("C1", "rooms")
    store.places.learn_name("C2", "rooms")
    assert (store.places.named("rooms"), store.places.name("C1")) == ("C2", None)


def test_no_name_of_a_direct_channel_is_stored(store: Store) -> None:
    store.places.learn_name("D1", "anna")
    store.places.learn_name("C1", " ")
    assert (store.places.named("anna"), store.places.named("")) == (None, None)
