"""Thumbs and corrections: the last word wins, and a bad answer is never trained."""

from datetime import date

import pytest

from bot.errors import InputError, NotFoundError
from bot.feedback.message_changes import MessageChanges
from bot.feedback.ratings import ReplyRatings
from bot.feedback.reply_lessons import NOT_FOR_MORE, Extent
from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.preference_pairs import trainable_pairs
from bot.lessons.teaching import Lesson, Taught
from bot.privacy.erasure import forget
from bot.settings import ExampleSettings, FeedbackSettings, Settings
from bot.store import Store
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, Scope
from tests.bot.stored import reply, statuses
from trainer.retrieval.decision import Source


def pairs(store: Store) -> list[tuple[str, str]]:
    rows = store.connections.db.query("select chosen, rejected from preferences order by id")
    return [(row["chosen"], row["rejected"]) for row in rows]


def test_what_one_likes_and_another_does_not_is_not_taught(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "Who are you?", "A bot.")
    ratings.thumbs_up(number, "U1")
    assert ratings.thumbs_down(number, "U2").status == "withdrawn"
    assert ratings.thumbs_up(number, "U2").status == "approved"


def test_a_lesson_is_by_who_likes_the_answer(ratings: ReplyRatings, store: Store) -> None:
    """Though it becomes one only when somebody else thinks better of it."""
    number = reply(store, "Who are you?", "A bot.")
    ratings.thumbs_down(number, "U1")
    assert ratings.thumbs_up(number, "U2").status == "noted"
    assert ratings.take_back(number, "U1").status == "approved"
    assert [example.author for example in store.examples.approved()] == ["U2"]


@pytest.mark.parametrize("likes", ["before", "after"])
def test_a_corrected_answer_is_never_trained_whoever_likes_it(
    ratings: ReplyRatings, store: Store, likes: str
) -> None:
    number = reply(store, "When is lunch?", "Never.")
    if likes == "before":
        ratings.thumbs_up(number, "U1")
    ratings.correct(number, "U2", "At noon.", "keep")
    if likes == "after":
        assert ratings.thumbs_up(number, "U1").status == "corrected"
    assert [e.completion for e in store.examples.approved()] == ["At noon."]


def test_a_corrected_answer_is_no_lesson_though_most_people_like_it(
    ratings: ReplyRatings, store: Store
) -> None:
    """More thumbs are up than down, and still somebody said what the answer should have been."""
    number = reply(store, "When is lunch?", "Never.")
    ratings.correct(number, "U2", "At noon.", "keep")
    ratings.thumbs_up(number, "U1")
    assert ratings.thumbs_up(number, "U3").status == "corrected"
    assert [e.completion for e in store.examples.approved()] == ["At noon."]


def test_a_correction_withdraws_an_answer_that_most_people_like(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "When is lunch?", "Never.")
    for person in ("U1", "U3", "U4"):
        ratings.thumbs_up(number, person)
    ratings.correct(number, "U2", "At noon.", "keep")
    assert [e.completion for e in store.examples.approved()] == ["At noon."]


def test_a_thumb_up_after_a_correction_takes_the_correction_back(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "When is lunch?", "Never.")
    ratings.correct(number, "U1", "At noon.")
    ratings.thumbs_up(number, "U1")
    assert [e.completion for e in store.examples.approved()] == ["Never."]
    assert pairs(store) == []
    assert store.ratings.everyone(number) == {"U1": 1}


def test_taking_back_takes_the_correction_back(ratings: ReplyRatings, store: Store) -> None:
    number = reply(store, "When is lunch?", "Never.")
    ratings.correct(number, "U1", "At noon.")
    ratings.take_back(number, "U1")
    assert statuses(store) == ["withdrawn"]
    assert pairs(store) == []
    assert store.ratings.everyone(number) == {}


def test_a_second_correction_replaces_the_first_without_a_question(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "When is lunch?", "Never.")
    ratings.correct(number, "U1", "At noon.")
    assert ratings.correction_of(number, "U1") == "At noon."
    assert ratings.correct(number, "U1", "At one.", "ask").status == "approved"
    assert statuses(store) == ["withdrawn", "approved"]
    assert pairs(store) == [("At one.", "Never.")]


