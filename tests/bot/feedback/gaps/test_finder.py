"""Gaps open, grow and close as people ask, rate and teach."""

import pytest

from bot.answers.indexing import LessonIndexer
from bot.feedback.gaps.finder import GapFinder
from bot.settings import Settings
from bot.store import Store
from bot.store.examples.scope import PUBLIC, Audience, Scope
from bot.store.questions.gap_questions import GapQuestions
from bot.store.questions.gaps import Gap
from tests.bot.answers.real_encoder import EncodingClient
from tests.bot.feedback.gaps.home import Topics, asked, taught

WIFI = "What is the wifi called?"


@pytest.fixture
def finder(store: Store, settings: Settings) -> GapFinder:
    """One that compares by words alone."""
    store.places.learn("CPUBLIC", "public")
    store.places.learn("CSECRET", "private")
    return GapFinder(store, None, settings)


def gaps(finder: GapFinder, store: Store, audience: Audience | None = None) -> list[Gap]:
    while finder.look():
        pass
    return store.gaps.open(audience)


@pytest.mark.parametrize("basis", ["none", "near", "model"])
def test_what_nobody_has_taught_is_a_gap(finder: GapFinder, store: Store, basis: str) -> None:
    asked(store, WIFI, basis=basis)  # type: ignore[arg-type]
    (gap,) = gaps(finder, store)
    assert (gap.question, gap.asked, gap.people, gap.status) == (WIFI, 1, 1, "open")
    assert gap.reasons == ("untaught",)


def test_taught_answers_comparisons_and_courtesies_are_none(
    finder: GapFinder, store: Store
) -> None:
    asked(store, WIFI, basis="taught")
    asked(store, "Which is better?", basis=None)
    for courtesy in ("Thanks a lot!", "hi", "Ok!", "???", "Good morning all"):
        asked(store, courtesy, basis="model")
    assert gaps(finder, store) == []


def test_gaps_are_counted_by_people_and_the_greatest_comes_first(
    finder: GapFinder, store: Store
) -> None:
    for _ in range(3):
        asked(store, "Who waters the plants?")
    asked(store, WIFI, person="UANNA")
    asked(store, "what is the WIFI called", person="UBEN")
    first, second = gaps(finder, store)
    assert (first.people, first.asked, first.question) == (2, 2, "what is the WIFI called")
    assert (second.people, second.asked) == (1, 3)
    assert store.gaps.count(None) == 2
    assert store.gaps.open(None, limit=1, offset=1) == [second]


def test_a_part_of_the_list_says_how_many_there_are_for_its_reader(
    finder: GapFinder, store: Store
) -> None:
    """A part beyond the last one is the last one: what stood there was answered meanwhile."""
    for word in ("ape", "bear", "cat"):
        asked(store, f"Where is the {word} kept?")
    asked(store, "Who gets a raise?", channel="CSECRET")
    all_of_them = gaps(finder, store, PUBLIC)
    first = store.gaps.listed(PUBLIC, 2)
    assert (list(first.gaps), first.count, first.offset) == (all_of_them[:2], 3, 0)
    last = store.gaps.listed(PUBLIC, 2, 8)
    assert (list(last.gaps), last.count, last.offset) == (all_of_them[2:], 3, 2)
    assert store.gaps.listed(Audience(channel="CSECRET"), 2).count == 4
    for gap in all_of_them:
        store.gaps.dismiss(gap.id, "UBEN")
    assert (store.gaps.listed(PUBLIC, 2, 2).gaps, store.gaps.count(PUBLIC)) == ((), 0)


def test_a_list_is_counted_without_reading_the_questions(finder: GapFinder, store: Store) -> None:
    """Each row holds a vector: tens of thousands of them are more than a list may wait for."""
    asked(store, WIFI)
    gaps(finder, store)
    queries: list[str] = []
    connection = store.connections.db.conn
    connection.set_trace_callback(queries.append)
    store.gaps.listed(Audience(person="UANNA", own=True), 5)
    store.gaps.count(PUBLIC)
    connection.set_trace_callback(None)
    counts = [query for query in queries if "count(*) over" in query or "number from" in query]
    assert len(counts) == 2
    for query in counts:
        plan = [row[3] for row in connection.execute(f"explain query plan {query}")]
        assert any("COVERING INDEX idx_gap_questions_open" in step for step in plan), plan


