"""Tax and social security numbers of people, checked by python-stdnum.

Most are plain digits of which a tenth pass the checksum by chance, so they count only near a word
that says what they are. Two forms that nothing else has count alone. Numbers of companies (VAT,
EIN) are public and are not looked for.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum.at import vnr
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.de import idnr
from stdnum.es import nif as nif_of_spain
from stdnum.fr import nif as spi
from stdnum.fr import nir
from stdnum.gb import utr
from stdnum.ie import pps
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.us import itin, ssn

from bot.redaction.finding import Finding

BEFORE = 60
"""Characters before a number in which its word may stand."""
AFTER = 25
"""Characters after it, as in "123-45-6789 (SSN)"."""
# Short names only in capitals: "sin", "nie", "dni" and "tin" are words of some language.
_TAX_ID = r"tax(?:payer)?[ -](?:id|identification|reference|number|no\b)|(?-i:\bTIN\b)"
_SOCIAL = r"social (?:security|insurance)"
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class _Rule:
    """One country's number.

    `words` is a pattern of what has to stand near it (None: nothing); `shape` one of how it is
    written; `valid` checks its parts and, but for the American ones, which have none, its checksum.
    """

    words: re.Pattern[str] | None
    shape: re.Pattern[str]
    valid: Callable[[str], bool]


def _rule(words: str | None, shape: str, valid: Callable[[str], bool]) -> _Rule:
    return _Rule(
        re.compile(words, re.IGNORECASE) if words else None,
        re.compile(rf"(?<![\w./-])(?:{shape})(?![\w/-]|[.,]\d)", re.IGNORECASE | re.ASCII),
        valid,
    )


_RULES = (
    # Forms that nothing else has.
    _rule(None, r"[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]", codicefiscale.is_valid),
    _rule(None, r"756\.\d{4}\.\d{4}\.\d\d", ahv.is_valid),
    # Digits, near a word.
    _rule(rf"\bssn\b|\bitin\b|{_SOCIAL}|{_TAX_ID}", r"\d{3}-\d\d-\d{4}", ssn.is_valid),
    _rule(rf"\bitin\b|{_TAX_ID}", r"9\d\d-\d\d-\d{4}", itin.is_valid),
    _rule(
        rf"steuer(?:liche)?[ -]?(?:id|nr|nummer)|\bidnr\b|{_TAX_ID}",
        r"\d\d ?\d{3} ?\d{3} ?\d{3}",
        idnr.is_valid,
    ),
    _rule(
        rf"s[ée]curit[ée] sociale|\bs[ée]cu\b|(?-i:\bNIR\b)|\binsee\b|{_SOCIAL}",
        r"[12] ?\d\d ?\d\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d",
        nir.is_valid,
    ),
    _rule(
        rf"num[ée]ro fiscal|(?-i:\bSPI\b)|{_TAX_ID}",
        r"[0-3]\d ?\d\d ?\d{3} ?\d{3} ?\d{3}",
        spi.is_valid,
    ),
    _rule(rf"\butr\b|{_TAX_ID}", r"\d{5} ?\d{5}", utr.is_valid),
    _rule(r"(?-i:\bPPS)", r"\d{7}[A-W][ABTWXH]?", pps.is_valid),
    _rule(r"(?-i:\b(?:DNI|NIE|NIF)\b)", r"(?:\d{8}|[XYZ]-?\d{7})[ -]?[A-Z]", nif_of_spain.is_valid),
    _rule(r"\bbsn\b|burgerservice|sofinummer", r"\d{4}\.?\d\d\.?\d{3}", bsn.is_valid),
    _rule(
        r"rijksregister|registre national|\bniss\b|\binsz\b|national (?:register )?number",
        r"\d\d\.?\d\d\.?\d\d[ -]?\d{3}[. ]?\d\d",
        nn.is_valid,
    ),
    _rule(r"versicherungsnummer|\bsvnr\b|\bsv-n", r"\d{4} ?\d{6}", vnr.is_valid),
    _rule(rf"\bahv\b|(?-i:\bAVS\b)|versicherten|{_SOCIAL}", r"756\d{10}", ahv.is_valid),
    _rule(r"\bpesel\b", r"\d{11}", pesel.is_valid),
    _rule(r"\bcpf\b", r"\d{3}\.?\d{3}\.?\d{3}-?\d\d", cpf.is_valid),
    _rule(rf"(?-i:\bSIN\b)|{_SOCIAL}", r"\d{3}[ -]\d{3}[ -]\d{3}", sin.is_valid),
)


def tax_numbers(text: str) -> Iterator[Finding]:
    """Tax and social security numbers, in no order; findings may overlap."""
    if not _DIGIT.search(text):
        return
    for rule in _RULES:
        if rule.words and not rule.words.search(text):
            continue
        for match in rule.shape.finditer(text):
            start, end = match.span()
            before, after = text[max(0, start - BEFORE) : start], text[end : end + AFTER]
            near = not rule.words or rule.words.search(before) or rule.words.search(after)
            if near and rule.valid(match[0]):
                yield Finding("tax number", start, end)
