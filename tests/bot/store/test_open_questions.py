"""What people were asked and have not decided yet."""

from datetime import timedelta

from bot.store import Store
from bot.store.examples.provenance import SourceMessage
from tests.bot.store.rows import reply

LESSON = {"prompt": "When is lunch?", "completion": "At noon.", "scope": "everyone"}


def test_a_question_has_all_of_the_lesson_after_a_restart(store: Store) -> None:
    words = (SourceMessage("C1", "1.1", "U0BEN"),)
    number = reply(store)
    key = store.open_questions.add(
        "U0ANNA", "typed", LESSON, words=words, conflicts=[4, 2], reply_id=number
    )
    again = Store(store.connections.path)
    question = again.open_questions.get(key)
    again.close()
    assert question is not None
    assert (question.person, question.kind, question.lesson) == ("U0ANNA", "typed", LESSON)
    assert (question.words, question.conflicts, question.reply_id) == (words, (4, 2), number)


def test_a_decision_counts_once_and_only_of_the_person_who_was_asked(store: Store) -> None:
    key = store.open_questions.add("U0ANNA", "typed", LESSON)
    again = Store(store.connections.path)
    assert again.open_questions.take(key, "U0BEN") is None
    taken = again.open_questions.take(key, "U0ANNA")
    again.close()
    assert taken is not None
    assert taken.key == key
    assert store.open_questions.take(key, "U0ANNA") is None
    assert store.open_questions.get(key) is None


def test_whoever_runs_the_machine_decides_for_anybody(store: Store) -> None:
    key = store.open_questions.add("U0ANNA", "typed", LESSON)
    assert store.open_questions.take(key, None) is not None
    assert store.open_questions.take(key, None) is None


def test_questions_are_listed_by_person_and_for_everyone(store: Store) -> None:
    own = store.open_questions.add("U0ANNA", "typed", LESSON | {"scope": "person"})
    other = store.open_questions.add("U0BEN", "typed", LESSON)
    last = store.open_questions.add("U0ANNA", "correction", LESSON)
    assert [one.key for one in store.open_questions.of("U0ANNA")] == [own, last]
    assert [one.key for one in store.open_questions.for_everyone()] == [other, last]


def test_with_a_message_go_the_questions_made_of_it_or_of_its_answer(store: Store) -> None:
    answered = reply(store, channel="C1", ts="1.1")
    add = store.open_questions.add
    words = SourceMessage("C1", "1.1", "U0BEN")
    add("U0ANNA", "message", LESSON, words=[words])
    add("U0ANNA", "message", LESSON, reply_id=answered)
    elsewhere = [SourceMessage("C2", "1.1", "U0BEN"), SourceMessage("C1", "1.2", "U0BEN")]
    add("U0ANNA", "message", LESSON, words=elsewhere, reply_id=reply(store, ts="1.2"))
    assert store.open_questions.drop_of_message("C1", "1.1") == 2
    (left,) = store.open_questions.of("U0ANNA")
    assert left.words == tuple(elsewhere)


def test_old_questions_are_deleted(store: Store) -> None:
    store.open_questions.add("U0ANNA", "typed", LESSON)
    assert store.open_questions.drop_before(timedelta(days=30)) == 0
    assert store.open_questions.drop_before(timedelta(days=-1)) == 1
    assert store.open_questions.of("U0ANNA") == []
