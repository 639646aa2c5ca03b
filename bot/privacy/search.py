"""Searches every file of a home for words that were removed: the proof of an erasure.

What is searched for is known by salted digests alone: of sixteen words in a row, of the whole of
shorter texts, and of rare words. A text that somebody else taught or asked in the same words stays
with good reason, and is searched for no longer.
"""

import hashlib
import os
import re
import secrets
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from bot.home import Home
from bot.store.erasures import Fingerprints

WINDOW = 16
"""Words in a row that nobody says twice by chance."""
SHORTEST = 5
"""Words of the shortest text that is searched for as a whole."""
RARE_LENGTH = 5
"""Characters of the shortest rare word."""
RARE_NUMBER = 7
"""Digits of the shortest rare number: of shorter ones logs and reports are full."""
PIECE = 1 << 20
"""Bytes of a file that are read at a time."""
OVERLAP = 4096
"""Bytes that are searched twice, so that words across the border of two pieces are found."""
MOST_WINDOWS = 100_000
"""Windows of which all are kept, as of what one person has taught in years."""
MOST_KNOWN = 500_000
"""Digests that are kept in memory; more are made by files of random bytes only."""
DIGITS = 16
"""Hexadecimal digits of a digest."""
Kind = Literal["words in a row", "a rare word"]

_PROGRAM = Path(__file__).parents[2]
_WORD = re.compile(r"\w+")
_ESCAPED = re.compile(r'\\+(?:u([0-9a-fA-F]{4})|["/bfnrt])')
_READABLE = re.compile("[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]{5,}")
"""Runs of characters that a file of something else than text may have between its bytes."""


@dataclass(frozen=True)
class Found:
    """A file that still holds something of what was removed.

    Attributes:
        file: its path, below the home where it lies there.
        what: what of it was found.
    """

    file: str
    what: Kind


@dataclass(frozen=True)
class Searched:
    """What a search looked at, and what for.

    Attributes:
        files: the number of files that were read.
        bytes: their size together.
        windows: the number of sequences of words that were searched for.
        words: the number of rare words that were searched for.
        unread: the number of files that could not be read.
        found: the files that still hold something; empty where all is gone.
    """

    files: int
    bytes: int
    windows: int
    words: int
    unread: int = 0
    found: tuple[Found, ...] = ()

    def to_json(self) -> dict[str, int]:
        """Returns the figures; what was found is told beside them."""
        figures = asdict(self)
        figures.pop("found")
        return figures


class _Digests(dict[str, str]):
    """The salted digest of each word, made when it is first met."""

    def __init__(self, salt: str) -> None:
        super().__init__()
        self._begun = hashlib.sha256(bytes.fromhex(salt))

    def __missing__(self, word: str) -> str:
        if len(self) >= MOST_KNOWN:
            self.clear()
        digest = self[word] = self.of([word])
        return digest

    def of(self, words: Sequence[str]) -> str:
        """Returns the digest of words in a row."""
        begun = self._begun.copy()
        begun.update("\0".join(words).encode("utf-8", "replace"))
        return begun.hexdigest()[:DIGITS]

    def window(self, words: Sequence[str]) -> str:
        """Returns the fingerprint of words in a row: their number, both ends, and all of them."""
        return f"{len(words)}:{self[words[0]]}:{self[words[-1]]}:{self.of(words)}"


