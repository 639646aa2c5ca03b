"""Whether what a model says is still what was taught.

A small model tells a lesson nearly in the taught words, and now and then with another number, name
or preposition, or with two of them exchanged. No list of words says which of these matter, so the
words must be the taught ones in the taught order. Only what is known to be harmless may differ;
where in doubt the taught words are quoted, which costs nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import takewhile

from trainer.evaluation import common
from trainer.similarity import form

_MARKDOWN = re.compile(
    r"^[ \t]*(?:[-*>\u2022]|#{1,6})[ \t]+(?=\D)"
    r"|(?<!\w)(\*{1,3}|`{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)",
    re.MULTILINE | re.DOTALL,
)
_DASH = re.compile(r"[\u2010-\u2015\u2212]")
_SPACED_DASH = re.compile(r"(?<!\d)\s+-+\s+|\s+-+\s+(?!\d)")
# Signs that carry meaning stay: .env, -5, #general, 85%, C++, 27".
_BEGINNING = re.compile(r"^[\"'(\[{\u00ab\u201e]+")
_END = re.compile(r"(?:[.,;:!?)\]}\u00bb\u2026]|(?<!\d)[\"'])+$")
_PUNCTUATION = frozenset(".,;:!?\u2026")
_PUNCTUATED = frozenset(
    {"except", "if", "never", "no", "not", "only", "unless", "until", "when", "without"}
)
"""Words that punctuation ties to one side: "No, parking is allowed", "Mondays only, Fridays"."""
_CONTRACTED = (
    (re.compile(r"^(can)(?:'t|not)$"), r"\1 not"),
    (re.compile(r"^won't$"), "will not"),
    (re.compile(r"n't$"), " not"),
    (re.compile(r"'re$"), " are"),
    (re.compile(r"'ve$"), " have"),
    (re.compile(r"'ll$"), " will"),
    (re.compile(r"^i'm$"), "i am"),
    (re.compile(r"^(it|that|there|here|what|where|who|when|how)'s$"), r"\1 is"),
)
_ARTICLES = frozenset({"a", "an", "the"})

_OPENING = re.compile(
    r"\A\s*(?:(?:sure|of course|certainly|here you go|good question|thanks for asking|hello|hi|hey)"
    r"\s*[,.:;!]+\s*)+",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?<=[.!?])\s+(?:(?:i )?hope (?:this|that) helps|you're welcome"
    r"|let me know if you (?:need anything else|have (?:any |more |any more )?questions))[.!\s]*\Z",
    re.IGNORECASE,
)
_OPEN_QUESTIONS = frozenset({"how", "what", "when", "where", "which", "who", "whose", "why"})
"""Where a question can be answered by yes or no, "Sure" is an answer."""

_ASKED_FOR = re.compile(
    r"(?:how|what|when|where|who) (?:(?:is|are)|(?:can|do) (?:i|we|you) (?:find|get)) (.+?)"
    r"(?: called| named| kept| stored)?"
    r"|(?:how|when|where) does (.+) \S+"
)
_LINKS = frozenset({"for", "my", "of", "our", "your"})
"""Words that a subject may have in one text and not in the other: our wifi for guests."""


def faithful(taught: str, said: str, question: str) -> bool:
    """Returns whether an answer has the words of a taught one, all of them and in their order.

    Free are capitals outside codes, white space, Markdown, contractions, articles, "please", and
    punctuation except beside words such as `not`, `only` and `if`. The subject at the beginning may
    be a pronoun in one text and the question's words in the other, or be left out together with
    "is called". The said answer may have one of a few openings and closings, such as "Sure: ".

    Args:
        taught: the lesson's answer.
        said: the model's.
        question: the one that was asked.
    """
    if said.strip() == taught.strip():
        return True
    asked = _words(question)
    trimmed = _CLOSING.sub("", said.replace("\u2019", "'"))
    if asked and asked[0] in _OPEN_QUESTIONS:
        trimmed = _OPENING.sub("", trimmed)
    subject = _subject(asked)
    right, *candidates = (_shortened(_words(text), subject) for text in (taught, said, trimmed))
    return right != [] and right in candidates


def _words(text: str) -> list[str]:
    """Returns the words that must agree, and a comma for punctuation where it must agree."""
    # Not NFKC and not casefold: they make 10 with an exponent of 2 a 102, and Mass of a German Maß.
    text = unicodedata.normalize("NFC", text).replace("\u2018", "'").replace("\u2019", "'")
    text = _DASH.sub("-", text.replace("\u201c", '"').replace("\u201d", '"'))
    text = _SPACED_DASH.sub(", ", _MARKDOWN.sub(r"\2", text))
    parts: list[str] = []
    for piece in text.split():
        word = _END.sub("", _BEGINNING.sub("", piece))
        end = _END.search(piece)
        # In the middle of a sentence "A" is a name: team A, port A.
        if word != "A" or not parts or parts[-1] == ",":
            word = _lowered(word)
        for pattern, whole in _CONTRACTED:
            word = pattern.sub(whole, word)
        parts += word.split()
        if end and not _PUNCTUATION.isdisjoint(end[0]):
            parts.append(",")
    return list(_telling(parts))


def _lowered(word: str) -> str:
    """Returns a word in lower case; of a code, such as `K4b` and `hunterTWO`, the first letter."""
    code = any(c.isdigit() for c in word) or (
        any(c.islower() for c in word) and any(c.isupper() for c in word[1:])
    )
    return word[:1].lower() + word[1:] if code else word.lower()


def _telling(parts: list[str]) -> Iterable[str]:
    """Yields the parts without articles, "please" and punctuation that changes nothing."""
    for before, part, after in zip(["", *parts], parts, [*parts[1:], ""], strict=False):
        if part == ",":
            free = after == "" or _PUNCTUATED.isdisjoint((before, after))
        elif part in _ARTICLES:
            # Not of "port a." and not of "a few", which are more than few.
            free = after not in ("", ",", "few", "little")
        else:
            free = part == "please"
        if not free:
            yield part


def _subject(asked: list[str]) -> tuple[str, ...]:
    """Returns what a question asks about, as `_named`; nothing where that is not certain."""
    match = _ASKED_FOR.fullmatch(" ".join(asked).rstrip(" ,"))
    subject = (match[1] or match[2]).split() if match else []
    named = _named(subject)
    return () if all(map(common, named)) or form(" ".join(subject)).strict else named


def _named(subject: Sequence[str]) -> tuple[str, ...]:
    """Returns the words of a subject without endings: (guest, wifi) of "our wifi for guests"."""
    phrases = re.split(r"\b(?:for|of)\b", " ".join(subject))
    return form(" ".join(reversed(phrases))).words


def _shortened(said: list[str], subject: Sequence[str]) -> list[str]:
    """Returns an answer's words with a pronoun for the subject, and without "it is called"."""
    if not subject:
        return said
    known = {*subject, *_LINKS}
    named = list(takewhile(lambda word: not known.isdisjoint((word, *_named([word]))), said))
    if _named(named) == subject and named[-1] not in _LINKS:
        said = ["it", *said[len(named) :]]
    if said[:1] == ["they"]:
        said = ["it", *said[1:]]
    if said[:1] == ["it"] and said[1:2] in (["is"], ["are"]):
        said = said[3:] if said[2:3] in (["called"], ["named"]) else said[2:]
    return said
