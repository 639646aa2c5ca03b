"""Who is a teacher, who an admin, and what people hear who are neither."""

import pytest

from bot.errors import SettingsError
from bot.home import Home
from bot.permissions import Rights, RightsError
from bot.settings import Settings, load_settings
from bot.store import Store


def rights_with(home: Home, store: Store, toml: str) -> Rights:
    home.config.write_text(toml)
    return Rights(store, load_settings(home))


def test_roles_come_from_the_settings(home: Home, store: Store) -> None:
    rights = rights_with(home, store, '[slack]\nadmins = ["U0ADMIN"]\nteachers = ["U0TEACH"]\n')
    assert [rights.is_admin(u) for u in ("U0ADMIN", "U0TEACH", "U0OTHER")] == [True, False, False]
    assert [rights.is_teacher(u) for u in ("U0ADMIN", "U0TEACH", "U0OTHER")] == [True, True, False]


def test_roles_come_and_go_by_command(store: Store, settings: Settings) -> None:
    rights = Rights(store, settings)
    store.people.make("U0BEN", "teacher", "U0ADMIN")
    assert (rights.is_teacher("U0BEN"), rights.is_admin("U0BEN")) == (True, False)
    store.people.make("U0BEN", "admin", "U0ADMIN")
    assert (rights.is_teacher("U0BEN"), rights.is_admin("U0BEN")) == (True, True)
    assert store.people.unmake("U0BEN")
    assert not store.people.unmake("U0BEN")
    assert not rights.is_teacher("U0BEN")


def test_without_any_admin_it_is_said_how_to_become_one(store: Store, settings: Settings) -> None:
    rights = Rights(store, settings)
    assert not rights.has_admin()
    with pytest.raises(RightsError, match=r'admins = \["U0ANNA"\]'):
        rights.require_admin("U0ANNA")
    with pytest.raises(RightsError, match=r"under \[slack\]"):
        rights.require_teacher("U0ANNA")


def test_who_may_not_hears_who_may(store: Store, settings: Settings) -> None:
    store.people.make("U0BEN", "admin", "settings")
    rights = Rights(store, settings)
    rights.require_admin("U0BEN")
    rights.require_teacher("U0BEN")
    with pytest.raises(RightsError, match="Only admins"):
        rights.require_admin("U0ANNA")
    with pytest.raises(RightsError, match="Only teachers"):
        rights.require_teacher("U0ANNA")


def test_only_members_who_are_no_teachers_are_reviewed_and_only_where_it_is_set(
    home: Home, store: Store
) -> None:
    rights = rights_with(home, store, '[examples]\napproval = "review"\n')
    store.people.make("U0TEACH", "teacher", "U0ADMIN")
    assert rights.needs_review("U0ANNA")
    assert not rights.needs_review("U0TEACH")
    assert not rights.needs_review("console")
    assert not rights_with(home, store, "").needs_review("U0ANNA")


def test_something_else_than_a_member_id_is_refused(home: Home) -> None:
    home.config.write_text('[slack]\nadmins = ["@anna"]\n')
    with pytest.raises(SettingsError, match="no member id"):
        load_settings(home)


def test_who_has_opted_out_is_not_found_by_their_id(store: Store, home: Home) -> None:
    store.people.opt_out("U0ANNA")
    store.people.opt_out("U0ANNA")
    assert store.people.opted_out("U0ANNA")
    assert not store.people.opted_out("U0BEN")
    stored = b"".join(p.read_bytes() for p in home.data.rglob("*") if p.is_file())
    assert b"U0ANNA" not in stored
    assert store.people.opt_in("U0ANNA")
    assert not store.people.opt_in("U0ANNA")
    assert not store.people.opted_out("U0ANNA")


def test_an_admin_of_the_settings_is_one_and_a_teacher_is_none(home: Home, store: Store) -> None:
    store.people.make("U0BEN", "teacher", "settings")
    assert not rights_with(home, store, "").has_admin()
    assert rights_with(home, store, '[slack]\nadmins = ["U0ANNA"]\n').has_admin()
