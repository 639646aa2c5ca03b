"""One way to turn messages into tokens, for training, for the exam and for answering alike.

A model that thinks aloud is used with thinking switched off everywhere: a template that renders
an empty think block in one place and not in the other would train on prompts that are never
asked. Tokens come straight from the template; text is never rendered and encoded again, which
would double the first token.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2.exceptions import TemplateError

from trainer.errors import DatasetError, ModelError

Messages = Sequence[Mapping[str, str]]
"""Messages of a conversation, each with `role` (system, user, assistant) and `content`."""


def prompt_tokens(tokenizer: Any, messages: Messages) -> list[int]:
    """The tokens after which the model answers: all messages and the opening of its turn.

    Args:
        tokenizer: mlx-lm's wrapper, as `mlx_lm.load` returns it.
        messages: the conversation; the last one is usually the user's.

    Raises:
        ModelError: the model has no chat template, or its template refuses these messages.
    """
    return _render(tokenizer, messages, add_generation_prompt=True)


def full_tokens(tokenizer: Any, messages: Messages) -> list[int]:
    """The tokens of a whole conversation that ends with the assistant's answer.

    For most templates `prompt_tokens` of all but the last message is a prefix of it; training
    checks that row by row.

    Raises:
        ModelError: as `prompt_tokens`.
    """
    return _render(tokenizer, messages, add_generation_prompt=False)


def _render(tokenizer: Any, messages: Messages, *, add_generation_prompt: bool) -> list[int]:
    if not getattr(tokenizer, "has_chat_template", True):
        raise ModelError("The model has no chat template: choose an instruct or chat model.")

    def render(some: Messages) -> list[int]:
        tokens = tokenizer.apply_chat_template(
            [dict(message) for message in some],
            tokenize=True,
            add_generation_prompt=add_generation_prompt,
            enable_thinking=False,
        )
        return [int(token) for token in tokens]

    try:
        return render(messages)
    except TemplateError as refusal:
        folded = _without_system(messages)
        if folded is not None:
            try:
                return render(folded)
            except TemplateError:
                pass  # the first refusal says more
        raise ModelError(
            f"The model's chat template refuses these messages: {refusal.message}"
        ) from refusal


def _without_system(messages: Messages) -> Messages | None:
    """The system prompt put before the first question: some templates know no system role."""
    match list(messages):
        case [{"role": "system"} as system, {"role": "user"} as user, *rest]:
            content = f"{system['content']}\n\n{user['content']}"
            return [{"role": "user", "content": content}, *rest]
    return None


@dataclass(frozen=True)
class TokenRow:
    """Tokens of one conversation; those from `start` on are what the model should say."""

    tokens: tuple[int, ...]
    start: int

    def __len__(self) -> int:
        return len(self.tokens)


def make_row(tokenizer: Any, messages: Messages, limit: int) -> TokenRow:
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
    return TokenRow(tuple(whole), len(asked))


def _ended(tokens: Sequence[int], start: int, tokenizer: Any) -> list[int]:
    """The tokens up to and with the one that ends the answer; it is added where it is missing.

    What a template writes after it (a line break, say) is never generated, nor is it learned.
    """
    ends = set(tokenizer.eos_token_ids)
    for place in range(len(tokens) - 1, max(len(tokens) - 4, start - 1), -1):
        if tokens[place] in ends:
            return list(tokens[: place + 1])
    return [*tokens, int(tokenizer.eos_token_id)]
