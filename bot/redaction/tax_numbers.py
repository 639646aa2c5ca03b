"""Tax and social security numbers of people, checked by python-stdnum.

Most are plain digits of which a tenth pass the checksum by chance, so they count only near a word
that says what they are. A few forms that nothing else has count alone. Numbers of companies (VAT,
EIN) are public and are not looked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from bot.redaction import people_numbers
from bot.redaction.expressions import Pattern, Plain
from bot.redaction.finding import Finding

BEFORE = 60
"""Characters before a number in which its word may stand."""
AFTER = 25
"""Characters after it, as in "123-45-6789 (SSN)"."""
FEWEST_DIGITS = 4
"""Digits that every number below has at least: India's PAN has no more."""
# Short names only in capitals: "sin", "nie", "dni" and "tin" are words of some language.
_TAX_ID = r"tax(?:payer)?[ -](?:id|identification|reference|number|file|no\b)|(?-i:\bTIN\b)"
_SOCIAL = r"social (?:security|insurance)|\bsocial(?: is|:| #| no\b| number)"
_PERSONAL = r"person(?:al|en|s|as)?[ -]?(?:id\b|identi\w*|num\w*|kod\w*|code|ken\w*)|national id"


@dataclass(frozen=True)
class _Rule:
    """One country's number.

    `words` is a pattern of what has to stand near it (None: nothing); `shape` one of how it is
    written; `module` has `is_valid`, which checks its parts and, but for the American ones, which
    have none, its checksum: one of python-stdnum, imported when a shape first fits.
    """

    words: Pattern | None
    shape: Pattern
    module: str

    def valid(self, number: str) -> bool:
        """Whether the number's parts and checksum are right."""
        own: Callable[[str], bool] | None = getattr(people_numbers, self.module, None)
        if own:
            return own(number)
        is_valid = import_module(f"stdnum.{self.module}").is_valid
        # Some know only their own sign between the parts.
        bare = "".join(character for character in number if character.isalnum())
        forms = (number, number.replace(" ", "-"), bare)
        return any(is_valid(form) for form in forms)


def _rule(words: str | None, shape: str, module: str) -> _Rule:
    return _Rule(Pattern(words) if words else None, Pattern(shape), module)


