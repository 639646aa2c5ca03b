"""The forms that teach: what they show, and who submits them."""

from dataclasses import replace

from bot.settings import ExampleSettings
from bot.slack.lessons import forms
from bot.slack.lessons.message_source import Passage, ReadMessage
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.modals import ANSWER, INPUT, INPUT_LIMIT, QUESTION
from bot.store import Store
from bot.store.examples.provenance import SourceMessage
from tests.bot.stored import reply
from tests.slack_server.workspace import ANNA, BEN, GENERAL, texts_in

OPENED = Recipient(ANNA, GENERAL, "1.0")
SAID = ReadMessage(SourceMessage(GENERAL, "2.0", BEN), "Behind the poster.")


def filled(**values: str) -> dict[str, object]:
    return {"values": {block: {INPUT: {"value": value}} for block, value in values.items()}}


def test_a_correction_shows_as_much_as_fits_and_names_its_reply(store: Store) -> None:
    number = reply(store, "a & b " * 1000, "")
    stored = store.replies.get(number)
    view = forms.correction_form(stored, OPENED, "Better.", ExampleSettings()).to_dict()
    question, answer = (block["text"]["text"] for block in view["blocks"][:2])
    assert len(question) < forms.SHOWN + 50
    assert "a &amp; b" in question
    assert answer.endswith("…")
    assert view["blocks"][2]["element"]["initial_value"] == "Better."
    submitted = forms.correction(view | {"state": filled(**{ANSWER: "Best."})}, BEN)
    assert submitted == forms.Correction(number, "Best.", replace(OPENED, user=BEN))


def test_a_correction_shows_an_old_answer_without_its_reasoning(store: Store) -> None:
    said = store.replies.get(reply(store, "When?", "<think>They eat.</think>At noon."))
    view = forms.correction_form(said, Recipient("U1", "C1", None), None, ExampleSettings(), None)
    shown = str(view.to_dict())
    assert "At noon." in shown
    assert "They eat" not in shown


def test_a_lesson_out_of_a_message_is_of_who_submits_it() -> None:
    passage = Passage(SAID, None, None, "https://school.slack.com/p1")
    view = forms.teach_this_form(passage, OPENED, ExampleSettings()).to_dict()
    state = filled(**{QUESTION: "Where is the key?", ANSWER: "There."})
    assert forms.proposal(view | {"state": state}, BEN) == forms.Proposal(
        "Where is the key?",
        "There.",
        (SAID.words,),
        "https://school.slack.com/p1",
        replace(OPENED, user=BEN),
    )


def test_what_was_cut_is_said_to_be() -> None:
    for length, cut in ((INPUT_LIMIT, False), (INPUT_LIMIT + 1, True)):
        passage = Passage(replace(SAID, text="x" * length), None, None)
        view = forms.teach_this_form(passage, OPENED, ExampleSettings()).to_dict()
        assert any("is cut" in text for text in texts_in(view["blocks"])) is cut