def test_a_correction_against_another_lesson_is_asked_about_and_stores_nothing(
    curation: Curation, ratings: ReplyRatings, store: Store
) -> None:
    curation.teach("When is lunch?", "At two.", "U9")
    number = reply(store, "When is lunch?", "Never.")
    asked = ratings.correct(number, "U1", "At noon.", "ask")
    assert asked.status == "contradiction"
    assert pairs(store) == []
    store.people.make("U1", "teacher", "settings")
    settled = ratings.correct(number, "U1", "At noon.", "replace", asked.conflicts)
    assert settled.replaced == tuple(example.id for example in asked.conflicts)
    assert statuses(store) == ["superseded", "approved"]


def test_the_same_words_are_no_correction(ratings: ReplyRatings, store: Store) -> None:
    number = reply(store, "When is lunch?", "Never.")
    assert ratings.correct(number, "U1", " Never. ").status == "refused"
    assert store.ratings.everyone(number) == {}


def test_a_preference_has_no_secrets_in_it(ratings: ReplyRatings, store: Store) -> None:
    number = reply(store, "Who is on call?", "Nobody.")
    ratings.correct(number, "U1", "Write to ada@lantern.example.")
    assert pairs(store) == [("Write to [e-mail].", "Nobody.")]


def test_what_somebody_withdrew_by_hand_a_thumb_does_not_bring_back(
    curation: Curation, ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "Who are you?", "A bot.")
    taught = ratings.thumbs_up(number, "U1")
    assert taught.id is not None
    curation.withdraw(taught.id, "U9", "not true")
    assert ratings.thumbs_up(number, "U2").status == "withdrawn"
    assert statuses(store) == ["withdrawn"]


def test_thumbs_up_teaches_once_however_many_like_it(ratings: ReplyRatings, store: Store) -> None:
    number = reply(store, "Who are you?", "A bot.")
    first = ratings.thumbs_up(number, "U1")
    second = ratings.thumbs_up(number, "U2")
    assert first.id == second.id
    assert statuses(store) == ["approved"]
    assert store.ratings.tally(number) == (2, 0)


def test_the_example_goes_with_the_last_thumb(ratings: ReplyRatings, store: Store) -> None:
    number = reply(store, "Who are you?", "A bot.")
    ratings.thumbs_up(number, "U1")
    ratings.thumbs_up(number, "U2")
    ratings.take_back(number, "U1")
    assert statuses(store) == ["approved"]
    ratings.take_back(number, "U2")
    assert statuses(store) == ["withdrawn"]


def test_a_thumb_put_back_brings_the_example_back(ratings: ReplyRatings, store: Store) -> None:
    number = reply(store, "Who are you?", "A bot.")
    ratings.thumbs_up(number, "U1")
    ratings.take_back(number, "U1")
    assert ratings.thumbs_up(number, "U1").status == "approved"
    assert statuses(store) == ["approved"]


def test_taking_back_what_was_never_given_does_nothing(ratings: ReplyRatings, store: Store) -> None:
    number = reply(store, "Who are you?", "A bot.")
    ratings.thumbs_up(number, "U1")
    ratings.take_back(number, "U9")
    assert statuses(store) == ["approved"]


def test_the_last_thumb_of_a_person_wins(ratings: ReplyRatings, store: Store) -> None:
    number = reply(store, "Who are you?", "A bot.")
    ratings.thumbs_up(number, "U1")
    ratings.thumbs_down(number, "U1")
    assert store.ratings.tally(number) == (0, 1)
    assert statuses(store) == ["withdrawn"]


def test_a_thumb_does_not_outweigh_what_a_person_wrote(
    curation: Curation, ratings: ReplyRatings, store: Store
) -> None:
    curation.teach("Who are you?", "I am the school bot.", "U1")
    number = reply(store, "Who are you?", "A bot.")
    assert ratings.thumbs_up(number, "U2").status == "duplicate"
    assert [e.completion for e in store.examples.approved()] == ["I am the school bot."]


def test_a_correction_teaches_the_better_answer_and_a_preference(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "When is lunch?", "Never.")
    ratings.thumbs_up(number, "U1")
    taught = ratings.correct(number, "U1", "At noon.")
    assert taught.status == "approved"
    assert [e.completion for e in store.examples.approved()] == ["At noon."]
    pairs = list(store.connections.db.table("preferences").rows)
    assert [(p["chosen"], p["rejected"]) for p in pairs] == [("At noon.", "Never.")]
    assert store.ratings.of(number, "U1") == -1


