"""Marks that are shown beside an example and decide nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lessons.quality import marks


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("It hangs on the hook behind the door.", []),
        ("Yes.", ["very short"]),
        ("9:30", []),
        ("https://wiki.example/keys", ["only a link"]),
        ("<https://wiki.example/keys>", ["only a link"]),
        ("See https://wiki.example/keys for the list.", []),
        ("https://wiki.example/keys has the list.", []),
        ("On a  hook.", ["very short"]),
        ("On the hook.", []),
        ("I'm sorry, but I can't help with that.", ["refusal"]),
        ("I don\u2019t know where the key is.", ["refusal"]),
        ("As an AI language model, I have no access to your store.", ["refusal"]),
        ("Er hängt am Haken, und wir sind bis acht da.", []),
        ("鍵はドアの後ろの鉤に掛かっています。", []),
    ],
)
def test_what_is_worth_a_look(completion: str, expected: list[str]) -> None:
    assert marks(completion) == expected


def test_a_refusal_is_one_only_at_the_beginning() -> None:
    story = "Tell the customer that the parcel is on its way. " * 3
    assert marks(story + "If they say 'I cannot find it', call Anselm.") == []


def test_the_bots_own_words_are_marked_unless_somebody_changed_them() -> None:
    said = "It hangs on the hook behind the door."
    assert marks(" it hangs on the hook\nbehind the door.", said) == ["bot's own words"]
    assert marks(said + " Ask Anselm.", said) == []


@given(st.text(), st.none() | st.text())
def test_any_text_can_be_marked(completion: str, said: str | None) -> None:
    assert len(set(marks(completion, said))) == len(marks(completion, said))
