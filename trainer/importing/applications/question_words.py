"""Tells questions from other texts, in several languages; a heading or a message, not a page."""

import re

# Also the marks of Chinese, Japanese and Arabic; closing brackets and quotes may follow one.
_MARK = re.compile(r"[\uff1f\u061f]|[?](?=\s|$|[)\]\"'*_\u2019\u201d\u00bb])")
_FIRST_WORDS = re.compile(
    r"(?:how|what|when|where|which|who|whom|whose|why|can|could|may|should|shall|will|would|does|did"
    r"|is|are|was|were|any|anyone|anybody|wie|wann|wo|woher|wohin|welche[rsmn]?|wer|wen|wem|wessen"
    r"|warum|weshalb|wieso|womit|wof[uü]r|kann|k[oö]nnen|darf|d[uü]rfen|muss|gibt es|comment|quand"
    r"|o[uù]|quel(?:le)?s?|qui|pourquoi|combien|est-ce|peut-on|puis-je|que|qu[eé]|c[oó]mo|cu[aá]ndo"
    r"|d[oó]nde|cu[aá]l(?:es)?|qui[eé]n(?:es)?|por qu[eé]|cu[aá]nt[oa]s?|puedo)\b",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^[\s\W\d]*")
LONGEST_HEADING = 300
"""Characters of a heading or bold line that may be a question."""


def has_question_mark(text: str) -> bool:
    """Returns whether a question ends somewhere in a text; a `?` inside a link is none."""
    return any(
        "://" not in text[max(text.rfind(" ", 0, mark.start()), 0) : mark.start()]
        for mark in _MARK.finditer(text)
    )


def is_question(text: str) -> bool:
    """Returns whether a short text reads as a question: its mark, or its first word."""
    return has_question_mark(text) or bool(_FIRST_WORDS.match(_LEADING.sub("", text)))
