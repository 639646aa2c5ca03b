"""An adapter with forgotten or narrowed lessons does not stay in use or come back."""

import shutil
from dataclasses import replace

import pytest

from bot.errors import InputError
from bot.home import CHECKPOINT, Home
from bot.lessons.curation import Curation
from bot.nights.runner import NightRunner
from bot.privacy.erasure import forget
from bot.privacy.unlearning import (
    PRIVATE,
    TO_BASE,
    UNKNOWN,
    may_go_on,
    require_clean,
    retire,
    retire_untaught,
)
from bot.settings import Settings, load_settings
from bot.store import Store
from bot.store.database.clock import now
from bot.store.examples.scope import EVERYONE, Scope
from tests.bot.instant_training import InstantTraining
from tests.bot.stored import reply
from trainer.adapters.registry import AdapterCard, Registry, write_card
from trainer.evaluation.gate import Verdict
from trainer.results.progress import Progress


def add(home: Home, *examples: int) -> str:
    registry = Registry(home.adapters)
    staging = home.runs / "staging"
    staging.mkdir(parents=True)
    for name in ("adapters.safetensors", "adapter_config.json"):
        (staging / name).write_bytes(b"{}")
    version = registry.new_version()
    write_card(staging, AdapterCard(version, "starter", example_ids=examples, verdict="promoted"))
    registry.add(staging, version)
    registry.promote(version)
    return version


def taught(curation: Curation, question: str, author: str) -> int:
    example = curation.teach(question, f"Answer to {question}", author).id
    assert example is not None
    return example


def test_the_newest_version_without_them_takes_over(
    home: Home, store: Store, curation: Curation
) -> None:
    registry = Registry(home.adapters)
    stays, goes = taught(curation, "Stays?", "U0STAYS"), taught(curation, "Goes?", "U0GONE")
    add(home, stays)
    add(home, stays, goes)
    assert retire(store, registry) == ""
    forget(home, store, "U0GONE")
    assert "v0001" in retire(store, registry)
    assert registry.current() == "v0001"
    assert retire(store, registry) == ""


def test_of_several_clean_versions_the_newest_promoted_one_takes_over(
    home: Home, store: Store, curation: Curation
) -> None:
    """And a talk may end with what began it, unless somebody went back to one before."""
    registry = Registry(home.adapters)
    stays, goes = taught(curation, "Stays?", "U0STAYS"), taught(curation, "Goes?", "U0GONE")
    for examples in ([stays], [stays], [stays], [stays, goes]):
        add(home, *examples)
    write_card(registry.path("v0003"), replace(registry.card("v0003"), verdict="rejected"))
    assert may_go_on(store, registry, "v0001")
    forget(home, store, "U0GONE")
    assert not may_go_on(store, registry, "v0004")
    assert "v0002" in retire(store, registry)
    assert registry.current() == "v0002"
    assert may_go_on(store, registry, "v0002")
    assert not may_go_on(store, registry, "v0003")


def test_the_base_model_takes_over_where_all_have_them(
    home: Home, store: Store, curation: Curation
) -> None:
    add(home, taught(curation, "Goes?", "U0GONE"))
    forget(home, store, "U0GONE")
    assert "base model" in retire(store, Registry(home.adapters))
    assert Registry(home.adapters).current() is None


def test_a_version_that_learned_what_is_private_now_is_taken_out_of_use_as_one_with_erased_lessons(
    home: Home, store: Store, curation: Curation
) -> None:
    """It may come back once the lesson is for everyone again."""
    registry = Registry(home.adapters)
    stays, narrowed = taught(curation, "Stays?", "U0BEN"), taught(curation, "Ours?", "U0BEN")
    add(home, narrowed)
    add(home, stays)
    add(home, stays, narrowed)
    store.examples.set_scope(narrowed, Scope("channel", "C1"), "U0BEN")
    for version in ("v0001", "v0003"):
        with pytest.raises(InputError, match=f"^{version} has learned 1 lesson for everyone"):
            require_clean(store, registry, version)
        assert not may_go_on(store, registry, version)
    assert retire(store, registry) == PRIVATE.format(
        instead="I answer with v0002, which was made without them"
    )
    assert registry.current() == "v0002"
    registry.promote("v0001")
    assert retire(store, registry) == PRIVATE.format(instead=TO_BASE)
    assert registry.current() is None
    store.examples.set_scope(narrowed, EVERYONE, "U0BEN")
    require_clean(store, registry, "v0003")


