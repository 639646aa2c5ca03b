"""The base's own answers: asked once for each model, kept, and never anything that was taught."""

import json
from pathlib import Path

import pytest

import trainer.hardware.device
from trainer.augmentation import replay
from trainer.augmentation.replay import LENGTH, REPLAYED, answer_rows, base_answers, replay_rows
from trainer.canaries import canaries, conversation, general_prompts
from trainer.inference import generation
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import prompt_tokens


def test_answers_are_asked_once_and_only_those_that_are_missing(
    tiny: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = base_answers(tiny, ["Hi", "Who?"], folder=tmp_path)
    asked: list[int] = []
    real = generation.answers

    def counted(
        model: object, tokenizer: object, prompts: list[list[int]], *rest: object
    ) -> object:
        asked.append(len(prompts))
        return real(model, tokenizer, prompts, *rest)  # type: ignore[arg-type]  # passed on as given

    monkeypatch.setattr(replay, "answers", counted)
    assert base_answers(tiny, ["Who?", "Hi"], folder=tmp_path) == first[::-1]
    assert asked == []
    assert base_answers(tiny, ["Hi", "Where?"], folder=tmp_path)[0] == first[0]
    assert asked == [1]


def test_another_system_prompt_has_its_own_answers(tiny: LoadedModel, tmp_path: Path) -> None:
    base_answers(tiny, ["Hi"], folder=tmp_path)
    base_answers(tiny, ["Hi"], system="Be brief.", folder=tmp_path)
    files = sorted((tmp_path / "answers").iterdir())
    assert len(files) == 2
    assert [json.loads(line)["prompt"] for f in files for line in f.read_text().splitlines()] == [
        "Hi",
        "Hi",
    ]


def test_a_row_that_was_cut_off_teaches_no_end(tiny: LoadedModel, tmp_path: Path) -> None:
    """The tiny model never stops by itself."""
    whole = answer_rows(tiny, general_prompts()[:3], folder=tmp_path)
    assert all(len(row) - row.start == LENGTH for row in whole)
    rows = replay_rows(tiny, 3, folder=tmp_path)
    assert len(rows) == 3
    assert all(len(row) - row.start == REPLAYED for row in rows)
    assert [row.tokens for row in rows] == [w.tokens[: w.start + REPLAYED] for w in whole]
    assert all(row.tokens[-1] != tiny.tokenizer.eos_token_id for row in [*rows, *whole])


def test_a_row_that_ended_teaches_its_end(
    tiny: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = base_answers(tiny, general_prompts()[:1], folder=tmp_path)[0]
    monkeypatch.setattr(tiny.tokenizer, "_eos_token_ids", {first.tokens[20]})
    (row,) = replay_rows(tiny, 1, folder=tmp_path / "other")
    assert row.tokens[-1] == tiny.tokenizer.eos_token_id
    assert row.tokens[row.start : -1] == first.tokens[: first.tokens.index(first.tokens[20])]


@pytest.mark.model
def test_the_starters_answers_come_with_the_program(starter: LoadedModel, tmp_path: Path) -> None:
    """They must be made anew when the lists, the unpacked model or the template change."""
    if not trainer.hardware.device.on_cpu():
        pytest.skip("the shipped answers are those of the 32-bit weights")
    prompts = [*general_prompts(), *(c.prompt for c in canaries())]
    shipped = base_answers(starter, prompts, folder=tmp_path)
    assert not (tmp_path / "answers").exists()
    asked = prompt_tokens(starter.tokenizer, conversation(prompts[0]))
    (now,) = generation.answers(starter.model, starter.tokenizer, [asked], [LENGTH])
    assert now == shipped[0]


def test_an_answer_that_is_only_reasoning_has_no_row(
    tiny: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasoned = generation.GeneratedText((1, 2), "", finished=False)
    monkeypatch.setattr(replay, "answers", lambda *_: [reasoned])
    assert answer_rows(tiny, ["Hi"], folder=tmp_path) == []
