"""Lines of progress have the keys of their phase, and are read whatever else they have."""

import pytest

from trainer.results.progress import Failure, Progress


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (Progress("load"), {"phase": "load"}),
        (Progress("sample", step=0, steps=7), {"phase": "sample", "step": 0, "steps": 7}),
        (
            Progress("check", lighter=0),
            {"phase": "check", "lighter": 0, "estimated_memory_gb": None},
        ),
        (
            Progress("train", step=3, steps=9, val_loss=1.5, peak_memory_gb=0.5),
            {
                "phase": "train",
                "step": 3,
                "steps": 9,
                "loss": None,
                "val_loss": 1.5,
                "tokens_per_second": None,
                "peak_memory_gb": 0.5,
                "seconds_left": None,
            },
        ),
        (
            Progress("prefer", step=1, steps=8, loss=0.6),
            {"phase": "prefer", "step": 1, "steps": 8, "loss": 0.6},
        ),
        (Progress("lighter", step=2), {"phase": "lighter", "step": 2}),
    ],
)
def test_a_line_has_the_keys_of_its_phase(progress: Progress, line: dict[str, object]) -> None:
    assert progress.to_json() == line
    assert list(progress.to_json()) == list(line)
    assert Progress.from_json(line) == progress


def test_of_a_last_line_only_what_is_progress_is_read() -> None:
    last = {"phase": "done", "out": "/x", "tokens_per_second": 9.0, "notes": [], "seconds": 3}
    assert Progress.from_json(last) == Progress("done", tokens_per_second=9.0)


@pytest.mark.parametrize("line", [{}, [], "word", {"phase": None}])
def test_what_is_no_progress_has_no_phase(line: object) -> None:
    assert Progress.from_json(line) == Progress("")


def test_a_failure_says_its_kind_and_a_line_without_a_reason_still_says_something() -> None:
    failure = Failure("It broke off.", memory=False, unexpected=True)
    line = {"phase": "failed", "error": "It broke off.", "memory": False, "unexpected": True}
    assert failure.to_json() == line
    assert Failure.from_json(line) == failure
    assert Failure.from_json({"phase": "failed"}) == Failure(
        "the training failed", memory=False, unexpected=False
    )
