"""One way to turn messages into tokens, for training, for the exam and for answering alike.

A model that thinks aloud is used with thinking switched off everywhere: a template that renders
an empty think block in one place and not in the other would train on prompts that are never
asked. Tokens come straight from the template; text is never rendered and encoded again, which
would double the first token.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2.exceptions import TemplateError

from trainer.errors import ModelError

Messages = Sequence[Mapping[str, str]]
"""Each with `role` (system, user, assistant) and `content`."""


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
