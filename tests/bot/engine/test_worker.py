"""Answers of a mixed batch are those of mlx-lm, whatever happens meanwhile."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine.adapter_cache import KEEP
from bot.engine.api import ApiError
from bot.engine.continuous_batching import ContinuousBatcher, Sampling
from bot.engine.worker import Accepted, Finished, TextDelta, Worker
from bot.home import Home
from tests.bot.engine.school import TOKENS, Heard, School, ask, asking, found, opened
from tests.tiny_models import CONTEXT, Architecture
from trainer.adapters.registry import WEIGHTS, AdapterCard, write_card

QUESTIONS = ("Hello", "What is the meaning of all this, if it has one at all?", "x")


@pytest.mark.parametrize(
    ("architecture", "bits"),
    [("llama", None), ("llama", 4), ("qwen3", None), ("gemma3_text", None), ("qwen3_moe", None)],
)
def test_base_and_adapters_answer_together_as_each_does_alone(
    tmp_path: Path, architecture: Architecture, bits: int | None
) -> None:
    """Also adapters of other ranks, scales and layers; rotating caches; experts."""
    school = found(Home(tmp_path), architecture, bits)
    versions = ["base", school.add(1), school.add(2, rank=8, scale=5.0), school.add(3, layers=1)]
    with opened(school) as worker:
        answers = {
            (text, version): ask(worker, asking(text, version))
            for text in QUESTIONS
            for version in versions
        }
        for (text, version), heard in answers.items():
            expected = school.expected(text, None if version == "base" else version)
            assert heard.wait().text == expected, (text, version)
            assert heard.answered == version


def test_an_adapter_that_cannot_go_by_row_gets_a_model_of_its_own(
    own_school: School, caplog: pytest.LogCaptureFixture
) -> None:
    """DoRA beside the base and a LoRA: all are right, and the log says it."""
    by_row, dora = own_school.add(1), own_school.add(2, kind="dora")
    with opened(own_school) as worker:
        heard = {v: ask(worker, asking("Hello", v)) for v in ("base", by_row, dora)}
        assert heard["base"].wait().text == own_school.expected("Hello")
        assert heard[by_row].wait().text == own_school.expected("Hello", by_row)
        assert heard[dora].wait().text == own_school.expected("Hello", dora)
    assert f"adapter {dora} gets a model of its own" in caplog.text


def test_a_question_joins_answers_in_flight_and_leaves_them_as_they_are(
    school: School, worker: Worker
) -> None:
    first = ask(worker, asking("Hello", "base", 100))
    assert first.begun.wait(60)
    second = ask(worker, asking("x", "v0001", 10))
    assert second.wait().text == school.expected("x", "v0001", 10)
    assert first.wait().text == school.expected("Hello", tokens=100)


def test_latest_is_what_is_promoted_and_answers_in_flight_keep_theirs(own_school: School) -> None:
    """No reload and no failure: base, then v0001, then v0002, then back."""
    with opened(own_school) as worker:
        long = ask(worker, asking("Hello", tokens=450))
        assert long.begun.wait(60)
        assert long.answered == "base"
        for seed in (1, 2):
            version = own_school.add(seed, promote=True)
            heard = ask(worker, asking("x")).wait()
            assert heard.answered == version
            assert heard.text == own_school.expected("x", version)
        own_school.registry.rollback()
        assert ask(worker, asking("x")).wait().answered == "v0001"
        assert long.wait().text == own_school.expected("Hello", tokens=450)


@pytest.mark.parametrize(
    "damage", ["torn", "empty", "other model", "other template", "other shapes", "no scale"]
)
def test_a_broken_adapter_stops_nobody(
    own_school: School, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """`latest` is then the one promoted before it; asked for by name, it is refused."""
    good, bad = own_school.add(1, promote=True), own_school.add(2, promote=True)
    folder = own_school.registry.path(bad)
    if damage == "torn":
        whole = (folder / WEIGHTS).read_bytes()
        (folder / WEIGHTS).write_bytes(whole[: len(whole) // 2])
    elif damage == "empty":
        (folder / WEIGHTS).write_bytes(b"")
    elif damage == "other model":
        write_card(folder, AdapterCard(bad, "another", base_revision="0123"))
    elif damage == "other template":
        write_card(folder, AdapterCard(bad, "another", template_hash="0123"))
    elif damage == "other shapes":
        other = found(Home(own_school.home.root / "other"), "qwen3_moe")
        other.add(1)
        (folder / WEIGHTS).write_bytes((other.registry.path("v0001") / WEIGHTS).read_bytes())
    else:
        (folder / "adapter_config.json").write_text("{}")
    with opened(own_school) as worker:
        for _ in range(2):
            assert ask(worker, asking("x")).wait().answered == good
        named = ask(worker, asking("x", bad)).wait().events
        assert ask(worker, asking("x", "base")).wait().text == own_school.expected("x")
    (refusal,) = named
    assert isinstance(refusal, ApiError)
    assert bad in str(refusal)
    assert caplog.text.count("Others go on answering") == 1


def test_without_any_usable_adapter_latest_is_the_base(own_school: School) -> None:
    bad = own_school.add(1, promote=True)
    (own_school.registry.path(bad) / WEIGHTS).write_bytes(b"")
    with opened(own_school) as worker:
        assert ask(worker, asking("x")).wait().answered == "base"


def test_adapters_not_asked_for_make_room_and_come_back(own_school: School) -> None:
    versions = [own_school.add(seed, rank=2) for seed in range(1, KEEP + 3)]
    with opened(own_school) as worker:
        for version in [*versions, *versions[:2]]:
            heard = ask(worker, asking("Hello", version, 6)).wait()
            assert heard.text == own_school.expected("Hello", version, 6), version


def test_a_cancelled_answer_ends_and_the_others_go_on(school: School, worker: Worker) -> None:
    heard = Heard()
    asked = worker.ask(asking("Hello", "v0001", 400), heard)
    other = ask(worker, asking("x", "base", 100))
    assert heard.begun.wait(60)
    worker.cancel(asked)
    assert other.wait().text == school.expected("x", tokens=100)
    assert not heard.done.is_set()
    assert len(heard.text) < 300


def test_a_stop_text_ends_the_answer_and_is_no_part_of_it(school: School, worker: Worker) -> None:
    whole = school.expected("Hello")
    stop = whole[10:13]
    question = replace(asking("Hello", "base"), stops=("never said", stop))
    heard = ask(worker, question).wait()
    assert heard.text == whole[: whole.index(stop)]
    done = heard.events[-1]
    assert isinstance(done, Finished)
    assert done.reason == "stop"


def test_one_seed_one_answer_and_another_seed_another(worker: Worker) -> None:
    """Whoever shares the batch."""

    def asked(seed: int) -> Heard:
        sampling = Sampling(temperature=1.0, top_p=0.9, seed=seed)
        return ask(worker, replace(asking("Hello", "base"), sampling=sampling))

    alone = asked(7).wait().text
    same, other = asked(7), asked(8)
    assert same.wait().text == alone
    assert other.wait().text != alone


def test_a_prompt_beyond_the_context_is_refused_with_its_size(worker: Worker) -> None:
    (refusal,) = ask(worker, asking("x" * CONTEXT)).wait().events
    assert isinstance(refusal, ApiError)
    assert refusal.status == 400
    assert f"the model takes {CONTEXT}" in str(refusal)


def test_an_answer_stops_where_the_context_ends(worker: Worker) -> None:
    heard = ask(worker, asking("x" * (CONTEXT - 40), "base", 400)).wait()
    begun, done = heard.events[0], heard.events[-1]
    assert isinstance(begun, Accepted)
    assert isinstance(done, Finished)
    assert begun.prompt_tokens + done.completion_tokens == CONTEXT
    assert done.reason == "length"


def test_an_unknown_adapter_is_refused(worker: Worker) -> None:
    (refusal,) = ask(worker, asking("x", "v0099")).wait().events
    assert isinstance(refusal, ApiError)
    assert refusal.status == 404
    assert "v0099" in str(refusal)


def test_a_question_that_cannot_be_read_stops_nobody(
    school: School, worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    """Half a character is no text for a tokenizer; what it was about stays out of the log."""
    (refusal,) = ask(worker, asking("secret \ud800")).wait().events
    assert isinstance(refusal, ApiError)
    assert refusal.status == 500
    assert "a question failed" in caplog.text
    assert "secret" not in caplog.text
    assert ask(worker, asking("x", "base")).wait().text == school.expected("x")


def test_an_unreadable_list_of_promotions_means_the_base(own_school: School) -> None:
    version = own_school.add(1, promote=True)
    (own_school.home.adapters / "current.json").write_text("{")
    with opened(own_school) as worker:
        assert ask(worker, asking("x")).wait().answered == "base"
        own_school.registry.root.joinpath("current.json").unlink()
        own_school.registry.promote(version)
        assert ask(worker, asking("x")).wait().answered == version


def test_who_still_waits_when_it_stops_gets_a_word(own_school: School) -> None:
    with opened(own_school) as worker:
        waiting = ask(worker, asking("Hello", "base", 450))
        assert waiting.begun.wait(60)
    last = waiting.wait().events[-1]
    assert isinstance(last, ApiError | Finished)


def test_more_questions_than_rows_are_all_answered(school: School, worker: Worker) -> None:
    heard = [ask(worker, asking("x", name, 5)) for name in ("base", "v0001", "v0002") * 14]
    expected = {v: school.expected("x", None if v == "base" else v, 5) for v in ("base", "v0001")}
    for one in heard:
        assert one.wait().text == expected.get(one.answered, one.text)


def test_a_step_that_fails_costs_its_answers_only(own_school: School) -> None:
    """The adapter's weights vanish from under a running batch; afterwards all is well."""
    version = own_school.add(1)
    with opened(own_school) as worker:
        lost = ask(worker, asking("Hello", version, 300))
        assert lost.begun.wait(60)
        lane = worker.ready.result().shelf.lanes()[0]
        assert isinstance(lane, ContinuousBatcher)
        lane._generator._generation_batch.uids.append(99)
        refusal = lost.wait().events[-1]
        assert isinstance(refusal, ApiError)
        assert refusal.status == 500
        assert ask(worker, asking("x", version)).wait().text == own_school.expected("x", version)


