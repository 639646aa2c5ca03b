"""Validation finds all errors of an example at once and words them for people.

Without a tokenizer the checks are on characters; with one, also on tokens. Whether two
examples contradict or repeat each other is not asked here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from trainer.dataset.token_counts import TokenCounter
from trainer.errors import DatasetError
from trainer.formats import Row, chatml_turns, kind_of, to_messages

MAX_LENGTH = 4096
"""Characters that a prompt or a completion may have."""
MAX_SEQ_LENGTH = 2048
"""Tokens of a whole row; mlx-lm's own default, beyond which it cuts the end off."""

# Tab, line feed and carriage return are text. Half of a surrogate pair cannot be written at all.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# The form that nearly all chat templates give their markers; the others need the tokenizer.
_MARKER = re.compile(r"<\|[\w ]{1,40}\|>")
TOO_MANY_TOKENS = re.compile(r"over \d+ tokens \(\d+\)")
"""How the error of a row begins that is longer than training takes."""
_FENCE = re.compile(r"^\s*(```|~~~)", re.MULTILINE)


@dataclass(frozen=True)
class Limits:
    """Lengths that a row may have: characters of a message, tokens of the row."""

    max_prompt_length: int = MAX_LENGTH
    max_completion_length: int = MAX_LENGTH
    max_seq_length: int = MAX_SEQ_LENGTH


@dataclass(frozen=True)
class Validation:
    """The result of validating a set of rows.

    Attributes:
        valid: the rows without an error, in their order.
        errors: (index, errors) of the others, counting from 0.
    """

    valid: list[Row]
    errors: list[tuple[int, list[str]]]

    @property
    def valid_count(self) -> int:
        """The number of rows that can be trained on."""
        return len(self.valid)

    @property
    def invalid_count(self) -> int:
        """The number of rows that cannot be trained on."""
        return len(self.errors)


def validate_example(
    row: Mapping[str, Any],
    tokenizer: Any = None,
    max_seq_length: int = MAX_SEQ_LENGTH,
    *,
    max_prompt_length: int = MAX_LENGTH,
    max_completion_length: int = MAX_LENGTH,
) -> list[str]:
    """Returns all errors of a row; the list is empty when the row can be trained on.

    Args:
        row: a row of any kind, as it stands in JSONL.
        tokenizer: mlx-lm's or transformers'; adds the checks in tokens.
        max_seq_length: tokens that the rendered row may have.
        max_prompt_length: characters of each message that is not the assistant's.
        max_completion_length: characters of each assistant message.
    """
    limits = Limits(max_prompt_length, max_completion_length, max_seq_length)
    result = validate_dataset([row], tokenizer, limits=limits)
    return result.errors[0][1] if result.errors else []


def validate_dataset(
    rows: Iterable[Mapping[str, Any]],
    tokenizer: Any = None,
    max_seq_length: int | None = None,
    *,
    limits: Limits | None = None,
) -> Validation:
    """Validates many rows; with a tokenizer this is far faster than one by one.

    Args:
        rows: rows of any kind.
        tokenizer: as in `validate_example`.
        max_seq_length: tokens of a row; wins over the one in `limits`.
        limits: lengths in characters and tokens; default 4096, 4096 and 2048.
    """
    limits = limits or Limits()
    most_tokens = limits.max_seq_length if max_seq_length is None else max_seq_length
    counter = None if tokenizer is None else TokenCounter(tokenizer)
    given = list(rows)
    errors_of = [_errors(row, limits, counter) for row in given]
    if counter is not None:
        readable = [index for index, errors in enumerate(errors_of) if not errors]
        over = counter.over([given[index] for index in readable], most_tokens)
        for position, count in over.items():
            errors_of[readable[position]].append(
                f"over {most_tokens} tokens ({count}): the completion would be cut off"
            )
    return Validation(
        [dict(row) for row, errors in zip(given, errors_of, strict=True) if not errors],
        [(index, errors) for index, errors in enumerate(errors_of) if errors],
    )


