"""The picture of what becomes of questions: its numbers, and that it is drawn."""

from pathlib import Path

import pytest
from PIL import Image

from bench.picture import BOTS, Bar, draw, of_deployed, of_weights


def test_shares_are_those_of_the_questions_in_other_words() -> None:
    def counts(right: int, wrong: int, every: int) -> dict[str, int]:
        return {"right": right, "wrong": wrong, "all": every}

    other = {
        "taught": counts(4, 1, 5), "near": counts(2, 1, 3),
        "model": counts(1, 0, 1), "none": counts(0, 1, 1),
    }  # fmt: skip
    taught = dict.fromkeys(other, counts(9, 9, 18))
    document = {"sets": [{"name": "s", "lessons": 5, "counts": {"other": other, "taught": taught}}]}
    (bar,) = of_deployed(document, "as deployed")
    assert bar == Bar("as deployed", "s", 5, (0.4, 0.2, 0.2, 0.1, 0.1))


@pytest.mark.parametrize(("who", "bot"), [("ours", "weights alone"), ("mlx_lm.lora", BOTS[3])])
def test_weights_decline_nothing(who: str, bot: str) -> None:
    line = {"who": who, "set": "s", "lessons": 24, "other": 12, "others": 48}
    assert of_weights(line) == Bar(bot, "s", 24, (0.25, 0, 0, 0, 0.75))


def test_it_is_drawn(tmp_path: Path) -> None:
    bars = [Bar(bot, "s", size, (0.2,) * 5) for size in (24, 150) for bot in BOTS]
    draw(bars, tmp_path / "picture.png")
    with Image.open(tmp_path / "picture.png") as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24) or ()}
    assert (0x2C, 0x7A, 0x4B) in colours
    assert (0xB8, 0x40, 0x2A) in colours