def test_an_answer_within_a_conversation_is_taught_with_its_turns(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "When is lunch?", "At noon.", "And on Friday?", "At one.")
    taught = ratings.thumbs_up(number, "U1")
    assert taught.id is not None
    messages = store.examples.get(taught.id).messages
    assert messages is not None
    assert [m.content for m in messages] == [
        "When is lunch?",
        "At noon.",
        "And on Friday?",
        "At one.",
    ]


def test_a_reply_that_does_not_exist_is_named(ratings: ReplyRatings) -> None:
    with pytest.raises(NotFoundError, match="99"):
        ratings.thumbs_up(99, "U1")


def test_an_answer_whose_words_were_cut_cannot_be_liked(
    ratings: ReplyRatings, store: Store
) -> None:
    """What was asked before it was edited or deleted, and may be in it."""
    number = reply(store, "Who are you?", "A bot.")
    store.replies.cut([number])
    with pytest.raises(InputError, match="edited or deleted"):
        ratings.thumbs_up(number, "U1")
    assert store.ratings.everyone(number) == {}


def test_in_a_channel_that_was_switched_off_nothing_is_rated(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "Who are you?", "A bot.")
    store.channels.set("C1", False, "U9")
    for rate in (ratings.thumbs_up, ratings.thumbs_down):
        with pytest.raises(InputError, match="not switched on"):
            rate(number, "U1")
    with pytest.raises(InputError, match="not switched on"):
        ratings.correct(number, "U1", "A school.")
    assert store.ratings.everyone(number) == {}


def test_a_lesson_that_was_withdrawn_by_hand_stays_out_whoever_likes_it(
    ratings: ReplyRatings, curation: Curation, store: Store
) -> None:
    number = reply(store, "Who are you?", "A bot.")
    taught = ratings.thumbs_up(number, "U1")
    assert taught.id is not None
    curation.withdraw(taught.id, "U2", "not true")
    assert ratings.thumbs_up(number, "U3").status == "withdrawn"
    assert statuses(store) == ["withdrawn"]


def test_the_same_correction_again_changes_nothing(ratings: ReplyRatings, store: Store) -> None:
    number = reply(store, "When is lunch?", "Never.")
    ratings.correct(number, "U1", "At noon.")
    assert ratings.correct(number, "U1", "At noon.").status == "duplicate"
    assert statuses(store) == ["approved"]
    assert pairs(store) == [("At noon.", "Never.")]


def test_what_declines_is_no_lesson_however_many_like_it(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "When is tea?", "Nobody taught me.", basis="none")
    assert ratings.thumbs_up(number, "U1") == Taught(None, "untaught")
    assert ratings.thumbs_up(number, "U2").status == "untaught"
    assert ratings.thumbs_down(number, "U1").status == "noted"
    assert store.examples.search() == []


NEAREST = "The nearest that I was taught:\n\nAt noon."


@pytest.fixture
def lunch(store: Store) -> int:
    """A lesson of Anna's that ends one day."""
    lesson = NewExample("When is lunch?", "At noon.", "teach", "U0ANNA", expires_on="2999-12-31")
    return store.examples.add(lesson).id


@pytest.fixture
def near(store: Store, lunch: int) -> int:
    """A reply that shows that lesson to another question, in the middle of a talk."""
    return reply(
        store, "Hello?", "Hello.", "When do we eat?", NEAREST, basis="near", lessons=[lunch, 99]
    )


def test_who_likes_the_nearest_lesson_teaches_it_for_the_question(
    ratings: ReplyRatings, store: Store, lunch: int, near: int
) -> None:
    taught = ratings.thumbs_up(near, "U1")
    assert taught.status == "approved"
    assert taught.id is not None
    lesson = store.examples.get(taught.id)
    assert (lesson.prompt, lesson.completion) == ("When do we eat?", "At noon.")
    assert (lesson.author, lesson.source, lesson.reply_id) == ("U1", "reaction", near)
    assert (lesson.messages, lesson.expires_on) == (None, "2999-12-31")
    assert ratings.thumbs_up(near, "U2") == Taught(lesson.id, "approved", scope=EVERYONE)
    ratings.take_back(near, "U2")
    assert ratings.take_back(near, "U1").status == "withdrawn"
    assert ratings.thumbs_up(near, "U1").status == "approved"
    assert store.examples.get(lunch).status == "approved"