def test_where_nothing_is_taught_any_more_the_base_model_answers(
    home: Home, store: Store, curation: Curation
) -> None:
    add(home, taught(curation, "Goes?", "U0GONE"))
    forget(home, store, "U0GONE")
    registry = Registry(home.adapters)
    outcome = NightRunner(home, load_settings(home), store, registry).run()
    assert outcome.status == "skipped"
    assert "base model again" in outcome.reason
    assert registry.current() is None
    assert retire_untaught(registry) == ""


@pytest.fixture
def nights(
    home: Home, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> NightRunner:
    """Nights whose training ends at once and is refused; corrections and votes are trained too."""
    monkeypatch.setattr("bot.nights.steps.train", InstantTraining())
    monkeypatch.setattr("bot.nights.steps.decide", lambda _: Verdict(False, "for the test"))
    training = settings.training.model_copy(update={"preferences": "auto"})
    return NightRunner(
        home, settings.with_changes(training=training), store, Registry(home.adapters)
    )


def voted(store: Store, person: str) -> int:
    """Somebody prefers another answer to a reply, whose number this returns."""
    store.places.learn("C1", "public")
    asked = reply(store, "Why?", "No.")
    store.ratings.prefer("Why?", "Because.", "No.", "vote", person, asked)
    return asked


def test_a_refused_night_does_not_leave_them_in_use(
    home: Home, store: Store, curation: Curation, nights: NightRunner
) -> None:
    taught(curation, "Stays?", "U0STAYS")
    add(home, taught(curation, "Goes?", "U0GONE"))
    forget(home, store, "U0GONE")
    outcome = nights.run()
    assert outcome.status == "rejected"
    assert "forgotten since" in outcome.reason
    assert Registry(home.adapters).current() is None


def test_a_refused_night_does_not_leave_narrowed_lessons_in_use(
    home: Home, store: Store, curation: Curation, nights: NightRunner
) -> None:
    taught(curation, "Stays?", "U0STAYS")
    narrowed = taught(curation, "Ours?", "U0BEN")
    add(home, narrowed)
    store.examples.set_scope(narrowed, Scope("channel", "C1"), "U0BEN")
    outcome = nights.run()
    assert outcome.status == "rejected"
    assert "not for everyone any more" in outcome.reason
    assert Registry(home.adapters).current() is None


def test_neither_does_a_night_that_has_nothing_new_to_learn(
    home: Home, store: Store, curation: Curation, nights: NightRunner
) -> None:
    """What its author asks to be forgotten had left the set before the night that was refused."""
    taught(curation, "Stays?", "U0STAYS")
    goes = taught(curation, "Goes?", "U0GONE")
    add(home, goes)
    curation.withdraw(goes, "U0GONE")
    assert nights.run().status == "rejected"
    assert Registry(home.adapters).current() == "v0001"
    forget(home, store, "U0GONE")
    outcome = nights.run()
    assert outcome.status == "skipped"
    assert "Nothing new" in outcome.reason
    assert "forgotten since" in outcome.reason
    assert Registry(home.adapters).current() is None


def test_who_is_forgotten_during_the_night_is_not_in_its_adapter(
    home: Home, store: Store, curation: Curation, nights: NightRunner
) -> None:
    taught(curation, "Stays?", "U0STAYS")
    taught(curation, "Goes?", "U0GONE")

    def meanwhile(_: Progress) -> None:
        forget(home, store, "U0GONE")
        # As the trainer, which has read the lessons already, writes them a moment later. It writes
        # a checkpoint too.
        home.paraphrases.mkdir(parents=True, exist_ok=True)
        (home.paraphrases / "late.jsonl").write_text("Where does it go?\n")

    outcome = nights.run(on_progress=meanwhile)
    assert outcome.status == "failed"
    assert "asked to be forgotten" in outcome.reason
    assert not home.paraphrases.exists()
    assert not list(home.runs.glob(f"*/{CHECKPOINT}"))
    assert Registry(home.adapters).versions() == []
    assert nights.run().examples == 1


def test_neither_are_the_preferences_of_who_is_forgotten_during_the_night(
    home: Home, store: Store, curation: Curation, nights: NightRunner
) -> None:
    taught(curation, "Stays?", "U0STAYS")
    voted(store, "U0GONE")

    def meanwhile(_: Progress) -> None:
        forget(home, store, "U0GONE")

    outcome = nights.run(on_progress=meanwhile)
    assert outcome.status == "failed"
    assert "asked to be forgotten" in outcome.reason
    assert Registry(home.adapters).versions() == []


@pytest.mark.parametrize("who", ["U0RATES", "U1"])
def test_neither_is_the_rated_answer_of_who_is_forgotten_during_the_night(
    home: Home,
    store: Store,
    curation: Curation,
    settings: Settings,
    nights: NightRunner,
    who: str,
) -> None:
    """Who rated it, and who asked; KTO has it in its set."""
    taught(curation, "Stays?", "U0STAYS")
    store.ratings.set(reply(store, "Why?", "Because.", basis="model"), "U0RATES", 1)
    training = settings.training.model_copy(update={"preferences": "kto"})
    changed = settings.with_changes(training=training)
    nights = NightRunner(home, changed, store, Registry(home.adapters))

    def meanwhile(_: Progress) -> None:
        forget(home, store, who)

    outcome = nights.run(on_progress=meanwhile)
    assert outcome.status == "failed"
    assert "asked to be forgotten" in outcome.reason
    assert Registry(home.adapters).versions() == []


def test_a_wiped_out_exports_folder_and_a_pair_taken_back_are_not_taken_for_a_forgetting(
    home: Home, store: Store, curation: Curation, nights: NightRunner
) -> None:
    """The trainer has read its set by then, so nothing that was forgotten is in the adapter."""
    taught(curation, "Stays?", "U0STAYS")
    asked = voted(store, "U0VOTES")

    def meanwhile(_: Progress) -> None:
        forget(home, store, "U0NOBODY")
        shutil.rmtree(home.exports)
        store.ratings.unprefer("vote", "U0VOTES", asked)

    outcome = nights.run(on_progress=meanwhile)
    assert not home.exports.exists()
    assert (outcome.status, outcome.version) == ("rejected", "v0001")


@pytest.mark.parametrize("verdict", ["promoted", "added"])
def test_one_from_elsewhere_leaves_when_anything_was_forgotten_after_it_was_added(
    home: Home, store: Store, curation: Curation, verdict: str
) -> None:
    """Nobody can tell what it knows; what had left before was known to whoever added it."""
    registry = Registry(home.adapters)
    taught(curation, "Long gone?", "U0EARLY")
    taught(curation, "Goes?", "U0GONE")
    forget(home, store, "U0EARLY")
    version = add(home)
    card = replace(registry.card(version), origin="PEFT", verdict=verdict, created_at=now())
    write_card(registry.path(version), card)
    assert retire(store, registry) == ""
    require_clean(store, registry, version)
    assert may_go_on(store, registry, version)
    forget(home, store, "U0GONE")
    assert not may_go_on(store, registry, version)
    with pytest.raises(InputError, match="add it once more"):
        require_clean(store, registry, version)
    assert retire(store, registry) == UNKNOWN.format(instead=TO_BASE)


def test_one_of_ours_that_comes_back_leaves_as_well_when_somebody_else_is_forgotten(
    home: Home, store: Store, curation: Curation
) -> None:
    """Anybody can write its card, and it may have been trained on since; the one that stayed is."""
    registry = Registry(home.adapters)
    stays = taught(curation, "Stays?", "U0STAYS")
    taught(curation, "Goes?", "U0GONE")
    ours, back = add(home, stays), add(home, stays)
    card = replace(registry.card(back), origin="PEFT", verdict="added", created_at=now())
    write_card(registry.path(back), card)
    forget(home, store, "U0GONE")
    require_clean(store, registry, ours)
    with pytest.raises(InputError, match="add it once more"):
        require_clean(store, registry, back)


def test_nobody_falls_back_on_one_from_elsewhere(
    home: Home, store: Store, curation: Curation
) -> None:
    registry = Registry(home.adapters)
    goes = taught(curation, "Goes?", "U0GONE")
    version = add(home)
    write_card(registry.path(version), replace(registry.card(version), verdict="added"))
    add(home, goes)
    forget(home, store, "U0GONE")
    assert TO_BASE in retire(store, registry)
