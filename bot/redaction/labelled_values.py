"""Passwords and keys by the word that says what they are: "the password is ...", `api_key = ...`.

A label is looked for first; then, from its end on, what joins it to its value; then the value is
judged. The weaker the label and the join, the more the value itself must look like a secret.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from bot.redaction import labels, values
from bot.redaction.expressions import Match, Plain
from bot.redaction.finding import Finding

_WINDOW = 110
"""Characters after a label in which its value may begin."""
_IS = ("is", "was", "ist", "war", "lautet", "lautete", "est", "etait", "es", "era", "e")
_MOST_JOINS = 4
_LONGEST = 300
_LONG_NUMBER = 12
_QUOTES = ("'", '"', "`")
_BEFORE, _AFTER = 60, 50
"""Characters about a random value in which a word may say that it is a secret."""
_TRAILING = ".,;:!?)}*"
_PARTICIPLES = (
    *("ed", "ing", "able", "ible", "ive", "ory", "al", "ic", "ary", "ful", "less", "ly", "ent"),
    *("ant", "ous", "en", "ert", "bar", "lich", "ig", "isch", "ado", "ada", "ido", "ida", "iert"),
    "geheim",
)
"""Endings of words that say something about a password."""


class _Label(Enum):
    PASSWORD = "password"
    SHORT = "short"
    KEY = "key"
    WEAK = "weak"


@dataclass(frozen=True)
class _Value:
    text: str
    start: int
    end: int
    quoted: bool

    @property
    def finding(self) -> Finding:
        return Finding("secret", self.start, self.end)


def labelled(plain: Plain) -> Iterator[Finding]:
    """Values with a label, in no order; they may overlap."""
    if plain.has_any(labels.NEEDED):
        for match in labels.LABELS.finditer(plain):
            label = next(one for one in _Label if match[one.value])
            name, end = match[label.value].lower(), match.span(label.value)[1]
            if label is _Label.SHORT or labels.WIFI.search(plain, max(0, end - 70), end + 25):
                label = _Label.PASSWORD
            if label is _Label.PASSWORD and (value := _before(plain, match.span()[0])):
                yield value.finding
            if value := _value(plain, label, name.strip(), end):
                yield value.finding
        yield from _near_a_label(plain)
    if "passphrase" in plain.lower:
        for match in labels.PASSPHRASE.finditer(plain):
            words = match["value"].lower().replace("-", " ").split()
            if sum(word in values.PROSE for word in words) <= 1:
                yield Finding("secret", *match.span("value"))
    for match in labels.LOGIN.finditer(plain):
        value = _read(match, plain)
        if values.strong(value.text):
            yield value.finding


def _value(plain: Plain, label: _Label, name: str, start: int) -> _Value | None:
    """The value of a label that ends at `start`."""
    stop = start + 250
    if match := labels.DIRECT.match(plain, start, stop):
        value = _read(match, plain)
        signs = ("=", "/", "@") if match["join"] == ">" else ("=", "/")
        compared = not value.quoted and value.text.startswith(signs)
        if not compared and _direct(plain, label, name, value, match["join"]):
            return value
        if match["join"] != ":":
            return None
    elif match := labels.COPULA.match(plain, start, stop):
        value = _read(match, plain)
        if _said(plain, label, value, match["join"].lower().strip(" \"'`*_)")):
            return value
    elif match := labels.ADJACENT.match(plain, start, stop):
        value = _read(match, plain)
        if _adjacent(plain, label, name, value, start - len(name)):
            return value
    return _far(plain, label, start)


def _read(match: Match, plain: Plain) -> _Value:
    """The value of a match, without the punctuation and the settings that follow it."""
    start, end = match.span("value")
    text = plain.text[start:end]
    if text[0] in _QUOTES:
        return _Value(text[1:-1], start + 1, end - 1, quoted=True)
    if plain.text[start - 1] == "=":
        text = text.partition(";")[0]
        if "?" in plain.text[max(0, start - _WINDOW) : start].rpartition("\n")[2]:
            text = text.partition("&")[0]
    text = text[:_LONGEST].rstrip(_TRAILING)
    return _Value(text, start, start + len(text), quoted=False)


def _direct(plain: Plain, label: _Label, name: str, value: _Value, join: str) -> bool:
    """Whether what stands behind a colon or an equals sign is the label's value."""
    text = value.text
    if values.placeholder(text):
        return False
    if label is not _Label.PASSWORD:
        return _is_key(label, name, text)
    if name == "pass" and not values.strong(text):
        # A boarding pass has a gate.
        near = labels.ACCESS.search(plain, max(0, value.start - 70), value.start)
        return near is not None and values.word(text) and text.lower() not in values.PROSE
    if text.isdigit():
        return len(text) >= 4 and not labels.UNIT.match(plain, value.end)  # noqa: PLR2004  a PIN's
    if " " in text:
        words = [one.strip(".,!?").lower() for one in text.split()]
        return values.strong(words[0]) or not any(one in values.PROSE for one in words)
    if not values.word(text):
        return len(text) >= 4 and (value.quoted or not values.harmless(text))  # noqa: PLR2004
    if len(text) < 4 or text.lower() in values.PROSE:  # noqa: PLR2004
        return False
    if value.quoted or "=" in join or not labels.MORE_WORDS.match(plain, value.end):
        return True
    return labels.NEXT_CLAUSE.match(plain, value.end) is not None


