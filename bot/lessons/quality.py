"""Marks on an example that a person should look at before it is trained on.

They are shown and never decide: a short answer can be the right one.
"""

import re
from typing import Literal

from trainer.evaluation import refuses
from trainer.similarity import normalise

Mark = Literal["very short", "refusal", "bot's own words", "other language", "only a link"]

SHORT = 12
"""Characters below which an answer is called very short."""

_LINK = re.compile(r"<?https?://\S+>?|www\.\S+", re.IGNORECASE)
# The commonest words of a language, that are not among another's here.
_COMMON: dict[str, frozenset[str]] = {
    "en": frozenset(
        {"the", "and", "is", "are", "of", "to", "what", "how", "do", "we", "you", "it", "with"}
        | {"where", "when", "who", "our", "your", "this", "that", "can", "have", "be", "for", "at"}
    ),
    "de": frozenset(
        {"der", "das", "und", "ist", "sind", "wie", "wir", "ich", "nicht", "mit", "ein", "eine"}
        | {"wo", "wann", "wer", "unser", "unsere", "zu", "auf", "bitte", "kann", "den", "dem"}
    ),
    "fr": frozenset(
        {"le", "les", "et", "est", "sont", "une", "des", "nous", "vous", "je", "pas", "avec"}
        | {"comment", "quand", "notre", "votre", "pour", "dans", "quel", "quelle", "sur", "du"}
    ),
    "es": frozenset(
        {"el", "los", "y", "es", "son", "cómo", "nuestro", "nuestra", "con", "dónde", "cuándo"}
        | {"quién", "las", "por", "para", "puedo", "del", "su", "está", "qué"}
    ),
    "it": frozenset(
        {"il", "gli", "e", "è", "sono", "come", "nostro", "nostra", "con", "dove", "quando"}
        | {"chi", "di", "che", "per", "della", "posso", "questo", "nel"}
    ),
    "pt": frozenset(
        {"os", "é", "são", "nosso", "nossa", "com", "onde", "não", "uma", "você", "como", "do"}
        | {"quem", "em", "para", "posso", "das", "ao"}
    ),
    "nl": frozenset(
        {"het", "en", "zijn", "wij", "ik", "niet", "met", "een", "waar", "wanneer", "wie", "hoe"}
        | {"onze", "ons", "voor", "van", "kan", "dit", "naar"}
    ),
}
_SCRIPTS = {
    "Cyrillic": re.compile("[\u0400-\u04ff]"),
    "Greek": re.compile("[\u0370-\u03ff]"),
    "Arabic": re.compile("[\u0600-\u06ff]"),
    "Hebrew": re.compile("[\u0590-\u05ff]"),
    "Devanagari": re.compile("[\u0900-\u097f]"),
    "Thai": re.compile("[\u0e00-\u0e7f]"),
    "Hangul": re.compile("[\uac00-\ud7af]"),
    "Kana": re.compile("[\u3040-\u30ff]"),
    "Han": re.compile("[\u3400-\u9fff]"),
    "Latin": re.compile("[A-Za-z\u00c0-\u024f]"),
}
_WORD = re.compile(r"[^\W\d_]+")
_SURE = 2  # common words of a language that a text needs before it is taken to be in it


def marks(prompt: str, completion: str, bot_text: str | None = None) -> list[Mark]:
    """What is worth a look; empty for most examples.

    Args:
        prompt: the question.
        completion: the answer that was taught.
        bot_text: what the bot had said, where the example came from one of its answers.
    """
    found: list[Mark] = []
    answer = normalise(completion)
    if _LINK.fullmatch(answer):
        found.append("only a link")
    elif len(answer) < SHORT and not any(character.isdigit() for character in answer):
        found.append("very short")
    if refuses(answer):
        found.append("refusal")
    if bot_text is not None and normalise(bot_text) == answer:
        found.append("bot's own words")
    asked_in, answered_in = language(prompt), language(completion)
    if asked_in and answered_in and asked_in != answered_in:
        found.append("other language")
    return found


def language(text: str) -> str | None:
    """A guess at the language: `en`, `de`, ..., or the script where it is not Latin; else None.

    Short texts and mixtures give None: a wrong mark is worse than none.
    """
    prose = _LINK.sub(" ", text)
    counts = {name: len(pattern.findall(prose)) for name, pattern in _SCRIPTS.items()}
    script = max(counts, key=lambda name: counts[name])
    if not counts[script]:
        return None
    if counts["Kana"] > 0 and script in ("Kana", "Han"):
        return "Kana"
    if script != "Latin":
        return script if counts[script] > counts["Latin"] else None
    words = _WORD.findall(prose.casefold())
    scores = {name: sum(word in common for word in words) for name, common in _COMMON.items()}
    best, second, *_ = sorted(scores, key=lambda name: -scores[name])
    sure = scores[best] >= _SURE and scores[best] > scores[second]
    return best if sure else None
