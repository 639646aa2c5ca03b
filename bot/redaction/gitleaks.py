"""Tokens by the rules of gitleaks: some two hundred services, as data in gitleaks.toml.

A rule is compiled when one of its keywords first occurs in a text.
"""

import math
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.redaction.expressions import Match, Pattern, Plain
from bot.redaction.finding import Finding

_FILE = Path(__file__).with_name("gitleaks.toml")
_LEFT_OUT = (
    "generic-api-key",  # made for source code: labelled_values.py knows sentences too
    "hashicorp-tf-password",  # any quoted word after "password" (a rule for one kind of file)
    "curl-auth-user",  # network_credentials.py knows it without quotes, and its placeholders
    "curl-auth-header",
)


@dataclass(frozen=True)
class _Rule:
    keywords: tuple[str, ...]
    pattern: Pattern
    group: int
    """The group that is the secret; 0: the first that took part."""
    entropy: float
    """Bits a character that the secret must have more than."""
    allowed: tuple[Pattern, ...]
    """What the secret must not match: placeholders and examples."""
    words: tuple[str, ...]
    """What must not occur in the secret."""

    def secret(self, match: Match) -> tuple[int, int] | None:
        """Where the secret of a match stands; None where it is a placeholder."""
        start, end = match.span(self.group) if self.group else match.found
        secret = match.text[start:end]
        if entropy(secret) <= self.entropy or any(word in secret for word in self.words):
            return None
        if any(pattern.occurs(secret) for pattern in self.allowed):
            return None
        return start, end


def entropy(text: str) -> float:
    """Shannon's entropy of the characters of a text, in bits a character."""
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)


def tokens(plain: Plain) -> Iterator[Finding]:
    """What matches a rule of gitleaks, in no order; findings may overlap."""
    rules: dict[int, _Rule] = {}
    lower = plain.lower
    # Each keyword is looked for once: that is most of what it costs to look through a plain text.
    for keyword, some in _by_keyword().items():
        if keyword in lower:
            rules.update(some)
    for rule in rules.values():
        for match in rule.pattern.finditer(plain):
            if place := rule.secret(match):
                yield Finding("secret", *place)


@cache
def _by_keyword() -> dict[str, dict[int, _Rule]]:
    """The rules of each keyword, by their number."""
    by_keyword: dict[str, dict[int, _Rule]] = {}
    for number, rule in enumerate(_rules()):
        for keyword in rule.keywords:
            by_keyword.setdefault(keyword, {})[number] = rule
    return by_keyword


@cache
def _rules() -> tuple[_Rule, ...]:
    with _FILE.open("rb") as file:
        config = tomllib.load(file)
    everywhere = _lists([config["allowlist"]])
    return tuple(
        _rule(row, *everywhere)
        for row in config["rules"]
        # One rule is about names of files only.
        if "regex" in row and row["id"] not in _LEFT_OUT
    )


def _rule(row: dict[str, Any], allowed: tuple[Pattern, ...], stopwords: tuple[str, ...]) -> _Rule:
    """One rule; what its lists say about lines and paths is left out: there are none here."""
    own = _lists([one for one in row.get("allowlists", []) if "regexTarget" not in one])
    return _Rule(
        keywords=tuple(word.lower() for word in row["keywords"]),
        pattern=Pattern(row["regex"], ignore_case=False),
        group=row.get("secretGroup", 0),
        entropy=row.get("entropy", 0),
        allowed=(*allowed, *own[0]),
        words=(*stopwords, *own[1]),
    )


def _lists(lists: list[dict[str, Any]]) -> tuple[tuple[Pattern, ...], tuple[str, ...]]:
    """The patterns and the words of some lists of what is allowed."""
    patterns = [Pattern(one, ignore_case=False) for row in lists for one in row.get("regexes", [])]
    return tuple(patterns), tuple(one for row in lists for one in row.get("stopwords", []))
