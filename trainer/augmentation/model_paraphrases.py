"""Paraphrases of questions that a capable base model writes, checked and kept.

A model of some hundred million parameters answers such a request instead of rewriting the
question, so it is not asked (docs/log.md). What a larger one writes counts only if
it may stand for the question, and if the model answers it correctly when it is given the fact. The
caller passes both checks, and the folder where paraphrases are kept: they are people's words, and
must not be in a cache that others share.
"""

import hashlib
import json
import logging
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx_lm.sample_utils import make_sampler

from trainer.inference.generation import OnAnswer, answers, ignore_progress
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import prompt_tokens

TEMPERATURE, TOP_P = 0.9, 0.95
TRIES = 3
"""Samples for each paraphrase that is asked for."""
LEAST_SHARE = 0.2
"""Share of the samples that must pass; below it nothing that the model wrote is used."""
LENGTH, ANSWER_LENGTH = 48, 64
"""Most tokens of a paraphrase, and of the answer that checks it."""
_ASK = (
    "Rewrite the question in other words, as a colleague might ask it. Keep its meaning and all "
    "names and numbers. Write only the question.\n\nQuestion: {question}"
)
_CHECK = "{fact}\n\nAnswer from this alone, in one sentence: {question}"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ParaphraseChecks:
    """The checks that a paraphrase has to pass; `trainer.evaluation` has both."""

    may_stand_for: Callable[[str, str, str], bool]
    """Called with a question, its taught answer and a wording; returns whether the wording may
    stand for the question and gives nothing of the answer away."""
    recalled: Callable[[str, str, str], bool]
    """Called with the taught answer, an actual answer and the wording that was asked; returns
    whether the actual answer says what was taught."""


def paraphrases(
    loaded: LoadedModel,
    lessons: Sequence[tuple[str, str]],
    count: int,
    checks: ParaphraseChecks,
    folder: Path | None = None,
    seed: int = 0,
    on_answer: OnAnswer = ignore_progress,
) -> list[list[str]]:
    """Returns for every lesson up to `count` paraphrases of its question; none from a weak model.

    Args:
        loaded: the base model, without an adapter.
        lessons: pairs of a question and its taught answer.
        count: the most paraphrases of each.
        checks: the checks that a paraphrase has to pass.
        folder: where paraphrases are kept, so that only new lessons are asked; None keeps nothing.
        seed: seed of the samples.
        on_answer: called with the number of answers done and the number of all answers.
    """
    if not count:
        return [[] for _ in lessons]
    place = folder / f"{loaded.revision[:24]}.jsonl" if folder else None
    known = _kept(place)
    missing = [lesson for lesson in dict.fromkeys(lessons) if _key(lesson, count) not in known]
    if missing:
        written = _written(loaded, missing, count, checks, seed, on_answer)
        asked = len(missing) * count * TRIES
        if sum(map(len, written)) < LEAST_SHARE * asked:
            _log.info("this model does not rewrite questions: %d lessons go without", len(missing))
            written = [[] for _ in missing]
        fresh = zip(missing, written, strict=True)
        known |= {_key(lesson, count): texts[:count] for lesson, texts in fresh}
        _keep(place, known)
    return [known[_key(lesson, count)] for lesson in lessons]


def _written(
    loaded: LoadedModel,
    lessons: Sequence[tuple[str, str]],
    count: int,
    checks: ParaphraseChecks,
    seed: int,
    on_answer: OnAnswer,
) -> list[list[str]]:
    mx.random.seed(seed)
    samples = count * TRIES
    asked = [_prompt(loaded, _ASK.format(question=q)) for q, _ in lessons for _ in range(samples)]
    sampler = make_sampler(TEMPERATURE, TOP_P)
    generated = answers(
        loaded.model, loaded.tokenizer, asked, [LENGTH] * len(asked), on_answer, sampler=sampler
    )
    accepted: list[dict[str, None]] = []
    for place, (question, answer) in enumerate(lessons):
        texts = [a.text for a in generated[place * samples : (place + 1) * samples] if a.finished]
        bare = (re.sub(r'^(?:question:\s*)?"?|"?$', "", t, flags=re.IGNORECASE) for t in texts)
        accepted.append(dict.fromkeys(t for t in bare if checks.may_stand_for(question, answer, t)))
    return _understood(loaded, lessons, accepted, checks)


def _understood(
    loaded: LoadedModel,
    lessons: Sequence[tuple[str, str]],
    accepted: Sequence[dict[str, None]],
    checks: ParaphraseChecks,
) -> list[list[str]]:
    """Returns the paraphrases to which the model, given the fact, gives the taught answer."""
    pairs = [(place, text) for place, texts in enumerate(accepted) for text in texts]
    asked = [_prompt(loaded, _CHECK.format(fact=lessons[p][1], question=t)) for p, t in pairs]
    generated = answers(loaded.model, loaded.tokenizer, asked, [ANSWER_LENGTH] * len(asked))
    kept: list[list[str]] = [[] for _ in lessons]
    for (place, text), answer in zip(pairs, generated, strict=True):
        if checks.recalled(lessons[place][1], answer.text, text):
            kept[place].append(text)
    return kept


def _prompt(loaded: LoadedModel, text: str) -> list[int]:
    return prompt_tokens(loaded.tokenizer, [{"role": "user", "content": text}])


def _key(lesson: tuple[str, str], count: int) -> str:
    return hashlib.sha256(json.dumps([*lesson, count]).encode()).hexdigest()


def _kept(place: Path | None) -> dict[str, list[str]]:
    if place is None or not place.is_file():
        return {}
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()
    ]
    return {line["lesson"]: line["wordings"] for line in lines}


def _keep(place: Path | None, known: dict[str, list[str]]) -> None:
    if place is None:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps({"lesson": key, "wordings": wordings}, ensure_ascii=False)
        for key, wordings in known.items()
    ]
    with tempfile.NamedTemporaryFile(
        "w", dir=place.parent, encoding="utf-8", delete=False, suffix=".tmp"
    ) as file:
        file.writelines(line + "\n" for line in lines)
    Path(file.name).replace(place)
