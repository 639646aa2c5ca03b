"""What is taught in a private channel is told there, and by no way in Slack anywhere else."""

import json

from bot.slack.lessons.scope_buttons import EVERYBODY
from tests.bot.slack.admin.steps import ask, labels
from tests.bot.slack.conftest import School
from tests.slack_server import Message
from tests.slack_server.workspace import ANNA, BEN, DIRECT, GENERAL, PRIVATE

QUESTION, WORD = "What is the codename of the plan?", "Basilisk"


def teach_in_private(school: School) -> Message:
    """Ben teaches it in the private channel; returns what he is told."""
    school.slack.send_command("/teach", f"{QUESTION} => {WORD}.", user=BEN, channel=PRIVATE)
    return school.slack.wait_for_message(ephemeral_to=BEN, contains="I know that now")


def leaks(school: School) -> list[str]:
    """Everything that was shown outside of the private channel and has the word in it."""
    workspace = school.slack.workspace
    said = [m.everything for m in workspace.messages if m.channel != PRIVATE]
    shown = [json.dumps(view) for view in (*workspace.views.values(), *workspace.homes.values())]
    return [text for text in (*said, *shown) if WORD in text]


def asked(school: School, channel: str, user: str = ANNA) -> Message:
    """Somebody asks for it; the whole answer."""
    text = QUESTION if channel == DIRECT else f"<@U0NIGHTBOT> {QUESTION}"
    question = school.slack.send_message(text, user=user, channel=channel)
    return school.slack.wait_for_answer(question.ts)


def test_it_is_told_in_its_place_and_nowhere_else(school: School) -> None:
    told = teach_in_private(school)
    assert "for this channel alone (example 1): it is told only here, and not trained" in told.text
    answer = asked(school, PRIVATE)
    assert WORD in answer.everything
    link = f"https://school.slack.com/archives/{PRIVATE}/p{answer.ts.replace('.', '')}"

    for channel in (GENERAL, DIRECT):
        assert WORD not in asked(school, channel).everything
        ask(school, "examples", "Nothing found", channel=channel)
        ask(school, "examples mine", "Nothing found", channel=channel)
        ask(school, f"examples {WORD.lower()}", "Nothing found", channel=channel)
        ask(school, "examples show 1", "shown only there", channel=channel)
        ask(school, "examples edit 1", "shown only there", channel=channel)
        ask(school, "examples everyone 1", "shown only there", channel=channel)
        ask(school, "why", channel=channel)
        ask(school, f"why {link}", "I say only there", channel=channel)
    school.slack.open_home(ANNA)
    school.slack.wait_until(lambda: ANNA in school.slack.workspace.homes, "no Home tab")
    school.quiet()
    assert leaks(school) == []

    assert WORD in ask(school, "examples", WORD, channel=PRIVATE).everything
    assert WORD in ask(school, "examples show 1", WORD, channel=PRIVATE).everything
    assert WORD in ask(school, "why", "Nearest lessons", channel=PRIVATE).everything
    assert leaks(school) == []


def test_an_admin_sees_as_little_of_it_elsewhere(school: School) -> None:
    """Rights let somebody change lessons; they open no channel."""
    teach_in_private(school)
    school.store.people.make(ANNA, "admin", "test")
    ask(school, "examples", "Nothing found")
    ask(school, "examples show 1", "shown only there")
    ask(school, "examples reject 1", "shown only there")
    ask(school, "export", "Nothing is approved")
    assert school.store.examples.get(1).status == "approved"
    assert leaks(school) == []


def test_its_author_sees_it_in_their_direct_messages_and_may_take_it_back(school: School) -> None:
    teach_in_private(school)
    direct = school.slack.workspace.direct(BEN).id
    card = ask(school, "examples show 1", WORD, user=BEN, channel=direct)
    assert "Only this channel" not in labels(card)
    # What is somebody's own they take back anywhere, without its words.
    ask(school, "examples withdraw 1", "Example 1 is withdrawn.", user=BEN)
    assert school.store.examples.get(1).status == "withdrawn"


def test_its_author_makes_it_known_to_everyone_by_a_button_that_asks_first(school: School) -> None:
    told = teach_in_private(school)
    (confirm,) = [
        element["confirm"]
        for block in told.blocks
        for element in block.get("elements", ())
        if element.get("action_id") == "scope:everyone"
    ]
    assert confirm["text"]["text"] == EVERYBODY
    school.slack.press(told, "For everyone", user=BEN)
    school.slack.wait_until(lambda: "is for everyone now" in told.text, "it stayed private")
    assert WORD in asked(school, GENERAL).everything
