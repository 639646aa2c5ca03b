"""Which answers with thumbs may be learned, each by itself: a model's own, told to everybody."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.exporting import export_approved
from bot.lessons.rated_answers import trainable_ratings
from bot.messages import Completion, Message
from bot.privacy.erasure import forget
from bot.settings import FeedbackSettings, Settings
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from bot.store.replies import Origin
from trainer.dataset.export import Exported

QUESTION = "When is lunch?"
ANSWER = "At noon, I think."
BY_MODEL = Origin((), "model", 0.5)


@pytest.fixture(autouse=True)
def public(store: Store) -> None:
    """The channel of these tests is one that everybody may read."""
    store.places.learn("C1", "public")


def rated(
    store: Store,
    value: int = 1,
    text: str = ANSWER,
    *turns: str,
    question: str = QUESTION,
    origin: Origin | None = BY_MODEL,
    by: str = "U0RATES",
    **other: Any,
) -> int:
    """An answer of the bot with a thumb; `turns` were said before its question."""
    given = {"source": "slack", "channel": "C1", "asker": "U0ASKS", "ended": "stop"} | other
    roles = ("user", "assistant")
    before = [Message(roles[i % 2], turn) for i, turn in enumerate(turns)]
    number = store.replies.add(
        Completion(text, "base", given.get("adapter"), 1, 1, 0.1, given["ended"]),
        [Message("system", "Be kind."), *before, Message("user", question)],
        source=given["source"],
        channel=given["channel"],
        thread="1.0",
        person=given["asker"],
        origin=origin,
    ).id
    store.ratings.set(number, by, value)
    return number


def found(store: Store, settings: Settings) -> list[tuple[str, bool]]:
    today = datetime.now(UTC).date()
    return [(one.completion, one.liked) for one in trainable_ratings(store, settings, today)]


def with_thumbs(settings: Settings, way: str = "kto") -> Settings:
    return settings.with_changes(training=settings.training.model_copy(update={"preferences": way}))


def lines(exported: Exported) -> list[dict[str, object]]:
    text = (exported.folder / "ratings.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_liked_and_a_disliked_answer_are_rated_answers_oldest_first(
    store: Store, settings: Settings
) -> None:
    rated(store, -1, "Never.", question="Who bakes?")
    rated(store)
    assert found(store, settings) == [("Never.", False), (ANSWER, True)]


def test_what_people_disagree_about_is_neither_liked_nor_disliked(
    store: Store, settings: Settings
) -> None:
    """Whether the thumbs are on one reply, or on the same answer given twice."""
    store.ratings.set(rated(store), "U2", -1)
    assert found(store, settings) == []
    rated(store, question="Who bakes?", text="Noor.")
    rated(store, -1, question="who BAKES?", text="noor.")
    assert found(store, settings) == []
    rated(store, question="Tea?", text="Yes.")
    rated(store, question="tea?", text="yes.")
    assert found(store, settings) == [("Yes.", True)]


@pytest.mark.parametrize(
    ("thumbs", "likes"),
    [("anyone", True), ("asker", False), ("teachers", None), (2, None)],
)
def test_the_thumbs_that_count_decide(
    store: Store, settings: Settings, thumbs: str | int, likes: bool | None
) -> None:
    """Two like it, of whom none teaches, and the asker does not."""
    number = rated(store, -1, by="U0ASKS")
    for person in ("U1", "U2"):
        store.ratings.set(number, person, 1)
    feedback = FeedbackSettings.model_validate({"thumbs": thumbs})
    expected = [] if likes is None else [(ANSWER, likes)]
    assert found(store, settings.with_changes(feedback=feedback)) == expected


def test_a_teacher_decides_where_only_teachers_do(store: Store, settings: Settings) -> None:
    store.people.make("U0RATES", "teacher", "U0ADMIN")
    store.ratings.set(rated(store), "U2", -1)
    feedback = FeedbackSettings(thumbs="teachers")
    assert found(store, settings.with_changes(feedback=feedback)) == [(ANSWER, True)]


@pytest.mark.parametrize("basis", ["near", "none", "taught"])
def test_what_no_model_put_into_words_is_left_out(
    store: Store, settings: Settings, basis: str
) -> None:
    rated(store, origin=Origin((), basis, 0.5))  # type: ignore[arg-type]  # one of four words
    rated(store, origin=Origin((1,)))
    assert found(store, settings) == []


def test_what_an_adapter_told_of_a_lesson_is_its_own_words(
    store: Store, settings: Settings
) -> None:
    rated(store, origin=Origin((), "taught", 0.9), adapter="v0001")
    rated(store, -1, "Never.", origin=None)
    assert found(store, settings) == [(ANSWER, True), ("Never.", False)]


def test_only_whole_answers_to_a_first_question_are_learned(
    store: Store, settings: Settings
) -> None:
    rated(store, 1, ANSWER, "Hello", "Hello.")
    for ended in ("length", "stopped", None):
        rated(store, ended=ended, question=f"ended by {ended}")
    rated(store, text="", question="Which was deleted?")
    assert found(store, settings) == []


def test_nothing_is_learned_of_what_was_said_where_not_everybody_reads(
    store: Store, settings: Settings
) -> None:
    """An unknown channel is taken for a private one; the page and the terminal are no channel."""
    store.places.learn("C0PRIVATE", "private")
    store.places.learn("G0GROUP", "group")
    for channel in ("C0PRIVATE", "G0GROUP", "D0ANNA", "C0UNKNOWN"):
        rated(store, channel=channel, question=f"in {channel}")
    rated(store, origin=Origin((), "model", 0.5, with_context=True))
    assert found(store, settings) == []
    rated(store, channel="console", source="console")
    assert found(store, settings) == [(ANSWER, True)]


def test_nothing_is_learned_of_who_has_opted_out(store: Store, settings: Settings) -> None:
    """Neither what they asked nor what they thought."""
    rated(store, asker="U0OUT", question="Theirs?")
    rated(store, by="U0OUT", question="Rated by them?")
    store.people.opt_out("U0OUT")
    assert found(store, settings) == []


def test_reasoning_is_no_part_of_an_answer(store: Store, settings: Settings) -> None:
    rated(store, text="<think>Noon?</think>At noon.")
    rated(store, text="<think>Hm.</think>", question="Why?")
    assert found(store, settings) == [("At noon.", True)]


def test_secrets_and_personal_data_are_in_no_rated_answer(store: Store, settings: Settings) -> None:
    """A lesson is cleaned before it is stored; nobody has looked at a question."""
    rated(store, question="Is ada.lovelace@example.org right?")
    rated(store, text="Write to ada.lovelace@example.org.", question="Whom do I write to?")
    assert found(store, settings) == []


def test_no_rated_answer_contradicts_a_lesson(
    store: Store, curation: Curation, settings: Settings
) -> None:
    curation.teach(QUESTION, "At one.", "U1")
    rated(store)
    rated(store, -1, "At ONE.")
    assert found(store, settings) == []
    rated(store, text="At one.", origin=Origin((), "taught", 0.9), adapter="v0001")
    rated(store, -1, "At two.")
    assert ("At two.", False) in found(store, settings)


def test_no_thumb_brings_back_an_answer_that_was_withdrawn(
    store: Store, curation: Curation, settings: Settings
) -> None:
    taught = curation.teach(QUESTION, ANSWER, "U1")
    assert taught.id is not None
    rated(store)
    assert found(store, settings) == [(ANSWER, True)]
    curation.withdraw(taught.id, "U1", "a mistake")
    assert found(store, settings) == []


@pytest.mark.parametrize("told", [True, False])
def test_nothing_of_a_lesson_that_is_not_for_everyone_is_learned(
    store: Store, settings: Settings, told: bool
) -> None:
    hers = NewExample("Which code?", "Zanzibar.", "teach", "U1", scope=Scope("channel", "C1"))
    lesson = store.examples.add(hers).id
    origin = Origin((lesson,) if told else (), "model", 0.5)
    rated(store, text="At one." if told else "zanzibar.", origin=origin)
    assert found(store, settings) == []


def test_an_export_for_kto_has_them_and_no_other(
    store: Store, curation: Curation, settings: Settings, tmp_path: Path
) -> None:
    """Somebody's question is in each of them, so that nothing has them without need."""
    curation.teach("Who bakes?", "Noor.", "U1")
    number = rated(store)
    for way in ("off", "auto"):
        done = export_approved(store, with_thumbs(settings, way), tmp_path / way)
        assert not (done.folder / "ratings.jsonl").exists()
        assert "ratings" not in done.manifest
    done = export_approved(store, with_thumbs(settings), tmp_path / "kto")
    assert lines(done) == [{"prompt": QUESTION, "completion": ANSWER, "label": True}]
    assert done.manifest["ratings"] == [number]
    assert lines(export_approved(store, settings, tmp_path / "layout", "kto")) == lines(done)


