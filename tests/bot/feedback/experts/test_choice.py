"""Who knows about a question is found by meaning, and by words where there is no encoder."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from bot.engine.client import EngineClient
from bot.engine.encodings import SentenceVectors
from bot.errors import EngineError
from bot.feedback.experts.choice import FLOOR, chosen
from bot.store.questions.experts import Expert

PRINTERS, MONEY, ANYTHING = (
    Expert("U0PRINT", "printers, toner"),
    Expert("C0MONEY", "expenses"),
    Expert("C0REST", "*"),
)


class Encoder(EngineClient):
    """Places a text at an angle whose cosine to every question is the one given."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9", None)
        self.cosines: dict[str, float] | None = {}

    def embed(self, texts: Sequence[str]) -> SentenceVectors:
        if self.cosines is None:
            raise EngineError("There is no encoder.")
        cosines = [1.0, *(self.cosines.get(text, 0.0) for text in texts[1:])]
        rows = [[cosine, (1 - cosine**2) ** 0.5] for cosine in cosines]
        return SentenceVectors(np.array(rows, np.float32), "ours")


@pytest.fixture
def encoder() -> Iterator[Encoder]:
    made = Encoder()
    yield made
    made.close()


def found(question: str, encoder: Encoder) -> list[str]:
    return [one.target for one in chosen(question, [ANYTHING, PRINTERS, MONEY], encoder)]


def test_the_nearest_topic_counts_and_those_for_anything_stand_at_the_end(encoder: Encoder) -> None:
    encoder.cosines = {"toner": 0.5, "expenses": 0.7}
    assert found("It is all grey!", encoder) == ["C0MONEY", "U0PRINT", "C0REST"]


def test_all_topics_together_may_be_nearer_than_each(encoder: Encoder) -> None:
    encoder.cosines = {"toner": 0.1, "printers, toner": 0.5}
    assert found("It is all grey!", encoder) == ["U0PRINT", "C0REST"]


def test_who_is_too_far_away_is_not_asked(encoder: Encoder) -> None:
    encoder.cosines = {"toner": FLOOR - 0.01, "expenses": FLOOR + 0.01}
    assert found("It is all grey!", encoder) == ["C0MONEY", "C0REST"]


def test_a_topic_that_is_named_counts_whatever_the_encoder_says(encoder: Encoder) -> None:
    encoder.cosines = {"expenses": 0.9}
    assert found("Where is the toner?", encoder) == ["U0PRINT", "C0MONEY", "C0REST"]


def test_without_an_encoder_words_decide(encoder: Encoder) -> None:
    encoder.cosines = None
    assert found("Where do I hand in my expenses?", encoder) == ["C0MONEY", "C0REST"]
    assert found("It is all grey!", encoder) == ["C0REST"]
