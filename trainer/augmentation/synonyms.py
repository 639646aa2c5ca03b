"""Replaces words by synonyms from a shipped list of words used at work. Imports no mlx.

The list is English. Words are replaced without regard to the sentence, so that now and then the
meaning changes; that does little harm, as the results are questions in training, never answers.
"""

import random
import re
from functools import cache, lru_cache
from importlib.resources import files

COMMON = frozenset(
    word
    for line in (
        "a an the of to in on at for from by with and or is are was were be been do does did can",
        "could should would may might must shall will what who whom whose which where when why how",
        "much many long often i we you he she it they me us our my your their its this that these",
        "those there here have has had any some if as about get call called name named known",
    )
    for word in line.split()
)
"""Function words: they are never replaced, and are no cue."""

_PAST = {
    "be": "been", "become": "become", "begin": "begun", "break": "broken", "bring": "brought",
    "build": "built",
    "buy": "bought", "choose": "chosen", "come": "come", "deal": "dealt", "do": "done",
    "drink": "drunk", "eat": "eaten", "feed": "fed", "find": "found", "get": "got", "give": "given",
    "go": "gone", "hang": "hung", "have": "had", "hide": "hidden", "hold": "held", "keep": "kept",
    "know": "known", "lead": "led", "leave": "left", "let": "let", "make": "made", "meet": "met",
    "pay": "paid", "put": "put", "read": "read", "ring": "rung", "run": "run", "see": "seen",
    "send": "sent", "set": "set", "shut": "shut", "sit": "sat", "stand": "stood", "take": "taken",
    "teach": "taught", "tell": "told", "throw": "thrown", "turn": "turned", "wear": "worn",
    "win": "won", "write": "written", "cost": "cost", "mean": "meant", "quit": "quit",
    "reset": "reset", "sell": "sold", "spend": "spent", "lie": "lain", "would": "would",
}  # fmt: skip
_DOUBLED = (
    "submit", "plan", "stop", "drop", "ship", "log", "permit", "occur", "admit", "refer", "plug",
    "chat", "commit", "swap", "tag", "unplug", "prefer", "scan",
)  # fmt: skip
_PRESENT = {"be": "is", "have": "has", "do": "does", "go": "goes"}


def swap(text: str, rng: random.Random, probability: float) -> str:
    """Replaces words of a text by synonyms, at random.

    Args:
        text: a question.
        rng: chooses the words and their synonyms.
        probability: that a word with synonyms is replaced, from 0 to 1.
    """

    def other(match: re.Match[str]) -> str:
        # Case-insensitive patterns match a few letters that lower() does not turn into i, k or s.
        groups = _lexicon().get(match[0].lower())
        if groups is None or rng.random() >= probability:
            return match[0]
        return rng.choice(rng.choice(groups))

    pattern = _pattern(frozenset(re.findall(r"\w+", text.lower())))
    return pattern.sub(other, text) if pattern else text


def has_synonyms(word: str) -> bool:
    """Returns whether a word, in lower case, is on the list."""
    return word in _lexicon()


@lru_cache(maxsize=64)
def _pattern(words: frozenset[str]) -> re.Pattern[str] | None:
    """Returns a pattern of the replaceable phrases that these words begin, longer ones first."""
    phrases = [phrase for word in words for phrase in _by_first_word().get(word, ())]
    if not phrases:
        return None
    phrases.sort(key=lambda phrase: (-len(phrase), phrase))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b", re.IGNORECASE)


@cache
def _by_first_word() -> dict[str, list[str]]:
    phrases: dict[str, list[str]] = {}
    for phrase in _lexicon():
        phrases.setdefault(re.findall(r"\w+", phrase)[0], []).append(phrase)
    return phrases


@cache
def _lexicon() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Returns for every word form the lists of synonyms in the same form.

    Words that are listed as they are have no other reading as a noun or a verb.
    """
    text = files("trainer").joinpath("lists", "synonyms.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    synonyms: dict[str, list[tuple[str, ...]]] = {}
    fixed: set[str] = set()
    for line in sorted(lines, key=lambda line: "onv".index(line[0])):
        kind, _, rest = line.partition(" ")
        members = [member.strip() for member in rest.split(",")]
        for forms in _forms(kind, members):
            for member in forms:
                if member not in COMMON and (kind == "o" or member not in fixed):
                    synonyms.setdefault(member, []).append(tuple(f for f in forms if f != member))
            if kind == "o":
                fixed.update(forms)
    return {word: tuple(lists) for word, lists in synonyms.items()}


def _forms(kind: str, members: list[str]) -> list[list[str]]:
    if kind == "o":
        return [members]
    if kind == "n":
        return [members, [_plural(noun) for noun in members]]
    return [members, [_present(verb) for verb in members], [_past(verb) for verb in members]]


def _plural(noun: str) -> str:
    if noun.endswith(("ss", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("s"):
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def _present(verb: str) -> str:
    """Returns the third person, as in `he looks after`: of several words the first one changes."""
    first, _, rest = verb.partition(" ")
    return f"{_PRESENT.get(first) or _plural(first)} {rest}".strip()


def _past(verb: str) -> str:
    """Returns the past participle, as in `it is looked after`."""
    first, _, rest = verb.partition(" ")
    if first in _DOUBLED:
        form = f"{first}{first[-1]}ed"
    elif first.endswith("y") and first[-2:-1] not in "aeiou":
        form = first[:-1] + "ied"
    else:
        form = _PAST.get(first) or (first + "d" if first.endswith("e") else first + "ed")
    return f"{form} {rest}".strip()