@pytest.mark.parametrize("architecture", ["llama", "qwen3", "gemma3_text"])
def test_a_follow_up_reads_only_its_new_words_and_answers_the_same(
    tmp_path: Path, architecture: Architecture
) -> None:
    """What was computed for a thread is used again, by the same adapter only."""
    school = found(Home(tmp_path), architecture)
    version = school.add(1)
    asked = 0
    with opened(school) as worker:
        for name in ("base", version):
            turns = [{"role": "user", "content": "Hello"}]
            for text in ("And then?", "Really?", ""):
                heard = ask(worker, replace(asking("", name), messages=turns)).wait()
                assert heard.text == school.expected_after(turns, None if name == "base" else name)
                assert isinstance(heard.events[0], Accepted)
                asked += heard.events[0].prompt_tokens
                turns = [*turns, {"role": "assistant", "content": heard.text}]
                turns = [*turns, {"role": "user", "content": text}]
        lane = worker.ready.result().shelf.lanes()[0]
        assert isinstance(lane, ContinuousBatcher)
        assert lane._generator._counters.prompt_tokens < 0.7 * asked


def test_pieces_come_as_they_are_made(worker: Worker) -> None:
    heard = ask(worker, asking("Hello", "base")).wait()
    assert sum(isinstance(event, TextDelta) for event in heard.events) == TOKENS
