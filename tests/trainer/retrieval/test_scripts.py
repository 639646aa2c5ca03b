"""Texts that models of English cannot tell apart are known by their letters."""

import pytest

from trainer.retrieval.scripts import LATIN, foreign, has_words, one_word, readable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ok", True),
        ("42", True),
        ("鍵", True),
        ("?", False),
        ("👍👍", False),
        ("", False),
        (" \n", False),
    ],
)
def test_a_letter_or_a_digit_makes_words(text: str, expected: bool) -> None:
    assert has_words(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wer gießt die Pflanzen?", False),
        ("Où est la clé ?", False),
        ("где ключ?", True),
        ("誰が植物に水をやりますか", True),
        ("אבג", True),
        ("What does 鍵 mean?", False),
        ("VPN の住所は何ですか", True),
        ("ab 鍵鍵", False),
        ("ab 鍵鍵鍵", True),
        ("404?", False),
        ("", False),
    ],
)
def test_most_letters_decide(text: str, expected: bool) -> None:
    assert foreign(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"), [("ok", True), ("OK!", True), ("?", True), ("Which tea?", False)]
)
def test_signs_make_no_second_word(text: str, expected: bool) -> None:
    assert one_word(text) is expected


class NoUmlauts:
    """A language without the letter ü."""

    def reads(self, text: str) -> bool:
        return "ü" not in text


def test_what_is_in_another_language_or_script_cannot_be_read() -> None:
    assert not readable("Wo ist der Schlüssel?", NoUmlauts())
    assert readable("Wo ist der Schlüssel?", LATIN)
    assert readable("ห้องประชุมอยู่ที่ไหน", None)
    assert not readable("ห้องประชุมอยู่ที่ไหน", LATIN)
