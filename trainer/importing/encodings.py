"""Finds out how a file's characters are written, and reads it as UTF-8 in a stream.

UTF-8 is what a file is in unless its bytes say otherwise. Eight-bit encodings say nothing about
themselves, so Windows-1252 and Mac Roman are guesses, and told as such.
"""

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from charset_normalizer import from_bytes

from trainer.errors import DatasetError

_PIECE = 262_144
_SAMPLE = 65_536
"""Bytes of unreadable lines that an eight-bit encoding is guessed from."""
_HEAD = 4096
_PLAUSIBLE = 0.8
"""Part of the characters beyond ASCII that must be at home in western text."""
_MOST_BEYOND = 0.4
"""Part of the letters that is beyond ASCII in no western language."""
_FEW = 8
"""Characters beyond ASCII that are too few to name an encoding by."""

_LETTERS = "äöüßÄÖÜéèêëàâçîïôûùœæñáíóúÀÂÉÈÊÇÎÔÁÍÓÚÑåøÅØÆŒãõÃÕìòÌÒ"
_MARKS = "\u2018\u2019\u201a\u2013\u2014“”„…€£§°·«»¿¡•©®™ªº"
_FURTHER = 0b1000_0000  # how the second and the further bytes of a character begin in UTF-8
_HIGH = re.compile(r"[^\x00-\x7f]+")


@dataclass(frozen=True)
class Encoding:
    """An encoding of text.

    Attributes:
        codec: Python's name of it.
        name: how people call it.
        guess: whether the bytes do not say so themselves.
    """

    codec: str = "utf-8"
    name: str = "UTF-8"
    guess: bool = False

    @property
    def note(self) -> str | None:
        """A sentence about it, None for UTF-8, which needs none."""
        if self.codec == "utf-8":
            return None
        return f"read as {self.name}" + (" (a guess)" if self.guess else "")


UTF_8 = Encoding()
_WINDOWS = Encoding("cp1252", "Windows-1252", guess=True)
_MAC = Encoding("mac_roman", "Mac Roman", guess=True)


def encoding_of(path: Path) -> Encoding:
    """Returns the encoding of a text file, in bounded memory.

    Raises:
        DatasetError: it is one that is not read here; the text says which it looks like.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        if wide := _wide(path.name, head):
            return wide
        stream.seek(0)
        sample, good, bad = _unreadable_lines(stream)
    # A text in UTF-8 with some wrong bytes: only their lines are rejected.
    if not bad or good >= bad:
        return UTF_8
    return _eight_bit(path.name, sample)


def is_wide(head: bytes) -> bool:
    """Returns whether a file begins like text in units of two or four bytes."""
    try:
        return _wide("", head) is not None
    except DatasetError:
        return True


def as_utf8(stream: BinaryIO, encoding: Encoding) -> BinaryIO:
    """Returns a stream of the same text in UTF-8; what cannot be read is no UTF-8 there either."""
    if encoding.codec == "utf-8":
        return stream
    return io.BufferedReader(_Recoded(stream, encoding.codec))


class _Recoded(io.RawIOBase):
    """A stream that is read in another encoding and given as UTF-8, piece by piece."""

    def __init__(self, stream: BinaryIO, codec: str) -> None:
        self._stream = stream
        # Both let through what is wrong, as bytes that are wrong in UTF-8 as well.
        self._errors = "surrogatepass" if codec.startswith("utf") else "surrogateescape"
        self._decoder = codecs.getincrementaldecoder(codec)(self._errors)
        self._left = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        while not self._left and not self._ended:
            piece = self._stream.read(_PIECE // 4)
            self._ended = not piece
            try:
                text = self._decoder.decode(piece, final=self._ended)
            except UnicodeDecodeError:  # half of a character at the very end
                self._left = b"\xff"
            else:
                self._left = text.encode("utf-8", self._errors)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def _wide(name: str, head: bytes) -> Encoding | None:
    """The encoding of text in units of two bytes, None for other files."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise DatasetError(f"{name} is UTF-32 text: save it as UTF-8")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16", "UTF-16")
    # Without a mark: in text of mostly Latin letters every second byte is zero, the others never.
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > half // 2 and even == 0:
        return Encoding("utf-16-le", "UTF-16", guess=True)
    if even > half // 2 and odd == 0:
        return Encoding("utf-16-be", "UTF-16", guess=True)
    return None


