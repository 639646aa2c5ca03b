"""Who is a teacher, an admin or an outsider, and what people hear who may not do something."""

import pytest

from bot.errors import SettingsError
from bot.home import Home
from bot.permissions import OUTSIDE, REVIEW_MARK, UNKNOWN, Act, Rights, RightsError
from bot.settings import Settings, load_settings
from bot.store import Example, Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, PUBLIC, Audience, Scope

MEMBERS = {Act.ASK, Act.TEACH, Act.RATE, Act.VOTE, Act.LIST, Act.OWN}
TEACHERS = MEMBERS | {Act.NIGHT, Act.APPROVE}
ANNA, BEN, GUEST, NEW, TEACHER, ADMIN = "U0ANNA", "U0BEN", "U0GUEST", "U0NEW", "U0TEACH", "U0ADMIN"


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


@pytest.mark.parametrize(
    ("outsiders", "outside", "unknown"),
    [
        ("silent", {Act.OWN}, {Act.OWN}),
        ("answer", {Act.OWN, Act.ASK}, {Act.OWN, Act.ASK}),
        ("member", MEMBERS, MEMBERS),
    ],
)
def test_each_kind_of_person_may_do_so_much_and_no_more(
    home: Home, store: Store, outsiders: str, outside: set[Act], unknown: set[Act]
) -> None:
    rights = rights_with(home, store, f'[slack]\noutsiders = "{outsiders}"\nadmins = ["{ADMIN}"]\n')
    store.people.make(TEACHER, "teacher", ADMIN)
    for person in (ANNA, TEACHER):
        store.people.seen(person, outsider=False, team="T1")
    store.people.seen(GUEST, outsider=True, team="T2")
    allowed = {
        person: {act for act in Act if rights.may(person, act)}
        for person in (GUEST, NEW, ANNA, TEACHER, ADMIN, "console", "anna")
    }
    assert allowed == {
        GUEST: outside,
        NEW: unknown,
        ANNA: MEMBERS,
        TEACHER: TEACHERS,
        ADMIN: set(Act),  # also as long as nothing is known of them
        "console": set(Act),
        "anna": set(Act),
    }


def test_who_may_not_is_told_why(store: Store, settings: Settings) -> None:
    rights = Rights(store, settings)
    store.people.seen(GUEST, outsider=True, team="T2")
    store.people.seen(ANNA, outsider=False, team="T1")
    for person, text in ((GUEST, OUTSIDE), (NEW, UNKNOWN)):
        with pytest.raises(RightsError) as caught:
            rights.require(person, Act.TEACH)
        assert str(caught.value) == text
    rights.require(ANNA, Act.NIGHT)  # as long as nobody is an admin
    store.people.make(BEN, "admin", "settings")
    with pytest.raises(RightsError, match="Only teachers"):
        rights.require(ANNA, Act.NIGHT)
    with pytest.raises(RightsError, match="Only admins"):
        rights.require(ANNA, Act.PEOPLE)


def test_a_role_makes_an_outsider_a_member(store: Store, settings: Settings) -> None:
    store.people.seen(GUEST, outsider=True, team="T2")
    store.people.make(GUEST, "teacher", ADMIN)
    assert Rights(store, settings).may(GUEST, Act.TEACH)
    assert Rights(store, settings).is_outsider(GUEST) is True


def test_nobody_outside_of_slack_is_an_outsider(store: Store, settings: Settings) -> None:
    rights = Rights(store, settings)
    assert (rights.is_outsider("console"), rights.is_outsider("anna")) == (False, False)
    assert rights.is_outsider(NEW) is None


def test_by_size_lessons_wait_once_the_mark_is_set_and_not_where_it_is_set_otherwise(
    home: Home, store: Store
) -> None:
    by_size = rights_with(home, store, "")
    assert not by_size.reviewing
    store.marks.set(REVIEW_MARK)
    assert by_size.reviewing
    assert by_size.needs_review(ANNA)
    assert rights_with(home, store, '[examples]\napproval = "review"\n').reviewing
    assert not rights_with(home, store, '[examples]\napproval = "automatic"\n').reviewing


def test_what_is_for_one_person_alone_never_waits(home: Home, store: Store) -> None:
    rights = rights_with(home, store, '[examples]\napproval = "review"\n')
    waits = [
        rights.needs_review(ANNA, scope)
        for scope in (EVERYONE, Scope("channel", "C1"), Scope("person", ANNA))
    ]
    assert waits == [True, True, False]


def test_who_decides_are_the_teachers_and_admins_of_settings_and_commands(
    home: Home, store: Store
) -> None:
    toml = f'[slack]\nadmins = ["{ADMIN}"]\nteachers = ["{TEACHER}", "{ADMIN}"]\n'
    rights = rights_with(home, store, toml)
    store.people.make(BEN, "teacher", ADMIN)
    store.people.make(TEACHER, "admin", ADMIN)
    assert rights.deciders() == (ADMIN, TEACHER, BEN)
    assert rights.admins() == (ADMIN, TEACHER)


def taught_by(store: Store, author: str, scope: Scope = EVERYONE) -> Example:
    return store.examples.add(NewExample("Who?", "Me.", "teach", author, scope=scope))


def test_a_lesson_is_replaced_by_its_author_a_teacher_or_the_machines_owner(
    store: Store, settings: Settings
) -> None:
    rights, of_ben, of_terminal = (
        Rights(store, settings),
        taught_by(store, BEN),
        taught_by(store, "ben"),
    )
    people = (ANNA, BEN, TEACHER, "console")
    assert [rights.may_replace(who, of_ben) for who in people] == [False, True, False, True]
    assert [rights.may_replace(who, of_terminal) for who in people] == [True] * 4
    store.people.make(TEACHER, "teacher", ADMIN)
    assert [rights.may_replace(who, of_ben) for who in people] == [False, True, True, True]
    assert [rights.may_replace(who, of_terminal) for who in people] == [False, False, True, True]


def test_whom_a_lesson_is_for_is_changed_by_its_author_or_where_a_teacher_sees_it(
    store: Store, settings: Settings
) -> None:
    rights, of_ben = Rights(store, settings), taught_by(store, BEN, Scope("channel", "C1"))
    store.people.make(TEACHER, "teacher", ADMIN)
    people = (ANNA, BEN, TEACHER, "console")
    may = {
        audience: [rights.may_rescope(who, of_ben, audience) for who in people]
        for audience in (Audience(channel="C1"), Audience(channel="C2"), PUBLIC, None)
    }
    assert may == {
        Audience(channel="C1"): [False, True, True, True],
        Audience(channel="C2"): [False, True, False, False],
        PUBLIC: [False, True, False, False],
        None: [False, True, True, True],
    }
