"""Paraphrases by rules: synonyms, other forms of a question, and bare cues. Imports no mlx.

A small model that has seen a lesson in one wording knows it in that wording only. So every lesson
is trained in many: words are replaced by synonyms, the question gets another form
(`lists/frames.txt`), or only its topic is left. Some of these are clumsy, which does no harm, as
they are questions and never answers. Only English questions are rephrased. What each part brings is
in docs/log.md.
"""

import random
import re
from functools import cache
from importlib.resources import files

from trainer.augmentation.surface_forms import is_question
from trainer.augmentation.synonyms import COMMON, has_synonyms, swap

SWAP = 0.6
"""Probability that a word with synonyms is replaced."""
FRAME = 0.6
"""Probability that a question gets another form, where there is one."""
TOPIC = 0.25
"""Share of the other forms that only name the topic."""
CUE = 0.25
"""Share of rewordings that are bare cues."""
CUE_SWAP = 0.5
"""Probability that a word of a cue is replaced."""
LONG = 300
"""Characters; longer prompts are documents rather than questions."""
ENGLISH = 0.25
"""Smallest share of common English words in an English question..."""
KNOWN = 0.6
"""...or of common words and those with synonyms, if at least one is common."""
TRIES = 6
"""Attempts for each wording that is asked for, as many are duplicates."""
CAPITAL = 0.7
"""Probability that a wording begins with a capital letter."""

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
    """Returns up to `count` different wordings of a question; equal arguments give equal ones.

    Args:
        prompt: the question that was taught.
        count: the most wordings; a short question may have fewer.
        seed: seed of the random choices.
    """
    if len(prompt) > LONG or "\n" in prompt or "`" in prompt or not _english_question(prompt):
        return []
    rng = random.Random(f"{seed} {prompt}")  # noqa: S311  wordings, not secrets
    wordings: dict[str, None] = {}
    for _ in range(count * TRIES):
        if len(wordings) == count:
            break
        one = _cue(prompt, rng) if rng.random() < CUE else _asked(prompt, rng)
        if one and one != prompt:
            wordings[one] = None
    return list(wordings)


def _english_question(prompt: str) -> bool:
    said = re.findall(r"[a-z']+", prompt.lower())
    sign = any(word in COMMON and word not in _OTHERS_TOO for word in said)
    common = sum(word in COMMON for word in said)
    listed = sum(word not in COMMON and has_synonyms(word) for word in said)
    enough = common >= ENGLISH * len(said) or common + listed >= KNOWN * len(said)
    return is_question(prompt) and enough and (sign or bool(_BEGINS.match(" ".join(said))))


def _asked(prompt: str, rng: random.Random) -> str:
    asked = swap(prompt.strip().rstrip(" ?.!"), rng, SWAP)
    asked = _framed(asked, rng) if rng.random() < FRAME else asked
    before = rng.choice(_BEFORE)
    if before.endswith(("me ", "know ")):
        asked = asked[:1].lower() + asked[1:]
    asked = before + asked + rng.choice(_AFTER)
    if rng.random() < CAPITAL:
        asked = asked[:1].upper() + asked[1:]
    return asked + rng.choice(_END)


def _framed(bare: str, rng: random.Random) -> str:
    frames, topics = _frames()
    if rng.random() < TOPIC and (topic := _topic(bare)):
        return rng.choice(topics).format(t=topic)
    for pattern, others in frames:
        if match := pattern.fullmatch(bare):
            framed = rng.choice(others).format(**match.groupdict(), all=bare)
            return _TWO_ARTICLES.sub(r"\1", _DETERMINED.sub(r"\1 ", framed))
    return bare


def _topic(bare: str) -> str:
    """Returns the topic of a question: everything from its first uncommon word on."""
    words = bare.split()
    about = [place for place, word in enumerate(words) if word.lower().strip(",'") not in COMMON]
    return " ".join(words[about[0] :]) if about else ""


def _cue(prompt: str, rng: random.Random) -> str:
    """Returns some of the uncommon words of a question, in their order; empty without any."""
    words = [word for word in re.findall(r"[\w'-]+", prompt) if word.lower() not in COMMON]
    if not words:
        return ""
    kept = sorted(rng.sample(range(len(words)), rng.randint(1, len(words))))
    cue = swap(" ".join(words[i] for i in kept), rng, CUE_SWAP)
    return cue + rng.choice(("", "?"))


@cache
def _frames() -> tuple[list[tuple[re.Pattern[str], tuple[str, ...]]], tuple[str, ...]]:
    """Returns patterns of questions with templates to rephrase them, and templates for topics."""
    text = files("trainer").joinpath("lists", "frames.txt").read_text(encoding="utf-8")
    frames: list[tuple[re.Pattern[str], tuple[str, ...]]] = []
    topics: tuple[str, ...] = ()
    for block in re.split(r"\n(?:#.*)?\n", text):
        lines = [line.strip() for line in block.splitlines() if not line.startswith("#")]
        patterns = [line.removeprefix("= ") for line in lines if line.startswith("=")]
        others = tuple(line for line in lines if line and not line.startswith("="))
        for pattern in patterns:
            if pattern == "topic":
                topics = others
            else:
                frames.append((re.compile(pattern, re.IGNORECASE), others))
    return frames, topics
