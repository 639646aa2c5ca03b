"""E-mail addresses, phone numbers, IBANs and card numbers, the last two by their checksum.

The checksums are python-stdnum's; it knows the form of each country's IBAN as well.
"""

import re
from collections.abc import Iterator

from stdnum import iban, luhn

from bot.redaction.finding import Finding

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_GAP = "[ \u00a0\u2009\u202f.\u2011-]"
_IBAN = re.compile(rf"(?<!\w)[A-Za-z]{{2}}\d{{2}}(?:{_GAP}?[A-Za-z0-9]){{11,30}}(?!\w)")
_CARD = re.compile(rf"(?<![\w.])[2-6]\d{{3}}(?:{_GAP}?\d){{9,15}}(?![\w])")
_PHONE = re.compile(
    rf"""(?<![\w.+:/=-])(?:
        (?:\+|00)\ ?[1-9](?:[ /()]|{_GAP}|\d){{5,22}}\d          # with its country
      | \(?\d{{3}}\)?{_GAP}\d{{3}}{_GAP}\d{{4}}                    # as in North America
      | \(?0\d{{1,5}}\)?[ /\u00a0-]{{1,3}}\d{{3,}}(?:{_GAP}?\d){{0,8}}    # with an area code
      | 0[1-9]\d{{8,10}}
    )(?!\w|[.:-]\d)""",
    re.VERBOSE,
)
_PHONE_DIGITS = range(8, 16)
_DIGIT = re.compile(r"\d")
_SHORTEST_IBAN = 15
"""Characters of Norway's."""


def personal_data(text: str) -> Iterator[Finding]:
    """Where to reach people and what they pay with, in no order; findings may overlap."""
    for match in _EMAIL.finditer(text) if "@" in text else ():
        yield Finding("e-mail", *match.span())
    if not _DIGIT.search(text):
        return
    for match in _IBAN.finditer(text):
        if length := _iban_length(match[0]):
            yield Finding("IBAN", match.start(), match.start() + length)
    for match in _CARD.finditer(text):
        digits = _digits(match[0])
        # Rows of one digit pass the checksum.
        if len(set(digits)) > 1 and luhn.is_valid(digits):
            yield Finding("card number", *match.span())
    for match in _PHONE.finditer(text):
        if len(_digits(match[0])) in _PHONE_DIGITS:
            yield Finding("phone number", *match.span())


def _digits(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")


def _iban_length(text: str) -> int:
    """How much of the text is an IBAN; or 0.

    A word may follow the number, so shorter and shorter beginnings are tried.
    """
    for end in range(len(text), _SHORTEST_IBAN - 1, -1):
        if text[end - 1].isalnum() and (end == len(text) or not text[end].isalnum()):
            number = "".join(character for character in text[:end] if character.isalnum())
            # Checks of single countries are left out: new banks are missing in their lists.
            if iban.is_valid(number, check_country=False):
                return end
    return 0
