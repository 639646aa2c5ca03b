"""Conversations become rows of tokens, with the place where the answer begins. Needs no mlx."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trainer.chat import Messages, full_tokens, prompt_tokens
from trainer.errors import DatasetError


@dataclass(frozen=True)
class Row:
    """Tokens of one conversation; those from `start` on are what the model should say."""

    tokens: tuple[int, ...]
    start: int

    def __len__(self) -> int:
        return len(self.tokens)


def make_row(tokenizer: Any, messages: Messages, limit: int) -> Row:
    """Tokens of a conversation that ends with the assistant's answer.

    Args:
        tokenizer: of the model.
        messages: the last one is the assistant's.
        limit: tokens at most; the end of the answer is cut off, never the question.

    Raises:
        DatasetError: the last message is not an answer, or nothing of it would be left.
        ModelError: the model's template refuses these messages.
    """
    if not messages or messages[-1].get("role") != "assistant":
        raise DatasetError("A row must end with the assistant's answer.")
    asked = prompt_tokens(tokenizer, messages[:-1])
    whole = full_tokens(tokenizer, messages)
    if whole[: len(asked)] != asked:
        # The template writes past turns otherwise than it opens the next one: the answer's own
        # tokens are put where the model will be asked to speak.
        whole = asked + tokenizer.encode(messages[-1]["content"], add_special_tokens=False)
    whole = _ended(whole, len(asked), tokenizer)[:limit]
    if len(whole) <= len(asked):
        raise DatasetError(
            f"A question of {len(asked)} tokens leaves no room for its answer within {limit}."
        )
    return Row(tuple(whole), len(asked))


def _ended(tokens: Sequence[int], start: int, tokenizer: Any) -> list[int]:
    """The tokens up to and with the one that ends the answer; it is added where it is missing.

    What a template writes after it (a line break, say) is never generated, nor is it learned.
    """
    ends = set(tokenizer.eos_token_ids)
    for place in range(len(tokens) - 1, max(len(tokens) - 4, start - 1), -1):
        if tokens[place] in ends:
            return list(tokens[: place + 1])
    return [*tokens, int(tokenizer.eos_token_id)]