def _errors(row: Mapping[str, Any], limits: Limits, counter: TokenCounter | None) -> list[str]:
    if not isinstance(row, Mapping):
        return ["not a row: prompt and completion, or messages, or text are needed"]
    missing = _missing(row)
    if missing:
        return missing
    try:
        kind = kind_of(row)
        turns = to_messages(row)
    except DatasetError as error:
        return [str(error)]
    if kind == "text" and not chatml_turns(row["text"]):
        return _text_errors(row, limits)
    return [
        *_order_errors([turn["role"] for turn in turns]),
        *(error for turn in turns for error in _turn_errors(turn, limits, counter)),
        *_cut_off(row, turns),
    ]


def _missing(row: Mapping[str, Any]) -> list[str]:
    """Errors for the prompt and completion fields that are absent or no text."""
    if "messages" in row or "text" in row:
        return []
    errors = []
    for name in ("prompt", "completion"):
        value = row.get(name)
        if value is None:
            errors.append(f"empty {name}")
        elif not isinstance(value, str):
            errors.append(f"the {name} must be text, not {type(value).__name__}")
    if not errors:
        return []
    # One look at a row tells everything that is wrong with it.
    other = row.get("completion" if "prompt" in errors[0] else "prompt")
    if len(errors) == 1 and isinstance(other, str) and not other.strip():
        errors.append("empty completion" if "prompt" in errors[0] else "empty prompt")
    return sorted(errors, key=lambda error: "completion" in error)


def _order_errors(roles: Sequence[str]) -> list[str]:
    if not roles:
        return ["no messages"]
    errors = []
    if "system" in roles[1:]:
        errors.append("a system message must be the first")
    if "user" not in roles:
        errors.append("empty prompt: no user message")
    if roles[-1] != "assistant":
        errors.append("empty completion: the last message must be the assistant's")
    spoken = [role for role in roles if role != "system"]
    if any(one == other for one, other in pairwise(spoken)):
        errors.append("user and assistant must take turns")
    elif spoken and spoken[0] != "user":
        errors.append("the user must speak first")
    return errors


def _turn_errors(
    turn: Mapping[str, str], limits: Limits, counter: TokenCounter | None
) -> list[str]:
    content = turn["content"]
    if turn["role"] == "assistant":
        name, longest = "completion", limits.max_completion_length
    else:
        name = "prompt" if turn["role"] == "user" else "system message"
        longest = limits.max_prompt_length
    errors = []
    if not content.strip():
        errors.append(f"empty {name}")
    if len(content) > longest:
        errors.append(f"{name} over {longest} characters ({len(content)})")
    errors += _character_errors(name, content)
    special = set(_MARKER.findall(content))
    if counter is not None:
        special |= {token for token in counter.special_tokens if token in content}
    if special:
        errors.append(f"special tokens in the {name}: {', '.join(sorted(special))}")
    return errors


def _character_errors(name: str, content: str) -> list[str]:
    control = _CONTROL.search(content)
    return [f"control character U+{ord(control[0]):04X} in the {name}"] if control else []


def _cut_off(row: Mapping[str, Any], turns: Sequence[Mapping[str, str]]) -> list[str]:
    """Errors of an answer that stopped in the middle before it was stored."""
    if row.get("finish_reason") == "length":
        return ["completion cut off: the model reached its limit of tokens"]
    if turns[-1:] and turns[-1]["role"] == "assistant":
        fences = _FENCE.findall(turns[-1]["content"])
        if len(fences) % 2:
            return ["completion cut off: a code block is opened and never closed"]
    return []


def _text_errors(row: Mapping[str, Any], limits: Limits) -> list[str]:
    """Errors of plain text without ChatML markers, whose turns are not known."""
    text = row["text"]
    if not text.strip():
        return ["empty text"]
    longest = limits.max_prompt_length + limits.max_completion_length
    errors = _character_errors("text", text)
    if len(text) > longest:
        errors.append(f"text over {longest} characters ({len(text)})")
    return errors + _cut_off(row, ())
