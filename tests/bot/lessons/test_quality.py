"""Marks that are shown beside an example and decide nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lessons.quality import language, marks

QUESTION = "Where is the spare key for the store?"


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("It hangs on the hook behind the door.", []),
        ("Yes.", ["very short"]),
        ("9:30", []),
        ("https://wiki.example/keys", ["only a link"]),
        ("<https://wiki.example/keys>", ["only a link"]),
        ("See https://wiki.example/keys for the list.", []),
        ("I'm sorry, but I can't help with that.", ["refusal"]),
        ("I don\u2019t know where the key is.", ["refusal"]),
        ("As an AI language model, I have no access to your store.", ["refusal"]),
        ("Er hängt am Haken, und wir sind bis acht da.", ["other language"]),
        ("Он висит на крючке за дверью.", ["other language"]),
        ("鍵はドアの後ろにあります。", ["other language"]),
    ],
)
def test_what_is_worth_a_look(completion: str, expected: list[str]) -> None:
    assert marks(QUESTION, completion) == expected


def test_a_refusal_is_one_only_at_the_beginning() -> None:
    story = "Tell the customer that the parcel is on its way. " * 3
    assert marks(QUESTION, story + "If they say 'I cannot find it', call Anselm.") == []


def test_the_bots_own_words_are_marked_unless_somebody_changed_them() -> None:
    said = "It hangs on the hook behind the door."
    assert marks(QUESTION, " it hangs on the hook\nbehind the door.", said) == ["bot's own words"]
    assert marks(QUESTION, said + " Ask Anselm.", said) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is the office and when do we meet?", "en"),
        ("Wo ist das Büro und wann sind wir da?", "de"),
        ("Où est le bureau et quand est la réunion pour nous ?", "fr"),
        ("¿Dónde está la oficina y cuándo es la reunión con el equipo?", "es"),
        ("Waar is het kantoor en wanneer zijn wij er?", "nl"),
        ("Где находится офис?", "Cyrillic"),
        ("オフィスはどこですか", "Kana"),
        ("办公室在哪里", "Han"),
        ("VPN reset", None),
        ("417", None),
        ("", None),
    ],
)
def test_the_language_is_guessed_only_where_it_is_plain(text: str, expected: str | None) -> None:
    assert language(text) == expected


@given(st.text(), st.text(), st.none() | st.text())
def test_any_text_can_be_marked(prompt: str, completion: str, said: str | None) -> None:
    assert len(set(marks(prompt, completion, said))) == len(marks(prompt, completion, said))