def test_a_nearest_lesson_that_is_in_use_no_more_is_not_taught_again(
    ratings: ReplyRatings, curation: Curation, store: Store, lunch: int, near: int
) -> None:
    taught = ratings.thumbs_up(near, "U1")
    assert taught.id is not None
    ratings.take_back(near, "U1")
    curation.withdraw(lunch, "U0ANNA", "")
    assert ratings.thumbs_up(near, "U1") == Taught(taught.id, "withdrawn")
    other = reply(store, "Food?", NEAREST, basis="near", lessons=[lunch])
    assert ratings.thumbs_up(other, "U1") == Taught(lunch, "withdrawn")
    assert store.examples.approved() == []


def test_what_a_thumb_brings_back_was_not_refused_meanwhile(
    ratings: ReplyRatings, curation: Curation, store: Store, lunch: int, near: int
) -> None:
    """Who taught the nearest lesson may refuse that it is taught for another question."""
    taught = ratings.thumbs_up(near, "U1")
    assert taught.id is not None
    curation.refuse(taught.id, "U0ANNA")
    other = reply(store, "Food?", NEAREST, basis="near", lessons=[lunch])
    assert ratings.thumbs_up(other, "U1") == Taught(lunch, "withdrawn")
    assert ratings.thumbs_up(near, "U2").status == "withdrawn"
    assert [example.id for example in store.examples.approved()] == [lunch]


def test_who_is_forgotten_takes_along_what_was_taught_in_their_words(
    ratings: ReplyRatings, store: Store, home: Home, near: int
) -> None:
    """Also where the reply that showed them has lost its trace of the lesson."""
    taught = ratings.thumbs_up(near, "U2")
    assert taught.id is not None
    store.replies.cut([near])
    forget(home, store, "U0ANNA")
    assert store.examples.get(taught.id).completion == ""
    assert store.examples.approved() == []


def test_a_lesson_out_of_somebodys_message_goes_with_it_for_all_its_questions(
    ratings: ReplyRatings, message_changes: MessageChanges, store: Store, lunch: int, near: int
) -> None:
    store.provenance.add(lunch, SourceMessage("C1", "1.2", "U7"))
    taught = ratings.thumbs_up(near, "U2")
    assert message_changes.message_deleted("C1", "1.2") == [lunch, taught.id]
    assert store.examples.approved() == []


def test_a_nearest_lesson_waits_for_a_teacher_where_all_lessons_do(
    store: Store, settings: Settings, curation: Curation, lunch: int, near: int
) -> None:
    reviewed = settings.with_changes(
        examples=ExampleSettings(approval="review"),
        slack=settings.slack.model_copy(update={"teachers": ("U2",)}),
    )
    ratings = ReplyRatings(store, reviewed)
    taught = ratings.thumbs_up(near, "U1")
    assert taught.status == "pending"
    curation.withdraw(lunch, "U0ANNA", "")
    assert ratings.thumbs_up(near, "U2") == Taught(taught.id, "withdrawn")
    curation.approve(lunch, "U0ANNA")
    assert ratings.thumbs_up(near, "U2").status == "approved"


def test_a_near_answer_to_what_is_taught_by_now_is_a_lesson_known_already(
    ratings: ReplyRatings, curation: Curation, store: Store, near: int
) -> None:
    known = curation.teach("When do we eat?", "At one.", "U3").id
    assert ratings.thumbs_up(near, "U1") == Taught(known, "duplicate", scope=EVERYONE)
    assert known is not None
    assert store.provenance.authors(known) == set()


def test_who_says_the_nearest_lessons_words_corrects_nothing_that_was_learned_from_it(
    ratings: ReplyRatings, store: Store, lunch: int, near: int
) -> None:
    taught = ratings.thumbs_up(near, "U1")
    assert ratings.correct(near, "U2", "At noon.") == Taught(taught.id, "duplicate", scope=EVERYONE)
    ratings.thumbs_up(near, "U1")
    assert [example.id for example in store.examples.approved()] == [lunch, taught.id]


