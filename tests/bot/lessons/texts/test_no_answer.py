"""Which words answer nothing, in several languages, and which only begin as if they did."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers.planning import NEAREST, REFUSAL
from bot.lessons.texts.no_answer import answers_nothing


@pytest.mark.parametrize(
    "text",
    [
        REFUSAL,
        f"{NEAREST.format('Lunch')}\n\nAt noon.",
        "I don't know.",
        "I don’t know",  # noqa: RUF001  as a telephone writes it
        "Sorry, I do not know.",
        "I'm sorry, but I don't know the answer to that.",
        "*I really don't know!*",
        "I do not know when lunch is.",
        "Unfortunately, I don't have any information about that. Could you provide more context?",
        "I'm not sure. Is there anything else I can help you with?",
        "As an AI language model, I don't have access to your calendar.",
        "I am unable to answer that question.",
        "No idea.",
        "I have not been taught that.",
        "idk",
        "n/a",
        "Das weiß ich leider nicht.",
        "Ich weiß es nicht.",
        "Tut mir leid, ich habe keine Ahnung.",
        "Diese Frage kann ich leider nicht beantworten.",
        "Désolé, je ne sais pas.",
        "Je n'en sais rien.",
        "Lo siento, no lo sé.",
        "No tengo información sobre eso.",
        "Não sei.",
        "我不知道。",
        "わかりません。",
        "Я не знаю.",
    ],
)
def test_an_answer_that_says_nothing_is_told(text: str) -> None:
    assert answers_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "At noon.",
        "I don't know, ask Noor.",
        "I don't know. Noor at the front desk does.",
        "I do not know the date but it is in May.",
        "No.",
        "Nobody waters the plants.",
        "I have no idea: that is what the poster says, and it hangs in room 3.",
        "Sorry!",
        "Unknown hosts are refused by the firewall.",
        "Not sure how to write it? Say `I don't know`, and a teacher comes.",
        "We do not sell it. Look in the shop next door.",
        "Das weiß ich nicht, aber Noor weiß es.",
        "Kann ich nicht empfehlen.",
        "Je ne sais pas mais Noor le sait.",
        "I don't know. " * 60,
    ],
)
def test_an_answer_with_something_in_it_is_none_of_those(text: str) -> None:
    assert not answers_nothing(text)


@given(st.lists(st.sampled_from(["i ", "don't ", "know ", "really ", ", ", "to ", "ich kann "])))
@settings(derandomize=True)
def test_any_words_are_read(words: list[str]) -> None:
    assert answers_nothing("".join(words)) in (True, False)


@pytest.mark.parametrize(
    "piece", ["i don't have the ", "and ", "ich kann nicht ", "sorry ", "a", "no ", "as an ", "i "]
)
def test_hostile_words_are_read_to_their_end(piece: str) -> None:
    assert answers_nothing((piece * 600)[:600]) in (True, False)
