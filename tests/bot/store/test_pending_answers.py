"""Answers that are being written."""

from bot.store import Store


def test_an_answer_is_under_way_until_it_is_done(store: Store) -> None:
    first = store.pending_answers.add("C1", None, "U1", None)
    second = store.pending_answers.add("C1", "1.0", "U2", "1.5")
    store.pending_answers.shown_at(first, "1.6")
    waiting = store.pending_answers.all()
    assert [(one.id, one.placeholder) for one in waiting] == [(first, "1.6"), (second, "1.5")]
    store.pending_answers.done(first)
    assert [one.person for one in store.pending_answers.all()] == ["U2"]
