"""Answers of a mixed batch are those of mlx-lm, whatever happens meanwhile."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine.server import worker as worker_module
from bot.engine.server.continuous_batching import ContinuousBatcher
from bot.engine.server.detokenizer import StreamingDetokenizer
from bot.engine.server.generation import Accepted, Finished, Sampling, TextDelta
from bot.engine.server.protocol import ApiError
from bot.engine.server.worker import Worker
from bot.home import Home
from tests.bot.engine.tiny_model_home import (
    TOKENS,
    AnswerRecorder,
    TinyModelHome,
    greedy_request,
    make_home,
    running_worker,
    submit,
)
from tests.tiny_models import CONTEXT, Architecture
from trainer.reasoning import ReasoningFilter

QUESTIONS = ("Hello", "What is the meaning of all this, if it has one at all?", "x")


@pytest.mark.parametrize(
    ("architecture", "bits"),
    [("llama", None), ("llama", 4), ("qwen3", None), ("gemma3_text", None), ("qwen3_moe", None)],
)
def test_base_and_adapters_answer_together_as_each_does_alone(
    tmp_path: Path, architecture: Architecture, bits: int | None
) -> None:
    """Also adapters of other ranks, scales and layers; rotating caches; experts."""
    tiny_home = make_home(Home(tmp_path), architecture, bits)
    versions = [
        "base",
        tiny_home.add(1),
        tiny_home.add(2, rank=8, scale=5.0),
        tiny_home.add(3, layers=1),
    ]
    with running_worker(tiny_home) as worker:
        answers = {
            (text, version): submit(worker, greedy_request(text, version))
            for text in QUESTIONS
            for version in versions
        }
        for (text, version), answer in answers.items():
            expected = tiny_home.expected(text, None if version == "base" else version)
            assert answer.wait().text == expected, (text, version)
            assert answer.version_used == version


def test_a_question_joins_answers_in_flight_and_leaves_them_as_they_are(
    tiny_home: TinyModelHome, worker: Worker
) -> None:
    first = submit(worker, greedy_request("Hello", "base", 100))
    assert first.started.wait(60)
    second = submit(worker, greedy_request("x", "v0001", 10))
    assert second.wait().text == tiny_home.expected("x", "v0001", 10)
    assert first.wait().text == tiny_home.expected("Hello", tokens=100)


def test_a_cancelled_answer_ends_and_the_others_go_on(
    tiny_home: TinyModelHome, worker: Worker
) -> None:
    answer = AnswerRecorder()
    queued = worker.submit(greedy_request("Hello", "v0001", 400), answer)
    other = submit(worker, greedy_request("x", "base", 100))
    assert answer.started.wait(60)
    worker.cancel(queued)
    assert other.wait().text == tiny_home.expected("x", tokens=100)
    assert not answer.done.is_set()
    assert len(answer.text) < 300


def test_a_stop_text_ends_the_answer_and_is_no_part_of_it(
    tiny_home: TinyModelHome, worker: Worker
) -> None:
    whole = tiny_home.expected("Hello")
    stop = whole[10:13]
    question = replace(greedy_request("Hello", "base"), stop_sequences=("never said", stop))
    answer = submit(worker, question).wait()
    assert answer.text == whole[: whole.index(stop)]
    done = answer.events[-1]
    assert isinstance(done, Finished)
    assert done.reason == "stop"


def test_reasoning_is_no_part_of_the_answer_and_its_tokens_are_counted(
    tiny_home: TinyModelHome, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here all is reasoning: the model is within it from its first token on."""

    class Within(StreamingDetokenizer):
        def __init__(self, tokenizer: object, stop_sequences: Sequence[str]):
            super().__init__(tokenizer, stop_sequences)
            self._reasoning = ReasoningFilter(opened=True)

    monkeypatch.setattr(worker_module, "StreamingDetokenizer", Within)
    whole = tiny_home.expected("Hello")
    question = replace(greedy_request("Hello", "base"), stop_sequences=(whole[10:13],))
    answer = submit(worker, question).wait()
    assert (answer.text, answer.events[-1]) == ("", Finished("length", TOKENS, TOKENS))


def test_one_seed_one_answer_and_another_seed_another(worker: Worker) -> None:
    """Whoever shares the batch."""

    def asked(seed: int) -> AnswerRecorder:
        sampling = Sampling(temperature=1.0, top_p=0.9, seed=seed)
        return submit(worker, replace(greedy_request("Hello", "base"), sampling=sampling))

    alone = asked(7).wait().text
    same, other = asked(7), asked(8)
    assert same.wait().text == alone
    assert other.wait().text != alone


def test_a_prompt_beyond_the_context_is_refused_with_its_size(worker: Worker) -> None:
    (error,) = submit(worker, greedy_request("x" * CONTEXT)).wait().events
    assert isinstance(error, ApiError)
    assert error.status == 400
    assert f"the model takes {CONTEXT}" in str(error)


