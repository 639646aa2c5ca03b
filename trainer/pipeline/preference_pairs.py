"""Reads preferences.jsonl and makes pairs of rows of it: several wordings, one of them held back.

The wordings are those of lessons (`trainer.augmentation.surface_forms`); `trainer.tuning.dpo`
trains the pairs.
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
from trainer.reasoning import without_reasoning
from trainer.tuning.dpo import Pair


@dataclass(frozen=True)
class Preference:
    """One question with a better and a worse answer, as people gave them."""

    prompt: str
    chosen: str
    rejected: str


def read_preferences(file: Path) -> list[Preference]:
    """Reads preferences.jsonl, oldest first; without the file there are none.

    Reasoning before the answers is left out, and so is a pair of which one answer is only that.

    Raises:
        DatasetError: the file cannot be read, or a row is no preference.
    """
    try:
        rows = parse_jsonl(file.read_bytes())
        pairs = [
            Preference(
                _text(row, "prompt"),
                without_reasoning(_text(row, "chosen")),
                without_reasoning(_text(row, "rejected")),
            )
            for row in rows
        ]
        return [pair for pair in pairs if pair.chosen.strip() and pair.rejected.strip()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror}.") from error
    except DatasetError as error:
        raise DatasetError(f"{file.name}, {error}") from error


def pairs_of(
    tokenizer: Any, preferences: Sequence[Preference], system: str, plan: Plan
) -> tuple[list[list[Pair]], list[Pair]]:
    """Makes a pair of every preference in each wording to train, and in one to check with.

    A preference is left out if a row has no room for its answer, or if cutting the rows makes the
    two answers equal.

    Args:
        tokenizer: the model's.
        preferences: oldest first.
        system: the system prompt that the bot answers under.
        plan: the plan of the first stage; it has the number of wordings and the length of rows.

    Returns:
        For each preference its pairs to train, the original wording first, and for each one pair
        in a wording that is not trained; the newest preference last.
    """
    trained, checked = [], []
    for one in preferences:
        unseen = unseen_wordings(one.prompt) or [one.prompt]
        asked = [*wordings(one.prompt, plan.variants), unseen[0]]
        try:
            pairs = [_pair(tokenizer, one, words, system, plan.max_seq_length) for words in asked]
        except NightschoolError:
            continue
        if all(pair.chosen != pair.rejected for pair in pairs):
            trained.append(pairs[:-1])
            checked.append(pairs[-1])
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
