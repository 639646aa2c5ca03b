"""Telephone numbers, by the plans of countries that the library phonenumbers knows.

A number that begins with its country's code is read anywhere. Others are numbers of the regions of
the team: of its settings or its locale.
"""

import locale
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import phonenumbers

from bot.redaction.expressions import Pattern, Plain
from bot.redaction.finding import Finding

DEFAULT_REGIONS = ("US", "GB", "DE", "FR")
_MOST_READ = 2000
"""Candidates of one text that are looked up: enough for a list of a company's numbers.

Looking one up costs up to half a millisecond. Behind so many only numbers with a country's code
count.
"""
_DIGITS = range(7, 16)
_SURE_DIGITS = 10
"""Digits of a national number that needs no word beside it; shorter ones are parts, too."""
_MOST_GROUPS = 8
_PREFIX = 6
"""Signs of another number that may stand before one with no more than a space between."""
_RUN = Pattern(r"[+(]{0,2}\d(?:[ ./()-]{0,3}\d)+\)?")
_GROUP = Pattern(r"[+(]{0,2}\d+\)?")
_WORD = Pattern(
    r"call|phone|\btel\b|tel[.:]|mobile?\b|\bmob\b|\bcell|\bring\b|\bdial|whatsapp|signal"
    r"|\bsms\b|\bfax|hotline|telefon|handy"
    r"|durchwahl|anruf|ruf\b|ruckruf|erreich|rufnummer|appel|portable|joindre|llama|movil"
    r"|cellulare"
    r"|\btlf|\bgsm\b|text (?:me|him|her|us)|contact|telf|reach|hausverwaltung|notdienst"
    r"|sekretariat"
    r"|\b(?:my|meine?|ihre?|seine?|his|her|their|mon|mi|su|numero) (?:new |neue "
    r"|private )?(?:number|nummer|numero|de tel)"
)
_GOODS = Pattern(
    r"\b(?:ean|gtin|isbn|issn|imei|upc|sku|serial\w*|serien\w*|order|bestell\w*|auftrag\w*"
    r"|tracking"
    r"|sendung\w*|artikel\w*|article|barcode|part|parcel|paket|shipment|commande|pedido|ticket"
    r"|invoice"
    r"|rechnung\w*|inventar\w*|kunden\w*|account|konto\w*|ref\w*|case|version|build|po|vorgang\w*"
    r"|akten?\w*|zahler\w*|meter|lot|charge|batch|contract|vertrag\w*|mitglied\w*|policy|police"
    r"|liefer\w*|delivery|inv|facture|albaran|factura|ust\w*|vat|port|error|fehler|rma|typ|type"
    r"|model\w*|modell\w*|norm|din|zeichnung\w*|teile?\w*|p/n|sap\w*|material\w*|los|item|asset"
    r"|project|projekt\w*|iban|bic)"
    r"(?:-?1[03])?(?:[ -]?(?:no|nr|number|nummer|id|num|code|kennung|n))?\.?(?: (?:is|ist|was"
    r"|war|est"
    r"|es))?[ :#]{0,3}$"
)
_GOODS_AFTER = Pattern(
    r"^[ ,(]{0,2}(?:(?:is|ist|est|es) )?(?:the |die |der )?(?:ean|upc|gtin|isbn)\b"
)
_NUMBER_OF = Pattern(
    r"\b[a-z-]{0,20}(?:id|nr|no|num|number|nummer|code|kennung)\.?(?: (?:is|ist|was|war|est"
    r"|es))?[ :#]{0,3}$"
)
_DATE_OR_TIME = Pattern(
    r"\(?(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}"
    r"|\d{1,2}\.\d\d ?- ?\d{1,2}\.\d\d)(?:[ .)(/-].*)?|\d{4} ?[-/] ?\d{4}"
)
_NORTH_AMERICA = Pattern(r"(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])\d{3}[ .-]\d{4}")
_AREA_CODE = Pattern(
    r"0\d{1,5}[ /-]{1,3}\d{2,}(?:[ .-]?\d){0,9}"
    r"|\(0[\d ]{1,6}\)[ /-]{0,3}\d{2,}(?:[ .-]?\d){0,9}|0[1-9](?:[ .-]?\d\d){4}"
)
_FRENCH = Pattern(r"0[1-9](?:\.\d\d){4}")
_UNBROKEN = Pattern(r"0[1-9]\d{8,10}")
_LOCAL_SEVEN = Pattern(r"\d{3}[ -]\d{4}")
_LOCAL = Pattern(r"\d{3}[ .-]\d{4}|\d{2,4}(?:[ -/]\d{2,4}){2,4}|\d{7,11}")


