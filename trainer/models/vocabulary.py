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
from pathlib import Path

from tokenizers import Encoding, Tokenizer

KNOWN_SHARE = 0.7
"""A text of whose words fewer are whole in the vocabulary is taken to be in another language."""
MULTILINGUAL_SIZE = 100_000
"""Vocabularies of so many pieces are of many languages, whose words they all break: nothing can be
told. Those of one language have 20,000 to 50,000; mBERT has 105,879, XLM-RoBERTa 250,002."""
_ADDRESS = re.compile(r"[!-~]*[\d_@/\\][!-~]*|[!-~]+[.:][!-~]+")
"""What is in no language: numbers, names of machines, paths, mail addresses."""
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\d_\u3400-\u9fff]+")
"""A run of letters; each sign of Chinese is one, as nothing stands between them."""


def count_foreign(folder: Path, texts: Iterable[str]) -> int:
    """Returns how many texts are in a language that the encoder in a folder does not serve.

    Of an encoder of many languages it is 0. Texts without words are passed over.
    """
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    if tokenizer.get_vocab_size() >= MULTILINGUAL_SIZE:
        return 0
    tokenizer.no_truncation()
    tokenizer.no_padding()
    unknown = {
        number for word in ("[UNK]", "<unk>") if (number := tokenizer.token_to_id(word)) is not None
    }
    return sum(
        _known_share(text, tokenizer.encode(text, add_special_tokens=False), unknown) < KNOWN_SHARE
        for text in texts
    )


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
