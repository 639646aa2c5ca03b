"""Numbers of passports, identity cards and driving licences, behind a word that says what they are.

Each country has a form of its own, and few have a checksum that is public, so the word decides.
"""

from collections.abc import Iterator

from bot.redaction.expressions import Pattern, Plain
from bot.redaction.finding import Finding

_WORDS = (
    "pass",
    "ausweis",
    "card",
    "carte",
    "licen",
    "schein",
    "permi",
    "conduc",
    "patente",
    "pasa",
)
"""Each name of a document has one of them in it."""
_NUMBER = Pattern(
    r"\b(?:passport|reisepass|pass-?(?:nr|nummer)|(?:personal|dienst)?ausweis|passeport|pasaporte"
    r"|passaporto|identity card|id card|carte d'identite|carta d'identita|driv(?:er|ing)(?:'?s)?"
    r" licen[cs]e|fuhrerschein|permis de conduire|carnet de conducir|patente di guida"
    r"|residence permit|aufenthaltstitel)"
    r"-?(?: ?(?:no|nr|num|number|nummer|numero|n[?o]?|id|#))?[.:#]?"
    r"(?: (?:is|ist|lautet|war|was|est|es|e|of|von|de|[a-z]+s)){0,2}[ :#]{1,3}"
    r"(?-i:(?P<number>[A-Z0-9][A-Z0-9 -]{5,16}[A-Z0-9]))"
)
_DIGITS = range(5, 13)
_SIGNS = range(8, 14)
_ONLY_DIGITS = 9
"""So many has a passport of the USA or of Great Britain, which has no letters."""


def document_numbers(plain: Plain) -> Iterator[Finding]:
    """Numbers of documents of people, from left to right."""
    if not plain.has_any(_WORDS):
        return
    for match in _NUMBER.finditer(plain):
        start, end = match.span("number")
        # What follows the number after a space is none of it: "C01X00T47 2028".
        number = match["number"].split(" ")[0] if match["number"][:8].isalnum() else match["number"]
        end = start + len(number)
        signs = [sign for sign in number if sign.isalnum()]
        digits = sum(sign.isdigit() for sign in signs)
        sure = digits < len(signs) or digits == _ONLY_DIGITS
        if len(signs) in _SIGNS and digits in _DIGITS and sure and _ends(plain, end):
            yield Finding("document number", start, end)


def _ends(plain: Plain, end: int) -> bool:
    """Whether the number is not the beginning of something longer."""
    return not plain.text[end : end + 1].isalnum()
