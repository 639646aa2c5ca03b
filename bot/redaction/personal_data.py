"""E-mail addresses, IBANs, card numbers and dates of birth, where there is one by its checksum.

The checksums are python-stdnum's; it knows the form of each country's IBAN as well.
"""

import re
from collections.abc import Iterator
from functools import cache

from stdnum import ean, iban, luhn, numdb

from bot.redaction.expressions import Pattern, Plain
from bot.redaction.finding import Finding

_EMAIL = Pattern(r"[a-z0-9_.+%'-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}")
_WRITTEN_OUT = Pattern(
    r"\b[a-z0-9_.+-]{1,64} ?[\[({] ?(?:at|@) ?[\])}] ?[a-z0-9-]{1,63}"
    r"(?:(?: ?[\[({] ?(?:dot|punkt|\.) ?[\])}] ?|\.)[a-z0-9-]{1,63}){1,4}\b"
)
_NOBODY = (
    *("git", "hg", "svn", "you", "your.name", "yourname", "firstname.lastname", "first.last"),
    *("vorname.nachname", "prenom.nom", "nombre.apellido", "nome.cognome", "name.surname"),
)
"""Names in addresses of repositories and in instructions."""
_EXAMPLES = ("example.com", "example.org", "example.net")
_ANYBODY = ("name", "user", "username", "someone", "john.doe", "jane.doe", "max.mustermann", "test")
_FILES = ("png", "jpg", "jpeg", "gif", "svg", "webp", "pdf", "js", "css", "ts")
"""Endings of files, as in `logo@2x.png`."""
_REMOTE = Pattern(r":[\w.~-]*/|:/|:[\w-]+\.git\b")
"""What follows an address of SSH: `git@host:folder/...`."""
_GAPS = (" ", ".", "-")
_IBAN_START = Pattern(r"[a-z]{2}\d{2}")
_CARD = Pattern(r"[2-6]\d{3}(?:[ .-]?\d){9,15}")
_GROUPS = Pattern(r"\d+|\d{4}(?:.\d{4}){2}.\d{1,7}(?:.\d{1,3})?|\d{4}.\d{6}.\d{4,5}")
_ISSUERS = Pattern(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}"
    r"|35\d{14}|6(?:011|5\d\d|4[4-9]\d)\d{12}(?:\d{3})?|62\d{14,17}|(?:50|5[6-8]|6\d)\d{10,17}"
)
"""Visa, Mastercard, American Express, Diners, JCB, Discover, UnionPay and Maestro."""
_EAN_DIGITS = 13
_CARD_WORD = Pattern(r"card|karte|visa|master|amex|credit|kredit|debit|carte|tarjeta|carta|maestro")
_GOODS_WORD = Pattern(
    r"\b(?:ean|gtin|isbn|issn|imei|upc|sku|strichcode|code-barres|codigo de barras|scan|karton"
    r"|carton|verpackung|regal|shelf|produ|serial|serien|order|bestell|auftrag|tracking|sendung"
    r"|artikel|article|barcode|part|parcel|paket|shipment|commande|pedido|ticket|invoice"
    r"|rechnung)"
)
_DATE = (
    r"(?:\d{1,2}[./-] ?\d{1,2}[./-] ?(?:19|20)?\d\d|(?:19|20)\d\d[/-]\d{1,2}[/-]\d{1,2}"
    r"|\d{1,2}(?:st|nd|rd|th|er|\.)? (?:of |de |d')?[a-z]{3,9}\.?,? (?:de |del )?(?:19|20)\d\d"
    r"|[a-z]{3,9} \d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d\d)"
)
_GROWN_UP = 2015
_BORN = Pattern(
    r"\b(?:born|date of birth|birth ?dates?|d\.?o\.?b\.?|geb\.?|geboren(?:e|er)?|geburtsdat(?:um"
    r"|en)"
    r"|(?P<party>geburtstag|birthday|anniversaire|cumpleanos)|nee?(?:\(e\))? le|date de naissance"
    r"|nacid[oa]|nacio|fecha de nacimiento|nat[oa] il|data di nascita|geboortedatum|jahrgang"
    rf"|data de nascimento)(?:[^a-z\d!?\n][^.!?\n\d]{{0,30}}?)?(?P<date>{_DATE})"
)
_BORN_BEFORE = Pattern(
    rf"(?P<date>{_DATE})[^.!?\n\d]{{0,20}}?\b(?:geboren|geb\b|born|nacid|birth|geburt|dob\b)"
)


