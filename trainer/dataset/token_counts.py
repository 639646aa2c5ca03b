"""This module counts the tokens of many rows quickly, exactly as training will see them.

`trainer.models.tokenization` gives the same numbers one row at a time; here all rows are rendered
first and the fast tokenizer encodes them in batches on all cores.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from trainer.errors import ModelError
from trainer.formats import kind_of, to_messages
from trainer.models.loading import locate
from trainer.models.tokenization import always_reasons, full_text, prompt_text

BATCH = 512
"""Rows encoded at once: enough for all cores, few enough that the encodings stay small."""
_MARGIN = 64  # tokens that a tokenizer may add of its own, generously
OnProgress = Callable[[int, int], None]
"""Callback that is given the number of rows done and the number of all rows."""


def tokenizer_of(model: str) -> Any | None:
    """The tokenizer of a model that lies on this disk, without the model and without mlx.

    Returns:
        None where the model has to be fetched first or cannot be read: the checks in characters
        remain. Data can be looked at and exported without any model.
    """
    try:
        folder = locate(model)
    except ModelError:
        folder = None
    if folder is None:
        return None
    # It would say on standard error that PyTorch is missing, which nobody here wants to know.
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    from transformers import AutoTokenizer  # noqa: PLC0415  takes seconds

    try:
        return AutoTokenizer.from_pretrained(str(folder))
    except (OSError, ValueError, KeyError):
        return None


def _silent(_done: int, _of: int) -> None:
    """Ignores the progress: the default where no callback is given."""


class TokenCounter:
    """Counts with mlx-lm's or transformers' tokenizer of one model."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        # mlx-lm wraps a tokenizer of transformers, which itself wraps one with no such attributes.
        wrapped = getattr(tokenizer, "_tokenizer", None)
        inner = wrapped if hasattr(wrapped, "apply_chat_template") else tokenizer
        self._fast = getattr(inner, "backend_tokenizer", None)
        self._closes = always_reasons(tokenizer)
        added = getattr(inner, "added_tokens_decoder", {})
        self.special_tokens: frozenset[str] = frozenset(
            {str(token) for token in getattr(inner, "all_special_tokens", ())}
            | {str(token) for token in added.values() if getattr(token, "special", False)}
        )
        """Text that the tokenizer would take for a marker, as `<|im_end|>`."""

    def count(
        self, rows: Sequence[Mapping[str, Any]], on_progress: OnProgress = _silent
    ) -> list[int]:
        """Tokens of each row with its template, in their order.

        Raises:
            DatasetError: a row of no known kind.
            ModelError: the model has no chat template, or it refuses a row.
        """
        counts: list[int] = []
        for count in self._encoded(self._rendered(row) for row in rows):
            counts.append(count)
            if len(counts) % BATCH == 0:
                on_progress(len(counts), len(rows))
        return counts

    def over(self, rows: Sequence[Mapping[str, Any]], most: int) -> dict[int, int]:
        """The rows with more than `most` tokens: index and number of tokens.

        A token is never shorter than one ASCII character, so most rows need no encoding at all.

        Raises:
            DatasetError: as `count`.
            ModelError: as `count`.
        """
        doubtful = []
        for index, row in enumerate(rows):
            text, plain = self._rendered(row)
            if not text.isascii() or len(text) + _MARGIN > most:
                doubtful.append((index, (text, plain)))
        counts = self._encoded(text for _, text in doubtful)
        return {
            index: count for (index, _), count in zip(doubtful, counts, strict=True) if count > most
        }

    def _rendered(self, row: Mapping[str, Any]) -> tuple[str, bool]:
        """The text that is encoded, and whether it is a plain `text` row."""
        if kind_of(row) == "text":
            return str(row["text"]), True
        turns = to_messages(row)
        try:
            whole = full_text(self._tokenizer, turns)
            if not self._closes or turns[-1]["role"] != "assistant":
                return whole, False
            asked = prompt_text(self._tokenizer, turns[:-1])
        except ValueError as error:
            raise ModelError(
                "The model has no chat template: choose an instruct or chat model."
            ) from error
        # As trainer.models.tokenization.make_row puts the two together.
        if not whole.startswith(asked):
            whole = f"{asked}{turns[-1]['content']}{self._tokenizer.eos_token}"
        return whole, False

    def _encoded(self, texts: Iterable[tuple[str, bool]]) -> Iterator[int]:
        for plain, run in groupby(texts, key=itemgetter(1)):
            while batch := [text for text, _ in islice(run, BATCH)]:
                yield from self._lengths(batch, plain)

    def _lengths(self, texts: list[str], plain: bool) -> Iterator[int]:
        # mlx-lm lets the tokenizer add its begin token to plain text only.
        if self._fast is not None:
            encoded = self._fast.encode_batch_fast(texts, add_special_tokens=plain)
            yield from (len(one) for one in encoded)
            return
        for text in texts:
            yield len(self._tokenizer.encode(text, add_special_tokens=plain))
