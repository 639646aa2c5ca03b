"""Reads a question and its answer out of one text, such as `question => answer`; pure functions.

An arrow within code separates nothing. Where it is not plain which arrow separates, or whether one
does, the two sides are a guess, and the person is to see it before anything is stored.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ARROW = re.compile(r"(?<![-=<>])(?:={1,3}>|-{1,3}>)(?!>)|[⇒→⟹⟶]")
_RUN = re.compile(r"`+")
_ASKED = ("?", "\uff1f", "\u061f")
"""Question marks: the usual one, that of Chinese and Japanese, that of Arabic."""
_LOOKED_AT = 50
"""So many arrows are looked at: with two of them it is a guess already."""
_FENCE = 3
"""Back-ticks from which on code may go over several lines, and is open to the end of the text."""


@dataclass(frozen=True)
class OneLine:
    """Both sides of an arrow; `certain` is whether no other reading of the text was possible."""

    prompt: str
    completion: str
    certain: bool = True


def read_line(text: str) -> OneLine | None:
    """Returns the question and the answer of a text with an arrow between them.

    Args:
        text: as it was typed, with `=>`, `->`, `⇒` or `→`.

    Returns:
        Both sides; None where no arrow outside of code has something on both of its sides.
    """
    arrows = _arrows(text)
    splits = [
        (text[: arrow.start()].strip(), text[arrow.end() :].strip(), arrow) for arrow in arrows
    ]
    whole = [split for split in splits if split[0] and split[1]]
    if not whole:
        return None
    prompt, completion, arrow = min(whole, key=lambda split: _doubt(text, split[2]))
    return OneLine(prompt, completion, len(arrows) == 1 and not _in_a_word(text, arrow))


def _arrows(text: str) -> list[re.Match[str]]:
    """Returns the arrows that stand outside of code, in their order."""
    code = list(_code(text))
    found, place = [], 0
    for arrow in _ARROW.finditer(text):
        while place < len(code) and code[place][1] <= arrow.start():
            place += 1
        if place == len(code) or arrow.start() < code[place][0]:
            found.append(arrow)
        if len(found) == _LOOKED_AT:
            break
    return found


def _code(text: str) -> Iterator[tuple[int, int]]:
    """Yields where code begins and ends: as many back-ticks close it as have opened it.

    Code between fewer than three of them ends with its line; a block that nobody closes goes to the
    end of the text.
    """
    runs = list(_RUN.finditer(text))
    later: dict[int, int] = {}
    closing = [0] * len(runs)
    for number in range(len(runs) - 1, -1, -1):
        length = len(runs[number][0])
        closing[number] = later.get(length, 0)
        later[length] = number
    number = 0
    while number < len(runs):
        opened, closed = runs[number], closing[number]
        block = len(opened[0]) >= _FENCE
        if closed and (block or "\n" not in text[opened.end() : runs[closed].start()]):
            yield opened.start(), runs[closed].end()
            number = closed
        elif block:
            yield opened.start(), len(text)
            return
        number += 1


def _doubt(text: str, arrow: re.Match[str]) -> tuple[bool, bool, bool, int]:
    """Returns how little an arrow looks like the one between question and answer.

    The likeliest stands behind a question mark, next the one that the help names, `=>`.
    """
    asked = text[: arrow.start()].rstrip().endswith(_ASKED)
    double = arrow[0][0] in "=⇒⟹"
    return _in_a_word(text, arrow), not asked, not double, arrow.start()


def _in_a_word(text: str, arrow: re.Match[str]) -> bool:
    """Whether it is a thin arrow without any space around it, as in `pointer->field`."""
    before, after = text[: arrow.start()][-1:], text[arrow.end() :][:1]
    return arrow[0][0] == "-" and _of_a_name(before) and _of_a_name(after)


def _of_a_name(character: str) -> bool:
    return character.isalnum() or character in tuple("_)]")
