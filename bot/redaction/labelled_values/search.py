"""Looks for labels, and from the end of each for what joins it to a value.

It looks no further than a sentence, so the work grows with the number of labels and no faster.
"""

import base64
import binascii
from collections.abc import Iterator
from itertools import islice

from bot.redaction.expressions import Match, Pattern, Plain
from bot.redaction.finding import Finding
from bot.redaction.gitleaks import entropy
from bot.redaction.labelled_values import judgement, labels, values
from bot.redaction.labelled_values.judgement import Label, LabelKind, Value

_WINDOW = 110
"""Characters after a label in which its value may begin."""
_BEFORE, _AFTER = 60, 50
"""Characters about a random value in which a word may say that it is a secret."""
_MOST_JOINS = 4
"""Joins after one label that are tried."""
_LONGEST = 300
_QUOTES = ("'", '"', "`")
_DIGIT_OR_QUOTE = Pattern(r"[0-9'\"`]")
_TRAILING = ".,;:!?)}*"
_RANDOM = 4
"""Bits a character of a key of letters and digits; words have less."""


def labelled(plain: Plain) -> Iterator[Finding]:
    """Values with a label, in no order; they may overlap."""
    if plain.has_any(labels.NEEDED):
        for label in _labels(plain):
            for value in (_before(plain, label), _after(plain, label)):
                if value:
                    yield Finding("secret", value.start, value.end)
        yield from _near_a_label(plain)
    yield from _of_words(plain)
    for match in labels.LOGIN.finditer(plain):
        value = _read(match, plain)
        if values.strong(value.text):
            yield Finding("secret", value.start, value.end)


def _of_words(plain: Plain) -> Iterator[Finding]:
    """Passwords of several plain words."""
    if plain.has_any(("passphrase", "pass phrase", "pass-phrase")):
        for match in labels.PASSPHRASE.finditer(plain):
            words = match["value"].lower().replace("-", " ").split()
            if sum(word in values.PROSE for word in words) <= 1:
                yield Finding("secret", *match.span("value"))
    for match in labels.WORDS.finditer(plain):
        words = match["value"].lower().split()
        endings = judgement.PARTICIPLES
        if not any(word in values.PROSE or word.endswith(endings) for word in words):
            yield Finding("secret", *match.span("value"))


def _labels(plain: Plain) -> Iterator[Label]:
    for match in labels.LABELS.finditer(plain):
        kind = next(one for one in LabelKind if match[one.value])
        start, end = match.span(kind.value)
        if plain.text[end : end + 1] == "-" and plain.text[end + 1 : end + 2].isdigit():
            continue  # a part number
        wifi = labels.WIFI.search(plain, max(0, end - 70), end + 25)
        if kind is LabelKind.SHORT or wifi:
            kind = LabelKind.PASSWORD
        yield Label(kind, plain.text[start:end].lower().strip(), start, end)


def _after(plain: Plain, label: Label) -> Value | None:
    """The value that follows a label."""
    stop = label.end + 250
    if match := labels.DIRECT.match(plain, label.end, stop):
        value = _read(match, plain)
        signs = ("=", "/", "@") if match["join"] == ">" else ("=", "/")
        compared = not value.quoted and value.text.startswith(signs)
        if not compared and judgement.assigned(plain, label, value, match["join"]):
            return value
        if match["join"] != ":":
            return None
    elif match := labels.COPULA.match(plain, label.end, stop):
        value = _read(match, plain)
        if judgement.told(plain, label, value, match["join"].lower().strip(' "`*_)')):
            return value
    elif match := labels.ADJACENT.match(plain, label.end, stop):
        value = _read(match, plain)
        if judgement.beside(plain, label, value):
            return value
    return _far(plain, label)


def _far(plain: Plain, label: Label) -> Value | None:
    """The value some words after a label: nothing but a secret looks like this."""
    start, stop = label.end, label.end + _WINDOW
    # "Password? It's ...": whoever asks so answers in the next sentence.
    asked = 2 if plain.text.startswith("? ", label.end) else 0
    if end := labels.SENTENCE_END.search(plain, start + asked, stop):
        stop = end.span()[0]
        if more := labels.SENTENCE_ABOUT_IT.match(plain, stop, stop + 30):
            stop = more.span()[1] + 60
    if label.kind is LabelKind.WEAK or not _may_have_a_value(plain.text[start : stop + 100]):
        return None
    for match in islice(labels.FAR.finditer(plain, start, stop + 100), _MOST_JOINS):
        value = _read(match, plain)
        if value.start <= stop + 1 and judgement.far(label, value, match["join"].lower()):
            return value
    if label.kind is LabelKind.PASSWORD:
        for match in islice(labels.CLAUSE.finditer(plain, start, stop), _MOST_JOINS):
            value = _read(match, plain)
            if values.very_strong(value.text):
                return value
    return None


def _may_have_a_value(text: str) -> bool:
    """Whether a value that is not beside its label may be in a text: it has a digit or quotes."""
    return _DIGIT_OR_QUOTE.occurs(text)


def _before(plain: Plain, label: Label) -> Value | None:
    """The value before a password's label, as in "... is the new password"."""
    if label.kind is not LabelKind.PASSWORD:
        return None
    start = max(0, label.start - _BEFORE - 20)
    text = plain.text[start : label.start]
    window = Plain(text)
    if not _may_have_a_value(text) or not (match := labels.BEFORE.search(window)):
        return None
    value = _read(match, window)
    if not judgement.before(value):
        return None
    return Value(value.text, start + value.start, start + value.end, value.quoted)


def _read(match: Match, plain: Plain) -> Value:
    """The value of a match, without the punctuation and the settings that follow it."""
    start, end = match.span("value")
    text = plain.text[start:end]
    if text[0] in _QUOTES:
        return Value(text[1:-1], start + 1, end - 1, quoted=True)
    if plain.text[start - 1] == "=":
        text = text.partition(";")[0]
        if "?" in plain.text[max(0, start - _WINDOW) : start].rpartition("\n")[2]:
            text = text.partition("&")[0]
    text = text[:_LONGEST].rstrip(_TRAILING)
    return Value(text, start, start + len(text), quoted=False)


def _near_a_label(plain: Plain) -> Iterator[Finding]:
    """Long random values near a word that says that they are secrets."""
    for match in labels.RANDOM.finditer(plain):
        start, end = match.span()
        text = match[0].rstrip("=")
        if text.islower() or text.isupper() or entropy(text) < _RANDOM:
            continue
        # A part of an address is none.
        if match[0].startswith("/") or plain.text[max(0, start - 1) : start] in tuple("/.?&#@"):
            continue
        if not values.random(text, 24) or _says_something(match[0]):
            continue
        before, after = (max(0, start - _BEFORE), start), (end, end + _AFTER)
        secret = labels.SECRET_NEAR.search(plain, *before) or labels.SECRET_NEAR.search(
            plain, *after
        )
        if secret and not labels.PUBLIC.search(plain, *before):
            yield Finding("secret", start, end)


def _says_something(text: str) -> bool:
    """Whether it is nothing but a sentence in base64."""
    try:
        said = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return False
    return said.isprintable() and ":" not in said
