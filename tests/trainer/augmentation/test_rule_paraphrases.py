"""Questions in other words: many, always the same ones, and only where it is a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.augmentation.rule_paraphrases import rewordings

QUESTIONS = [
    "What is our guest wifi called?",
    "Who waters the office plants?",
    "Where is the spare key kept?",
    "When does the building close?",
    "How do I reset my badge?",
    "How many vacation days do we get?",
    "Which team owns the mobile app?",
    "Can I bring my dog to the office?",
    "Which colour marks urgent tickets?",
    "Can we wear shorts on a Friday?",
    "Does Anna work on Fridays?",
    "Do we ship on Saturday?",
    "Who covers a colleague on parental leave?",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_many_other_wordings_none_twice_and_not_itself(question: str) -> None:
    found = rewordings(question, 24)
    assert len(found) == 24
    assert len(set(found)) == 24
    assert question not in found


def test_the_same_seed_gives_the_same_wordings_and_another_one_others() -> None:
    question = QUESTIONS[0]
    assert rewordings(question, 24, seed=3) == rewordings(question, 24, seed=3)
    assert rewordings(question, 24, seed=3) != rewordings(question, 24, seed=4)


def test_words_are_exchanged_for_others_of_like_meaning() -> None:
    said = " ".join(rewordings("What is our guest wifi called?", 48)).lower()
    assert {"visitor", "wireless", "network"} <= set(said.replace("?", " ").split())


def test_the_words_that_hold_a_question_together_stay() -> None:
    for wording in rewordings("How many vacation days do we get?", 48):
        assert "take care of we" not in wording
        assert "be responsible for we" not in wording


@pytest.mark.parametrize(
    "prompt",
    [
        "Rewrite this formally: hey guys, what's up",
        "Wo ist der Schlüssel?",
        "Was ist das?",
        "On a un code pour le wifi?",
        "Hoe we de printer resetten?",
        "Qual o login do email?",
        "Hvor er server for backup?",
        "Come resetto il router i guest?",
        "What does `sum(x)` do?",
        "What is wrong here?\nx = 1",
        "What is " + "very " * 80 + "long?",
        "",
        "?",
        "你好吗?",
    ],
)
def test_what_is_no_question_or_not_english_or_a_document_stays_as_it_is(prompt: str) -> None:
    assert rewordings(prompt, 24) == []


@given(st.text(max_size=80), st.integers(0, 5))
def test_whatever_is_asked_it_is_reworded_or_left_alone(prompt: str, count: int) -> None:
    found = rewordings(prompt + "?", count)
    assert len(found) == len(set(found)) <= count
    assert all(wording.strip() for wording in found)


@pytest.mark.parametrize("words", ["{x}", "{0}", "{all.__class__}"])
def test_braces_in_a_question_are_only_text(words: str) -> None:
    for wording in rewordings(f"What is the name of the {words} thing?", 24):
        assert "<class" not in wording


def test_some_wordings_only_name_what_the_question_is_about() -> None:
    """From the first word on that says something."""
    topics = [one for one in rewordings("Where is the Zorblax kept?", 200) if " about " in one]
    assert len(topics) > 5
    assert all(" about Zorblax" in one for one in topics)


def test_some_wordings_are_a_few_words_in_their_order() -> None:
    """A single one among them."""
    said = set(rewordings("Where is the Zorblax kept?", 200))
    assert {"Zorblax", "Zorblax?", "Zorblax kept", "kept?"} <= said
    assert not {"kept Zorblax", "kept Zorblax?"} & said
