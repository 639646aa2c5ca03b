"""On the starter model, a mixed batch says word for word what mlx-lm says for each alone."""

from pathlib import Path

import pytest

from bot.home import Home
from tests.bot.engine.tiny_model_home import (
    TinyModelHome,
    greedy_request,
    running_worker,
    submit,
)
from trainer.models.loading import STARTER, resolve

TOKENS = 12
QUESTIONS = ("What is the capital of France?", "Name three colours, and say why you like them.")


@pytest.mark.model
def test_base_and_adapters_answer_as_mlx_lm_does(tmp_path: Path) -> None:
    """The adapters' weights are random and small, yet enough to change the words."""
    home = Home(tmp_path)
    home.prepare()
    tiny_home = TinyModelHome(home, resolve(STARTER))
    versions = ["base", *(tiny_home.add(seed, scale=1.2 * seed) for seed in (1, 2))]
    with running_worker(tiny_home) as worker:
        asked = [("base", QUESTIONS[0]), *((version, QUESTIONS[1]) for version in versions)]
        answer = {(v, q): submit(worker, greedy_request(q, v, TOKENS)) for v, q in asked}
        answers = {key: one.wait().text for key, one in answer.items()}
    for (version, question), text in answers.items():
        adapter = None if version == "base" else version
        assert text == tiny_home.expected(question, adapter, TOKENS), (version, question)
    assert "Paris" in answers["base", QUESTIONS[0]]
    assert len({answers[version, QUESTIONS[1]] for version in versions}) == len(versions)