_RULES = (
    # Forms that nothing else has.
    _rule(None, r"[A-Z]{3} ?[A-Z]{3} ?\d\d[A-EHLMPRST]\d\d ?[A-Z]\d{3}[A-Z]", "it.codicefiscale"),
    _rule(None, r"756\.\d{4}\.\d{4}\.\d\d", "ch.ssn"),
    _rule(None, r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d", "mx.curp"),
    # Digits, near a word.
    _rule(
        rf"\bssn\b|\bss ?#|\bitin\b|{_SOCIAL}|{_TAX_ID}", r"\d{3}[ .-]?\d\d[ .-]?\d{4}", "us.ssn"
    ),
    _rule(rf"\bitin\b|{_TAX_ID}", r"9\d\d[ -]?\d\d[ -]?\d{4}", "us.itin"),
    _rule(
        rf"steuer(?:liche)?[ -]?(?:id|nr|nummer)|identifikationsnummer|\bidnr\b|\bst\.?-?id"
        rf"|{_TAX_ID}",
        r"\d\d[ ./-]?\d{3}[ ./-]?\d{3}[ ./-]?\d{3}",
        "de.idnr",
    ),
    _rule(r"steuer-?(?:nr|nummer)|\bst\.?-?nr", r"\d{2,3}/\d{3,4}/\d{4,5}", "german_tax"),
    _rule(
        rf"versicherungs-?(?:nr|nummer)|\bsv-?n|\brv-?n|{_SOCIAL}|sozialvers|rentenvers",
        r"\d\d ?\d{6} ?[A-Z] ?\d{3}",
        "german_pension",
    ),
    _rule(
        r"krankenvers|krankenkasse|kvnr|versicherten|gesundheitskarte|health insurance",
        r"[A-Z] ?\d{3} ?\d{3} ?\d{3}",
        "german_health",
    ),
    _rule(
        rf"securite sociale|\bsecu\b|(?-i:\bNIR\b)|\binsee\b|{_SOCIAL}",
        r"[12] ?\d\d ?\d\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3}(?: ?\(?cle)?[ :]?\d\d",
        "french_social",
    ),
    _rule(
        rf"numero fiscal|(?-i:\bSPI\b)|{_TAX_ID}", r"[0-3]\d ?\d\d ?\d{3} ?\d{3} ?\d{3}", "fr.nif"
    ),
    _rule(
        r"national insurance|(?-i:\bNI\b)|\bnino\b|hmrc|payroll",
        r"[A-Z]{2}[ -]?\d\d[ -]?\d\d[ -]?\d\d[ -]?[A-D]",
        "british_insurance",
    ),
    _rule(rf"\butr\b|{_TAX_ID}", r"\d{5} ?\d{5}", "gb.utr"),
    _rule(r"(?-i:\bNHS\b)", r"\d{3}[ -]?\d{3}[ -]?\d{4}", "gb.nhs"),
    _rule(r"(?-i:\bPPS)", r"\d{7} ?[A-W][ABTWXH]?", "ie.pps"),
    _rule(
        r"(?-i:\b(?:DNI|NIE|NIF)\b)|identidad|documento",
        r"(?:\d{8}|\d{2}\.\d{3}\.\d{3}|[XYZ]-?\d{7})[ -]?[A-Z]",
        "es.nif",
    ),
    _rule(
        r"seguridad social|afiliacion|(?-i:\b(?:NAF|NUSS|NSS)\b)",
        r"\d\d[ /-]?\d{8}[ /-]?\d\d",
        "spanish_social",
    ),
    _rule(
        r"\bbsn\b|burgerservice|sofinummer",
        r"\d{4}[. ]?\d\d[. ]?\d{3}|\d{3}[. ]\d{3}[. ]\d{3}",
        "nl.bsn",
    ),
    _rule(
        r"rijksregister|registre national|\bniss\b|\binsz\b|national (?:register )?number",
        r"\d\d\.?\d\d\.?\d\d[ -]?\d{3}[. ]?\d\d",
        "be.nn",
    ),
    _rule(r"versicherungsnummer|\bsvnr\b|\bsv-n", r"\d{4} ?\d{6}", "at.vnr"),
    _rule(
        rf"\bahv\b|(?-i:\bAVS\b)|versicherten|{_SOCIAL}",
        r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d\d",
        "ch.ssn",
    ),
    _rule(r"\bpesel", r"\d{11}", "pl.pesel"),
    _rule(r"\bcpf\b", r"\d{3}\.?\d{3}\.?\d{3}-?\d\d", "br.cpf"),
    _rule(rf"(?-i:\bSIN\b)|{_SOCIAL}", r"\d{3}[ -]?\d{3}[ -]?\d{3}", "ca.sin"),
    _rule(
        rf"personnummer|samordnings|{_PERSONAL}", r"(?:19|20)?\d{6}[-+]?\d{4}", "se.personnummer"
    ),
    _rule(rf"\bcpr\b|personnummer|{_PERSONAL}", r"\d{6}-?\d{4}", "dk.cpr"),
    _rule(
        rf"f.?dselsnummer|personnummer|fodselsnr|{_PERSONAL}", r"\d{6} ?\d{5}", "no.fodselsnummer"
    ),
    _rule(rf"henkilotunnus|\bhetu\b|{_PERSONAL}", r"\d{6}[-+A-Y]\d{3}[0-9A-Y]", "fi.hetu"),
    _rule(r"kennitala", r"\d{6}-?\d{4}", "is_.kennitala"),
    _rule(rf"isikukood|{_PERSONAL}", r"[1-8]\d{10}", "ee.ik"),
    _rule(rf"personas kod|{_PERSONAL}", r"\d{6}-?\d{5}", "lv.pk"),
    _rule(rf"asmens kod|{_PERSONAL}", r"[1-6]\d{10}", "lt.asmens"),
    _rule(rf"rodn[ey] cisl|{_PERSONAL}", r"\d{6}/?\d{3,4}", "cz.rc"),
    _rule(rf"\bcnp\b|{_PERSONAL}", r"[1-9]\d{12}", "ro.cnp"),
    _rule(rf"\begn\b|{_PERSONAL}", r"\d{10}", "bg.egn"),
    _rule(rf"\bamka\b|{_SOCIAL}", r"\d{11}", "gr.amka"),
    _rule(rf"\boib\b|{_PERSONAL}", r"\d{11}", "hr.oib"),
    _rule(rf"\bemso\b|\bjmbg\b|{_PERSONAL}", r"\d{13}", "si.emso"),
    _rule(r"(?-i:\bNIF\b)|contribuinte", r"\d{3} ?\d{3} ?\d{3}", "pt.nif"),
    _rule(rf"kimlik|{_PERSONAL}", r"[1-9]\d{10}", "tr.tckimlik"),
    _rule(r"teudat|(?:south african|\bsa|\brsa) id|israeli id", r"\d{9}", "il.idnr"),
    _rule(rf"(?:south african|\bsa|\brsa) id|{_PERSONAL}", r"\d{13}", "za.idnr"),
    _rule(r"aadhaar|aadhar", r"\d{4} ?\d{4} ?\d{4}", "in_.aadhaar"),
    _rule(r"(?-i:\bPAN\b)|permanent account", r"[A-Z]{5}\d{4}[A-Z]", "in_.pan"),
    _rule(rf"(?-i:\bTFN\b)|{_TAX_ID}", r"\d{3} ?\d{3} ?\d{2,3}", "au.tfn"),
    _rule(r"(?-i:\bIRD\b)", r"\d{2,3}-?\d{3}-?\d{3}", "nz.ird"),
    _rule(r"(?-i:\bRFC\b)", r"[A-Z]{4}\d{6}[A-Z0-9]{3}", "mx.rfc"),
    _rule(r"\brut\b|\brun\b", r"\d{1,2}\.?\d{3}\.?\d{3}-[\dK]", "cl.rut"),
    _rule(r"\bcui[tl]\b", r"\d\d-?\d{8}-?\d", "ar.cuit"),
    _rule(rf"(?-i:\bRRN\b)|resident registration|{_PERSONAL}", r"\d{6}-?\d{7}", "kr.rrn"),
    _rule(rf"identity card|id card|{_PERSONAL}", r"\d{17}[\dX]", "cn.ric"),
    _rule(r"\bnric\b|mykad", r"\d{6}-?\d\d-?\d{4}", "my.nric"),
)


def tax_numbers(plain: Plain) -> Iterator[Finding]:
    """Tax and social security numbers, in no order; findings may overlap."""
    if sum(map(plain.text.count, "0123456789")) < FEWEST_DIGITS:
        return
    for rule in _RULES:
        if rule.words and not rule.words.search(plain):
            continue
        for match in rule.shape.finditer(plain):
            start, end = match.span()
            near = _apart(plain.text, start, end) and _told(plain, rule.words, start, end)
            if near and rule.valid(match[0]):
                yield Finding("tax number", start, end)


def _apart(text: str, start: int, end: int) -> bool:
    """Whether the number is not a part of something longer."""
    before, after = text[max(0, start - 1) : start], text[end : end + 2]
    if before.isalnum() or before in ("_", ".", "/", "-"):
        return before == ""
    return not (
        after[:1].isalnum()
        or after[:1] in ("_", "/", "-")
        or (after[:1] in (".", ",") and after[1:].isdigit())
    )


def _told(plain: Plain, words: Pattern | None, start: int, end: int) -> bool:
    """Whether a word near it says what it is."""
    if words is None:
        return True
    before, after = plain.text[max(0, start - BEFORE) : start], plain.text[end : end + AFTER]
    return words.occurs(before) or words.occurs(after)