def test_a_question_is_told_where_it_was_asked_alone(finder: GapFinder, store: Store) -> None:
    asked(store, "Who gets a raise?", channel="CSECRET")
    asked(store, "When is my appraisal?", channel="DANNA")
    asked(store, "What is this room?", channel="CUNKNOWN")
    asked(store, "Where do logs go?", channel="console", person="console", source="console")
    asked(store, WIFI)
    gaps(finder, store)

    def seen(audience: Audience | None) -> set[str]:
        return {gap.question for gap in store.gaps.open(audience)}

    assert seen(PUBLIC) == {WIFI}
    assert seen(Audience(channel="CSECRET")) == {WIFI, "Who gets a raise?"}
    assert seen(Audience(channel="CUNKNOWN")) == {WIFI, "What is this room?"}
    assert seen(Audience(person="UANNA")) == {WIFI, "When is my appraisal?"}
    assert seen(Audience(person="UANNA", own=True)) >= {"Who gets a raise?"}
    assert seen(Audience(person="UBEN", own=True)) == {WIFI}
    assert seen(Audience(person="console")) == {WIFI, "Where do logs go?"}
    assert len(seen(None)) == 5


def test_the_numbers_of_a_gap_are_those_that_the_reader_may_see(
    finder: GapFinder, store: Store
) -> None:
    asked(store, WIFI, person="UBEN")
    asked(store, "the wifi is called what", person="UANNA", channel="CSECRET")
    (gap,) = gaps(finder, store, PUBLIC)
    assert (gap.people, gap.wordings) == (1, ())
    assert store.gaps.get(gap.id, Audience(channel="CSECRET")).people == 2
    assert [place.channel for place in store.gaps.waiting(gap.id, PUBLIC)] == ["CPUBLIC"]
    assert len(store.gaps.waiting(gap.id, None)) == 2


def test_a_thumb_down_without_a_correction_is_a_gap(finder: GapFinder, store: Store) -> None:
    reply = asked(store, WIFI, basis="taught")
    assert gaps(finder, store) == []
    store.ratings.set(reply, "UBEN", -1)
    (gap,) = gaps(finder, store)
    assert gap.reasons == ("disliked",)
    store.ratings.prefer(WIFI, "good", "bad", "correction", "UBEN", reply)
    assert gaps(finder, store) == []


@pytest.mark.parametrize("turned", [True, False])
def test_a_thumb_that_is_taken_back_or_turned_takes_its_gap_along(
    finder: GapFinder, store: Store, turned: bool
) -> None:
    reply = asked(store, WIFI, basis="taught")
    store.ratings.set(reply, "UBEN", -1)
    assert gaps(finder, store)
    if turned:
        store.ratings.set(reply, "UBEN", 1)
    else:
        store.ratings.take_back(reply, "UBEN")
    assert gaps(finder, store) == []


def test_asking_again_in_other_words_says_that_the_answer_did_not_help(
    finder: GapFinder, store: Store
) -> None:
    first = asked(store, "How do I reach the printer room?", basis="taught")
    asked(store, "How do I reach the printer room?", basis="taught")
    assert gaps(finder, store) == []
    asked(store, "how can I reach printer rooms", basis="taught")
    (gap,) = gaps(finder, store)
    assert (gap.reasons, store.gaps.of_reply(first)) == (("asked_again",), gap.id)


@pytest.mark.parametrize("other", [{"person": "UBEN"}, {"channel": "CSECRET"}])
def test_others_and_other_places_do_not_ask_again(
    finder: GapFinder, store: Store, other: dict[str, str]
) -> None:
    asked(store, "How do I reach the printer room?", basis="taught")
    asked(store, "how can I reach printer rooms", basis="taught", **other)  # type: ignore[arg-type]
    assert gaps(finder, store) == []


def test_after_half_an_hour_nobody_asks_again(finder: GapFinder, store: Store) -> None:
    asked(store, "How do I reach the printer room?", basis="taught")
    with store.connections.write() as db:
        db.execute("update replies set created_at = '2020-01-01T00:00:00.000+00:00'")
    asked(store, "how can I reach printer rooms", basis="taught")
    assert gaps(finder, store) == []


