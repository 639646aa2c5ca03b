"""Patterns run on a form of a text in which each character is one sign of ASCII."""

from hypothesis import given
from hypothesis import strategies as st

from bot.redaction import find
from bot.redaction.expressions import Pattern, Plain


@given(st.text(st.characters()))
def test_a_place_in_the_plain_form_is_the_same_in_the_text(text: str) -> None:
    plain = Plain(text)
    assert len(plain.text) == len(plain.data) == len(text)
    assert len(plain.lower) == len(text)


def test_accents_quotes_and_spaces_have_one_form() -> None:
    assert Plain("Schlüssel\u00a0“é” \u2013 \uff21\uff22").text == 'Schlussel "e" - AB'


def test_half_a_surrogate_pair_stops_nothing() -> None:
    assert [one.kind for one in find("\ud83d a@b.example")] == ["e-mail"]


def test_a_match_tells_its_groups_and_the_first_that_took_part() -> None:
    pattern = Pattern(r"(?P<word>[a-z]+)|(?P<number>\d+)")
    first, second = pattern.finditer(Plain("ab 12"))
    assert (first.took_part("word"), second.took_part("word")) == (True, False)
    assert (second["number"], second["word"]) == ("12", "")
    assert second.found == second.span("number") == (3, 5)
