"""What people write costs a bounded time, whatever it is."""

import time
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.redaction import DETECTORS, PIECE, Finding, find
from bot.redaction.expressions import Plain

Detector = Callable[[Plain], Iterable[Finding]]

MOST_SECONDS = 4.0
"""Of the processor, for 64 KiB; the slowest takes a quarter of it, a quadratic pattern minutes."""
CLASSES = (
    *("a", "A", "1", "0", " ", "\n", ".", ",", ":", "/", "-", "_", "@", "+", "(", '"', "'", "<"),
    *(
        "{",
        "=",
        "?",
        "&",
        "#",
        "*",
        "\u00e9",
        "\u5b57",
        "A1",
        "a@",
        "1 ",
        "1-",
        "a.",
        "://a:",
        "@a.",
    ),
    *(
        "token ",
        "password: ",
        "pin ",
        "key=",
        "sk-",
        "DE89",
        "030 ",
        "+49 ",
        "SSN ",
        "curl ",
        "eyJ",
    ),
    *("-----BEGIN PRIVATE KEY-----", "030 1234567, ", "password is a1b2c3 ", "1.1.1990 born "),
)
HALF = PIECE // 2


def _seconds(detect: Detector, unit: str, length: int) -> float:
    """CPU seconds that a detector takes for a unit over and over."""
    plain = Plain((unit * (length // len(unit) + 1))[:length])
    start = time.process_time()
    for _ in detect(plain):
        pass
    return time.process_time() - start


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """Patterns are compiled when they are first used; that is not what is measured."""
    for unit in CLASSES:
        find(unit * 3)


@pytest.mark.parametrize("unit", CLASSES)
def test_64_kib_of_anything_stay_within_the_budget_of_each_detector(unit: str) -> None:
    for detect in DETECTORS:
        taken = _seconds(detect, unit, PIECE)
        assert taken < MOST_SECONDS, detect.__name__
        if taken > MOST_SECONDS / 8:
            # Twice as much text, at most three times the work.
            assert taken < 3 * _seconds(detect, unit, HALF) + MOST_SECONDS / 8, detect.__name__


@pytest.mark.parametrize("label", ["token", "secret_key", "softlayer_key", "password", "pin"])
def test_a_label_and_many_spaces_do_not_stall_it(label: str) -> None:
    """With a pattern that grows with the cube of them this takes hours."""
    assert find(label + " " * 20000) == []


def test_a_hundred_thousand_characters_of_an_address_are_looked_at_in_seconds() -> None:
    """A quadratic pattern took 40 s for this."""
    start = time.process_time()
    find("://a:" * 20000)
    assert time.process_time() - start < 2 * MOST_SECONDS


LABELS = (
    "password",
    "token is ",
    "pin: ",
    "api_key=",
    "Bearer ",
    "curl -u a:",
    "://",
    "IBAN DE",
    "+49",
)
RUNS = tuple(one for one in CLASSES if len(one) <= 2)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.sampled_from(LABELS), st.sampled_from(RUNS), st.sampled_from(LABELS), st.sampled_from(RUNS)
)
def test_no_label_and_run_of_signs_together_break_the_budget(
    first: str, run: str, second: str, other: str
) -> None:
    text = (first + run * 200 + second + other * 200) * 20
    start = time.process_time()
    find(text[:PIECE])
    assert time.process_time() - start < len(DETECTORS) * MOST_SECONDS


def test_what_stands_across_the_border_of_two_pieces_is_found_once_and_whole() -> None:
    for shift in range(0, 9000, 450):
        text = "x " * ((PIECE - shift) // 2) + "mail a.person@lantern.example or " + "y " * 9000
        place = text.index("a.person")
        assert find(text) == [Finding("e-mail", place, place + len("a.person@lantern.example"))]