def test_a_lesson_closes_a_gap_and_its_end_opens_it_again(finder: GapFinder, store: Store) -> None:
    asked(store, WIFI)
    (gap,) = gaps(finder, store)
    lesson = taught(store, "what is the wifi called")
    assert gaps(finder, store) == []
    closed = store.gaps.get(gap.id, None)
    assert (closed.status, closed.lesson) == ("closed", lesson)
    assert store.gaps.waiting(gap.id, None) == []
    assert store.gaps.closed_between("2000", "3000") == 1
    store.examples.change(lesson, "withdrawn", "UBEN")
    assert [each.status for each in gaps(finder, store)] == ["open"]
    assert store.gaps.closed_between("2000", "3000") == 0


def test_a_closed_gap_opens_again_where_it_is_asked_and_not_answered(
    finder: GapFinder, store: Store
) -> None:
    asked(store, WIFI)
    (gap,) = gaps(finder, store)
    lesson = taught(store, "Something else entirely")
    assert store.gaps.close(gap.id, lesson, "UBEN")
    assert gaps(finder, store) == []
    asked(store, WIFI, person="UBEN")
    (again,) = gaps(finder, store)
    assert (again.id, again.people) == (gap.id, 1)


def test_a_lesson_for_one_channel_closes_a_gap_there_alone(finder: GapFinder, store: Store) -> None:
    asked(store, WIFI)
    asked(store, WIFI, channel="CSECRET", person="UBEN")
    gaps(finder, store)
    taught(store, WIFI, scope=Scope("channel", "CSECRET"))
    (gap,) = gaps(finder, store)
    assert [place.channel for place in store.gaps.waiting(gap.id, None)] == ["CPUBLIC"]


def test_a_private_lesson_leaves_a_gap_open_for_those_who_may_not_be_told_it(
    finder: GapFinder, store: Store
) -> None:
    asked(store, WIFI)
    asked(store, WIFI, channel="CSECRET", person="UBEN")
    (gap,) = gaps(finder, store)
    lesson = taught(store, "Something else", scope=Scope("channel", "CSECRET"))
    assert not store.gaps.close(gap.id, lesson, "UBEN")
    assert [place.channel for place in store.gaps.waiting(gap.id, None)] == ["CPUBLIC"]


def test_the_nearest_lesson_is_named_to_those_who_may_read_it(
    finder: GapFinder, store: Store
) -> None:
    lesson = taught(store, "Who waters the plants?", scope=Scope("channel", "CSECRET"))
    asked(store, WIFI, basis="near", lessons=[lesson])
    (gap,) = gaps(finder, store, PUBLIC)
    assert gap.nearest is None
    assert store.gaps.get(gap.id, Audience(channel="CSECRET")).nearest == lesson


def test_a_lesson_that_ends_opens_its_gap_again(finder: GapFinder, store: Store) -> None:
    asked(store, WIFI)
    (gap,) = gaps(finder, store)
    lesson = taught(store, WIFI)
    assert gaps(finder, store) == []
    with store.connections.write() as db:
        db.execute("update examples set expires_on = '2020-01-01' where id = ?", [lesson])
    assert [each.id for each in gaps(finder, store)] == [gap.id]


def test_what_was_told_in_vain_is_no_answer_until_it_changes(
    finder: GapFinder, store: Store
) -> None:
    lesson = taught(store, WIFI)
    reply = asked(store, WIFI, basis="taught", lessons=[lesson])
    store.ratings.set(reply, "UBEN", -1)
    assert len(gaps(finder, store)) == 1
    taught(store, WIFI, "It is called lighthouse.")
    assert gaps(finder, store) == []


def test_a_dismissed_gap_stays_dismissed(finder: GapFinder, store: Store) -> None:
    asked(store, WIFI)
    (gap,) = gaps(finder, store)
    assert store.gaps.dismiss(gap.id, "UBEN")
    assert not store.gaps.dismiss(gap.id, "UBEN")
    asked(store, WIFI, person="UBEN")
    assert gaps(finder, store) == []
    assert store.gaps.get(gap.id, None).status == "dismissed"


def test_an_edited_question_replaces_the_old_one(finder: GapFinder, store: Store) -> None:
    old = asked(store, WIFI, ts="1.1")
    gaps(finder, store)
    store.replies.blank(old)
    asked(store, "What is the printer called?", ts="1.1")
    assert [gap.question for gap in gaps(finder, store)] == ["What is the printer called?"]


