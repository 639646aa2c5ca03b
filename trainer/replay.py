"""What the base model says by itself, kept so that training can remind it.

Its greedy answers to a shipped list of general prompts are written once for each model, template
and system prompt, and cached. Nothing that a team taught or asked goes into the cache. Those of
the starter model (in 32 bits, without a system prompt) come with the program: they are a copy of
the cache's file, and save the first night a minute.
"""

import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from trainer.cache import cache_folder
from trainer.chat import prompt_tokens
from trainer.generation import Answer, OnAnswer, answers, unheard
from trainer.models import LoadedModel
from trainer.rows import Row

LENGTH = 48
"""Tokens of an answer at most."""
REPLAYED = 24
"""Of which so many are trained: how an answer begins is what is to be kept, and more takes long
(docs/log.md)."""


@dataclass(frozen=True)
class Canary:
    """A general question, and a pattern that a right answer matches (any case)."""

    prompt: str
    pattern: str


@cache
def general_prompts() -> tuple[str, ...]:
    """The shipped prompts whose answers are replayed; none of them is a canary."""
    return tuple(line["prompt"] for line in _shipped("general.jsonl"))


@cache
def canaries() -> tuple[Canary, ...]:
    """The shipped questions that show whether a model has forgotten what it knew."""
    return tuple(Canary(line["prompt"], line["pattern"]) for line in _shipped("canaries.jsonl"))


def conversation(prompt: str, system: str = "") -> list[dict[str, str]]:
    """A question as messages, after the system prompt if there is one."""
    before = [{"role": "system", "content": system}] if system else []
    return [*before, {"role": "user", "content": prompt}]


def base_answers(
    loaded: LoadedModel,
    prompts: Sequence[str],
    system: str = "",
    on_answer: OnAnswer = unheard,
    folder: Path | None = None,
) -> list[Answer]:
    """The base model's greedy answers to shipped prompts; only those not cached are asked.

    Args:
        loaded: without an adapter.
        prompts: shipped ones: they and the answers are written to the cache.
        system: the system prompt that the bot answers under.
        on_answer: hears of progress.
        folder: of the cache.
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
    on_answer: OnAnswer = unheard,
    folder: Path | None = None,
) -> list[Row]:
    """How the base begins to answer the first so many general prompts, as rows to train on."""
    rows = answer_rows(loaded, general_prompts()[:count], system, on_answer, folder)
    return [Row(row.tokens[: row.start + REPLAYED], row.start) for row in rows]


def answer_rows(
    loaded: LoadedModel,
    prompts: Sequence[str],
    system: str = "",
    on_answer: OnAnswer = unheard,
    folder: Path | None = None,
) -> list[Row]:
    """The base's answers to shipped prompts as rows; arguments as for `base_answers`.

    An answer that was cut off has no end: the row does not teach one.
    """
    rows = []
    said = base_answers(loaded, prompts, system, on_answer, folder)
    for prompt, answer in zip(prompts, said, strict=True):
        asked = prompt_tokens(loaded.tokenizer, conversation(prompt, system))
        end = (int(loaded.tokenizer.eos_token_id),) if answer.finished else ()
        if answer.tokens:
            rows.append(Row((*asked, *answer.tokens, *end), len(asked)))
    return rows


def _shipped(name: str) -> list[dict[str, Any]]:
    text = files("trainer").joinpath("lists", name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _kept(place: Traversable) -> dict[str, Answer]:
    if not place.is_file():
        return {}
    found = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
    return {k["prompt"]: Answer(tuple(k["tokens"]), k["text"], k["finished"]) for k in found}


def _keep(place: Path, known: dict[str, Answer]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    lines = [{"prompt": prompt} | asdict(answer) for prompt, answer in known.items()]
    with tempfile.NamedTemporaryFile(
        "w", dir=place.parent, encoding="utf-8", delete=False, suffix=".tmp"
    ) as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    Path(file.name).replace(place)
