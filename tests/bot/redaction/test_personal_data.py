"""E-mail addresses, IBANs, card numbers and dates of birth are found, numbers if they are right."""

import pytest

from bot.redaction import find, redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Write to marlene.k+tea@lantern.example!", "Write to [e-mail]!"),
        ("<mailto:a@b.example|a@b.example>", "<mailto:[e-mail]|[e-mail]>"),
        ("Call +49 30 1234567 or 030/1234567.", "Call [phone number] or [phone number]."),
        ("Call (555) 010-9999 or 555-010-9999", "Call [phone number] or [phone number]"),
        ("Mobile: 0171 2345678, 01712345678", "Mobile: [phone number], [phone number]"),
        ("+44 (0)20 7946 0958", "[phone number]"),
        ("Pay to DE89 3704 0044 0532 0130 00 today", "Pay to [IBAN] today"),
        ("GB82WEST12345698765432", "[IBAN]"),
        ("Card 4111 1111 1111 1111 expires", "Card [card number] expires"),
        ("5500-0000-0000-0004", "[card number]"),
        ("IBAN no93 8601 1117 947 please", "IBAN [IBAN] please"),
        ("GB82 WEST 1234 5698 7654 32 at noon", "[IBAN] at noon"),
        ("DE69 3704 1144 0532 1130 11", "[IBAN]"),
        ("BE68539007547034", "[IBAN]"),
        ("Raum RA12 zahlt auf DE18430601867332154497", "Raum RA12 zahlt auf [IBAN]"),
        ("anna (at) lantern (dot) org", "[e-mail]"),
        ("o'brien@lantern.example", "[e-mail]"),
        (
            "Frau Liebstöckel, geb. 29.2.1964, feiert",
            "Frau Liebstöckel, geb. [date of birth], feiert",
        ),
        ("am 04.08.2009 geboren, also jung", "am [date of birth] geboren, also jung"),
        ("born on March 3, 1985", "born on [date of birth]"),
        ("née le 3 mars 1985", "née le [date of birth]"),
        ("DOB 1985-03-12", "DOB [date of birth]"),
        ("4222222222222 and 378282246310005", "[card number] and [card number]"),
    ],
)
def test_what_should_not_be_kept_is_replaced_by_its_kind(text: str, redacted: str) -> None:
    assert redact(text, find(text)) == redacted


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("IBAN", "DE68 3704 1144 0532 1130 11 has a wrong checksum."),
        ("IBAN", "DE21 3704 1144 0532 1130 112 is too long for its country."),
        ("IBAN", "XX26 3704 1144 0532 1130 11 is of no country."),
        ("card number", "Order 4111 1111 1111 1112 has no right checksum."),
        ("card number", "Line 6666 6666 6666 6 is a filler."),
    ],
)
def test_a_number_with_a_wrong_checksum_or_form_is_none(kind: str, text: str) -> None:
    assert kind not in [one.kind for one in find(text)]


def test_an_iban_of_a_bank_that_no_list_knows_is_one() -> None:
    """Belgian numbers name their bank; lists of banks are older than the newest bank."""
    text = "BE24 9991 2345 6789"
    assert redact(text, find(text)) == "[IBAN]"


@pytest.mark.parametrize(
    "text",
    [
        "Das Müsli hat die EAN 4000242971287, ja.",
        "shipment 4532 1234 5678 9010 is late",
        "order id 4539148803436467",
        "IMEI 490154203237518",
        "6666 6666 6666 6666",
        "use logo@2x.png and @scope/pkg@1.2.3",
        "Geburtstagskuchen am 12.03.2027",
        "The company was founded on 12.03.1985",
        "birthday party on 12.03.2027",
        "Born in Berlin, on the release of 2026",
    ],
)
def test_goods_files_and_parties_stay(text: str) -> None:
    assert find(text) == []


def test_an_order_number_is_a_card_where_a_word_says_so() -> None:
    text = "the card of the order is 4539148803436467"
    assert [one.kind for one in find(text)] == ["card number"]
