"""The same question in other words: synonyms, other ways to ask, and bare cues. Needs no mlx.

A small model that has seen a lesson in one wording knows it in that wording only. So every lesson
is trained in many: words are exchanged for others of like meaning, the question is put in another
form (`lists/frames.txt`), or only what it is about is left. Some of these are clumsy; they are
what is asked, never what is answered. English questions only: what is no question, or in another
language, stays as it is. What each part brings is in docs/log.md.
"""

import random
import re
from functools import cache
from importlib.resources import files

from trainer.augmentation.surface_forms import is_question
from trainer.augmentation.synonyms import COMMON, has_synonyms, swap

SWAP = 0.6
"""How likely each word that has synonyms is exchanged."""
FRAME = 0.6
"""How likely a question is put in another form, where there is one."""
TOPIC = 0.25
"""Share of the other forms that only name the topic."""
CUE = 0.25
"""Share of rewordings that are bare cues."""
CUE_SWAP = 0.5
LONG = 300
"""Characters; longer prompts are documents more than questions."""
ENGLISH = 0.25
"""Share of a question's words that are common English ones, at least..."""
KNOWN = 0.6
"""...or this share, one of them common, if those that have synonyms count as well."""
TRIES = 6
"""For each wording that is wanted: many come out as one that is there already."""
CAPITAL = 0.7

_BEFORE = (
    *[""] * 6, "Can you tell me ", "Do you know ", "I forgot: ", "Sorry, ", "Remind me, ",
    "A new colleague asks: ", "I have a visitor here, ", "Somebody asked me ", "Just checking, ",
    "I need help: ", "Hi, ", "Please tell me ", "I'm new here. ", "I was wondering, ", "Hey, ",
)  # fmt: skip
_AFTER = (*[""] * 5, " here", " in our company", " at the office", " for us", " again", " please")
_OTHERS_TOO = frozenset(
    word
    for line in (
        "was in an so am on a me we do i is for my by of to at as had will or must name are be us",
        "any get it that here",
    )
    for word in line.split()
)
"""Common in other languages as well: no sign of English, but for a question that begins so:"""
_BEGINS = re.compile(r"(?:do|is|are|am) (?:i|we|it|you|they)\b")
_END = ("?", "?", "?", "", ".")
_TWO_ARTICLES = re.compile(r"\b(?:the|our|my|an?) ((?:the|our|my|an?)\b)", re.IGNORECASE)
_DETERMINED = re.compile(r"\b(which|next|another|one) (?:the|our|my|an?) ", re.IGNORECASE)


def rewordings(prompt: str, count: int, seed: int = 0) -> list[str]:
    """Up to `count` other wordings of a question, none of them twice, the same ones every time.

    Args:
        prompt: what was taught.
        count: how many at most; a short question may have fewer.
        seed: another one gives other wordings.
    """
    if len(prompt) > LONG or "\n" in prompt or "`" in prompt or not _english_question(prompt):
        return []
    chance = random.Random(f"{seed} {prompt}")  # noqa: S311  wordings, not secrets
    found: dict[str, None] = {}
    for _ in range(count * TRIES):
        if len(found) == count:
            break
        one = _cue(prompt, chance) if chance.random() < CUE else _asked(prompt, chance)
        if one and one != prompt:
            found[one] = None
    return list(found)


def _english_question(prompt: str) -> bool:
    said = re.findall(r"[a-z']+", prompt.lower())
    sign = any(word in COMMON and word not in _OTHERS_TOO for word in said)
    common = sum(word in COMMON for word in said)
    listed = sum(word not in COMMON and has_synonyms(word) for word in said)
    enough = common >= ENGLISH * len(said) or common + listed >= KNOWN * len(said)
    return is_question(prompt) and enough and (sign or bool(_BEGINS.match(" ".join(said))))


def _asked(prompt: str, chance: random.Random) -> str:
    asked = swap(prompt.strip().rstrip(" ?.!"), chance, SWAP)
    asked = _framed(asked, chance) if chance.random() < FRAME else asked
    before = chance.choice(_BEFORE)
    if before.endswith(("me ", "know ")):
        asked = asked[:1].lower() + asked[1:]
    asked = before + asked + chance.choice(_AFTER)
    if chance.random() < CAPITAL:
        asked = asked[:1].upper() + asked[1:]
    return asked + chance.choice(_END)


def _framed(bare: str, chance: random.Random) -> str:
    frames, topics = _frames()
    if chance.random() < TOPIC and (topic := _topic(bare)):
        return chance.choice(topics).format(t=topic)
    for pattern, others in frames:
        if match := pattern.fullmatch(bare):
            framed = chance.choice(others).format(**match.groupdict(), all=bare)
            return _TWO_ARTICLES.sub(r"\1", _DETERMINED.sub(r"\1 ", framed))
    return bare


def _topic(bare: str) -> str:
    """What a question is about: from its first word that says something, on."""
    words = bare.split()
    about = [place for place, word in enumerate(words) if word.lower().strip(",'") not in COMMON]
    return " ".join(words[about[0] :]) if about else ""


def _cue(prompt: str, chance: random.Random) -> str:
    """Some of the words that a question is about, and no question."""
    words = [word for word in re.findall(r"[\w'-]+", prompt) if word.lower() not in COMMON]
    if not words:
        return ""
    kept = sorted(chance.sample(range(len(words)), chance.randint(1, len(words))))
    cue = swap(" ".join(words[i] for i in kept), chance, CUE_SWAP)
    return cue + chance.choice(("", "?"))


@cache
def _frames() -> tuple[list[tuple[re.Pattern[str], tuple[str, ...]]], tuple[str, ...]]:
    """Patterns of questions with other ways to ask them, and the ways that fit any question."""
    text = files("trainer").joinpath("lists", "frames.txt").read_text(encoding="utf-8")
    found: list[tuple[re.Pattern[str], tuple[str, ...]]] = []
    topics: tuple[str, ...] = ()
    for block in re.split(r"\n(?:#.*)?\n", text):
        lines = [line.strip() for line in block.splitlines() if not line.startswith("#")]
        patterns = [line.removeprefix("= ") for line in lines if line.startswith("=")]
        others = tuple(line for line in lines if line and not line.startswith("="))
        for pattern in patterns:
            if pattern == "topic":
                topics = others
            else:
                found.append((re.compile(pattern, re.IGNORECASE), others))
    return found, topics
