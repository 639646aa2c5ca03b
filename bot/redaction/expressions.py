"""Regular expressions without backtracking (RE2), and the form of a text that they are run on.

Python's own `re` may take time that grows with the square or the cube of a text. RE2 takes time in
proportion to it, whatever the pattern; in return it knows no look-around, so what stands beside a
match is looked at in Python.
"""

import unicodedata
from collections.abc import Iterator
from functools import cached_property

import re2

# Hyphens and dashes, quotes, arrows, and letters that are no letter with an accent.
_SAME = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("→⇒", "="),
    **dict.fromkeys("łŁ", "l"),
    **dict.fromkeys("øØ", "o"),
    "ß": "s",
    "æ": "a",
    "\u200b": " ",
}


class _ToAscii(dict[int, str]):
    """For `str.translate`: one sign of ASCII for each character, found when it is first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if code < 128:  # noqa: PLR2004  ASCII
            plain = character
        elif not (plain := _SAME.get(character, "")):
            plain = unicodedata.normalize("NFKD", character)[:1]
            plain = " " if character.isspace() else plain if plain.isascii() and plain else "?"
        if len(self) < 5000:  # noqa: PLR2004  enough for what a team writes
            self[code] = plain
        return plain


_ASCII = _ToAscii()


class Plain:
    """A text with one sign of ASCII for each of its characters: accents gone, quotes straight.

    A place in it is the same place in the text, as characters and as bytes, so patterns need no
    accents, no kinds of spaces and no map of offsets.
    """

    def __init__(self, text: str) -> None:
        self.text = text if text.isascii() else text.translate(_ASCII)
        self.data = self.text.encode("ascii")

    @cached_property
    def lower(self) -> str:
        """The same in lower case, for words that say whether a pattern is worth running."""
        return self.text.lower()

    def has_any(self, words: tuple[str, ...]) -> bool:
        """Whether one of the words (in lower case) occurs."""
        return any(word in self.lower for word in words)


class Match:
    """What a pattern matched, by places in the text."""

    def __init__(self, text: str, match: "re2._Match", groups: dict[str, int]) -> None:
        self.text, self._match, self._groups = text, match, groups

    def span(self, group: int | str = 0) -> tuple[int, int]:
        """Start and end of a group; (-1, -1) where it took no part."""
        start, end = self._match.span(self._groups[group] if isinstance(group, str) else group)
        return start, end

    def took_part(self, group: str) -> bool:
        """Whether a pattern has a group of this name and it matched something."""
        return group in self._groups and self.span(group)[0] >= 0

    def __getitem__(self, group: int | str) -> str:
        start, end = self.span(group)
        return self.text[start:end] if start >= 0 else ""

    @property
    def found(self) -> tuple[int, int]:
        """The first group that took part, or all of the match."""
        spans = (self.span(group) for group in range(1, self._match.re.groups + 1))
        return next((span for span in spans if span[0] >= 0), self.span())


class Pattern:
    """A regular expression of RE2, compiled when it is first used."""

    def __init__(self, pattern: str, *, ignore_case: bool = True) -> None:
        self.pattern = pattern
        self._ignore_case = ignore_case

    @cached_property
    def _compiled(self) -> "re2._Regexp":
        options = re2.Options()
        options.log_errors = False
        options.encoding = re2.Options.Encoding.LATIN1
        options.case_sensitive = not self._ignore_case
        return re2.compile(self.pattern.encode("ascii"), options)

    @cached_property
    def _groups(self) -> dict[str, int]:
        return {name.decode(): index for name, index in self._compiled.groupindex.items()}

    def finditer(self, plain: Plain, start: int = 0, end: int | None = None) -> Iterator[Match]:
        """All matches from left to right, between two places of the text."""
        for match in self._compiled.finditer(plain.data, start, end):
            yield Match(plain.text, match, self._groups)

    def search(self, plain: Plain, start: int = 0, end: int | None = None) -> Match | None:
        """The first match between two places, or None."""
        return next(self.finditer(plain, start, end), None)

    def match(self, plain: Plain, start: int = 0, end: int | None = None) -> Match | None:
        """The match that begins at `start`, or None."""
        match = self._compiled.match(plain.data, start, end)
        return Match(plain.text, match, self._groups) if match else None

    def fits(self, text: str) -> bool:
        """Whether all of a piece of text is a match."""
        return self._compiled.fullmatch(text.encode("ascii")) is not None

    def occurs(self, text: str) -> bool:
        """Whether it matches somewhere in a piece of text."""
        return self._compiled.search(text.encode("ascii")) is not None
