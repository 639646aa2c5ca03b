"""Which lessons a given adapter has mastered, as a night looks after its training."""

from pathlib import Path

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
from trainer.dataset.reader import TrainingData
from trainer.evaluation.mastery import mastered
from trainer.evaluation.not_mastered import reasons
from trainer.evaluation.runner import MAX_ROW_TOKENS
from trainer.models.loading import LoadedModel, sharing_copy, with_adapter
from trainer.models.tokenization import make_row
from trainer.results.mastery import Mastery


def check_mastery(loaded: LoadedModel, adapter: Path, lessons: TrainingData) -> Mastery:
    """Returns which of the trained lessons an adapter gives word for word, and why not the others.

    Args:
        loaded: the base model, bare.
        adapter: a folder of mlx-lm's layout.
        lessons: all of `train` is looked at.

    Raises:
        AdapterError: the adapter does not fit the model.
    """
    rows = [make_row(loaded.tokenizer, each, MAX_ROW_TOKENS) for each in lessons.train]
    known = mastered(with_adapter(sharing_copy(loaded.model), adapter), rows)
    missing = [place for place, right in enumerate(known) if not right]
    why = reasons(lessons.train, rows, missing, loaded.tokenizer)
    return Mastery.of(known, lessons.train_ids, why)