def test_an_answer_stops_where_the_context_ends(worker: Worker) -> None:
    answer = submit(worker, greedy_request("x" * (CONTEXT - 40), "base", 400)).wait()
    accepted, done = answer.events[0], answer.events[-1]
    assert isinstance(accepted, Accepted)
    assert isinstance(done, Finished)
    assert accepted.prompt_tokens + done.completion_tokens == CONTEXT
    assert done.reason == "length"


def test_a_question_that_cannot_be_read_stops_nobody(
    tiny_home: TinyModelHome, worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    """Half a character is no text for a tokenizer; what it was about stays out of the log."""
    (error,) = submit(worker, greedy_request("secret \ud800")).wait().events
    assert isinstance(error, ApiError)
    assert error.status == 500
    assert "a question failed" in caplog.text
    assert "secret" not in caplog.text
    assert submit(worker, greedy_request("x", "base")).wait().text == tiny_home.expected("x")


def test_who_still_waits_when_it_stops_gets_a_word(empty_home: TinyModelHome) -> None:
    with running_worker(empty_home) as worker:
        waiting = submit(worker, greedy_request("Hello", "base", 450))
        assert waiting.started.wait(60)
    last = waiting.wait().events[-1]
    assert isinstance(last, ApiError | Finished)


def test_more_questions_than_rows_are_all_answered(
    tiny_home: TinyModelHome, worker: Worker
) -> None:
    answer = [
        submit(worker, greedy_request("x", name, 5)) for name in ("base", "v0001", "v0002") * 14
    ]
    expected = {
        v: tiny_home.expected("x", None if v == "base" else v, 5) for v in ("base", "v0001")
    }
    for one in answer:
        assert one.wait().text == expected.get(one.version_used, one.text)


def test_a_step_that_fails_costs_its_answers_only(empty_home: TinyModelHome) -> None:
    """The adapter's weights vanish from under a running batch; afterwards all is well."""
    version = empty_home.add(1)
    with running_worker(empty_home) as worker:
        lost = submit(worker, greedy_request("Hello", version, 300))
        assert lost.started.wait(60)
        batcher = worker.ready.result().adapters.batchers()[0]
        assert isinstance(batcher, ContinuousBatcher)
        batcher._generator._generation_batch.uids.append(99)
        error = lost.wait().events[-1]
        assert isinstance(error, ApiError)
        assert error.status == 500
        assert submit(worker, greedy_request("x", version)).wait().text == empty_home.expected(
            "x", version
        )


def test_a_step_that_fails_is_logged_with_its_place_and_without_words(
    empty_home: TinyModelHome, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: ContinuousBatcher) -> None:
        raise RuntimeError("what somebody wrote")

    monkeypatch.setattr(ContinuousBatcher, "step", fail)
    with running_worker(empty_home) as worker:
        (*_, error) = submit(worker, greedy_request("Hello", "base")).wait().events
    assert isinstance(error, ApiError)
    assert "a step failed; its answers are given up: RuntimeError at worker.py:" in caplog.text
    assert "somebody" not in caplog.text


@pytest.mark.parametrize("architecture", ["llama", "qwen3", "gemma3_text"])
def test_a_follow_up_reads_only_its_new_words_and_answers_the_same(
    tmp_path: Path, architecture: Architecture
) -> None:
    """What was computed for a thread is used again, by the same adapter only."""
    tiny_home = make_home(Home(tmp_path), architecture)
    version = tiny_home.add(1)
    asked = 0
    with running_worker(tiny_home) as worker:
        for name in ("base", version):
            turns = [{"role": "user", "content": "Hello"}]
            for text in ("And then?", "Really?", ""):
                answer = submit(worker, replace(greedy_request("", name), messages=turns)).wait()
                assert answer.text == tiny_home.expected_after(
                    turns, None if name == "base" else name
                )
                assert isinstance(answer.events[0], Accepted)
                asked += answer.events[0].prompt_tokens
                turns = [*turns, {"role": "assistant", "content": answer.text}]
                turns = [*turns, {"role": "user", "content": text}]
        batcher = worker.ready.result().adapters.batchers()[0]
        assert isinstance(batcher, ContinuousBatcher)
        assert batcher._generator._counters.prompt_tokens < 0.7 * asked


def test_pieces_come_as_they_are_made(worker: Worker) -> None:
    answer = submit(worker, greedy_request("Hello", "base")).wait()
    assert sum(isinstance(event, TextDelta) for event in answer.events) == TOKENS


def test_too_many_questions_at_once_are_refused(
    tiny_home: TinyModelHome, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "MAX_REQUESTS", 0)
    (error,) = submit(worker, greedy_request("x")).wait().events
    assert isinstance(error, ApiError)
    assert (error.status, error.code) == (503, "busy")
    monkeypatch.undo()
    assert submit(worker, greedy_request("x", "base")).wait().text == tiny_home.expected("x")


def test_an_answer_that_has_ended_no_longer_holds_its_adapter(worker: Worker) -> None:
    for version in ("v0001", "v0002"):
        submit(worker, greedy_request("x", version, 2)).wait()
    adapters = worker.ready.result().adapters
    assert adapters._in_use.total() == 0
