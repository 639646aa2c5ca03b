"""The shortcut in the menu of a message, and the forms that teach."""

from bot.slack.lessons import forms
from tests.bot.slack.conftest import Drive


def test_a_shortcut_that_is_sent_again_opens_no_second_form(drive: Drive) -> None:
    direct = drive()
    words = direct.write("Behind the poster.")
    trigger = {"trigger_id": direct._trigger()}
    direct.choose(words, **trigger)
    direct.choose(words, **trigger)
    assert [view["callback_id"] for view in direct.workspace.views.values()] == [forms.TEACH_THIS]


def test_the_form_has_the_message_as_slack_sent_it(drive: Drive) -> None:
    """Where the bot is not, it could not be read again; its time stamp is in it, too."""
    direct = drive()
    words = direct.write("Behind the poster.")
    words.deleted = True
    direct.choose(words, message_ts=None)
    answer = next(b for b in direct.form()["blocks"] if b.get("block_id") == "answer")
    assert answer["element"]["initial_value"] == "Behind the poster."


def test_each_form_is_taught_as_what_it_is(drive: Drive) -> None:
    direct = drive()
    direct.command("", name="/teach")
    direct.submit({"question": "Who?", "answer": "Noor."})
    direct.choose(direct.write("Behind the poster."))
    direct.submit({"question": "Where?", "answer": "Behind the poster."})
    direct.choose(direct.ask("What is it?"))
    direct.submit({"answer": "A key."})
    taught = {(e.source, e.prompt, e.completion) for e in direct.store.examples.approved()}
    assert taught == {
        ("teach", "Who?", "Noor."),
        ("shortcut", "Where?", "Behind the poster."),
        ("correction", "What is it?", "A key."),
    }
