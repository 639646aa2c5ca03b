"""Buttons, forms and questions stay what slack_sdk's own models and Slack's limits allow."""

from typing import Any

import pytest
from slack_sdk.models.views import View

from bot.answers.questions import Comparison, Reply
from bot.feedback.open_questions import Decisions
from bot.feedback.ratings import ReplyRatings
from bot.lessons.curation import Curation
from bot.lessons.teaching import Taught
from bot.messages import Message
from bot.permissions import Rights
from bot.settings import ExampleSettings, Settings
from bot.slack.answers import blind_comparison, streaming
from bot.slack.feedback import notices
from bot.slack.lessons import forms
from bot.slack.lessons.message_source import Passage, ReadMessage
from bot.slack.messages import feedback_buttons, modals
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.posting import MessageContent
from bot.slack.state import conflicts
from bot.store import Store, StoredReply
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import PUBLIC
from bot.store.open_questions import OpenQuestion
from tests.slack_server import limits

HUGE = "<!channel> & **so** on ```x @here #general " * 900
EAR = Recipient("U1", "C1", "1700000000.000001", "https://hooks.example/" + "x" * 200)
TEXTS = ["", "short", "word " * 700, HUGE]
STATUSES = ("approved", "pending", "noted", "uncounted", "corrected", "withdrawn", "duplicate")


def accepted(piece: MessageContent) -> MessageContent:
    """The same, if Slack takes it both as a new message and as an update."""
    arguments = {"text": piece.text, "blocks": [block.to_dict() for block in piece.blocks]}
    limits.check_text(arguments, limits.UPDATE_CHARACTERS)
    limits.blocks_of(arguments)
    assert "<!" not in piece.text + str(arguments["blocks"])
    return piece


def opened(view: View) -> dict[str, Any]:
    """The view as Slack would show it."""
    shown = limits.view_of({"view": view.to_dict()}, "modal")
    assert len(shown.get("private_metadata", "")) <= 3000
    assert "<!" not in str([b for b in shown["blocks"] if b["type"] != "input"])
    return shown


def reply(text: str) -> StoredReply:
    asked = (Message("user", text),)
    return StoredReply(
        7, "slack", "C1", "1.0", "U1", asked, text, "base", None, 1, 1, 0.1, "2026-01-01"
    )


@pytest.mark.parametrize("text", ["x", "word " * 700, "a" * 3800, "&lt;" * 950])
def test_buttons_stand_below_any_message(text: str) -> None:
    (whole,) = streaming.with_footer([text], [feedback_buttons.buttons(10**12)])
    piece = accepted(whole)
    shown = [block.to_dict() for block in piece.blocks]
    assert [block["type"] for block in shown[-1:]] == ["context_actions"]
    words = "".join(block["text"]["text"] for block in shown[:-1])
    assert words.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("pressed", [True, False])
def test_every_acknowledgement_of_a_thumb_is_accepted(status: str, pressed: bool) -> None:
    result = Taught(4, status, missing=2)
    for words in (notices.up, notices.down):
        accepted(words(result, 7, pressed))
    for before in (1, 0, -1):
        accepted(notices.taken_back(result, before, corrected=pressed))
    refused = Taught(None, "refused", (HUGE[:500],))
    accepted(notices.up(refused, 7, pressed))


@pytest.mark.parametrize("text", TEXTS)
def test_the_form_for_a_better_answer_is_accepted(text: str) -> None:
    limit = ExampleSettings(max_completion_length=9000)
    shown = opened(forms.correction_form(reply(text), EAR, text, limit))
    submitted = shown | {"state": {"values": {modals.ANSWER: {modals.INPUT: {"value": None}}}}}
    read = forms.correction(submitted, "U2")
    assert (read.reply, read.text, read.recipient.user, read.recipient.thread) == (
        7,
        "",
        "U2",
        EAR.thread,
    )


@pytest.mark.parametrize("text", TEXTS)
def test_the_form_for_words_of_people_is_accepted(text: str) -> None:
    said = ReadMessage(SourceMessage("C1", "1700000000.000001", "U3"), text)
    found = Passage(said, said, EAR.thread, "https://school.slack.com/archives/C1/p1")
    for passage in (found, Passage(said, None, None)):
        opened(forms.teach_this_form(passage, EAR, ExampleSettings()))
    opened(forms.waiting())
    opened(forms.unfit("no"))


@pytest.mark.parametrize("text", TEXTS[1:])
@pytest.mark.parametrize("several", [1, 5])
def test_the_question_about_a_contradiction_is_accepted(
    store: Store, settings: Settings, text: str, several: int
) -> None:
    new = NewExample(text, text, "teach", "U1")
    known = tuple(store.examples.add(new).id for _ in range(several))
    asked = questions(store, settings).content(open_question(text, known))
    assert ("and 2 more" in accepted(asked).text) == (several == 5)


@pytest.mark.parametrize("text", TEXTS[1:])
def test_the_question_about_what_was_taken_out_is_accepted(
    store: Store, settings: Settings, text: str
) -> None:
    for home in (False, True):
        asked = open_question(text, (), "sensitive")
        accepted(questions(store, settings).content(asked, PUBLIC, home=home))


def questions(store: Store, settings: Settings) -> conflicts.Conflicts:
    rights, curation = Rights(store, settings), Curation(store, settings)
    decisions = Decisions(store, settings, curation, ReplyRatings(store, settings))
    return conflicts.Conflicts(store, rights, decisions)


def open_question(text: str, conflicting: tuple[int, ...], kind: str = "typed") -> OpenQuestion:
    lesson = {"prompt": text, "completion": text, "taken_out": ["secret", "email"]}
    return OpenQuestion("k" * 24, "U1", kind, lesson, (), conflicting, None, "2026-01-01")


@pytest.mark.parametrize("text", TEXTS)
def test_a_blind_comparison_of_any_length_is_accepted(text: str) -> None:
    def answer(adapter: str | None) -> Reply:
        return Reply(1, text, "starter", adapter, 5, 7, 0.5)

    both = Comparison(1, text or "?", answer(None), answer("v0001"), 1.5, tuned_first=True)
    pieces = [accepted(piece) for piece in blind_comparison.comparison(both)]
    shown = [block.to_dict() for block in pieces[-1].blocks]
    assert [block["type"] for block in shown[-2:]] == ["actions", "context"]
    recounted = blind_comparison.recounted(shown, 2)
    limits.blocks_of({"blocks": recounted})
    assert "2 people have voted" in str(recounted)