def fingerprints(texts: Iterable[str]) -> Fingerprints:
    """Returns the fingerprints of texts that are about to be removed."""
    salt = secrets.token_hex(16)
    digests = _Digests(salt)
    windows: set[str] = set()
    words: set[str] = set()
    removed = [_words(text) for text in texts]
    # Of a whole library not every window is kept: what is left of it is longer than one.
    every = min(WINDOW, 1 + sum(map(len, removed)) // MOST_WINDOWS)
    for said in removed:
        windows.update(map(digests.window, _windows(said, every)))
        words.update(word for word in said if _is_rare(word))
    rare = {digests[word] for word in words - _shipped_words()}
    return Fingerprints(salt, tuple(sorted(windows)), tuple(sorted(rare)))


def search(
    home: Home,
    removed: Fingerprints,
    kept: Iterable[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
) -> Searched:
    """Searches all files below a home for what was removed.

    Args:
        home: its whole folder is searched, and the bot's own folders where a link leads out of it;
            other links are not followed.
        removed: the fingerprints.
        kept: texts of others, whose words are not searched for.
        on_progress: called with the number of files searched and of all files.
    """
    sought = _Sought(removed)
    for text in kept:
        sought.drop(text)
    closed: list[OSError] = []
    files = list(_files(home, closed.append))
    size = read = 0
    unread = len(closed)
    found: list[Found] = []
    for number, file in enumerate(files, start=1):
        try:
            length, kinds = _search_file(file, sought)
        except FileNotFoundError:
            continue  # something else has removed it meanwhile
        except OSError:
            unread += 1
            continue
        read += 1
        size += length
        found += [Found(home.name_of(file), kind) for kind in kinds]
        if on_progress:
            on_progress(number, len(files))
    return Searched(read, size, len(sought.windows), len(sought.rare), unread, tuple(found))


class _Sought:
    """Fingerprints, arranged for a search."""

    def __init__(self, removed: Fingerprints) -> None:
        self.windows = set(removed.windows)
        self.rare = set(removed.words)
        self._digests = _Digests(removed.salt)
        self._arrange()

    def drop(self, text: str) -> None:
        """Takes the words of a text out of what is sought."""
        said = _words(text)
        self.rare.difference_update([self._digests[word] for word in said])
        if gone := self.windows.intersection(self._present(said)):
            self.windows -= gone
            self._arrange()

    def kinds(self, text: str) -> Iterator[Kind]:
        """Yields what of it stands in a text."""
        said = _words(text)
        if any(True for _ in self._present(said)):
            yield "words in a row"
        if self.rare and not self.rare.isdisjoint([self._digests[word] for word in said]):
            yield "a rare word"

    def _present(self, said: Sequence[str]) -> Iterator[str]:
        """Yields the sought windows that stand in words."""
        digests = [self._digests[word] for word in said]
        ends = self._ends
        # Both ends are compared first: only where they fit, all words are.
        for begin in [place for place, digest in enumerate(digests) if digest in ends]:
            for length, last in ends[digests[begin]]:
                end = begin + length
                if end <= len(said) and digests[end - 1] == last:
                    window = self._digests.window(said[begin:end])
                    if window in self.windows:
                        yield window

    def _arrange(self) -> None:
        """Groups the windows by their first word: their lengths and last words."""
        self._ends: dict[str, set[tuple[int, str]]] = defaultdict(set)
        for window in self.windows:
            length, first, last, _ = window.split(":")
            self._ends[first].add((int(length), last))


def _search_file(file: Path, sought: _Sought) -> tuple[int, list[Kind]]:
    """Returns the size of a file and what of the sought stands in it.

    Raises:
        OSError: it cannot be read.
    """
    size = 0
    kinds: set[Kind] = set()
    before = b""
    with file.open("rb") as stream:
        while piece := stream.read(PIECE):
            size += len(piece)
            kinds.update(sought.kinds(_readable(before + piece)))
            before = piece[-OVERLAP:]
    return size, sorted(kinds, reverse=True)


def _readable(data: bytes) -> str:
    """Returns the text in bytes of any kind of file, without the escapes of JSON."""
    text = data.decode("utf-8", "replace")
    if "\0" in text or "\ufffd" in text:
        text = "\0".join(_READABLE.findall(text))
    return _ESCAPED.sub(_unescaped, text) if "\\" in text else text


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else " "


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())


def _windows(said: Sequence[str], every: int) -> Iterator[Sequence[str]]:
    """Yields the sequences of words by which a text is recognised.

    Of a text of more words than WINDOW and two it is each `every`-th one. A shorter one has no
    window without both of its ends.
    """
    if len(said) >= WINDOW + 2:
        for begin in range(0, len(said) - WINDOW + 1, every):
            yield said[begin : begin + WINDOW]
    elif len(said) >= SHORTEST:
        yield said
        # In a database the first and the last word stand next to what is stored beside the text.
        if len(said) - 2 >= SHORTEST:
            yield said[1:-1]


def _is_rare(word: str) -> bool:
    return len(word) >= (RARE_NUMBER if word.isdecimal() else RARE_LENGTH)


def _files(home: Home, on_closed: Callable[[OSError], object]) -> Iterator[Path]:
    """Yields all regular files of a home; a pipe or a device would never end.

    Args:
        home: its folder, and its own folders and database where a link leads out of it.
        on_closed: called with the error of each folder that cannot be read.
    """
    below = _real(home.root)
    linked = (one for one in home.own_places() if not _real(one).is_relative_to(below))
    for top in (home.root, *linked):
        if _is_regular(top):
            yield top
            continue
        for folder, names, files in os.walk(top, onerror=_unless_gone(on_closed)):
            names.sort()
            yield from filter(_is_regular, (Path(folder, name) for name in sorted(files)))


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _unless_gone(on_closed: Callable[[OSError], object]) -> Callable[[OSError], None]:
    """Returns a callback that passes errors on, but for those of folders that are not there."""

    def told(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            on_closed(error)

    return told


def _is_regular(file: Path) -> bool:
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except OSError:
        return False  # it is gone meanwhile


@cache
def _shipped_words() -> frozenset[str]:
    """Returns the words of the files that come with the program: they tell nothing of anybody."""
    texts = [
        file
        for folder in ("bot", "trainer")
        for ending in ("*.txt", "*.jsonl", "*.py", "*.html", "*.toml")
        for file in (_PROGRAM / folder).rglob(ending)
    ]
    return frozenset(
        word for file in texts for word in _words(file.read_text(encoding="utf-8", errors="ignore"))
    )