def _said(plain: Plain, label: _Label, value: _Value, join: str) -> bool:
    """Whether what stands behind "is" or the like is the label's value."""
    text = value.text
    if values.placeholder(text):
        return False
    if label is not _Label.PASSWORD:
        return _is_key(label, "", text, shortest=12)
    if text.isdigit():
        return len(text) >= 4 and not labels.UNIT.match(plain, value.end)  # noqa: PLR2004
    if " " in text or not values.word(text):
        return value.quoted or values.strong(text)
    if len(text) < 4 or text.lower() in values.PROSE:  # noqa: PLR2004
        return False
    if value.quoted or join.startswith("lautet"):
        return True
    if join in ("to", "auf", "zu", "as", "into", "with", "mit", "use", "uses", "called", "wird", "s"):
        return False
    last = labels.END.match(plain, value.end) is not None
    return last and not text.lower().endswith(_PARTICIPLES)


def _adjacent(plain: Plain, label: _Label, name: str, value: _Value, start: int) -> bool:
    """Whether the next word after a label is its value."""
    text = value.text
    if label is not _Label.PASSWORD:
        return values.random(text, 16 if label is _Label.KEY else 20) and "/" not in text
    if name.startswith("passcode") and text.isdigit():
        return len(text) >= 4  # noqa: PLR2004
    if value.quoted:
        return not values.placeholder(text) and text.lower() not in values.PROSE
    if values.word(text) and len(text) >= 4 and labels.GIVEN.occurs(  # noqa: PLR2004
        plain.text[max(0, start - 30) : start]
    ):
        return text.lower() not in values.PROSE | values.ABOUT_PASSWORDS
    return (values.strong(text) and name != "pass") or (text.isdigit() and len(text) >= _LONG_NUMBER)


def _is_key(label: _Label, name: str, text: str, shortest: int = 8) -> bool:
    """Whether a value looks as keys and tokens do; the weaker its label the more it has to."""
    if label is _Label.KEY and name not in ("api", "pat"):
        return values.random(text, shortest) or (
            len(text) >= 16 and values.strong(text)  # noqa: PLR2004
        )
    if name.startswith(("token", "secret", "cred")) and values.random(text, shortest):
        return len(text) >= 20 or not text.isupper()  # noqa: PLR2004
    return values.random(text, 16) and not text.isupper() or values.very_strong(text) or (
        len(text) >= 32 and values.strong(text)  # noqa: PLR2004
    )


def _far(plain: Plain, label: _Label, start: int) -> _Value | None:
    """The value some words after a label: nothing but a secret looks like this."""
    if label is _Label.WEAK:
        return None
    stop = start + _WINDOW
    if end := labels.SENTENCE_END.search(plain, start, stop):
        stop = end.span()[0]
        if more := labels.SENTENCE_ABOUT_IT.match(plain, stop, stop + 30):
            stop = more.span()[1] + 60
    window = plain.text[start : stop + 100]
    if not any(character.isdigit() or character in _QUOTES for character in window):
        return None
    for match in islice(labels.FAR.finditer(plain, start, stop + 100), _MOST_JOINS):
        value = _read(match, plain)
        if value.start > stop + 1:
            break
        if label is _Label.PASSWORD:
            if _told_far(value, match["join"].lower()):
                return value
        elif values.random(value.text, 20):
            return value
    clauses = labels.CLAUSE.finditer(plain, start, stop) if label is _Label.PASSWORD else ()
    for match in islice(clauses, _MOST_JOINS):
        value = _read(match, plain)
        if values.very_strong(value.text):
            return value
    return None


def _before(plain: Plain, label: int) -> _Value | None:
    """The value before a password's label, as in "... is the new password"."""
    start = max(0, label - _BEFORE - 20)
    window = Plain(plain.text[start : label + 1])
    if not (match := labels.BEFORE.search(window)):
        return None
    value = _read(match, window)
    if not (values.strong(value.text) or (value.quoted and len(value.text) >= 4)):  # noqa: PLR2004
        return None
    if value.text.lower() in values.PROSE or values.placeholder(value.text):
        return None
    return _Value(value.text, start + value.start, start + value.end, value.quoted)


def _told_far(value: _Value, join: str) -> bool:
    """Whether a value some words after "password" is one."""
    if values.very_strong(value.text):
        return True
    if join not in ("", *_IS):
        return False
    if value.quoted and values.word(value.text):
        return value.text.lower() not in values.PROSE and not values.placeholder(value.text)
    return values.strong(value.text)


def _near_a_label(plain: Plain) -> Iterator[Finding]:
    """Long random values near a word that says that they are secrets."""
    for match in labels.RANDOM.finditer(plain):
        start, end = match.span()
        text = match[0].rstrip("=")
        kinds = (text.islower(), text.isupper(), text.isdigit())
        if any(kinds) or not values.random(text, 24) or values.entropy(text) < 4:  # noqa: PLR2004
            continue
        if plain.text[max(0, start - 1) : start] in ("/", ".", "?", "&", "#", "@"):
            continue  # part of an address
        near = labels.SECRET_NEAR.search(
            plain, max(0, start - _BEFORE), start
        ) or labels.SECRET_NEAR.search(plain, end, end + _AFTER)
        if labels.PUBLIC.search(plain, max(0, start - _BEFORE), start):
            continue
        if near and "/" not in text[:1] and not _says_something(match[0]):
            yield Finding("secret", start, end)


def _says_something(text: str) -> bool:
    """Whether it is nothing but a sentence in base64."""
    try:
        said = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return False
    return said.isprintable() and ":" not in said