def test_somebodys_words_that_were_liked_as_the_nearest_lesson_are_replaced_by_consent(
    ratings: ReplyRatings, curation: Curation, store: Store, lunch: int, near: int
) -> None:
    liked = ratings.thumbs_up(near, "U1").id
    assert liked is not None
    corrected = ratings.correct(near, "U2", "At one.")
    assert (corrected.status, corrected.proposed_for) == ("pending", (liked,))
    assert [e.id for e in store.examples.approved()] == [lunch, liked]
    assert corrected.id is not None
    curation.take(corrected.id, "U1")
    assert [e.id for e in store.examples.approved()] == [lunch, corrected.id]


def test_a_near_answer_without_its_lesson_is_none(ratings: ReplyRatings, store: Store) -> None:
    number = reply(store, "When do we eat?", NEAREST, basis="near")
    assert ratings.thumbs_up(number, "U1") == Taught(None, "untaught")


@pytest.mark.parametrize("basis", ["none", "near"])
def test_a_correction_of_what_was_declined_in_a_talk_answers_the_question_by_itself(
    ratings: ReplyRatings, store: Store, basis: Source
) -> None:
    """A lesson of several turns would be found for no question, and trained all the same."""
    number = reply(store, "Hello?", "Hello.", "When is tea?", "Nobody taught me.", basis=basis)
    assert ratings.correct(number, "U2", "At four.").status == "approved"
    (lesson,) = store.examples.approved()
    assert (lesson.prompt, lesson.completion) == ("When is tea?", "At four.")
    assert lesson.messages is None


@pytest.mark.parametrize("basis", ["none", "near"])
def test_a_correction_of_what_was_declined_is_a_lesson_and_no_pair_to_train_on(
    ratings: ReplyRatings, store: Store, basis: Source
) -> None:
    number = reply(store, "When is tea?", "Nobody taught me.", basis=basis)
    assert ratings.correct(number, "U1", "At four.").status == "approved"
    (lesson,) = store.examples.approved()
    assert (lesson.prompt, lesson.completion) == ("When is tea?", "At four.")
    assert ratings.correction_of(number, "U1") == "At four."
    assert trainable_pairs(store, date(2999, 1, 1)) == []
    ratings.take_back(number, "U1")
    assert store.examples.approved() == []


def test_what_was_declined_in_silence_may_be_liked_all_the_same(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "When is tea?", "", basis="none")
    assert ratings.thumbs_up(number, "U1").status == "untaught"


def test_a_thumb_on_a_lesson_that_was_told_teaches_nothing_new(
    ratings: ReplyRatings, store: Store, curation: Curation
) -> None:
    """Though the question was put otherwise, and an adapter put the answer otherwise."""
    lesson = curation.teach("When is lunch?", "At noon.", "U0ANNA").id
    assert lesson is not None
    number = reply(
        store, "When do we eat?", "We eat at noon.", basis="taught", lessons=[lesson, 99]
    )
    assert ratings.thumbs_up(number, "U1") == Taught(lesson, "duplicate", scope=EVERYONE)
    curation.withdraw(lesson, "U0ANNA", "")
    assert ratings.thumbs_up(number, "U1") == Taught(lesson, "withdrawn")
    assert len(store.examples.search()) == 1


@pytest.mark.parametrize(("basis", "lessons"), [("model", []), ("taught", []), (None, [1])])
def test_a_models_own_words_become_a_lesson(
    ratings: ReplyRatings, store: Store, basis: Source | None, lessons: list[int]
) -> None:
    number = reply(store, "Who wrote Faust?", "Goethe.", basis=basis, lessons=lessons)
    assert ratings.thumbs_up(number, "U1").status == "approved"


def test_what_was_made_of_a_thread_is_no_lesson_by_a_thumb(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "Summarise this thread.", "Ada resigns.", with_context=True)
    assert ratings.thumbs_up(number, "U1") == Taught(None, "context")
    assert statuses(store) == []
    assert store.ratings.everyone(number) == {"U1": 1}


@pytest.mark.parametrize(
    ("basis", "status"), [("taught", "duplicate"), ("near", "approved"), ("none", "untaught")]
)
def test_in_a_thread_a_lesson_is_one_and_what_is_declined_is_none(
    curation: Curation, ratings: ReplyRatings, store: Store, basis: Source, status: str
) -> None:
    lesson = curation.teach("When is lunch?", "At noon.", "U1").id
    assert lesson is not None
    number = reply(
        store, "When do we eat?", "Soon.", basis=basis, lessons=[lesson], with_context=True
    )
    assert ratings.thumbs_up(number, "U1").status == status