def test_new_thumbs_are_a_reason_for_a_night_where_they_are_trained(
    store: Store, curation: Curation, settings: Settings, tmp_path: Path
) -> None:
    curation.teach("Who bakes?", "Noor.", "U1")
    before = export_approved(store, with_thumbs(settings), tmp_path / "one").dataset_hash
    rated(store)
    assert export_approved(store, with_thumbs(settings), tmp_path / "two").dataset_hash != before


@pytest.mark.parametrize("who", ["U0ASKS", "U0RATES"])
def test_an_erasure_deletes_the_exports_with_their_rated_answers(
    home: Home, store: Store, curation: Curation, settings: Settings, who: str
) -> None:
    curation.teach("Who bakes?", "Noor.", "U0STAYS")
    store.ratings.set(rated(store), "U0OTHER", 1)
    exported = export_approved(store, with_thumbs(settings), home.exports / "0001")
    assert forget(home, store, "U0NOBODY").exports == 0
    assert forget(home, store, who).exports == 1
    assert not exported.folder.exists()
    left = export_approved(store, with_thumbs(settings), home.exports / "0002")
    assert left.manifest.get("ratings", []) == ([] if who == "U0ASKS" else [1])
    assert forget(home, store, "U0NOBODY").exports == 0, "it was made after the erasure"
