"""Secrets and personal data in what people write, found before it is stored.

Secrets: the shapes that detect-secrets knows, those of Slack and the clouds, private keys, and
values that are labelled as passwords. Personal data: e-mail addresses, phone numbers, IBANs, card
numbers, and tax and social security numbers of people. Names of people are allowed.

A finding has a place and a kind, never the text itself, so it can be logged.
"""

from collections.abc import Iterable

from bot.redaction.credentials import secrets
from bot.redaction.finding import KINDS, Finding, FindingKind
from bot.redaction.personal_data import personal_data
from bot.redaction.tax_numbers import tax_numbers

__all__ = ["Finding", "FindingKind", "find", "redact"]


def find(text: str) -> list[Finding]:
    """Secrets and personal data in a text, in order and without overlaps."""
    found = [*secrets(text), *personal_data(text), *tax_numbers(text)]
    found.sort(key=lambda one: (KINDS.index(one.kind), one.start, -one.end))
    kept: list[Finding] = []
    for one in found:
        touching = [other for other in kept if one.start < other.end and other.start < one.end]
        if not touching:
            kept.append(one)
            continue
        # All of it goes, under the name of what weighs most.
        kept = [other for other in kept if other not in touching]
        start = min(one.start, *(other.start for other in touching))
        end = max(one.end, *(other.end for other in touching))
        kept.append(Finding(touching[0].kind, start, end))
    return sorted(kept, key=lambda one: one.start)


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
