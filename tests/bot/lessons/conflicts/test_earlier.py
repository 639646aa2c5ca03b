"""What was taught before is looked for among what is for the same people, and nowhere else."""

from bot.feedback.ratings import ReplyRatings
from bot.lessons.curation import Curation
from bot.lessons.teaching import Lesson
from bot.messages import Message
from bot.store import Store
from bot.store.examples.scope import EVERYONE, Scope
from tests.bot.stored import reply

SHUT, OTHER = Scope("channel", "C0SHUT"), Scope("channel", "C0OTHER")
QUESTION = "When is lunch on Fridays?"


def lesson(completion: str, scope: Scope, author: str = "U0ANNA") -> Lesson:
    return Lesson(QUESTION, completion, author, channel="C0SHUT", scope=scope)


def test_the_same_question_is_another_lesson_for_other_people(
    curation: Curation, store: Store
) -> None:
    for scope in (EVERYONE, SHUT, OTHER, Scope("person", "U0ANNA")):
        answer = f"At noon, {scope.kind} {scope.id}."
        assert curation.learn(lesson(answer, scope), "ask").status == "approved"
    assert len(store.examples.approved()) == 4


def test_a_question_about_a_conflict_never_quotes_what_is_for_others(curation: Curation) -> None:
    curation.learn(lesson("At noon.", SHUT))
    near = Lesson("when is lunch on fridays", "At one.", "U0BEN")
    assert curation.learn(near, "ask").status == "approved"
    again = Lesson("when is lunch on fridays?", "At two.", "U0ANNA", scope=SHUT)
    asked = curation.learn(again, "ask")
    assert [conflict.completion for conflict in asked.conflicts] == ["At noon."]


def test_what_is_said_to_others_is_no_duplicate_that_would_tell_of_it(curation: Curation) -> None:
    private = curation.learn(lesson("At noon.", SHUT))
    for scope in (OTHER, EVERYONE):
        taught = curation.learn(lesson("At noon.", scope, "U0BEN"))
        assert (taught.status, taught.id != private.id) == ("approved", True)
        assert taught.scope == scope


def test_what_is_approved_for_everyone_is_known_in_private_too(curation: Curation) -> None:
    public = curation.learn(lesson("At noon.", EVERYONE))
    taught = curation.learn(lesson("At noon.", SHUT, "U0BEN"))
    assert (taught.status, taught.id, taught.scope) == ("duplicate", public.id, EVERYONE)


def test_a_conflict_that_is_for_others_by_now_is_not_replaced(
    curation: Curation, store: Store
) -> None:
    old = curation.learn(lesson("At noon.", EVERYONE))
    new = lesson("At one.", EVERYONE)
    asked = curation.learn(new, "ask")
    assert old.id is not None
    store.examples.set_scope(old.id, SHUT, "U0ANNA")
    assert curation.settle(new, asked.conflicts, "replace").replaced == ()
    assert store.examples.get(old.id).status == "approved"


def talk(before: str, question: str, completion: str, between: str = "At noon.") -> Lesson:
    """A lesson that holds only after another question."""
    turns = (
        Message("user", before),
        Message("assistant", between),
        Message("user", question),
        Message("assistant", completion),
    )
    return Lesson(question, completion, "U0BEN", messages=turns)


def test_a_talk_and_a_single_question_contradict_each_other_in_either_order(
    curation: Curation,
) -> None:
    """Whoever asks the question by itself is told the other answer."""
    asked = talk("When is tea?", "And lunch on Fridays?", "At two.")
    curation.learn(Lesson("And lunch on Fridays?", "At one.", "U0BEN"))
    first = curation.learn(asked, "ask")
    assert (first.status, [e.completion for e in first.conflicts]) == ("contradiction", ["At one."])
    curation.settle(asked, first.conflicts, "replace")
    again = curation.learn(Lesson("and lunch on fridays", "At three.", "U0BEN"), "ask")
    assert [e.completion for e in again.conflicts] == ["At two."]


def test_a_liked_answer_in_a_talk_gives_way_to_a_single_question_only_if_that_is_asked_about(
    curation: Curation, ratings: ReplyRatings, store: Store
) -> None:
    liked = ratings.thumbs_up(reply(store, "When is tea?", "At three.", QUESTION, "At two."), "U1")
    taught = curation.learn(Lesson(QUESTION, "At one.", "U0BEN"), "ask")
    assert (taught.status, [e.id for e in taught.conflicts]) == ("contradiction", [liked.id])
    within = talk("When is tea?", QUESTION, "At four.", between="At three.")
    assert curation.learn(within, "ask").replaced == (liked.id,), "one of its own kind"


def test_a_liked_single_answer_gives_way_to_a_talk_only_if_that_is_asked_about(
    curation: Curation, ratings: ReplyRatings, store: Store
) -> None:
    liked = ratings.thumbs_up(reply(store, QUESTION, "At one."), "U1")
    taught = curation.learn(talk("When is tea?", QUESTION, "At two."), "ask")
    assert (taught.status, [e.id for e in taught.conflicts]) == ("contradiction", [liked.id])
    alone = Lesson(QUESTION, "At three.", "U0BEN")
    assert curation.learn(alone, "ask").replaced == (liked.id,), "one of its own kind"


def test_talks_contradict_each_other_where_nearly_the_same_was_asked_before(
    curation: Curation,
) -> None:
    curation.learn(talk("When is tea?", "And lunch on Fridays?", "At two."))
    elsewhere = talk("Where is the key?", "And lunch on Fridays?", "In the hall.")
    assert curation.learn(elsewhere, "ask").status == "approved"
    there = talk("when's tea", "And lunch on Fridays?", "At three.")
    assert [e.completion for e in curation.learn(there, "ask").conflicts] == ["At two."]
