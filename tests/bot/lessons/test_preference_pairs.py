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

QUESTION = "When is lunch?"


def reply(store: Store, text: str = "Never.", *turns: str, question: str = QUESTION) -> int:
    """An answer of the bot; `turns` were said before its question."""
    roles = ("user", "assistant")
    before = [Message(roles[i % 2], turn) for i, turn in enumerate(turns)]
    return store.replies.add(
        Completion(text, "base", None, 1, 1, 0.1, "stop"),
        [Message("system", "Be kind."), *before, Message("user", question)],
        source="slack",
        channel="C1",
        thread="1.0",
        person="U0ASKS",
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
