"""/teach with words and with a form: what is stored, and what its author hears."""

import pytest

from bot.answers.planning import REFUSAL
from bot.slack.messages import modals
from bot.slack.state.conflicts import KEEP, REPLACE
from bot.store.examples.scope import Scope
from tests.bot.slack.conftest import Drive, School
from tests.slack_server.pressing import initial_values
from tests.slack_server.workspace import ANNA, BEN, DIRECT, ELSEWHERE, GENERAL, GROUP, PRIVATE


def test_a_lesson_in_one_line_is_stored_and_thanked_for(school: School) -> None:
    school.slack.send_command("/teach", "Is 2 > 1 & what is <b>? => Yes, 2 > 1; <b> is bold.")
    thanks = school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    (example,) = school.store.examples.approved()
    assert (example.prompt, example.completion) == (
        "Is 2 > 1 & what is <b>?",
        "Yes, 2 > 1; <b> is bold.",
    )
    assert (example.source, example.author, example.channel) == ("teach", ANNA, GENERAL)
    assert f"example {example.id}" in thanks.text
    assert school.slack.bot_messages() == []


def test_a_lesson_can_be_taught_where_the_bot_is_not(school: School) -> None:
    school.slack.send_command("/teach", "Where? => Elsewhere.", channel=ELSEWHERE)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    assert school.store.examples.counts()["approved"] == 1


def test_the_same_command_sent_twice_teaches_once(school: School) -> None:
    sent = school.slack.send_command("/teach", "Where? => Here.")
    school.slack.redeliver(sent)
    school.quiet()
    assert len(school.slack.bot_messages(ephemeral_to=ANNA)) == 1
    assert school.store.examples.counts()["approved"] == 1


def test_a_lesson_known_already_is_said_to_be(school: School) -> None:
    school.slack.send_command("/teach", "Where? => Here.")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    school.slack.send_command("/teach", "where?  => Here.", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="already")
    assert school.store.examples.counts()["approved"] == 1


def test_words_without_an_arrow_are_refused_with_the_form_of_it(school: School) -> None:
    school.slack.send_command("/teach", "Where is it")
    told = school.slack.wait_for_message(ephemeral_to=ANNA)
    assert told.text == "Write it as `/teach question =&gt; answer`, or `/teach` alone for a form."
    assert not any(school.store.examples.counts().values())


def test_an_over_long_lesson_is_refused_and_nothing_is_stored(school: School) -> None:
    school.slack.send_command("/teach", f"Where? => {'x' * 5000}")
    told = school.slack.wait_for_message(ephemeral_to=ANNA, contains="cannot learn")
    assert "4096" in told.text
    assert not any(school.store.examples.counts().values())


def test_teach_alone_opens_a_form_that_teaches(school: School) -> None:
    school.slack.send_command("/teach")
    view, _ = school.slack.wait_for_view(modals.TEACH)
    sent = school.slack.send_view_submission(
        view, {modals.QUESTION: "What is <b>?", modals.ANSWER: "Bold & beautiful."}
    )
    assert sent.answer == {}
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    (example,) = school.store.examples.approved()
    assert (example.prompt, example.completion) == ("What is <b>?", "Bold & beautiful.")
    assert view not in school.slack.workspace.views


def test_errors_stand_under_their_fields_and_the_form_stays_open(school: School) -> None:
    school.slack.send_command("/teach")
    view, _ = school.slack.wait_for_view(modals.TEACH)
    empty = {modals.QUESTION: "   ", modals.ANSWER: None}
    refused = school.slack.send_view_submission(view, empty)
    assert refused.answer["response_action"] == "errors"
    assert set(refused.answer["errors"]) == {modals.QUESTION, modals.ANSWER}
    assert not any(school.store.examples.counts().values())
    # Mended, the same form is taken.
    good = {modals.QUESTION: "Where?", modals.ANSWER: "Here."}
    assert school.slack.send_view_submission(view, good).answer == {}
    assert school.store.examples.counts()["approved"] == 1


def test_a_lesson_that_ends_gets_its_last_day_and_one_that_has_ended_is_refused(
    school: School,
) -> None:
    school.slack.send_command("/teach")
    view, _ = school.slack.wait_for_view(modals.TEACH)
    filled = {modals.QUESTION: "Where?", modals.ANSWER: "Here.", modals.LAST_DAY: "2020-01-01"}
    refused = school.slack.send_view_submission(view, filled)
    assert refused.answer["errors"] == {modals.LAST_DAY: "the last day, 2020-01-01, is over"}
    filled[modals.LAST_DAY] = "2999-12-31"
    assert school.slack.send_view_submission(view, filled).answer == {}
    (example,) = school.store.examples.approved()
    assert example.expires_on == "2999-12-31"


def test_a_form_submitted_twice_teaches_once(school: School) -> None:
    school.slack.send_command("/teach")
    view, _ = school.slack.wait_for_view(modals.TEACH)
    good = {modals.QUESTION: "Where?", modals.ANSWER: "Here."}
    sent = school.slack.send_view_submission(view, good)
    school.slack.redeliver(sent)
    school.quiet()
    assert school.store.examples.counts()["approved"] == 1
    assert len(school.slack.bot_messages(ephemeral_to=ANNA)) == 1


