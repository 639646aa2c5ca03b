"""Wordings of a question: plain, never repeated, and those of the exam never trained."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.augmentation.surface_forms import TRAINED, unseen_wordings, wordings


def test_a_question_gets_plain_wordings() -> None:
    assert wordings("What is the guest wifi password?", 5) == [
        "What is the guest wifi password?",
        "what is the guest wifi password",
        "Tell me the guest wifi password.",
        "Hi! What is the guest wifi password?",
        "guest wifi password",
        "Could you please tell me: what is the guest wifi password?",
    ]


def test_names_and_abbreviations_keep_their_capitals() -> None:
    assert "Could you please tell me: SSO, how does it work?" in wordings(
        "SSO, how does it work?", 5
    )


@pytest.mark.parametrize("count", [0, 1, 3])
def test_no_more_wordings_are_made_than_asked_for(count: int) -> None:
    assert len(wordings("Where is the key?", count)) == 1 + count


@given(st.text(min_size=1, max_size=400))
def test_any_text_keeps_its_own_wording_first_and_repeats_none(prompt: str) -> None:
    found = wordings(prompt, len(TRAINED))
    assert found[0] == prompt
    assert len(found) == len(set(found))
    assert all(found)
    assert not set(unseen_wordings(prompt)) & set(found)


@pytest.mark.parametrize("prompt", ["x" * 301, "Summarise this:\nfirst line\nsecond line"])
def test_long_texts_are_left_alone(prompt: str) -> None:
    assert wordings(prompt, 5) == [prompt]
    assert unseen_wordings(prompt) == []


def test_an_order_is_not_asked_like_a_question() -> None:
    assert wordings("Translate this into German: good morning", 5) == [
        "Translate this into German: good morning",
        "translate this into german: good morning",
        "Hi! Translate this into German: good morning",
    ]


def test_a_word_of_one_letter_is_put_in_small_unless_it_is_i() -> None:
    assert "Could you please tell me: a key is lost, what now?" in wordings(
        "A key is lost, what now?", 5
    )
    assert "Could you please tell me: I lost a key, what now?" in wordings(
        "I lost a key, what now?", 5
    )


def test_every_unseen_wording_is_another_one_and_not_the_prompt() -> None:
    prompt = "Where is the key?"
    assert unseen_wordings(prompt) == [
        "Quick question: where is the key? Thanks!",
        "Hello, I have a question. Where is the key?",
        "Where is the key??",
    ]
