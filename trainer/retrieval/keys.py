"""The texts that a lesson is found by."""

from typing import Literal

from trainer.augmentation.rule_paraphrases import rewordings

REWORDINGS = 8
"""Rewordings of each question that are keys of its lesson, at most."""
Kind = Literal["question", "pair", "wording"]
"""What a key is: the question, question and answer together, or a rewording."""
Key = tuple[Kind, int]
"""The kind of a key, and its number among those of one kind."""


def keys_of(prompt: str, completion: str) -> dict[Key, str]:
    """Returns the texts that a lesson is found by, each with its key."""
    return {
        ("question", 0): prompt,
        ("pair", 0): pair(prompt, completion),
        **{("wording", place): text for place, text in enumerate(rewordings(prompt, REWORDINGS))},
    }


def pair(prompt: str, completion: str) -> str:
    """Returns a lesson as one text: what the reranker reads beside the question."""
    return f"{prompt} {completion}"
