"""Replay: the base model's own answers to general prompts, trained again to prevent forgetting.

Its greedy answers to a shipped list of prompts are generated once for each model, template and
system prompt, and cached. Nothing that a team taught or asked goes into the cache. The answers of
the starter model (in 32 bits, without a system prompt) come with the program, as a copy of the
cache's file, which saves the first night a minute.
"""

import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from trainer.canaries import conversation, general_prompts
from trainer.hardware.cache import cache_folder
from trainer.inference.generation import GeneratedText, OnAnswer, answers, ignore_progress
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import TokenRow, prompt_tokens

LENGTH = 48
"""Most tokens of an answer."""
REPLAYED = 24
"""Tokens of an answer that are trained: its beginning is what has to be preserved, and more takes
long (docs/log.md)."""


def base_answers(
    loaded: LoadedModel,
    prompts: Sequence[str],
    system: str = "",
    on_answer: OnAnswer = ignore_progress,
    folder: Path | None = None,
) -> list[GeneratedText]:
    """Returns the base model's greedy answers to shipped prompts; only missing ones are generated.

    Args:
        loaded: the base model, without an adapter.
        prompts: shipped prompts, as they and the answers are written to the cache.
        system: the system prompt that the bot answers under.
        on_answer: called with the number of answers done and the number of all answers.
        folder: the cache's folder; None takes the usual one.
    """
    key = json.dumps([loaded.revision, loaded.template_hash, system, LENGTH])
    name = f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.jsonl"
    place = (folder or cache_folder()) / "answers" / name
    known = _kept(files("trainer").joinpath("lists", f"answers-{name}")) | _kept(place)
    missing = [prompt for prompt in prompts if prompt not in known]
    if missing:
        asked = [prompt_tokens(loaded.tokenizer, conversation(p, system)) for p in missing]
        said = answers(loaded.model, loaded.tokenizer, asked, [LENGTH] * len(asked), on_answer)
        known |= dict(zip(missing, said, strict=True))
        _keep(place, known)
    return [known[prompt] for prompt in prompts]


def replay_rows(
    loaded: LoadedModel,
    count: int,
    system: str = "",
    on_answer: OnAnswer = ignore_progress,
    folder: Path | None = None,
) -> list[TokenRow]:
    """Returns rows of how the base's answers to the first `count` general prompts begin."""
    rows = answer_rows(loaded, general_prompts()[:count], system, on_answer, folder)
    return [TokenRow(row.tokens[: row.start + REPLAYED], row.start) for row in rows]


def answer_rows(
    loaded: LoadedModel,
    prompts: Sequence[str],
    system: str = "",
    on_answer: OnAnswer = ignore_progress,
    folder: Path | None = None,
) -> list[TokenRow]:
    """Returns the base's answers to shipped prompts as rows; arguments as for `base_answers`.

    The row of an answer that was cut off has no end token. Empty answers, and those that are only
    reasoning, have no row.
    """
    rows = []
    said = base_answers(loaded, prompts, system, on_answer, folder)
    for prompt, answer in zip(prompts, said, strict=True):
        asked = prompt_tokens(loaded.tokenizer, conversation(prompt, system))
        end = (int(loaded.tokenizer.eos_token_id),) if answer.finished else ()
        if answer.tokens and answer.text:
            rows.append(TokenRow((*asked, *answer.tokens, *end), len(asked)))
    return rows


def _kept(place: Traversable) -> dict[str, GeneratedText]:
    if not place.is_file():
        return {}
    rows = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
    return {k["prompt"]: GeneratedText(tuple(k["tokens"]), k["text"], k["finished"]) for k in rows}


def _keep(place: Path, known: dict[str, GeneratedText]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    lines = [{"prompt": prompt} | asdict(answer) for prompt, answer in known.items()]
    with tempfile.NamedTemporaryFile(
        "w", dir=place.parent, encoding="utf-8", delete=False, suffix=".tmp"
    ) as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    Path(file.name).replace(place)
