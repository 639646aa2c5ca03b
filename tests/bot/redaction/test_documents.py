"""Numbers of passports, identity cards and licences are found behind the word that names them."""

import pytest

from bot.redaction import find, redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("passport number C01X00T47", "passport number [document number]"),
        (
            "Her passport is 533380006, issued in 2021",
            "Her passport is [document number], issued in 2021",
        ),
        ("Ausweisnummer: L01X00T47", "Ausweisnummer: [document number]"),
        ("Führerschein B072RRE2I55", "Führerschein [document number]"),
        ("Passeport n° 12AB34567", "Passeport n° [document number]"),
        ("Pasaporte: XDA123456.", "Pasaporte: [document number]."),
    ],
)
def test_a_document_is_found_by_its_name(text: str, redacted: str) -> None:
    assert redact(text, find(text)) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "Your passport is valid for 10 years",
        "Passport control is at gate B12",
        "ID card 004711 opens the door",
        "ID card 20260412 opens the door",
        "Führerscheinkontrolle am 12.03.2026",
        "Dienstausweis Nr. 88213",
        "part C01X00T47 is on its way",
        "passport to success 2026",
    ],
)
def test_talk_about_documents_and_other_numbers_stay(text: str) -> None:
    assert find(text) == []
