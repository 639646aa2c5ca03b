"""General questions and prompts, which show and keep what a model knew before. Needs no mlx."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


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


def _shipped(name: str) -> list[dict[str, Any]]:
    text = files("trainer").joinpath("lists", name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]
