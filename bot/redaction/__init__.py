"""Secrets and personal data in what people write, found before it is stored.

Secrets: tokens of some two hundred services by gitleaks' rules, private keys, passwords and codes
that are called so, and those in addresses, headers and commands. Personal data: e-mail addresses,
phone numbers, IBANs, card numbers, dates of birth, tax and social security numbers of people, and
those of their passports.
Names of people are allowed.

A finding has a place and a kind, never the text itself, so it can be logged. What it takes to look
for them grows with the length of a text and with nothing else in it.
"""

from collections.abc import Iterable, Iterator, Sequence

from bot.redaction.credentials import private_keys, secrets
from bot.redaction.documents import document_numbers
from bot.redaction.expressions import Plain
from bot.redaction.finding import KINDS, Finding, FindingKind
from bot.redaction.labelled_values import labelled
from bot.redaction.network_credentials import network_credentials
from bot.redaction.personal_data import personal_data
from bot.redaction.phone_numbers import phone_numbers
from bot.redaction.pins import pins
from bot.redaction.tax_numbers import tax_numbers

__all__ = ["DETECTORS", "Finding", "FindingKind", "find", "redact"]

DETECTORS = (
    private_keys,
    secrets,
    network_credentials,
    labelled,
    pins,
    personal_data,
    phone_numbers,
    tax_numbers,
    document_numbers,
)
PIECE = 64 * 1024
"""Characters that are looked at together."""
OVERLAP = 8 * 1024
"""Characters that two pieces share: what begins in the first half of them is the former's."""


def find(text: str, regions: Sequence[str] = ()) -> list[Finding]:
    """Secrets and personal data in a text, in order and without overlaps.

    Args:
        text: of any length.
        regions: whose telephone numbers are written without their country's code, as two capital
            letters each; none: that of the locale, and four more.
    """
    plain = Plain(text)
    found = [*private_keys(plain), *_in_pieces(plain, regions)]
    found.sort(key=lambda one: (one.start, -one.end))
    merged: list[Finding] = []
    for one in found:
        if merged and one.start < merged[-1].end:
            # All of it goes, under the name of what weighs most.
            last = merged.pop()
            kind = min(last.kind, one.kind, key=KINDS.index)
            one = Finding(kind, last.start, max(last.end, one.end))  # noqa: PLW2901
        merged.append(one)
    return merged


def _in_pieces(plain: Plain, regions: Sequence[str]) -> Iterator[Finding]:
    """What all detectors but that of private keys find."""
    step = PIECE - OVERLAP
    for start in range(0, max(1, len(plain.text) - OVERLAP), step):
        piece = Plain(plain.text[start : start + PIECE])
        own = range(OVERLAP // 2 if start else 0, step + OVERLAP // 2)
        last = start + PIECE >= len(plain.text)
        for detect in DETECTORS[1:]:
            found = detect(piece, regions) if detect is phone_numbers else detect(piece)
            for one in found:
                if one.start in own or (last and one.start >= own.start):
                    yield Finding(one.kind, start + one.start, start + one.end)


def redact(text: str, findings: Iterable[Finding]) -> str:
    """The text with each finding as its kind in brackets, say `[e-mail]`.

    Args:
        text: as it was given to `find`.
        findings: of `find`, or some of them.
    """
    pieces = []
    done = 0
    for one in sorted(findings, key=lambda finding: finding.start):
        pieces += [text[done : one.start], f"[{one.kind}]"]
        done = one.end
    return "".join([*pieces, text[done:]])