def test_the_correction_of_what_was_made_of_a_thread_is_for_its_place_and_one_question(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "Hello", "Hi.", "And the thread?", "Ada resigns.", with_context=True)
    taught = ratings.correct(number, "U1", "It is about lunch.")
    assert taught.scope == Scope("channel", "C1")
    assert taught.id is not None
    assert store.examples.get(taught.id).messages is None


def test_a_thumb_in_a_channel_that_is_not_public_teaches_that_channel(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "Who are you?", "A bot.")
    store.places.learn("C1", "private")
    assert ratings.thumbs_up(number, "U1").scope == Scope("channel", "C1")
    assert ratings.correct(number, "U2", "A robot.").scope == Scope("channel", "C1")


@pytest.mark.parametrize("basis", ["near", "model"])
def test_what_is_made_of_a_private_lesson_is_for_no_more_people(
    curation: Curation, ratings: ReplyRatings, store: Store, basis: Source
) -> None:
    scope = Scope("channel", "C1")
    lesson = curation.learn(Lesson("When is lunch?", "At noon.", "U1", scope=scope)).id
    assert lesson is not None
    number = reply(
        store, "When do we eat?", "At noon, as I was told.", basis=basis, lessons=[lesson]
    )
    assert ratings.thumbs_up(number, "U1").scope == scope


def test_a_talk_is_for_no_more_people_than_what_was_told_in_it(
    curation: Curation, ratings: ReplyRatings, store: Store
) -> None:
    """The lesson keeps all turns, the private one among them."""
    scope = Scope("channel", "C1")
    lesson = curation.learn(Lesson("When is lunch?", "At noon.", "U1", scope=scope)).id
    assert lesson is not None
    reply(store, "When is lunch?", "At noon.", basis="taught", lessons=[lesson])
    later = reply(store, "When is lunch?", "At noon.", "And tea?", "At four.")
    assert ratings.thumbs_up(later, "U1").scope == scope
    assert ratings.correct(later, "U2", "At five.").scope == scope


@pytest.mark.parametrize(
    ("scope", "turns"),
    [
        (EVERYONE, None),
        (Scope("channel", "C2"), None),
        (Scope("channel", "C1"), 4),
        (Scope("person", "U2"), 4),
    ],
)
def test_a_correction_holds_with_the_talk_only_for_those_who_were_told_it(
    curation: Curation, ratings: ReplyRatings, store: Store, scope: Scope, turns: int | None
) -> None:
    """Else the private lesson that was told before would be trained with it."""
    private = Lesson("When is lunch?", "At noon.", "U1", scope=Scope("channel", "C1"))
    lesson = curation.learn(private).id
    assert lesson is not None
    reply(store, "When is lunch?", "At noon.", basis="taught", lessons=[lesson])
    later = reply(store, "When is lunch?", "At noon.", "And tea?", "At four.")
    taught = ratings.correct(later, "U2", "At five.", extent=Extent(scope))
    assert (taught.status, taught.scope) == ("approved", scope)
    assert taught.id is not None
    assert store.examples.get(taught.id).messages is None
    talk = ratings.correct(later, "U2", "At six.", extent=Extent(scope, in_talk=True))
    if turns is None:
        assert (talk.status, talk.errors) == ("refused", (NOT_FOR_MORE,))
    else:
        assert talk.id is not None
        stored = store.examples.get(talk.id)
        assert (stored.prompt, len(stored.messages or ())) == ("And tea?", turns)


@pytest.fixture
def reviewed(store: Store, settings: Settings) -> ReplyRatings:
    """Ratings where members are reviewed; U0TEACH is a teacher."""
    store.people.make("U0TEACH", "teacher", "settings")
    return ReplyRatings(store, settings.with_changes(examples=ExampleSettings(approval="review")))


def test_under_review_a_correction_takes_no_approved_lesson_out_until_it_is_approved(
    reviewed: ReplyRatings, curation: Curation, store: Store
) -> None:
    number = reply(store, "When is lunch?", "Never.")
    liked = reviewed.thumbs_up(number, "U0TEACH").id
    first = reviewed.correct(number, "U0BEN", "At one.")
    better = reviewed.correct(number, "U0BEN", "At noon.")
    assert (first.status, better.status) == ("pending", "pending")
    reviewed.thumbs_up(number, "U0ANNA")
    assert [e.id for e in store.examples.approved()] == [liked]
    assert better.id is not None
    curation.approve(better.id, "U0TEACH")
    assert statuses(store) == ["superseded", "withdrawn", "approved"]


