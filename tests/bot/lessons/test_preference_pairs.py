"""Which pairs of a better and a worse answer may be learned: those that agree with the lessons."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.feedback.comparisons import ComparisonVotes
from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.editing import edit
from bot.lessons.exporting import export_approved
from bot.lessons.preference_pairs import trainable_pairs
from bot.lessons.teaching import Lesson
from bot.messages import Completion, Message
from bot.privacy.erasure import forget
from bot.settings import Settings
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from bot.store.replies import Origin

QUESTION = "When is lunch?"


@pytest.fixture(autouse=True)
def public(store: Store) -> None:
    """The channel of these tests is one that everybody may read."""
    store.places.learn("C1", "public")


def reply(
    store: Store,
    text: str = "Never.",
    *turns: str,
    question: str = QUESTION,
    channel: str = "C1",
    origin: Origin | None = None,
    source: str = "slack",
) -> int:
    """An answer of the bot; `turns` were said before its question."""
    roles = ("user", "assistant")
    before = [Message(roles[i % 2], turn) for i, turn in enumerate(turns)]
    return store.replies.add(
        Completion(text, "base", None, 1, 1, 0.1, "stop"),
        [Message("system", "Be kind."), *before, Message("user", question)],
        source=source,
        channel=channel,
        thread="1.0",
        person="U0ASKS",
        origin=origin,
    ).id


def vote(
    store: Store, votes: ComparisonVotes, base: str, tuned: str, choice: str, person: str = "U1"
) -> None:
    compared = store.comparisons.add(
        QUESTION, "U0ASKS", reply(store, base), reply(store, tuned), 0.1
    )
    votes.vote(compared.id, person, choice)


def pairs(store: Store) -> list[tuple[str, str]]:
    return [(one.chosen, one.rejected) for one in trainable_pairs(store, datetime.now(UTC).date())]


def test_a_correction_and_a_vote_are_pairs(
    store: Store, ratings: ReplyRatings, votes: ComparisonVotes
) -> None:
    ratings.correct(reply(store), "U1", "At noon.")
    compared = store.comparisons.add(
        "What is tea?",
        "U0ASKS",
        reply(store, "A thing.", question="What is tea?"),
        reply(store, "A drink.", question="What is tea?"),
        0.1,
    )
    votes.vote(compared.id, "U1", "tuned")
    assert pairs(store) == [("At noon.", "Never."), ("A drink.", "A thing.")]


def test_a_correction_counts_while_its_lesson_does(
    store: Store, curation: Curation, ratings: ReplyRatings
) -> None:
    taught = ratings.correct(reply(store), "U1", "At noon.")
    assert taught.id is not None
    store.examples.change(taught.id, "pending", "U9")
    assert pairs(store) == []
    store.examples.change(taught.id, "approved", "U9")
    assert pairs(store) == [("At noon.", "Never.")]
    curation.withdraw(taught.id, "U9", "not true")
    assert pairs(store) == []


def test_a_lesson_that_has_ended_takes_its_pair_along(
    store: Store, curation: Curation, ratings: ReplyRatings
) -> None:
    curation.learn(Lesson(QUESTION, "At noon.", "U1", expires_on="2999-01-31"))
    ratings.correct(reply(store), "U1", "At noon.")
    assert trainable_pairs(store, date(2999, 1, 31))
    assert trainable_pairs(store, date(2999, 2, 1)) == []


@pytest.mark.parametrize("undo", ["withdraw", "reject"])
def test_no_vote_brings_back_what_was_taken_out(
    store: Store, curation: Curation, votes: ComparisonVotes, undo: str
) -> None:
    taught = curation.teach(QUESTION, "At ten.", "U1")
    assert taught.id is not None
    store.examples.change(taught.id, "rejected" if undo == "reject" else "withdrawn", "U9")
    vote(store, votes, "At ten.", "At one.", "base")
    assert pairs(store) == []


def test_what_a_lesson_says_otherwise_is_no_pair(
    store: Store, curation: Curation, votes: ComparisonVotes
) -> None:
    """Neither for an answer that is not the taught one, nor against the taught one."""
    vote(store, votes, "At one.", "At two.", "base")
    assert len(pairs(store)) == 1
    curation.teach(QUESTION, "At noon.", "U1")
    assert pairs(store) == []
    vote(store, votes, "At one.", "at noon.", "base")
    assert pairs(store) == []
    vote(store, votes, "At one.", "at noon.", "tuned")
    assert pairs(store) == [("at noon.", "At one.")]


def test_where_people_disagree_nobody_is_followed(store: Store, votes: ComparisonVotes) -> None:
    vote(store, votes, "At one.", "At two.", "base", "U1")
    vote(store, votes, "At one.", "At two.", "base", "U2")
    assert pairs(store) == [("At one.", "At two.")]
    vote(store, votes, "At one.", "At two.", "tuned", "U3")
    assert pairs(store) == []


def test_a_later_turn_is_no_pair_for_its_question_alone_says_too_little(
    store: Store, ratings: ReplyRatings
) -> None:
    ratings.correct(reply(store, "Never.", "What is tea?", "A drink."), "U1", "At noon.")
    assert pairs(store) == []


def test_pairs_with_nothing_in_them_or_no_difference_are_left_out(store: Store) -> None:
    number = reply(store)
    for prompt, chosen, rejected in (
        (" ", "a", "b"),
        ("q", "", "b"),
        ("q", "a", " "),
        ("q", "The same.", "the  SAME."),
    ):
        store.ratings.prefer(prompt, chosen, rejected, "vote", "U1", number)
    assert pairs(store) == []


def test_an_export_has_the_pairs_in_mlx_form_and_the_same_bytes_again(
    store: Store, ratings: ReplyRatings, settings: Settings, tmp_path: Path
) -> None:
    ratings.correct(reply(store), "U1", "At noon.")
    one = export_approved(store, settings, tmp_path / "one")
    export_approved(store, settings, tmp_path / "two")
    text = (tmp_path / "one" / "preferences.jsonl").read_text(encoding="utf-8")
    assert json.loads(text) == {"prompt": QUESTION, "chosen": "At noon.", "rejected": "Never."}
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
    assert len(one.manifest["preferences"]) == 1


def test_an_export_goes_with_the_words_of_a_forgotten_voter(
    home: Home, store: Store, curation: Curation, votes: ComparisonVotes, settings: Settings
) -> None:
    """Also where no lesson in it is theirs."""
    curation.teach("What is tea?", "A drink.", "U1")
    export_approved(store, settings, home.exports / "0001")
    vote(store, votes, "At one.", "At two.", "base", "U0GONE")
    export_approved(store, settings, home.exports / "0002")
    assert forget(home, store, "U0GONE").exports == 1
    assert [folder.name for folder in home.exports.iterdir()] == ["0001"]
    assert pairs(store) == []


def test_of_two_answers_that_are_both_taught_neither_is_the_worse_one(
    store: Store, curation: Curation, votes: ComparisonVotes
) -> None:
    curation.teach(QUESTION, "At one.", "U1")
    curation.teach(QUESTION, "At two.", "U1", on_conflict="keep")
    vote(store, votes, "At one.", "At two.", "base")
    assert pairs(store) == []


def test_a_pair_that_two_people_chose_is_learned_once_as_the_first_chose_it(
    store: Store, votes: ComparisonVotes
) -> None:
    vote(store, votes, "At one.", "At two.", "base", "U1")
    vote(store, votes, "at ONE.", "At two.", "base", "U2")
    first, _ = store.ratings.preferred()
    assert [pair.id for pair in trainable_pairs(store, date(2999, 1, 1))] == [first.id]


def test_a_correction_is_the_lesson_of_its_reply_also_where_the_question_was_reworded(
    store: Store, ratings: ReplyRatings, curation: Curation
) -> None:
    number = reply(store)
    taught = ratings.correct(number, "U1", "At noon.")
    assert taught.id is not None
    edit(store, curation, taught.id, "When do we have lunch?", "At noon.", "U1")
    assert pairs(store) == [("At noon.", "Never.")]


def test_a_correction_whose_lesson_was_erased_is_no_pair(store: Store) -> None:
    store.ratings.prefer(QUESTION, "At noon.", "Never.", "correction", "U1", reply(store))
    assert pairs(store) == []


def test_a_talk_that_ends_in_the_same_words_asks_another_question(
    store: Store, curation: Curation, votes: ComparisonVotes
) -> None:
    """Its earlier turns are part of its question, so that it neither confirms nor contradicts."""
    turns = ("What is tea?", "A drink.", QUESTION, "At noon.")
    talk = tuple(Message(("user", "assistant")[i % 2], turn) for i, turn in enumerate(turns))
    curation.learn(Lesson(QUESTION, "At noon.", "U1", messages=talk))
    vote(store, votes, "At one.", "At two.", "base")
    assert pairs(store) == [("At one.", "At two.")]


def test_no_vote_brings_back_an_answer_that_has_ended(
    store: Store, curation: Curation, votes: ComparisonVotes
) -> None:
    curation.learn(Lesson(QUESTION, "At ten.", "U1", expires_on="2999-01-31"))
    vote(store, votes, "At ten.", "At one.", "base")
    assert len(trainable_pairs(store, date(2999, 1, 31))) == 1
    assert trainable_pairs(store, date(2999, 2, 1)) == []


def prefer(store: Store, number: int, chosen: str = "At one.", rejected: str = "At two.") -> None:
    store.ratings.prefer(QUESTION, chosen, rejected, "vote", "U1", number)


def test_no_pair_is_trained_of_what_was_said_where_not_everybody_reads(store: Store) -> None:
    """An unknown channel is taken for a private one; the page and the terminal are no channel."""
    store.places.learn("C0PRIVATE", "private")
    store.places.learn("G0GROUP", "group")
    for number, channel in enumerate(("C0PRIVATE", "G0GROUP", "D0ANNA", "C0UNKNOWN")):
        prefer(store, reply(store, channel=channel), f"At {number}.")
    assert pairs(store) == []
    prefer(store, reply(store, channel="console", source="console"), "At six.")
    prefer(store, reply(store, channel="C1"), "At seven.")
    assert pairs(store) == [("At six.", "At two."), ("At seven.", "At two.")]
    store.places.learn("C0UNKNOWN", "public")
    assert ("At 3.", "At two.") in pairs(store)


def test_no_pair_is_trained_of_an_answer_with_a_threads_words(store: Store) -> None:
    prefer(store, reply(store, origin=Origin((), "model", 0.5, with_context=True)))
    assert pairs(store) == []


@pytest.mark.parametrize("where", ["chosen", "rejected", "told"])
def test_no_pair_has_anything_of_a_lesson_that_is_not_for_everyone(
    store: Store, where: str
) -> None:
    """Also in a public channel, which may have lessons of its own."""
    hers = NewExample("Which code?", "Zanzibar.", "teach", "U1", scope=Scope("channel", "C1"))
    lesson = store.examples.add(hers).id
    number = reply(store, origin=Origin((lesson,) if where == "told" else (), "model", 0.5))
    said = {"chosen": "At one.", "rejected": "At two."} | {where: "zanzibar."}
    prefer(store, number, said["chosen"], said["rejected"])
    assert pairs(store) == []
    store.examples.change(lesson, "superseded", "U1")
    assert pairs(store) == [], "what it said stays private"


def test_a_correction_for_one_channel_is_no_pair(store: Store) -> None:
    """Its lesson is in force there, and not trained."""
    number = reply(store)
    new = NewExample(QUESTION, "At noon.", "correction", "U1", reply_id=number)
    corrected = store.examples.add(new).id
    store.ratings.prefer(QUESTION, "At noon.", "Never.", "correction", "U1", number)
    assert pairs(store) == [("At noon.", "Never.")]
    store.examples.set_scope(corrected, Scope("channel", "C1"), "U1")
    assert pairs(store) == []


def test_a_lesson_for_one_channel_contradicts_no_pair_of_everybody(store: Store) -> None:
    """What is right there says nothing of the others."""
    theirs = NewExample(QUESTION, "At noon.", "teach", "U1", scope=Scope("channel", "C0LAB"))
    store.examples.add(theirs)
    prefer(store, reply(store))
    assert pairs(store) == [("At one.", "At two.")]