_STAR = Pattern(r"(?P<party>\*) ?(?P<date>\d{1,2}\. ?\d{1,2}\. ?(?:19|20)\d\d)")


def personal_data(plain: Plain) -> Iterator[Finding]:
    """What identifies people and what they pay with, in no order; findings may overlap."""
    if "@" in plain.text:
        yield from _emails(plain)
    if plain.has_any(("(at", "[at", "{at", "( at", "[ at", "(@", "[@")):
        yield from (Finding("e-mail", *one.span()) for one in _WRITTEN_OUT.finditer(plain))
    if not any(character in plain.text for character in "0123456789"):
        return
    yield from _ibans(plain)
    for match in _CARD.finditer(plain):
        if _is_card(plain, *match.span()):
            yield Finding("card number", *match.span())
    for pattern in (_BORN, _BORN_BEFORE, _STAR):
        for match in pattern.finditer(plain):
            year = match["date"][-4:]
            # A birthday of this year is a party.
            if match.took_part("party") and year.isdigit() and int(year) >= _GROWN_UP:
                continue
            yield Finding("date of birth", *match.span("date"))


def _emails(plain: Plain) -> Iterator[Finding]:
    for match in _EMAIL.finditer(plain):
        start, end = match.span()
        name, _, host = match[0].lower().partition("@")
        after = plain.text[end : end + 1]
        if host.rpartition(".")[2] in _FILES or after.isalnum() or after in ("-", "_"):
            continue
        made_up = host in _EXAMPLES and name in _ANYBODY
        if name in _NOBODY or made_up or _REMOTE.match(plain, end):
            continue
        if plain.text[max(0, start - 1) : start] == "$":
            continue
        if (
            plain.text[max(0, start - 1) : start] in ("@", "/", ":")
            and "://" in plain.text[max(0, start - 90) : start].rpartition(" ")[2]
        ):
            continue  # the name and the host of an address
        yield Finding("e-mail", start + (len(name) - len(name.lstrip("'."))), end)


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def _is_card(plain: Plain, start: int, end: int) -> bool:
    text, digits = plain.text[start:end], _digits(plain.text[start:end])
    around = (plain.text[max(0, start - 1) : start], plain.text[end : end + 1])
    if around[0].isalnum() or around[0] in (".", "-", "_", "/") or around[1].isalnum():
        return False
    # Rows of one digit pass the checksum.
    if len(set(digits)) == 1 or not (_GROUPS.fits(text) and _ISSUERS.fits(digits)):
        return False
    if not luhn.is_valid(digits):
        return False
    if _CARD_WORD.search(plain, max(0, start - 40), start):
        return True
    goods = len(digits) == _EAN_DIGITS or ean.is_valid(digits)
    if goods and _GOODS_WORD.search(plain, max(0, start - 60), end + 40):
        return False
    return not _GOODS_WORD.search(plain, max(0, start - 25), start)


def _ibans(plain: Plain) -> Iterator[Finding]:
    done = 0
    for match in _IBAN_START.finditer(plain):
        start, _ = match.span()
        if start < done or plain.text[max(0, start - 1) : start].isalnum():
            continue
        if done := _iban_end(plain, start):
            yield Finding("IBAN", start, done)


def _iban_end(plain: Plain, start: int) -> int:
    """Where the IBAN that begins at a place ends; 0 if there is none."""
    length = _iban_length(plain.text[start : start + 2].upper())
    number, end = "", start
    while len(number) < length:
        character = plain.text[end : end + 1]
        if character.isalnum():
            number += character
        elif character not in _GAPS or plain.text[end - 1] in _GAPS:
            return 0
        end += 1
    if not length or plain.text[end : end + 1].isalnum():
        return 0
    # Checks of single countries are left out: new banks are missing in their lists.
    return end if iban.is_valid(number, check_country=False) else 0


@cache
def _iban_length(country: str) -> int:
    """Characters of a country's IBAN; 0 if it has none."""
    rows = numdb.get("iban").info(country)
    parts = re.findall(r"(\d+)!", rows[0][1].get("bban", ""))
    return 4 + sum(map(int, parts)) if parts else 0