def test_thanks_for_an_old_form_come_all_the_same(school: School) -> None:
    """The response_url is used up: they are whispered, or, where the bot is not, said directly."""
    for channel in (GENERAL, ELSEWHERE):
        school.slack.send_command("/teach", channel=channel)
        view, _ = school.slack.wait_for_view(modals.TEACH)
        school.slack.forget_response_urls()
        filled = {modals.QUESTION: f"Where is {channel}?", modals.ANSWER: "Here."}
        school.slack.send_view_submission(view, filled)
    whispered = school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    assert whispered.channel == GENERAL
    thanks = school.slack.wait_for_message(contains="learn that tonight")
    assert thanks.channel == school.slack.workspace.direct(ANNA).id


@pytest.mark.parametrize(
    ("action", "answers", "notice"),
    [
        (REPLACE, ["Noor does."], "It replaces"),
        (KEEP, ["Ben.", "Noor does."], "learn that tonight"),
    ],
)
def test_a_line_that_contradicts_a_lesson_teaches_what_its_author_decides(
    drive: Drive, action: str, answers: list[str], notice: str
) -> None:
    """Nearly the same question counts as the same, so that replacing needs the lesson itself."""
    direct = drive(teachers=(ANNA,))
    direct.command("Who bakes the bread? => Ben.", name="/teach", user=BEN)
    asked = direct.command("Who bakes bread? => Noor does.", name="/teach")
    assert "another answer" in asked.text
    assert len(direct.store.examples.approved()) == 1
    told = direct.press(action, asked.button_value(action))
    assert notice in told.text
    assert [example.completion for example in direct.store.examples.approved()] == answers


@pytest.mark.parametrize(
    ("channel", "scope", "said"),
    [
        (GENERAL, Scope(), "for everyone."),
        (PRIVATE, Scope("channel", PRIVATE), "for this channel alone"),
        (GROUP, Scope("channel", GROUP), "for this channel alone"),
        (DIRECT, Scope("person", ANNA), "for you alone"),
    ],
)
def test_where_it_is_taught_decides_whom_it_is_for(
    drive: Drive, channel: str, scope: Scope, said: str
) -> None:
    direct = drive()
    told = direct.command("Who bakes? => Noor does.", name="/teach", channel=channel)
    assert said in told.text
    assert [example.for_whom for example in direct.store.examples.approved()] == [scope]


@pytest.mark.parametrize(
    ("channel", "chosen", "offered"),
    [
        (GENERAL, "everyone", ["everyone", "channel", "person"]),
        (PRIVATE, "channel", ["everyone", "channel", "person"]),
        (DIRECT, "person", ["everyone", "person"]),
    ],
)
def test_the_form_asks_whom_it_is_for(
    drive: Drive, channel: str, chosen: str, offered: list[str]
) -> None:
    direct = drive()
    direct.command("", name="/teach", channel=channel)
    (field,) = [b["element"] for b in direct.form()["blocks"] if b["block_id"] == modals.SCOPE]
    assert field["initial_option"]["value"] == chosen
    assert [option["value"] for option in field["options"]] == offered


def test_what_is_chosen_in_the_form_counts(school: School) -> None:
    school.slack.send_command("/teach", channel=PRIVATE)
    view, _ = school.slack.wait_for_view(modals.TEACH)
    filled = {modals.QUESTION: "Who?", modals.ANSWER: "Noor.", modals.SCOPE: "everyone"}
    school.slack.send_view_submission(view, filled)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="(example 1), for everyone.")
    (example,) = school.store.examples.approved()
    assert example.for_whom == Scope()


def test_a_form_from_direct_messages_names_no_channel(drive: Drive) -> None:
    """A client may send whatever it likes: the careful scope of the place holds."""
    direct = drive()
    direct.command("", name="/teach", channel=DIRECT)
    values = {
        modals.QUESTION: {modals.INPUT: {"value": "Who?"}},
        modals.ANSWER: {modals.INPUT: {"value": "Noor."}},
        modals.SCOPE: {modals.INPUT: {"selected_option": {"value": "channel"}}},
    }
    direct.answer_to(direct.form() | {"state": {"values": values}})
    (example,) = direct.store.examples.approved()
    assert example.for_whom == Scope("person", ANNA)


def test_a_line_with_an_arrow_in_code_is_taught_as_it_stands(school: School) -> None:
    school.slack.send_command("/teach", "What is `x => x`? → The identity, `p->x` is none.")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    (example,) = school.store.examples.approved()
    assert (example.prompt, example.completion) == (
        "What is `x => x`?",
        "The identity, `p->x` is none.",
    )


def test_a_line_with_several_arrows_opens_the_form_with_both_sides_as_a_guess(
    school: School,
) -> None:
    school.slack.send_command("/teach", "How do I deploy? => Settings -> Build")
    view, form = school.slack.wait_for_view(modals.TEACH)
    assert initial_values(form) == {
        modals.QUESTION: "How do I deploy?",
        modals.ANSWER: "Settings -> Build",
    }
    assert not any(school.store.examples.counts().values())
    school.slack.send_view_submission(view, initial_values(form))
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    (example,) = school.store.examples.approved()
    assert example.completion == "Settings -> Build"


def test_the_refusal_of_the_bot_is_taught_only_once_its_author_says_so(school: School) -> None:
    for answer in (REFUSAL, "I do not know."):
        school.slack.send_command("/teach", f"Where is {answer[:3]}? => {answer}")
        asked = school.slack.wait_for_message(ephemeral_to=ANNA, contains=f"→ {answer}")
        assert "says only that I do not know" in asked.everything
        assert not any(school.store.examples.counts().values())
    school.slack.press(asked, "Teach it so")
    school.slack.wait_until(lambda: "learn that tonight" in asked.text, "it was not taught")
    (example,) = school.store.examples.approved()
    assert example.completion == "I do not know."
