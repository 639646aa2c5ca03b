"""What people are still to be told."""

from bot.store import Store
from tests.bot.store.rows import example


def test_each_notice_is_told_once_and_the_oldest_first(store: Store) -> None:
    old, new = example(store), example(store)
    first = store.notices.add("U0BEN", "replaced", old, "U0ANNA", new)
    second = store.notices.add("U0ADMIN", "review_on", None, "U0ANNA")
    assert [notice.id for notice in store.notices.untold(1)] == [first]
    told = store.notices.untold(9)
    assert [(n.person, n.what, n.example_id, n.other_id, n.who) for n in told] == [
        ("U0BEN", "replaced", old, new, "U0ANNA"),
        ("U0ADMIN", "review_on", None, None, "U0ANNA"),
    ]
    assert store.notices.claim(first)
    assert not store.notices.claim(first)
    assert [notice.id for notice in store.notices.untold(9)] == [second]
