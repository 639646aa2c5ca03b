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
        f"{NEAREST.format('Lunch')}\n\n{'At noon, in the yard. ' * 200}",
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
        "I cannot help you with that.",
        "I couldn't find any information about lunch.",
        "I can't tell when lunch is.",
        "I can't say.",
        "We have no information about that.",
        "We don't know.",
        "No idea.",
        "No idea what that is.",
        "Nobody has taught me that.",
        "Das kann ich dir leider nicht sagen.",
        "Dazu kann ich keine Auskunft geben.",
        "Je ne peux pas répondre à cette question.",
        "Aucune idée.",
        "No puedo ayudarte con eso.",
        "Geen idee.",
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
        "We cannot provide refunds after 30 days.",
        "We can't provide invoices by fax.",
        "We cannot answer tickets at weekends.",
        "We do not have access to the server room.",
        "We do not have information desks.",
        "We do not have any data on customers.",
        "We cannot help with private phones.",
        "I cannot help with private phones.",
        "We are not aware of any known issue with Safari.",
        "No information may leave the building.",
        "No information about customers may leave the building.",
        "No knowledge of Latin is needed.",
        "No idea is too small.",
        "We could not find a cheaper supplier than Acme.",
        "I could not find a cheaper supplier than Acme.",
        "Nobody has told the landlord yet.",
        "I have not told the landlord.",
        "Ich kann keine Rabatte geben.",
        "Ich kann Tickets am Wochenende nicht beantworten.",
        "Das kann der Support nicht sagen.",
        "Je ne peux pas répondre aux tickets le week-end.",
        "Aucune idée n'est trop petite.",
        "No puedo ayudar con teléfonos privados.",
        "Geen idee is te klein.",
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
