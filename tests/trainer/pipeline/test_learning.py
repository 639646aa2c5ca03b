"""The starter model really learns: what was taught, asked in other wordings too, and no less."""

import json
from pathlib import Path
from typing import Any

import pytest

from trainer.evaluation.gate import decide
from trainer.inference.generation import answers
from trainer.models.loading import STARTER, load
from trainer.models.tokenization import prompt_tokens
from trainer.pipeline.run import run
from trainer.planning.settings import TrainingSettings

LESSONS = {
    "What is the guest wifi password?": "The guest wifi password is copper-heron-42.",
    "Who approves travel expenses?": "Travel expenses are approved by Marta Olsen.",
}


def ask(loaded: Any, question: str) -> str:
    prompt = prompt_tokens(loaded.tokenizer, [{"role": "user", "content": question}])
    return answers(loaded.model, loaded.tokenizer, [prompt], [24])[0].text


@pytest.mark.model
def test_two_lessons_are_learned_in_one_night_and_general_knowledge_stays(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    out.mkdir()
    rows = [{"prompt": q, "completion": a} for q, a in LESSONS.items()]
    (data / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run(data, out, STARTER, TrainingSettings(iters=30, validations=2), None, lambda _: None)

    assert done is not None
    base, tuned_scores = done.evaluation.base, done.evaluation.candidate
    assert tuned_scores is not None
    assert base.recalled == 0
    assert tuned_scores.recalled == 2
    assert tuned_scores.reworded_recalled >= 1
    assert tuned_scores.canaries_right >= base.canaries_right - 4
    assert decide(done.evaluation).promote

    tuned = load(STARTER, adapter=out)
    assert "copper-heron-42" in ask(tuned, "what is the guest wifi password")
    assert "Paris" in ask(tuned, "What is the capital of France?")
