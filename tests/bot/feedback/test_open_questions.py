"""What people were asked about their lessons waits for them, over restarts, and is decided once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import InputError
from bot.feedback.message_changes import MessageChanges
from bot.feedback.open_questions import Decisions
from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.teaching import Lesson
from bot.messages import Message
from bot.privacy.erasure import forget
from bot.settings import Settings, load_settings
from bot.store import Store
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.scope import Scope
from tests.bot.stored import reply, statuses

ANNA, BEN = "U0ANNA", "U0BEN"
QUESTION = "When is lunch?"
SECRET = "Write to ada@lantern.example."


def decisions_of(store: Store, settings: Settings) -> Decisions:
    return Decisions(store, settings, Curation(store, settings), ReplyRatings(store, settings))


@pytest.fixture
def decisions(store: Store, settings: Settings) -> Decisions:
    return decisions_of(store, settings)


@pytest.fixture
def other(home: Home, store: Store, settings: Settings) -> Iterator[Decisions]:
    """Another process on the same database."""
    assert store
    second = Store(home.database)
    yield decisions_of(second, settings)
    second.close()


def asked(decisions: Decisions, curation: Curation, lesson: Lesson) -> str:
    return decisions.ask("typed", lesson, curation.learn(lesson, "ask"))


def test_a_question_outlasts_the_process_that_asked_it(
    decisions: Decisions, curation: Curation, store: Store, other: Decisions
) -> None:
    old = curation.teach(QUESTION, "At noon.", ANNA).id
    lesson = Lesson(
        QUESTION,
        "At one.",
        ANNA,
        channel="D0ANNA",
        expires_on="2999-01-31",
        scope=Scope(),
        messages=(Message("user", QUESTION), Message("assistant", "At one.")),
    )
    key = asked(decisions, curation, lesson)
    store.close()
    assert [question.key for question in other.of(ANNA)] == [key]
    decided = other.decide(key, ANNA, "replace")
    assert decided is not None
    assert decided.taught is not None
    assert decided.taught.replaced == (old,)
    example = decided.taught.id
    assert example is not None


def test_the_lesson_is_taught_as_it_was_asked_about(
    decisions: Decisions, curation: Curation, store: Store
) -> None:
    curation.learn(Lesson(QUESTION, "At noon.", ANNA, channel="C0SHUT"))
    lesson = Lesson(QUESTION, "At one.", ANNA, channel="C0SHUT", expires_on="2999-01-31")
    decided = decisions.decide(asked(decisions, curation, lesson), ANNA, "keep")
    assert decided is not None
    assert decided.taught is not None
    assert decided.taught.id is not None
    example = store.examples.get(decided.taught.id)
    assert (example.author, example.channel, example.expires_on) == (ANNA, "C0SHUT", "2999-01-31")
    assert example.for_whom == Scope("channel", "C0SHUT")
    assert statuses(store) == ["approved", "approved"]


def test_a_decision_counts_once_and_only_that_of_who_was_asked(
    decisions: Decisions, curation: Curation, store: Store, other: Decisions
) -> None:
    curation.teach(QUESTION, "At noon.", ANNA)
    key = asked(decisions, curation, Lesson(QUESTION, "At one.", ANNA))
    assert decisions.decide(key, BEN, "keep") is None
    assert decisions.decide(key, ANNA, "keep") is not None
    assert other.decide(key, ANNA, "keep") is None
    assert other.decide(key, None, "cancel") is None
    assert statuses(store) == ["approved", "approved"]


def test_cancelled_it_is_gone_and_nothing_is_taught(
    decisions: Decisions, curation: Curation, store: Store
) -> None:
    curation.teach(QUESTION, "At noon.", ANNA)
    key = asked(decisions, curation, Lesson(QUESTION, "At one.", ANNA))
    decided = decisions.decide(key, None, "cancel")  # by whoever runs the machine
    assert decided is not None
    assert decided.taught is None
    assert (decisions.of(ANNA), statuses(store)) == ([], ["approved"])


def test_who_may_not_replace_proposes_by_it(
    decisions: Decisions, curation: Curation, store: Store
) -> None:
    curation.teach(QUESTION, "At noon.", BEN)
    decided = decisions.decide(
        asked(decisions, curation, Lesson(QUESTION, "At one.", ANNA)), ANNA, "replace"
    )
    assert decided is not None
    assert decided.taught is not None
    assert (decided.taught.status, decided.taught.proposed_for) == ("pending", (1,))
    assert statuses(store) == ["approved", "pending"]


def test_what_may_not_be_stored_is_not_stored_with_the_question(
    decisions: Decisions, curation: Curation, home: Home
) -> None:
    curation.teach("Who is on call?", "Ben.", ANNA)
    lesson = Lesson("Who is on call?", SECRET, ANNA)
    key = asked(decisions, curation, lesson)
    written = b"".join(p.read_bytes() for p in home.data.rglob("*") if p.is_file())
    assert b"ada@lantern" not in written
    decided = decisions.decide(key, ANNA, "replace")
    assert decided is not None
    assert decided.taught is not None
    assert decided.taught.redacted == ("e-mail",)


def test_accepting_what_is_taken_out_leads_to_the_question_about_the_conflict(
    decisions: Decisions, curation: Curation, store: Store
) -> None:
    curation.teach("Who is on call?", "Ben.", ANNA)
    lesson = Lesson("Who is on call?", SECRET, ANNA, redaction="ask")
    key = asked(decisions, curation, lesson)
    with pytest.raises(InputError):
        decisions.decide(key, ANNA, "replace")
    first = decisions.decide(key, ANNA, "accept")
    assert first is not None
    assert first.next_key is not None
    assert first.taught is not None
    assert first.taught.status == "contradiction"
    second = decisions.decide(first.next_key, ANNA, "replace")
    assert second is not None
    assert second.taught is not None
    assert (second.taught.redacted, second.taught.replaced) == (("e-mail",), (1,))
    assert store.examples.approved()[0].completion == "Write to [e-mail]."
    assert decisions.of(ANNA) == []


def test_what_is_kept_back_by_the_settings_stays_so_after_a_question(
    home: Home, store: Store
) -> None:
    home.config.write_text('[examples]\nsensitive = "quarantine"\n')
    settings = load_settings(home)
    curation, decisions = Curation(store, settings), decisions_of(store, settings)
    curation.teach("Who is on call?", "Ben.", ANNA)
    key = asked(decisions, curation, Lesson("Who is on call?", SECRET, ANNA))
    decided = decisions.decide(key, ANNA, "keep")
    assert decided is not None
    assert decided.taught is not None
    assert decided.taught.status == "quarantined"


def test_the_same_question_is_asked_once(decisions: Decisions, curation: Curation) -> None:
    curation.teach(QUESTION, "At noon.", ANNA)
    lesson = Lesson(QUESTION, "At one.", ANNA)
    keys = [asked(decisions, curation, lesson) for _ in range(3)]
    assert [question.key for question in decisions.of(ANNA)] == keys[2:]


def test_a_correction_is_made_as_it_was_asked_about(
    decisions: Decisions, ratings: ReplyRatings, curation: Curation, store: Store
) -> None:
    curation.teach(QUESTION, "At two.", ANNA)
    number = reply(store, QUESTION, "Never.")
    taught = ratings.correct(number, ANNA, "At noon.", "ask")
    lesson = ratings.correction(number, ANNA, "At noon.")
    key = decisions.ask("correction", lesson, taught, reply_id=number)
    assert store.ratings.everyone(number) == {}
    decided = decisions.decide(key, ANNA, "replace")
    assert decided is not None
    assert decided.taught is not None
    assert decided.taught.replaced == (1,)
    assert store.ratings.corrections(number) == {ANNA: "At noon."}


def test_a_lesson_made_of_messages_keeps_their_authors(
    decisions: Decisions, curation: Curation, store: Store
) -> None:
    curation.teach(QUESTION, "At two.", ANNA)
    lesson, words = Lesson(QUESTION, "At noon.", ANNA, "shortcut"), [SourceMessage("C1", "1", BEN)]
    taught = curation.learn_from(lesson, words, "ask")
    decided = decisions.decide(decisions.ask("message", lesson, taught, words), ANNA, "replace")
    assert decided is not None
    assert decided.taught is not None
    assert decided.taught.id is not None
    assert store.provenance.authors(decided.taught.id) == {BEN}


def test_a_lesson_that_cannot_be_taught_any_more_leaves_the_question(
    decisions: Decisions, curation: Curation, store: Store
) -> None:
    curation.teach(QUESTION, "At two.", ANNA)
    key = asked(decisions, curation, Lesson(QUESTION, "At noon.", ANNA))
    store.people.opt_out(ANNA)
    with pytest.raises(InputError):
        decisions.decide(key, ANNA, "replace")
    assert [question.key for question in decisions.of(ANNA)] == [key]


@pytest.mark.parametrize("change", ["deleted", "edited"])
def test_it_goes_with_the_message_that_it_is_made_of(
    decisions: Decisions,
    curation: Curation,
    message_changes: MessageChanges,
    store: Store,
    change: str,
) -> None:
    curation.teach(QUESTION, "At two.", ANNA)
    lesson, words = Lesson(QUESTION, "At noon.", ANNA), [SourceMessage("C1", "1.1", BEN)]
    key = decisions.ask("message", lesson, curation.learn_from(lesson, words, "ask"), words)
    if change == "deleted":
        message_changes.message_deleted("C1", "1.1")
    else:
        message_changes.question_edited("C1", "1.1")
    assert decisions.decide(key, ANNA, "replace") is None
    assert statuses(store) == ["approved"]


@pytest.mark.parametrize("person", [ANNA, BEN])
def test_it_goes_with_whoever_is_forgotten_of_those_whose_words_are_in_it(
    decisions: Decisions, curation: Curation, store: Store, home: Home, person: str
) -> None:
    curation.teach(QUESTION, "At two.", "console")
    lesson, words = Lesson(QUESTION, "At noon.", ANNA), [SourceMessage("C1", "1.1", BEN)]
    decisions.ask("message", lesson, curation.learn_from(lesson, words, "ask"), words)
    forget(home, store, person)
    assert decisions.of(ANNA) == []


@pytest.mark.parametrize(("days", "kept"), [(29, 2), (31, 1)])
def test_after_thirty_days_it_is_gone(
    decisions: Decisions, curation: Curation, store: Store, days: int, kept: int
) -> None:
    """At the latest when somebody is asked something else."""
    curation.teach(QUESTION, "At two.", ANNA)
    asked(decisions, curation, Lesson(QUESTION, "At noon.", ANNA))
    then = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")
    with store.connections.write() as db:
        db.conn.execute("update open_questions set at = ?", [then])
    asked(decisions, curation, Lesson(QUESTION, "At one.", ANNA))
    assert len(decisions.of(ANNA)) == kept
    assert decisions.drop_old() == 0


def test_an_answer_that_says_nothing_is_stored_only_once_its_author_says_so(
    decisions: Decisions, curation: Curation, store: Store
) -> None:
    curation.teach(QUESTION, "At noon.", ANNA)
    lesson = Lesson(QUESTION, "Sorry, I do not know.", ANNA, sure=False)
    key = asked(decisions, curation, lesson)
    assert [question.kind for question in decisions.of(ANNA)] == ["no_answer"]
    with pytest.raises(InputError):
        decisions.decide(key, ANNA, "replace")
    second = decisions.decide(key, ANNA, "accept")
    assert second is not None
    assert second.next_key is not None  # it contradicts what was taught before
    decisions.decide(second.next_key, ANNA, "replace")
    assert [example.completion for example in store.examples.approved()] == [lesson.completion]
