"""What is taken for a question by its form."""

import pytest

from bot.feedback.watching.questions import LONGEST, is_question

QUESTIONS = [
    "Where is the key?",
    "how do I book a room",
    "Hi all, where can I find the VPN profile? I looked everywhere.",
    "hello everybody, does anyone know the wifi password",
    "I can't log in. Any idea how to reset it",
    "Is the office closed on Monday, right?",
    "Can I expense a taxi",
    "> It was moved.\nAnd where is it now?",
    "Wie komme ich ins WLAN",
    "weiß jemand wo der Beamer ist",
    "¿Dónde está la llave?",
    "dónde está la impresora",
    "Où est la clé ?",
    "dove si trova la stampante",
    "waar vind ik de sleutel",
    "где найти ключ",
    "gdzie jest klucz",
    "会议室在哪里？",  # noqa: RUF001  Chinese has a mark of its own
    "プリンターはどこですか",
    "أين المفتاح من فضلك؟",
]
NONE = [
    "",
    "Really?",
    "Oh really?!",
    "How are you?",
    "Who cares about that?",
    "What could go wrong?",
    "Guess what?",
    "Lunch at noon, anybody?",
    "When I open the door, it creaks.",
    "Wie besprochen, hier der Plan.",
    "What a day it is!",
    "The key is behind the poster.",
    "Thanks!",
    "See https://school.example/search?q=what+is+it",
    "My favourite line is `a ? b : c` by far",
    "```\nwhere is it?\n```",
    "> where is it?\nBehind the poster.",
    "&gt; where is the key?",
    "Is done now, all of it.",
]


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_is_one_in_many_languages(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", NONE)
def test_a_remark_a_greeting_and_what_is_quoted_are_none(text: str) -> None:
    assert not is_question(text)


def test_a_long_text_is_no_question_to_anybody() -> None:
    assert not is_question(f"{'word ' * (LONGEST // 5)} and where is it?")
