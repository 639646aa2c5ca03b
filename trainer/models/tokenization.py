"""One way to turn messages into tokens, for training, for the exam and for answering alike.

A model that reasons aloud is used with that switched off everywhere: a template that renders an
empty block of reasoning in one place and not in the other would train on prompts that are never
asked. Where a template opens the block whatever it is told, the block is closed at once, for
training and answering alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2.exceptions import TemplateError

from trainer.errors import DatasetError, ModelError
from trainer.reasoning import closing_of, names_closing, names_reasoning

Messages = Sequence[Mapping[str, str]]
"""Messages of a conversation, each with `role` (system, user, assistant) and `content`."""


_END_TOKENS = 24
"""Tokens at the end of a prompt in which a mark that opens reasoning would be."""
_PROBE = "Yes"
"""The answer by which a template shows how it closes the reasoning before one."""


def prompt_tokens(tokenizer: Any, messages: Messages) -> list[int]:
    """The tokens after which the model answers: all messages and the opening of its turn.

    Args:
        tokenizer: mlx-lm's wrapper, as `mlx_lm.load` returns it.
        messages: the conversation; the last one is usually the user's.

    Raises:
        ModelError: the model has no chat template, or its template refuses these messages.
    """
    tokens = _rendered(tokenizer, messages, tokenize=True, add_generation_prompt=True)
    if closing_of(tokenizer.decode(tokens[-_END_TOKENS:])) is not None:
        # The template has written the first token, so the tokenizer must not add it again.
        tokens = tokenizer.encode(prompt_text(tokenizer, messages), add_special_tokens=False)
    return [int(token) for token in tokens]


def full_tokens(tokenizer: Any, messages: Messages) -> list[int]:
    """The tokens of a whole conversation that ends with the assistant's answer.

    For most templates `prompt_tokens` of all but the last message is a prefix of it; training
    checks that row by row.

    Raises:
        ModelError: as `prompt_tokens`.
    """
    tokens = _rendered(tokenizer, messages, tokenize=True, add_generation_prompt=False)
    return [int(token) for token in tokens]


def prompt_text(tokenizer: Any, messages: Messages) -> str:
    """The text of `prompt_tokens`, with reasoning that the template opens closed again.

    Raises:
        ModelError: as `prompt_tokens`.
    """
    prompt = str(_rendered(tokenizer, messages, tokenize=False, add_generation_prompt=True))
    closing = closing_of(prompt)
    if closing is None:
        return prompt
    probe = [*messages, {"role": "assistant", "content": _PROBE}]
    whole = full_text(tokenizer, probe)
    closed, answered, _ = whole[len(prompt) :].partition(_PROBE)
    if whole.startswith(prompt) and answered and closing in closed:
        return prompt + closed
    # As Qwen3's template writes an empty block; it was copied by most that came later.
    return f"{prompt.rstrip()}\n\n{closing}\n\n"


def full_text(tokenizer: Any, messages: Messages) -> str:
    """The text of `full_tokens`.

    Raises:
        ModelError: as `prompt_tokens`.
    """
    return str(_rendered(tokenizer, messages, tokenize=False, add_generation_prompt=False))


def always_reasons(tokenizer: Any) -> bool:
    """Returns whether the chat template opens reasoning although it is told not to.

    `prompt_tokens` closes it at once. False where there is no template, or it refuses a question.
    """
    if not names_reasoning(str(getattr(tokenizer, "chat_template", None) or "")):
        return False
    question = [{"role": "user", "content": _PROBE}]
    try:
        prompt = _rendered(tokenizer, question, tokenize=False, add_generation_prompt=True)
    except (ModelError, TypeError, ValueError):
        return False  # whoever asks it something is told why it cannot answer
    return closing_of(str(prompt)) is not None


def cannot_switch_reasoning_off(tokenizer: Any) -> bool:
    """Returns whether the chat template knows of reasoning and has no switch for it.

    Besides those that open it themselves these are templates that only take it out of earlier
    answers, or leave it to the model to begin it.
    """
    template = str(getattr(tokenizer, "chat_template", None) or "")
    if not (names_reasoning(template) or names_closing(template)):
        return False
    question = [{"role": "user", "content": _PROBE}]
    try:
        off, on = (
            _rendered(
                tokenizer, question, tokenize=False, add_generation_prompt=True, thinking=thinking
            )
            for thinking in (False, True)
        )
    except (ModelError, TypeError, ValueError):
        return False  # as above
    return off == on or closing_of(str(off)) is not None


def _rendered(
    tokenizer: Any,
    messages: Messages,
    *,
    tokenize: bool,
    add_generation_prompt: bool,
    thinking: bool = False,
) -> Any:
    if not getattr(tokenizer, "has_chat_template", True):
        raise ModelError("The model has no chat template: choose an instruct or chat model.")

    def render(some: Messages) -> Any:
        return tokenizer.apply_chat_template(
            [dict(message) for message in some],
            tokenize=tokenize,
            add_generation_prompt=add_generation_prompt,
            enable_thinking=thinking,
        )

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
