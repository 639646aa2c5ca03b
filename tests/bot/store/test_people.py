"""Roles, and digests of ids in place of the ids."""

import pytest

from bot.store import Store
from bot.store.people import digest, forgotten_key


def test_a_person_has_one_role_until_it_is_taken_away(store: Store) -> None:
    store.people.make("U2", "teacher", "U9")
    store.people.make("U1", "teacher", "U9")
    store.people.make("U1", "admin", "U8")
    assert [(r.person, r.role, r.who) for r in store.people.roles()] == [
        ("U1", "admin", "U8"),
        ("U2", "teacher", "U9"),
    ]
    assert store.people.role("U1") == "admin"
    assert store.people.unmake("U1")
    assert not store.people.unmake("U1")
    assert store.people.role("U1") is None
    with pytest.raises(ValueError, match="king"):
        store.people.make("U1", "king", "U9")


def test_a_digest_is_the_same_for_the_same_id_only(store: Store) -> None:
    # Databases of earlier versions hold it: who has opted out would be in again.
    assert digest("U1")[:16] == "b7fdec0cf3d109c3"
    assert digest("U1") != digest("U2")
    assert forgotten_key("U1") == f"forgotten:{digest('U1')}"
    assert not store.people.opted_out("U1")


def test_who_opts_in_again_leaves_the_others_opted_out(store: Store) -> None:
    for person in ("U1", "U1", "U2"):
        store.people.opt_out(person)
    assert store.people.opt_in("U1")
    assert not store.people.opt_in("U1")
    assert not store.people.opted_out("U1")
    assert store.people.opted_out("U2")


def test_who_is_an_outsider_is_what_slack_said_last(store: Store) -> None:
    assert store.people.outsider("U1") is None
    assert store.people.team("U1") is None
    store.people.seen("U1", outsider=True, team="T2")
    assert (store.people.outsider("U1"), store.people.team("U1")) == (True, "T2")
    store.people.seen("U1", outsider=False, team=None)
    assert (store.people.outsider("U1"), store.people.team("U1")) == (False, None)
    store.people.seen("U2", outsider=True, team="T2")
    assert store.people.outsider("U1") is False


@pytest.mark.parametrize("outsider", [True, False])
def test_of_who_opted_out_it_stays_known_whether_they_are_one_without_their_id(
    store: Store, outsider: bool
) -> None:
    """A guest would otherwise gain rights by it, and a member lose theirs."""
    store.people.seen("U0ANNA", outsider, "T0THEIRS")
    store.people.opt_out("U0ANNA")
    assert store.people.outsider("U0ANNA") is outsider
    store.people.seen("U0ANNA", outsider, "T0THEIRS")
    assert store.people.outsider("U0ANNA") is outsider
    kept = "".join(store.connections.db.conn.iterdump())
    assert "U0ANNA" not in kept
    assert "T0THEIRS" not in kept
    store.people.opt_in("U0ANNA")
    assert store.people.outsider("U0ANNA") is outsider
    (row,) = store.connections.db.query("select person from members")
    assert row["person"] == "U0ANNA"