def test_who_has_opted_out_is_in_no_gap(finder: GapFinder, store: Store) -> None:
    store.people.opt_out("UANNA")
    asked(store, WIFI)
    assert gaps(finder, store) == []


def test_questions_of_one_meaning_are_one_gap(store: Store, settings: Settings) -> None:
    with_encoder = GapFinder(store, Topics(), settings)
    asked(store, "How is the wlan named?", person="UANNA")
    asked(store, "I need the name of our network", person="UBEN")
    asked(store, "Who has the key?", person="UBEN")
    first, second = gaps(with_encoder, store)
    assert (first.people, len(first.wordings), second.people) == (2, 1, 1)
    again = GapFinder(store, Topics(), settings)
    asked(store, "internet?", person="UCLEO")
    asked(store, "which internet is it", person="UCLEO")
    assert gaps(again, store)[0].people == 3


def test_the_same_thing_of_another_name_is_another_gap(store: Store, settings: Settings) -> None:
    finder = GapFinder(store, Topics(), settings)
    asked(store, "What is the wifi in Berlin?")
    asked(store, "What is the wifi in Paris?", person="UBEN")
    assert len(gaps(finder, store)) == 2


def test_gaps_of_words_are_joined_by_meaning_once_there_is_an_encoder(
    finder: GapFinder, store: Store, settings: Settings
) -> None:
    first = asked(store, "How is the wlan named?")
    second = asked(store, "I need the name of our network", person="UBEN")
    assert len(gaps(finder, store)) == 2
    (gap,) = gaps(GapFinder(store, Topics(), settings), store)
    assert store.gaps.of_reply(first) == store.gaps.of_reply(second) == gap.id
    assert store.gaps.get(gap.id + 1, None).id == gap.id


def test_another_encoder_reads_all_again(store: Store, settings: Settings) -> None:
    asked(store, "How is the wlan named?")
    gaps(GapFinder(store, Topics(), settings), store)
    asked(store, "I need the name of our network", person="UBEN")
    other = Topics("other")
    assert len(gaps(GapFinder(store, other, settings), store)) == 1
    assert "How is the wlan named?" in other.asked


def test_the_gap_of_a_reply_is_made_where_there_is_none(finder: GapFinder, store: Store) -> None:
    reply = asked(store, WIFI)
    gap = finder.ensure(reply)
    assert gap == finder.ensure(reply) == store.gaps.of_reply(reply)
    assert len(gaps(finder, store)) == 1
    assert finder.ensure(asked(store, "Which?", basis=None)) is None
    assert finder.ensure(10**6) is None


def test_a_look_reads_nothing_twice(finder: GapFinder, store: Store) -> None:
    asked(store, WIFI)
    assert finder.look() == 1
    assert finder.look() == 0


def test_the_bundled_models_know_a_rewording_from_another_matter(
    store: Store, settings: Settings
) -> None:
    """The encoder alone takes the port of one service for that of another."""
    engine = EncodingClient()
    finder = GapFinder(store, engine, settings)
    asked(store, "How do I get my card frozen?")
    asked(store, "How can I freeze my card?", person="UBEN")
    asked(store, "which port does export-api listen on")
    asked(store, "which port does geocode-sync listen on", person="UBEN")
    first, *others = gaps(finder, store)
    assert (first.people, len(others)) == (2, 2)
    taught(store, "Where can I reach export-api on localhost?", "export-api listens on port 8041.")
    LessonIndexer(store, engine).catch_up()
    assert len(gaps(finder, store)) <= len(others)
    engine.close()


def test_what_is_found_in_a_gap_that_has_joined_another_goes_to_that_one(
    finder: GapFinder, store: Store
) -> None:
    """Else a gap is listed that no button reaches."""
    asked(store, "Who waters the plants?")
    asked(store, "Where is the office in Berlin?")
    second, first = (gap.id for gap in gaps(finder, store))
    assert GapQuestions(store.connections).move(second, first)
    asked(store, "Where is the office in Berlin??", person="UBEN")
    (gap,) = gaps(finder, store)
    assert (gap.id, gap.asked) == (first, 3)
