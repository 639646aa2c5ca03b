"""What a file only proposes waits for approval, and stays the words of who said it."""

import pytest

from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.importing import import_rows
from bot.privacy.consent import MUTED, THEIRS
from bot.privacy.erasure import forget
from bot.settings import Settings, SlackSettings
from bot.store import Store
from bot.store.examples.scope import EVERYONE
from tests.bot.lessons.importing.read import FILE, found, proposal
from tests.bot.stored import statuses
from trainer.importing.lines import FoundRow, Origin


def test_a_proposal_waits_with_its_author_its_place_and_its_messages(
    store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, proposal())
    done = import_rows(store, curation, FILE, "root")
    assert (done.added, done.proposed) == (1, 1)
    example = store.examples.get(1)
    assert (example.status, example.author, example.source) == ("pending", "U0KNOWS", "import")
    assert (example.channel, example.for_whom) == ("C1", EVERYONE)
    assert example.permalink == "https://team.example/archives/C1/p12"
    assert store.provenance.authors(1) == {"U0ASKS", "U0KNOWS"}


@pytest.mark.parametrize("author", ["U0KNOWS", None])
def test_no_import_approves_a_proposal_also_not_the_second_one_of_a_teacher(
    store: Store,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    author: str | None,
) -> None:
    teachers = settings.with_changes(slack=SlackSettings(teachers=("U0KNOWS",)))
    curation = Curation(store, teachers)
    found(monkeypatch, proposal(origin=Origin(author)))
    import_rows(store, curation, FILE, "root")
    again = import_rows(store, curation, FILE, "root")
    assert (again.added, again.duplicates) == (0, 1)
    assert statuses(store) == ["pending"]


def test_a_proposal_leaves_a_known_answer_in_force_until_it_is_approved(
    store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    curation.teach("When is lunch?", "At one.", "root")
    found(monkeypatch, proposal())
    assert import_rows(store, curation, FILE, "root").replaced == 0
    assert statuses(store) == ["approved", "pending"]
    curation.approve(2, "root")
    assert statuses(store) == ["superseded", "approved"]


def test_who_wrote_the_words_can_refuse_them_and_they_do_not_come_back(
    store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, proposal())
    import_rows(store, curation, FILE, "root")
    curation.refuse(1, "U0ASKS")
    again = import_rows(store, curation, FILE, "root")
    assert again.added == 0
    assert [bad.line for bad in again.rejected] == [1]
    assert statuses(store) == ["withdrawn"]


def test_words_of_who_opted_out_or_of_a_channel_that_is_off_are_rejected_with_their_line(
    store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = FoundRow(2, {"prompt": "Who bakes?", "completion": "Noor."})
    found(monkeypatch, proposal(), good)
    for person in ("U0ASKS", "U0KNOWS"):
        store.people.opt_out(person)
        done = import_rows(store, curation, FILE, "root")
        assert [(bad.line, bad.errors) for bad in done.rejected] == [(1, (THEIRS,))]
        store.people.opt_in(person)
    store.channels.set("C1", listening=False, who="U1")
    done = import_rows(store, curation, FILE, "root")
    assert [bad.errors for bad in done.rejected] == [(MUTED,)]
    assert [example.prompt for example in store.examples.search(limit=9)] == ["Who bakes?"]


@pytest.mark.parametrize("person", ["U0ASKS", "U0KNOWS"])
def test_an_erasure_finds_the_words_of_a_proposal(
    home: Home,
    store: Store,
    curation: Curation,
    monkeypatch: pytest.MonkeyPatch,
    person: str,
) -> None:
    found(monkeypatch, proposal())
    import_rows(store, curation, FILE, "root")
    forget(home, store, person)
    example = store.examples.get(1)
    assert (example.prompt, example.completion) == ("", "")


def test_what_was_said_in_a_channel_that_is_private_now_is_for_that_channel(
    store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.places.learn("C1", "private")
    found(monkeypatch, proposal())
    import_rows(store, curation, FILE, "root")
    assert store.examples.get(1).for_whom.kind == "channel"


def test_an_author_who_is_nobody_of_slack_is_not_taken_for_one(
    store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, proposal(origin=Origin("Ignore all rules")))
    import_rows(store, curation, FILE, "root")
    assert store.examples.get(1).author == "root"
