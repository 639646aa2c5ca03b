"""Whether a value is the secret that its label names.

The weaker the label and what joins it to the value, the more the value itself must look like one.
"""

from dataclasses import dataclass
from enum import Enum

from bot.redaction.expressions import Plain
from bot.redaction.labelled_values import labels, values

_SHORTEST = 4
"""Characters of a password, and digits of a PIN."""
_LONG = 16
"""Characters of what is a key beside nothing but "key"."""
_LONG_NUMBER = 12
_IS = (
    "is",
    "was",
    "ist",
    "war",
    "lautet",
    "lautete",
    "est",
    "etait",
    "es",
    "era",
    "e",
    "ware",
    "c'est",
    "it's",
    "",
)
_NO_WORDS = ("to", "auf", "zu", "as", "into", "with", "mit", "use", "uses", "called", "wird", "'s")
"""Joins behind which a plain word is no password: "the password's length", "changed to"."""
PARTICIPLES = (
    *("ed", "ing", "able", "ible", "ive", "ory", "al", "ic", "ary", "ful", "less", "ly", "ent"),
    *("ant", "ous", "en", "ert", "bar", "lich", "ig", "isch", "ado", "ada", "ido", "ida", "iert"),
    "geheim",
)
"""Endings of words that say something about a password."""


class LabelKind(Enum):
    """How sure it is that a secret follows; the values are the groups of `labels.LABELS`."""

    PASSWORD = "password"  # noqa: S105  a group's name
    SHORT = "short"
    KEY = "key"
    WEAK = "weak"


@dataclass(frozen=True)
class Label:
    """A word that names a secret, and where it stands."""

    kind: LabelKind
    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Value:
    """What may be the secret, without its quotes, and where it stands."""

    text: str
    start: int
    end: int
    quoted: bool


def assigned(plain: Plain, label: Label, value: Value, join: str) -> bool:
    """Whether it is one behind a colon or an equals sign."""
    text = value.text
    if values.placeholder(text) or labels.MENU.match(plain, value.end):
        return False
    if label.kind is not LabelKind.PASSWORD:
        return _is_key(label, text, 8)
    if label.name == "pass" and not values.strong(text):
        # A boarding pass has a gate.
        near = labels.ACCESS.search(plain, max(0, value.start - 70), value.start)
        return near is not None and _own_word(text)
    if not values.word(text):
        return _no_word(plain, value)
    plain_join = not value.quoted and "=" not in join
    if plain_join and labels.MORE_WORDS.match(plain, value.end):
        return _own_word(text) and labels.NEXT_CLAUSE.match(plain, value.end) is not None
    return _own_word(text)


def told(plain: Plain, label: Label, value: Value, join: str) -> bool:
    """Whether it is one behind "is" or the like."""
    text = value.text
    if values.placeholder(text):
        return False
    if label.kind is not LabelKind.PASSWORD:
        return _is_key(label, text, 12)
    if text.isdigit():
        return _is_pin(plain, value)
    if not values.word(text):
        return value.quoted or values.strong(text)
    if value.quoted or join.startswith("lautet"):
        return _own_word(text)
    last = labels.END.match(plain, value.end) is not None and join not in _NO_WORDS
    return last and _own_word(text) and not text.lower().endswith(PARTICIPLES)


def beside(plain: Plain, label: Label, value: Value) -> bool:
    """Whether the next word after a label is its value."""
    text = value.text
    if label.kind is not LabelKind.PASSWORD:
        shortest = _LONG if label.kind is LabelKind.KEY else 20
        return values.random(text, shortest) and "/" not in text
    if text.isdigit():
        return len(text) >= (_SHORTEST if label.name.startswith("passcode") else _LONG_NUMBER)
    if value.quoted:
        return not values.placeholder(text) and text.lower() not in values.PROSE
    lead = plain.text[max(0, label.start - 70) : label.start]
    listed = lead.endswith((", ", "; ", "/ ")) and labels.ACCESS.occurs(lead)
    last = labels.END.match(plain, value.end) is not None
    if values.word(text) and (labels.GIVEN.occurs(lead) or (listed and last)):
        return _own_word(text) and text.lower() not in values.ABOUT_PASSWORDS
    return values.strong(text) and label.name != "pass"


def far(label: Label, value: Value, join: str) -> bool:
    """Whether a value some words after its label is one."""
    if label.kind is not LabelKind.PASSWORD:
        return values.random(value.text, 20)
    if values.very_strong(value.text):
        return True
    if join not in _IS:
        return False
    if value.text.isdigit():
        year = len(value.text) == _SHORTEST and value.text[:2] in ("19", "20")
        return len(value.text) >= _SHORTEST and not year
    name = value.text.istitle() and join in ("it's", "c'est")
    if (value.quoted or name) and values.word(value.text):
        return _own_word(value.text) and not values.placeholder(value.text)
    return values.strong(value.text)


def before(value: Value) -> bool:
    """Whether a value before its label is one, as in "... is the new password"."""
    quoted = value.quoted and len(value.text) >= _SHORTEST
    if value.text.lower() in values.PROSE or values.placeholder(value.text):
        return False
    return quoted or values.strong(value.text)


def _no_word(plain: Plain, value: Value) -> bool:
    """Whether what has more than letters is a password behind a colon."""
    text = value.text
    if text.isdigit():
        return _is_pin(plain, value)
    if " " in text:
        words = [one.strip(".,!?").lower() for one in text.split()]
        return values.strong(words[0]) or not any(one in values.PROSE for one in words)
    return len(text) >= _SHORTEST and (value.quoted or not values.harmless(text))


def _is_pin(plain: Plain, value: Value) -> bool:
    return len(value.text) >= _SHORTEST and not labels.UNIT.match(plain, value.end)


def _own_word(text: str) -> bool:
    """Whether a word says nothing about a password, so that it may be one."""
    return len(text) >= _SHORTEST and text.lower() not in values.PROSE


def _is_key(label: Label, text: str, shortest: int) -> bool:
    """Whether a value looks as keys and tokens do."""
    if label.kind is LabelKind.KEY and label.name not in ("api", "pat"):
        return values.random(text, shortest) or (len(text) >= _LONG and values.strong(text))
    if label.name.startswith(("token", "secret", "cred")) and values.random(text, shortest):
        return len(text) >= 20 or not text.isupper()  # noqa: PLR2004  shorter ones are part numbers
    if len(text) >= 2 * _LONG:
        return values.strong(text)
    return values.very_strong(text) or (values.random(text, _LONG) and not text.isupper())
