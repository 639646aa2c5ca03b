"""Reads ratings.jsonl and makes rows of it: several wordings, one of them held back.

A rated answer is one that people gave a thumb, and has no partner. The wordings are those of
preference pairs (`trainer.pipeline.preference_pairs`); `trainer.tuning.kto` trains the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.augmentation.surface_forms import unseen_wordings, wordings
from trainer.canaries import conversation
from trainer.errors import DatasetError, NightschoolError
from trainer.formats import parse_jsonl
from trainer.models.tokenization import make_row
from trainer.pipeline.preference_pairs import Preference
from trainer.planning.hyperparameters import Plan
from trainer.reasoning import without_reasoning
from trainer.tuning.kto import RatedRow


@dataclass(frozen=True)
class RatedAnswer:
    """One answer to a question, and whether people like it."""

    prompt: str
    completion: str
    liked: bool


def read_ratings(file: Path) -> list[RatedAnswer]:
    """Reads ratings.jsonl, oldest first; without the file there are none.

    Reasoning before the answers is left out, and so is an answer that is only that.

    Raises:
        DatasetError: the file cannot be read, or a row is no rated answer.
    """
    try:
        rated = [_rated(row) for row in parse_jsonl(file.read_bytes())]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror}.") from error
    except DatasetError as error:
        raise DatasetError(f"{file.name}, {error}") from error
    return [one for one in rated if one.completion.strip()]


def with_pairs(
    ratings: Sequence[RatedAnswer], preferences: Sequence[Preference]
) -> list[RatedAnswer]:
    """Returns rated answers after those of pairs: one liked and one disliked each; none twice.

    An answer that is liked here and disliked there is left out altogether.
    """
    split = [
        answer
        for pair in preferences
        for answer in (
            RatedAnswer(pair.prompt, pair.chosen, liked=True),
            RatedAnswer(pair.prompt, pair.rejected, liked=False),
        )
    ]
    every = dict.fromkeys((*split, *ratings))
    return [
        one for one in every if RatedAnswer(one.prompt, one.completion, not one.liked) not in every
    ]


def rows_of(
    tokenizer: Any, ratings: Sequence[RatedAnswer], system: str, plan: Plan
) -> tuple[list[list[RatedRow]], list[RatedRow]]:
    """Makes a row of every rated answer in each wording to train, and in one to check with.

    An answer is left out if a row has no room for it.

    Args:
        tokenizer: the model's.
        ratings: oldest first.
        system: the system prompt that the bot answers under.
        plan: the plan of the first stage; it has the number of wordings and the length of rows.

    Returns:
        For each rated answer its rows to train, the original wording first, and for each one row
        in a wording that is not trained; the newest answer last.
    """
    trained, checked = [], []
    for one in ratings:
        unseen = unseen_wordings(one.prompt) or [one.prompt]
        asked = [*wordings(one.prompt, plan.variants), unseen[0]]
        answer = {"role": "assistant", "content": one.completion}
        try:
            rows = [
                make_row(tokenizer, [*conversation(words, system), answer], plan.max_seq_length)
                for words in asked
            ]
        except NightschoolError:
            continue
        rated = [RatedRow(row, one.liked) for row in rows]
        trained.append(rated[:-1])
        checked.append(rated[-1])
    return trained, checked


def _rated(row: dict[str, Any]) -> RatedAnswer:
    prompt, completion, label = row.get("prompt"), row.get("completion"), row.get("label")
    for key, value in (("prompt", prompt), ("completion", completion)):
        if not isinstance(value, str) or not value.strip():
            raise DatasetError(f"every row needs a text as its {key}.")
    if not isinstance(label, bool):
        raise DatasetError("every row needs true or false as its label.")
    return RatedAnswer(str(prompt), without_reasoning(str(completion)), label)
