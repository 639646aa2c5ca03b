"""The bar of a night: the figures beside it, as far as they are known."""

import pytest

from bot.cli.nights import figures
from trainer.results.progress import Progress


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (Progress("load"), []),
        (Progress("prefer", step=1, steps=8, loss=0.69314), ["loss 0.693"]),
        (
            Progress("train", loss=1.5, tokens_per_second=140.4, peak_memory_gb=1.25),
            ["loss 1.500", "140 tokens/s", "1.2 GB"],
        ),
    ],
)
def test_what_is_known_is_shown(progress: Progress, said: list[str]) -> None:
    assert figures(progress) == said