def _unreadable_lines(stream: BinaryIO) -> tuple[bytes, int, int]:
    """Some lines that are no UTF-8, and how many lines beyond ASCII are UTF-8 and are not."""
    sample = bytearray()
    good = bad = 0
    for piece in _pieces(stream):
        if piece.isascii():
            continue
        for line in piece.split(b"\n"):
            if line.isascii():
                continue
            try:
                line.decode()
                good += 1
            except UnicodeDecodeError:
                bad += 1
                sample += line[: max(0, _SAMPLE - len(sample))] + b"\n"
    return bytes(sample[:_SAMPLE]), good, bad


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """The file in pieces of whole lines, or of no more than a piece where a line is longer."""
    left = b""
    while piece := stream.read(_PIECE):
        whole, end, rest = (left + piece).rpartition(b"\n")
        if end:
            yield whole
            left = rest
        else:
            # A character may be cut here, which counts as one unreadable line among many.
            cut = _start_of_last_character(rest)
            yield rest[:cut]
            left = rest[cut:]
    yield left


def _start_of_last_character(text: bytes) -> int:
    """Where the last character of UTF-8 begins, so that it is not cut."""
    for back in range(1, min(4, len(text)) + 1):
        if text[-back] & 0b1100_0000 != _FURTHER:
            return len(text) - back
    return len(text)


def _eight_bit(name: str, sample: bytes) -> Encoding:
    """The likelier of the two western encodings; UTF-8 where neither gives plausible text."""
    shares = {one: _plausible(sample, one.codec) for one in (_WINDOWS, _MAC)}
    best = max(shares, key=lambda one: shares[one])
    if shares[best] >= _PLAUSIBLE:
        if shares[_WINDOWS] == shares[_MAC]:
            guess = from_bytes(sample, cp_isolation=[_WINDOWS.codec, _MAC.codec]).best()
            return _MAC if guess is not None and guess.encoding == _MAC.codec else _WINDOWS
        return best
    if sum(byte > 0x7F for byte in sample) >= _FEW:  # noqa: PLR2004  the end of ASCII
        other = from_bytes(sample).best()
        if other is not None and other.encoding not in ("utf_8", _WINDOWS.codec, _MAC.codec):
            looks = f"it looks like {other.encoding.replace('_', '-')}"
            raise DatasetError(f"{name} is no UTF-8 text, {looks}: save it as UTF-8")
    return UTF_8


def _plausible(sample: bytes, codec: str) -> float:
    """The part of the characters beyond ASCII that would be at home in western text."""
    text = sample.decode(codec, errors="replace")
    beyond = good = 0
    for found in _HIGH.finditer(text):
        before = text[found.start() - 1 : found.start()]
        after = text[found.end() : found.end() + 1]
        beyond += len(found[0])
        good += sum(_at_home(letter, before, after) for letter in found[0][:2])
    letters = sum(letter.isalpha() for letter in text)
    if beyond > max(letters, 1) * _MOST_BEYOND and beyond >= _FEW:
        return 0.0
    return good / beyond if beyond else 1.0


def _at_home(letter: str, before: str, after: str) -> bool:
    if letter in _LETTERS:
        # A capital within a word of small letters is a small letter of the other encoding.
        return not (letter.isupper() and before.islower())
    if letter in "\u2013\u2014¿¡•":
        return not (before.isalpha() and after.isalpha())
    return letter in _MARKS
