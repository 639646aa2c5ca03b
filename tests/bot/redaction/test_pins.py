"""PINs and codes of doors are found in sentences; other numbers that are called codes stay."""

import pytest

from bot.redaction import find, redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("The PIN for the alarm is 4711", "The PIN for the alarm is [secret]"),
        ("PIN des Safes: 4711", "PIN des Safes: [secret]"),
        ("screen PIN 718304, charger with Odile", "screen PIN [secret], charger with Odile"),
        ("PIN fürs Lager-Handy ist die 2468", "PIN fürs Lager-Handy ist die [secret]"),
        ("The code for the back door is 4902.", "The code for the back door is [secret]."),
        ("Türcode 4711#", "Türcode [secret]"),
        ("the safe combination is 31-7-22", "the safe combination is [secret]"),
        ("El código del garaje, ahora es C7719", "El código del garaje, ahora es [secret]"),
        ("Le code de la porte est 47B12", "Le code de la porte est [secret]"),
        ("The gate opens with 7788#", "The gate opens with [secret]"),
        ("Use code 4711 for the front gate.", "Use code [secret] for the front gate."),
        ("Enter 7730 at the gate", "Enter [secret] at the gate"),
        ("the panel takes 2580 as its code", "the panel takes [secret] as its code"),
        ("my verification code is 482913", "my verification code is [secret]"),
        ("Zahlenschloss am Rad: 5-2-8-1", "Zahlenschloss am Rad: [secret]"),
        ("your verification code is 482 913", "your verification code is [secret]"),
        ("the key safe by the back door is 1066", "the key safe by the back door is [secret]"),
        ("Tippe am Tor die 5580 ein.", "Tippe am Tor die [secret] ein."),
        ("If the alarm rings, key in 8864.", "If the alarm rings, key in [secret]."),
        ("Beim Alarm gilt die 2211.", "Beim Alarm gilt die [secret]."),
        ("one-time password 839201", "one-time password [secret]"),
        ("bike lock 3-9-2-7", "bike lock [secret]"),
        ("codice allarme 998877", "codice allarme [secret]"),
        ("de code van het hek is 5502", "de code van het hek is [secret]"),
    ],
)
def test_a_code_is_found_by_what_it_is_for(text: str, redacted: str) -> None:
    assert redact(text, find(text)) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "PIN is 4 digits long",
        "The PIN is 1234 characters long",
        "Pin 12 is SDA, pin 4711 is none",
        "postal code is 10115",
        "error code: 4711",
        "cost code 4711",
        "article code is 12345",
        "The door code changes every month",
        "Gate A12 opens at 1030",
        "door 2044",
        "The PIN is 4711-22",
        "The keypad is 1200 mm above the floor",
        "The keypad is 1200 kg",
        "Das Tor gilt seit 2019 als kaputt",
    ],
)
def test_other_codes_and_numbers_stay(text: str) -> None:
    assert find(text) == []
