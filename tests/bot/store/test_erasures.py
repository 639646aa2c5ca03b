"""What of an erasure is still to be done."""

from bot.store import Store
from bot.store.erasures import ErasureTask, Fingerprints


def test_an_erasure_is_open_until_it_is_done(store: Store) -> None:
    looked_for = Fingerprints("00ff", ("ab", "cd"), ("ef",))
    first = store.erasures.add([3, 1], [7], looked_for, "2026-12-01")
    second = store.erasures.add([], [], None, "2026-12-02")
    assert store.erasures.open() == [
        ErasureTask(first, (3, 1), (7,), looked_for, "2026-12-01"),
        ErasureTask(second, (), (), None, "2026-12-02"),
    ]
    store.erasures.drop_fingerprints(first)
    assert [task.fingerprints for task in store.erasures.open()] == [None, None]
    store.erasures.done(first)
    assert [task.id for task in store.erasures.open()] == [second]
