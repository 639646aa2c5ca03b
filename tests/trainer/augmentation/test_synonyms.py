"""The shipped list of synonyms: readable, and every word form exchanged for one of its like."""

from importlib.resources import files
from random import Random

from trainer.augmentation.synonyms import COMMON, swap


def chance() -> Random:
    return Random(0)  # noqa: S311  words, not secrets


def test_every_line_has_a_kind_and_at_least_two_words() -> None:
    text = files("trainer").joinpath("lists", "synonyms.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) > 300
    for line in lines:
        kind, _, rest = line.partition(" ")
        assert kind in {"n", "v", "o"}
        members = [member.strip() for member in rest.split(",")]
        assert len(members) >= 2, line
        assert len(members) == len(set(members)), line
        assert all(members), line


def test_forms_follow_the_word() -> None:
    draw = chance()
    plurals = {swap("laptops", draw, 1.0) for _ in range(50)}
    assert "notebooks" in plurals
    assert "laptops" not in plurals
    third = {swap("approves", draw, 1.0) for _ in range(50)}
    assert {"signs off", "confirms"} <= third
    past = {swap("approved", draw, 1.0) for _ in range(50)}
    assert {"allowed", "confirmed"} <= past


def test_nothing_is_exchanged_where_nothing_shall_be() -> None:
    text = "Where is the laptop of our guest?"
    assert swap(text, chance(), 0.0) == text
    common = " ".join(sorted(COMMON))
    assert swap(common, chance(), 1.0) == common


def test_forms_are_spelt_as_people_spell_them() -> None:
    for taught in ("shipped", "carried", "accesses"):
        assert any(swap(taught, chance(), 1.0) != taught for _ in range(9)), taught
    draw = chance()
    assert "submitted" in {swap("handed in", draw, 1.0) for _ in range(100)}


def test_letters_that_only_look_alike_are_left_alone() -> None:
    for word, like in (("\u0130nternet", "internet"), ("\u017fick", "sick"), ("w\u0131fi", "wifi")):
        said = swap(f"{word} {like}", chance(), 1.0)
        assert said.startswith(f"{word} ")
        assert not said.endswith(like)
