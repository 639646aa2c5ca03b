"""Tax and social security numbers of people are found, those of companies are left alone."""

import pytest

from bot.redaction import find, redact
from bot.redaction.tax_numbers import AFTER, BEFORE

# All of them are from the documentation of python-stdnum.
NUMBERS = [
    ("SSN", "536-90-4399"),
    ("social security number", "536-90-4399"),
    ("tax ID", "912-90-3456"),
    ("Steuer-ID", "36 574 261 809"),
    ("steuerliche Identifikationsnummer, also steuerliche ID,", "36574261809"),
    ("numéro de sécurité sociale", "2 95 10 99 126 111 93"),
    ("numéro fiscal", "3023217600053"),
    ("UTR", "19558 39661"),
    ("PPS number", "6433435F"),
    ("DNI", "54362315-K"),
    ("NIE", "X-2482300W"),
    ("BSN", "1112.22.333"),
    ("rijksregisternummer", "85.07.30-033 28"),
    ("Sozialversicherungsnummer", "1237 010180"),
    ("AHV number", "7569217076985"),
    ("PESEL", "44051401359"),
    ("CPF", "390.533.447-05"),
    ("SIN", "123-456-782"),
    ("SSN", "536 90 4399"),
    ("Steuernummer", "181/815/08155"),
    ("RV-Nummer", "65 170839 J 003"),
    ("KVNR", "A123456780"),
    ("NI number", "WK 48 20 97 C"),
    ("personnummer", "880320-0016"),
    ("hetu", "131052-308T"),
    ("CNP", "1630615123457"),
    ("isikukood", "36805280109"),
    ("NUSS", "28 12345678 40"),
]


@pytest.mark.parametrize(("word", "number"), NUMBERS)
def test_a_number_near_its_word_is_found_before_and_after_it(word: str, number: str) -> None:
    for text, left in (
        (f"Noor's {word} is {number}.", f"Noor's {word} is [tax number]."),
        (f"{word}:\n{number}\n", f"{word}:\n[tax number]\n"),
    ):
        assert redact(text, find(text)) == left
    if len(word) < AFTER:
        assert [one.kind for one in find(f"{number} ({word})")] == ["tax number"]


@pytest.mark.parametrize(("word", "number"), NUMBERS)
def test_without_its_word_it_is_any_number(word: str, number: str) -> None:
    assert "tax number" not in [one.kind for one in find(f"Ticket {number} is closed.")]
    far = f"What is a {word}? " + "Ask the office. " * 5 + number + " is the ticket."
    assert len(far.split("?")[1].split(number)[0]) > BEFORE
    assert "tax number" not in [one.kind for one in find(far)]


@pytest.mark.parametrize("number", ["RCCMNL83S18D969H", "RCC MNL 83S18 D969H", "756.9217.0769.85"])
def test_a_form_that_nothing_else_has_needs_no_word(number: str) -> None:
    text = f"It is {number}, by the way."
    assert redact(text, find(text)) == "It is [tax number], by the way."


@pytest.mark.parametrize(
    "text",
    [
        "SSN 000-12-3456 was never given to anybody.",
        "Steuer-ID 36 574 261 890 has a wrong checksum.",
        "The form of an AHV number is 756.1234.5678.90.",
        "Codice fiscale RCCMNL83S18D969X has a wrong letter.",
        "Our VAT number is DE136695976, our EIN is 12-3456789.",
        "Our tax number is 181/815/08155.",
        "The tin of tea 123-456-782 is sold out, sin 123-456-782.",
        "Das war nie X2482300W, dni 54362315K.",
        "BSN 1112.22.333-4 is longer.",
        "The BSN is in the file 1112.22.333.4 of 2024.",
        "Social security: see https://wiki.example/536-90-4399/x.",
    ],
)
def test_what_is_no_number_of_a_person_stays(text: str) -> None:
    assert find(text) == []


def test_it_weighs_more_than_the_phone_number_that_it_looks_like() -> None:
    assert [one.kind for one in find("Call 02071136217")] == ["phone number"]
    assert [one.kind for one in find("PESEL 02071136217")] == ["tax number"]
