"""Telephone numbers of the regions of a team are found; numbers of goods and hours stay."""

import pytest

from bot.redaction import find, redact
from bot.redaction.expressions import Plain
from bot.redaction.phone_numbers import phone_numbers


@pytest.mark.parametrize(
    "number",
    [
        "+33 (0)2 61 91 53 08",
        "+41 44 668 18 00",
        "0049 171 1234567",
        "(0 69) 90 00 93 71",
        "030 / 23125-614",
        "0151-23456789",
        "06 39 98 41 27",
        "020 7946 0958",
        "512-555-0183",
        "212.555.0147",
        "1-800-555-0199",
    ],
)
def test_a_number_needs_no_word(number: str) -> None:
    text = f"Frau Petersilka, {number}, am Vormittag"
    assert redact(text, find(text)) == "Frau Petersilka, [phone number], am Vormittag"


@pytest.mark.parametrize(
    "text", ["call 555-0199 after six", "llámame al 612 34 56 78", "meine Nummer ist 0664 1234567"]
)
def test_a_local_number_is_one_beside_a_word(text: str) -> None:
    assert [one.kind for one in find(text)] == ["phone number"]
    (found,) = find(text)
    assert find(f"lot {text[found.start : found.end]}") == []


@pytest.mark.parametrize(
    "text",
    [
        "Part number 030-1234567",
        "Bestellnummer 0171234567",
        "Zeichnungsnummer 089-1234567",
        "Lieferschein 0123456789",
        "Schicht 0600-1400, Montag 08.00-16.30 Uhr",
        "week 47: 1203 / 988 / 1411",
        "Die Inventarnummer klebt unten: 2023004417",
        "SAP-Nummer 0030012345",
        "1 234 567 units in 2024-11-23 10",
        "Das EAN 4000242971287 steht auf 4004655635255.",
    ],
)
def test_numbers_of_goods_and_hours_stay(text: str) -> None:
    assert find(text) == []


def test_two_numbers_with_a_slash_between_them_are_two() -> None:
    text = "030 1234567 / 0171 2345678"
    assert redact(text, find(text)) == "[phone number] / [phone number]"


def test_the_regions_say_whose_numbers_are_read_without_a_country() -> None:
    plain = Plain("Das ist 0664 1234567 da")
    assert list(phone_numbers(plain, ("US",))) == []
    assert [one.kind for one in phone_numbers(plain, ("AT",))] == ["phone number"]
    assert [one.kind for one in find(plain.text, ("AT",))] == ["phone number"]


def test_a_number_that_is_cut_off_stays() -> None:
    assert find("phone: 0123-456...") == []
    assert find("phone: 0123 4567.") != []