def test_under_review_a_correction_for_oneself_leaves_what_others_are_told(
    reviewed: ReplyRatings, store: Store
) -> None:
    number = reply(store, "When is lunch?", "Never.")
    reviewed.thumbs_up(number, "U0TEACH")
    reviewed.correct(number, "U0BEN", "At noon.", extent=Extent(Scope("person", "U0BEN")))
    assert statuses(store) == ["approved", "approved"]


def test_a_correction_is_shown_before_something_is_taken_out_and_nothing_is_stored(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "Who is on call?", "Nobody.")
    asked = ratings.correct(number, "U1", "Write to ada@lantern.example.", redaction="ask")
    assert (asked.status, asked.preview) == ("sensitive", ("Who is on call?", "Write to [e-mail]."))
    assert (statuses(store), pairs(store), store.ratings.everyone(number)) == ([], [], {})


def test_reasoning_in_an_old_answer_is_neither_taught_nor_preferred(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "When is lunch?", "<think>They eat.</think>\nAt noon.")
    ratings.thumbs_up(number, "U1")
    assert [e.completion for e in store.examples.approved()] == ["At noon."]
    ratings.correct(number, "U2", "<think>They eat late.</think>At one.")
    assert [e.completion for e in store.examples.approved()] == ["At one."]
    assert [chosen for chosen, _ in pairs(store)] == ["At one."]


def test_a_thumb_on_a_model_that_does_not_know_stores_nothing(
    ratings: ReplyRatings, store: Store
) -> None:
    for answer in ("I don't know.", "Sorry, I'm not sure. Could you provide more details?"):
        number = reply(store, "When is lunch?", answer)
        asked = ratings.thumbs_up(number, "U1")
        assert (asked.status, asked.preview) == ("untaught", ("When is lunch?", answer))
    assert statuses(store) == []


def test_who_says_that_it_is_the_answer_all_the_same_teaches_it_by_thumb(
    ratings: ReplyRatings, store: Store
) -> None:
    """It corrects nothing: there is no pair to train on, and it goes with the thumb."""
    number = reply(store, "Who knows the date?", "We do not know.")
    ratings.thumbs_up(number, "U1")
    asked = ratings.correct(number, "U1", "We do not know.", "ask", redaction="ask")
    assert (asked.status, statuses(store)) == ("no_answer", [])
    taught = ratings.correct(number, "U1", "We do not know.", "ask")
    assert (taught.status, pairs(store)) == ("approved", [])
    assert ratings.thumbs_up(number, "U2").status == "approved"
    ratings.take_back(number, "U1")
    assert ratings.take_back(number, "U2").status == "withdrawn"
    assert ratings.thumbs_up(number, "U1").preview, "it is asked about again"
    assert ratings.correct(number, "U1", "We do not know.", "ask").status == "approved"


def test_what_another_has_corrected_is_no_answer_whoever_means_it(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "Who knows the date?", "We do not know.")
    ratings.correct(number, "U1", "Anna does.")
    assert ratings.correct(number, "U2", "We do not know.").status == "refused"


def test_a_refusal_that_waits_for_more_thumbs_is_asked_about_at_once(store: Store) -> None:
    """It is not said that one more person must like what is never learned."""
    ratings = ReplyRatings(store, Settings(feedback=FeedbackSettings(thumbs=2)))
    number = reply(store, "When is lunch?", "I don't know.")
    assert ratings.thumbs_up(number, "U1").status == "untaught"
    declined = reply(store, "When is tea?", "Nobody taught me.", basis="none", thread="2.0")
    assert ratings.thumbs_up(declined, "U1").status == "untaught"
    answered = reply(store, "When is tea?", "At four.", thread="3.0")
    assert ratings.thumbs_up(answered, "U1").missing == 1


def test_of_a_correction_that_says_nothing_its_author_is_asked_first(
    ratings: ReplyRatings, store: Store
) -> None:
    number = reply(store, "When is lunch?", "Never.")
    asked = ratings.correct(number, "U1", "No idea.", "ask", redaction="ask")
    assert (asked.status, statuses(store), pairs(store)) == ("no_answer", [], [])
    assert ratings.correct(number, "U1", "No idea.", "ask").status == "approved"
