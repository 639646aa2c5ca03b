"""preferences.jsonl becomes pairs of rows: each question in several wordings, one held back.

The wordings are those of lessons (`trainer.augmentation.surface_forms`); how pairs are learned is
in `trainer.tuning.dpo`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.augmentation.surface_forms import unseen_wordings, wordings
from trainer.canaries import conversation
from trainer.errors import DatasetError, NightschoolError
from trainer.formats import parse_jsonl
from trainer.models.tokenization import TokenRow, make_row
from trainer.planning.hyperparameters import Plan
from trainer.tuning.dpo import Pair

_KEYS = ("prompt", "chosen", "rejected")


@dataclass(frozen=True)
class Preference:
    """One question with a better and a worse answer, as people gave them."""

    prompt: str
    chosen: str
    rejected: str


def read_preferences(file: Path) -> list[Preference]:
    """Reads preferences.jsonl, oldest first; without the file there are none.

    Raises:
        DatasetError: it cannot be read, or a row is none.
    """
    try:
        rows = parse_jsonl(file.read_bytes())
        return [Preference(*(_text(row, key) for key in _KEYS)) for row in rows]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror}.") from error
    except DatasetError as error:
        raise DatasetError(f"{file.name}, {error}") from error


def pairs_of(
    tokenizer: Any, preferences: Sequence[Preference], system: str, plans: Plan
) -> tuple[list[list[Pair]], list[Pair]]:
    """Pairs in the wordings to train, and each in one that is not trained, the newest last.

    What leaves no room for an answer, or for the difference between the two, is left out.

    Args:
        tokenizer: of the model.
        preferences: oldest first.
        system: the system prompt that the bot answers under.
        plans: of the first stage: wordings and the length of rows.
    """
    trained, checked = [], []
    for one in preferences:
        unseen = [words for words in unseen_wordings(one.prompt) if words != one.prompt]
        asked = [*wordings(one.prompt, plans.variants), *(unseen or [one.prompt])[:1]]
        try:
            found = [_pair(tokenizer, one, words, system, plans.max_seq_length) for words in asked]
        except NightschoolError:
            continue
        if all(pair.chosen != pair.rejected for pair in found):
            trained.append(found[:-1])
            checked.append(found[-1])
    return trained, checked


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise DatasetError(f"every row needs a text as its {key}.")
    return value


def _pair(tokenizer: Any, one: Preference, words: str, system: str, limit: int) -> Pair:
    asked = conversation(words, system)

    def row(answer: str) -> TokenRow:
        return make_row(tokenizer, [*asked, {"role": "assistant", "content": answer}], limit)

    return Pair(row(one.chosen), row(one.rejected))
