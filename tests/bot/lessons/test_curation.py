"""Looking after lessons: what is kept beside another, and what comes back."""

import pytest

from bot.lessons.curation import Curation
from bot.store import Store


@pytest.mark.parametrize("undo", ["withdraw", "reject"])
def test_an_answer_that_was_kept_beside_another_stays_when_that_one_comes_back(
    store: Store, curation: Curation, undo: str
) -> None:
    curation.teach("Which tea?", "Assam.", "U1")
    curation.teach("Which tea?", "Darjeeling.", "U1", on_conflict="keep")
    getattr(curation, undo)(1, "U1")
    curation.approve(1, "U1")
    assert [example.id for example in store.examples.approved()] == [1, 2]


@pytest.mark.parametrize("undo", ["withdraw", "reject", None])
def test_approving_what_was_out_of_use_replaces_the_answer_of_today(
    store: Store, curation: Curation, undo: str | None
) -> None:
    curation.teach("Which tea?", "Assam.", "U1")
    if undo:
        getattr(curation, undo)(1, "U1")
    curation.teach("Which tea?", "Darjeeling.", "U1")
    curation.approve(1, "U1")
    assert [example.id for example in store.examples.approved()] == [1]
    assert store.examples.history(2)[-1].why == "replaced by 1"