def phone_numbers(plain: Plain, regions: Sequence[str] = ()) -> Iterator[Finding]:
    """Telephone numbers, from left to right.

    Args:
        plain: the text.
        regions: two capital letters each; none: that of the locale, and four more.
    """
    regions = tuple(regions) or _usual_regions()
    left = _MOST_READ
    for run in _RUN.finditer(plain):
        done = 0
        for start, end in _pieces(plain, *run.span()):
            left -= 1
            if start < done or (left < 0 and plain.text[start] != "+"):
                continue
            if _apart(plain, start, end) and _is_number(plain, start, end, regions):
                yield Finding("phone number", start, end)
                done = end


def _pieces(plain: Plain, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What may be a number in a run of groups of digits, the longest of each beginning first."""
    if end - start < _DIGITS.start:
        return
    groups = [match.span() for match in _GROUP.finditer(plain, start, end)]
    if len(groups) > _MOST_GROUPS * 5:
        return  # a table of figures
    for first, (begin, _) in enumerate(groups):
        between = plain.text[groups[first - 1][1] : begin] if first else ""
        if first and not _parted(between, plain.text[begin]):
            continue
        if begin - start > _PREFIX and not ("/" in between or plain.text[begin] in ("+", "(")):
            continue  # in the middle of a longer number
        for last in range(min(first + _MOST_GROUPS, len(groups)) - 1, first - 1, -1):
            stop = groups[last][1]
            if stop - begin < _DIGITS.start:
                break
            digits = sum(character.isdigit() for character in plain.text[begin:stop])
            follows = plain.text[stop : groups[last + 1][0]] if last + 1 < len(groups) else " "
            if digits in _DIGITS and _parted(follows, ""):
                yield begin, stop


def _parted(between: str, first: str) -> bool:
    """Whether a number may end or begin between two groups of digits."""
    return first in ("+", "(") if not between else " " in between or "/" in between


def _is_number(plain: Plain, start: int, end: int, regions: tuple[str, ...]) -> bool:
    """Whether a number at this place is one of a telephone."""
    text = plain.text[start:end]
    if text.startswith(("+", "(+")):
        return _readable(text.replace("(", " ("), None, possible=True)
    before, after = plain.text[max(0, start - 45) : start], plain.text[end : end + 20]
    told = _WORD.occurs(before) or _WORD.occurs(after)
    if (
        _GOODS.occurs(before)
        or _GOODS_AFTER.occurs(after)
        or (_NUMBER_OF.occurs(before) and not told)
    ):
        return False
    if _DATE_OR_TIME.fits(text) and not _FRENCH.fits(text):
        return told and _LOCAL_SEVEN.fits(text)
    shaped = _AREA_CODE.fits(text) or _UNBROKEN.fits(text)
    if text.startswith("00"):
        return _readable(f"+{text[2:]}", None)
    if _NORTH_AMERICA.fits(text) or (told and (shaped or _LOCAL.fits(text))):
        return True
    sure = text[0] == "(" or sum(character.isdigit() for character in text) >= _SURE_DIGITS
    return (told or (shaped and sure)) and any(_readable(text, region) for region in regions)


def _apart(plain: Plain, start: int, end: int) -> bool:
    """Whether a place is not a part of a longer word or number."""
    before, after = plain.text[max(0, start - 1) : start], plain.text[end : end + 2]
    if (
        before.isalnum()
        or before in tuple("_@#$")
        or after[:1].isalnum()
        or after[:1] in ("_", "%")
    ):
        return False
    if after == "..":
        return False  # it is cut off
    if after[:1] in tuple(".:,-/") and (after[1:].isdigit() or (after[:1] == "-" and after[1:])):
        return False
    called = plain.text[max(0, start - 4) : start].lower() in ("tel:", "sms:")
    return called or before not in tuple(".:-/=+") or plain.text[start] == "+"


@lru_cache(maxsize=2048)
def _readable(text: str, region: str | None, *, possible: bool = False) -> bool:
    """Whether it is a number of a region; `possible`: of that length is enough."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    if possible:
        return phonenumbers.is_possible_number(number)
    return phonenumbers.is_valid_number(number)


@cache
def _usual_regions() -> tuple[str, ...]:
    """The region of the locale, and those whose numbers are met most."""
    name = locale.getlocale()[0] or ""
    region = name.partition(".")[0].partition("_")[2][:2].upper()
    known = [region] if region in phonenumbers.SUPPORTED_REGIONS else []
    return tuple(dict.fromkeys([*known, *DEFAULT_REGIONS]))
