"""Review: what teachers teach counts at once, what others teach waits and replaces nothing yet."""

import pytest

from bot.errors import InputError
from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.review import ReviewBySize
from bot.lessons.teaching import Lesson
from bot.messages import Completion, Message
from bot.privacy.erasure import forget
from bot.settings import load_settings
from bot.store import Store


@pytest.fixture
def reviewed(home: Home, store: Store) -> Curation:
    """Teaching where members are reviewed; U0TEACH is a teacher."""
    home.config.write_text('[examples]\napproval = "review"\n[slack]\nteachers = ["U0TEACH"]\n')
    return Curation(store, load_settings(home))


def test_by_default_everybodys_lessons_count_at_once(curation: Curation) -> None:
    assert curation.teach("Where?", "Here.", "U0ANNA").status == "approved"


def test_only_teachers_lessons_count_at_once(reviewed: Curation) -> None:
    assert reviewed.teach("Where?", "Here.", "U0ANNA").status == "pending"
    assert reviewed.teach("When?", "Now.", "U0TEACH").status == "approved"
    assert reviewed.teach("Who?", "Me.", "console").status == "approved"


def test_what_waits_replaces_nothing_until_it_is_approved(reviewed: Curation, store: Store) -> None:
    old = reviewed.teach("Where?", "Here.", "U0TEACH")
    new = reviewed.teach("Where?", "There.", "U0ANNA")
    assert old.id is not None
    assert new.id is not None
    assert (new.status, new.replaced) == ("pending", ())
    assert [e.completion for e in store.examples.approved()] == ["Here."]
    # One's own words that wait may be bettered.
    better = reviewed.teach("Where?", "Over there.", "U0ANNA")
    assert better.replaced == (new.id,)
    assert better.id is not None
    reviewed.approve(better.id, "U0TEACH")
    assert [e.completion for e in store.examples.approved()] == ["Over there."]


def test_settling_a_contradiction_is_no_way_around_it(reviewed: Curation, store: Store) -> None:
    reviewed.teach("Where is it?", "Here.", "U0TEACH")
    lesson = Lesson("Where is it?", "There.", "U0ANNA")
    asked = reviewed.learn(lesson, "ask")
    assert asked.status == "contradiction"
    assert reviewed.settle(lesson, asked.conflicts, "replace").status == "pending"
    assert [e.completion for e in store.examples.approved()] == ["Here."]


def test_a_teacher_who_says_the_same_lets_it_in(reviewed: Curation) -> None:
    waiting = reviewed.teach("Where?", "Here.", "U0ANNA")
    taught = reviewed.teach("Where?", "Here.", "U0TEACH")
    assert (taught.id, taught.status) == (waiting.id, "approved")


def test_thumbs_wait_too_until_a_teacher_likes_it(
    reviewed: Curation, store: Store, home: Home
) -> None:
    assert reviewed
    ratings = ReplyRatings(store, load_settings(home))
    said = Completion("Here.", "base", None, 1, 1, 0.1, "stop")
    reply = store.replies.add(
        said, [Message("user", "Where?")], source="slack", channel="C1", thread="1", person="U0ANNA"
    ).id
    assert ratings.thumbs_up(reply, "U0ANNA").status == "pending"
    ratings.take_back(reply, "U0ANNA")
    assert ratings.thumbs_up(reply, "U0ANNA").status == "pending"
    assert ratings.thumbs_up(reply, "U0TEACH").status == "approved"


def asked_by(store: Store, *people: str) -> None:
    """Questions of these people."""
    said = Completion("Here.", "base", None, 1, 1, 0.1, "stop")
    for person in people:
        store.replies.add(
            said,
            [Message("user", "Where?")],
            source="slack",
            channel="C1",
            thread="1",
            person=person,
        )


def test_review_begins_when_more_than_ten_people_have_asked_and_stays(
    home: Home, store: Store
) -> None:
    settings = load_settings(home)
    review, curation = ReviewBySize(store, settings), Curation(store, settings)
    store.people.make("U0ADMIN", "admin", "settings")
    store.people.make("U0TEACH", "teacher", "settings")
    asked_by(store, *(f"U0{number:02}" for number in range(10)), "U000")
    assert not review.look()
    assert curation.teach("Where?", "Here.", "U0ANNA").status == "approved"
    asked_by(store, "U0MANY")
    assert review.look()
    assert not review.look()
    assert [(n.person, n.what) for n in store.notices.untold(10)] == [("U0ADMIN", "review_on")]
    assert curation.teach("When?", "Now.", "U0ANNA").status == "pending"
    forget(home, store, "U0MANY")
    assert store.replies.askers(99) == 10
    assert curation.teach("Who?", "Me.", "U0ANNA").status == "pending"


def test_the_first_admins_are_told_of_it_where_there_were_none_when_it_began(
    home: Home, store: Store
) -> None:
    review = ReviewBySize(store, load_settings(home))
    asked_by(store, *(f"U0{number:02}" for number in range(11)))
    assert review.look()
    assert store.notices.untold(10) == []
    store.people.make("U0ADMIN", "admin", "settings")
    for _ in range(2):
        assert not review.look()
    store.people.make("U0LATER", "admin", "U0ADMIN")
    assert not review.look()
    assert [(n.person, n.what) for n in store.notices.untold(10)] == [("U0ADMIN", "review_on")]


def test_who_teaches_after_the_eleventh_question_is_reviewed_though_nobody_looked(
    curation: Curation, store: Store
) -> None:
    asked_by(store, *(f"U0{number:02}" for number in range(11)))
    assert curation.teach("Where?", "Here.", "U0ANNA").status == "pending"


@pytest.mark.parametrize(("approval", "status"), [("automatic", "approved"), ("review", "pending")])
def test_the_other_two_ways_stay_as_they_are_however_many_ask(
    home: Home, store: Store, approval: str, status: str
) -> None:
    home.config.write_text(f'[examples]\napproval = "{approval}"\n')
    settings = load_settings(home)
    asked_by(store, *(f"U0{number:02}" for number in range(11)))
    assert not ReviewBySize(store, settings).look()
    assert Curation(store, settings).teach("Where?", "Here.", "U0ANNA").status == status
    assert store.notices.untold(10) == []


def test_what_was_forgotten_cannot_be_approved_again(
    curation: Curation, store: Store, home: Home
) -> None:
    taught = curation.teach("Where?", "Here.", "U0ANNA")
    forget(home, store, "U0ANNA")
    assert taught.id is not None
    with pytest.raises(InputError, match="forgotten"):
        curation.approve(taught.id, "U0TEACH")
