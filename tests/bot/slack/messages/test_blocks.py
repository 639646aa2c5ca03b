"""Messages stay under Slack's limits whatever is in them, and say what happened."""

from typing import cast

import pytest

from bot.answers.questions import Comparison, Reply
from bot.lessons.teaching import Taught
from bot.operations.status import Status
from bot.settings import ExampleSettings
from bot.slack.messages import blocks, modals
from bot.slack.messages.blocks import SECTION_LIMIT
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.posting import MessageContent
from bot.store.examples.scope import EVERYONE, Scope
from tests.slack_server import limits

HERE, READER = "C0GENERAL", "U0ANNA"
HUGE = "<!channel> & **so** on " * 2000


def reply(text: str, adapter: str | None) -> Reply:
    return Reply(1, text, "starter", adapter, 5, 7, 0.5)


def accepted(piece: MessageContent) -> MessageContent:
    """The same, if Slack takes it both as a new message and as an update."""
    arguments = {"text": piece.text, "blocks": [block.to_dict() for block in piece.blocks]}
    limits.check_text(arguments, limits.UPDATE_CHARACTERS)
    limits.blocks_of(arguments)
    assert "<!" not in piece.text
    return piece


@pytest.mark.parametrize("text", ["", "short", "word " * 450, "word " * 700, HUGE])
def test_comparisons_of_any_length_are_accepted(text: str) -> None:
    both = Comparison(1, text or "?", reply(text, None), reply(text, "v0001"), 1.5)
    pieces = blocks.comparison(both)
    for piece in pieces:
        accepted(piece)
    said = "".join(piece.text + str([b.to_dict() for b in piece.blocks]) for piece in pieces)
    assert "*Base*" in said
    assert "*Tuned (v0001)*" in said


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (Taught(4, "approved"), "I will learn that tonight (example 4)"),
        (Taught(5, "approved", replaced=(4,)), "replaces what I was taught before (example 4)"),
        (Taught(5, "pending"), "waits for approval (example 5)"),
        (Taught(5, "quarantined"), "kept apart"),
        (Taught(5, "approved", redacted=("e-mail",)), "Left out, as personal or secret: e-mail."),
        (Taught(4, "duplicate"), "already (example 4)"),
        (Taught(4, "duplicate", scope=EVERYONE), "already (example 4), for everyone."),
        (Taught(4, "approved", scope=EVERYONE), "learn that tonight (example 4), for everyone."),
        (
            Taught(4, "approved", scope=Scope("channel", HERE)),
            "for this channel alone (example 4): it is told only here, and not trained.",
        ),
        (
            Taught(4, "approved", scope=Scope("channel", "C0OTHER")),
            "for one channel alone (example 4): it is told only there, and not trained.",
        ),
        (
            Taught(4, "pending", scope=Scope("channel", HERE)),
            "The lesson waits for approval, for this channel alone (example 4)",
        ),
        (
            Taught(4, "approved", scope=Scope("person", READER)),
            "for you alone (example 4): it is told only in our direct messages, and not trained.",
        ),
        (
            Taught(5, "pending", scope=EVERYONE, proposed_for=(3, 4)),
            "Proposed: its author and the teachers are asked whether it replaces example 3, 4.",
        ),
        (Taught(None, "refused", ("too <long>", "empty")), "• too &lt;long&gt;\n• empty"),
    ],
)
def test_a_teacher_hears_what_became_of_the_lesson(result: Taught, said: str) -> None:
    assert said in accepted(blocks.taught(result, HERE, READER)).text


def test_a_short_answer_beside_one_too_long_for_a_column_stands_above_it() -> None:
    """In columns, Slack would refuse the message."""
    both = Comparison(1, "Q", reply("short", None), reply("word " * 450, "v0001"), 1.5)
    (piece,) = blocks.comparison(both)
    kinds = [block.type for block in accepted(piece).blocks]
    assert kinds == ["section", "section", "divider", "section", "context"]


def test_what_was_left_out_of_a_lesson_is_said_after_the_thanks() -> None:
    lesson = Taught(5, "approved", redacted=("e-mail",), replaced=(3, 4))
    assert blocks.taught(lesson).text == (
        ":mortar_board: Thank you. I will learn that tonight (example 5)."
        " Left out, as personal or secret: e-mail. I say “[e-mail]” in its place."
        " It replaces what I was taught before (example 3, 4)."
    )


def test_a_long_status_is_cut_to_what_slack_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "sentences", lambda _: ["x" * 1500, "y" * 1500])
    (section,) = blocks.status(cast("Status", None)).blocks
    section.validate_json()
    assert len(section.to_dict()["text"]["text"]) == SECTION_LIMIT


def test_a_name_in_a_block_notifies_nobody() -> None:
    both = Comparison(1, "@channel", reply("@here", None), reply("@all", "v0001"), 1.5)
    (piece,) = blocks.comparison(both)
    texts = [piece.blocks[0].to_dict()["text"], *piece.blocks[1].to_dict()["fields"]]
    assert all(text["verbatim"] for text in texts)


def test_the_form_is_a_view_that_slack_takes() -> None:
    settings = ExampleSettings(max_prompt_length=9000, max_completion_length=100)
    form = modals.teach_form(Recipient("U1", "C1", "1.0", "https://a.example"), settings, "Where?")
    shown = limits.view_of({"view": form.to_dict()}, "modal")
    *texts, whom, day, review = (block["element"] for block in shown["blocks"])
    assert [text["max_length"] for text in texts] == [modals.INPUT_LIMIT, 100]
    assert [option["value"] for option in whom["options"]] == ["everyone", "channel", "person"]
    assert day["type"] == "datepicker"
    assert review["type"] == "number_input"
