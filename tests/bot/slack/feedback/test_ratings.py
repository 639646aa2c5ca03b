"""Thumbs on replies of the bot, by reaction and by Slack's own buttons."""

from typing import Any

import pytest

from bot.settings import FeedbackSettings, Settings
from bot.slack.feedback.notices import NOTHING_TO_TAKE_BACK
from bot.slack.lessons import forms
from bot.slack.messages import feedback_buttons, modals
from tests.bot.slack.conftest import Drive, School
from tests.slack_server import Message, SlackServer
from tests.slack_server.workspace import ANNA, BEN


def answered(school: School, question: str = "Who are you?") -> Message:
    """A reply of the bot."""
    asked = school.slack.send_mention(question)
    answer = school.slack.wait_for_answer(asked.ts)
    school.quiet()
    return answer


def opinions(school: School) -> list[tuple[str, int]]:
    rows = school.store.connections.db.query("select person, value from feedback order by person")
    return [(row["person"], row["value"]) for row in rows]


def taught(school: School) -> list[str]:
    return [example.completion for example in school.store.examples.approved()]


@pytest.mark.parametrize("name", ["+1", "thumbsup", "+1::skin-tone-3", "thumbsup::skin-tone-6"])
def test_a_thumb_makes_an_example_and_is_quietly_acknowledged(school: School, name: str) -> None:
    answer = answered(school)
    school.slack.send_reaction(answer, name)
    thanks = school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    assert thanks.thread_ts == answer.thread_ts
    (example,) = school.store.examples.approved()
    assert (example.prompt, example.completion) == ("Who are you?", "v0007 says: Who are you?")
    assert (example.source, example.author) == ("reaction", ANNA)


def test_a_liked_answer_is_a_lesson_with_a_link_to_it(school: School) -> None:
    answer = answered(school)
    school.slack.send_reaction(answer)
    school.quiet()
    (example,) = school.store.examples.approved()
    assert example.permalink is not None
    assert example.permalink.endswith(f"/{answer.channel}/p{answer.ts.replace('.', '')}")


def test_a_link_that_slack_does_not_give_keeps_nothing_from_being_learned(school: School) -> None:
    answer = answered(school)
    school.slack.fail("chat.getPermalink", "internal_error")
    school.slack.send_reaction(answer)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    school.quiet()
    (example,) = school.store.examples.approved()
    assert example.permalink is None


def test_taking_the_thumb_back_withdraws_the_example(school: School) -> None:
    answer = answered(school)
    school.slack.send_reaction(answer)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    school.slack.take_reaction_back(answer)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="taken back")
    counts = school.store.examples.counts()
    assert (counts["approved"], counts["withdrawn"]) == (0, 1)


def test_the_example_stays_while_somebody_else_likes_it(school: School) -> None:
    answer = answered(school)
    school.slack.send_reaction(answer, user=ANNA)
    school.slack.send_reaction(answer, "+1::skin-tone-2", user=BEN)
    school.slack.wait_for_message(ephemeral_to=ANNA)
    school.slack.wait_for_message(ephemeral_to=BEN)
    school.slack.take_reaction_back(answer, user=ANNA)
    school.quiet()
    assert school.store.examples.counts()["approved"] == 1


def test_a_redelivered_thumb_does_nothing_after_it_was_taken_back(school: School) -> None:
    answer = answered(school)
    school.slack.send_reaction(answer)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    added = school.slack.deliveries[-1]
    school.slack.take_reaction_back(answer)
    school.quiet()
    school.slack.redeliver(added)
    school.quiet()
    assert school.store.examples.counts()["approved"] == 0
    assert len(school.slack.bot_messages(ephemeral_to=ANNA)) == 2


def test_a_thumb_that_arrives_after_its_own_end_does_not_count(school: School) -> None:
    """Events come in no fixed order: the removal of a reaction may overtake it."""
    answer = answered(school)
    with school.slack.holding_deliveries() as held:
        school.slack.send_reaction(answer)
        school.slack.take_reaction_back(answer)
    added, removed = held
    school.slack.redeliver(removed)
    school.quiet()
    school.slack.redeliver(added)
    school.quiet()
    assert school.store.examples.counts()["approved"] == 0


def test_other_emoji_and_other_messages_teach_nothing(school: School) -> None:
    answer = answered(school)
    school.slack.send_reaction(answer, "tada")
    school.slack.send_reaction(answer, "+100")
    human = school.slack.send_message("What a day")
    school.slack.send_reaction(human, user=BEN)
    school.quiet()
    assert not any(school.store.examples.counts().values())
    assert school.slack.bot_messages(ephemeral_to=ANNA) == []


def test_every_piece_of_a_long_answer_can_be_liked(school: School) -> None:
    words = " ".join(f"word{number}" for number in range(1500))
    school.slack.fail("chat.startStream", "unknown_method")
    school.engine.script = lambda _, __: words
    asked = school.slack.send_mention("Everything, please")
    last = school.slack.wait_for_answer(asked.ts, contains="word1499")
    school.quiet()
    school.slack.send_reaction(last)
    told = school.slack.wait_for_message(ephemeral_to=ANNA)
    # The whole answer is what would be learned, and this one is longer than a lesson may be.
    assert "cannot learn" in told.text
    school.engine.script = lambda _, __: words[:3900]
    asked = school.slack.send_mention("A little less, please")
    last = school.slack.wait_for_answer(asked.ts)
    school.quiet()
    school.slack.send_reaction(last)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    (example,) = school.store.examples.approved()
    assert example.completion == words[:3900].strip()


def test_buttons_below_an_answer_say_what_somebody_thinks_of_it(school: School) -> None:
    answer = answered(school)
    school.slack.press(answer, "Good answer", user=BEN)
    thanks = school.slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight")
    assert thanks.thread_ts == answer.thread_ts
    assert opinions(school) == [(BEN, 1)]
    # One row a person a reply; the last word wins.
    school.slack.press(answer, "Bad answer", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="What should I have said?")
    assert opinions(school) == [(BEN, -1)]
    assert taught(school) == []
    school.slack.press(answer, "Good answer", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight", count=2)
    assert opinions(school) == [(BEN, 1)]
    assert taught(school) == ["v0007 says: Who are you?"]


def test_the_answer_is_still_to_be_read_above_its_buttons(school: School) -> None:
    school.slack.fail("chat.startStream", "unknown_method")
    answer = answered(school)
    assert [b["type"] for b in answer.blocks] == ["section", "context", "context_actions"]
    assert answer.blocks[0]["text"]["text"] == answer.text


def test_a_press_that_is_sent_twice_counts_once(school: School) -> None:
    answer = answered(school)
    up = school.slack.press(answer, "Good answer")
    school.slack.wait_for_message(ephemeral_to=ANNA)
    school.slack.press(answer, "Bad answer")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="What should I have said?")
    school.slack.redeliver(up)
    school.quiet()
    assert opinions(school) == [(ANNA, -1)]
    assert len(school.slack.bot_messages(ephemeral_to=ANNA)) == 2


def test_what_a_button_said_can_be_taken_back(school: School) -> None:
    answer = answered(school)
    school.slack.press(answer, "Good answer")
    thanks = school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    school.slack.press(thanks, "Take back")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="taken back")
    assert (opinions(school), taught(school)) == ([], [])


def test_a_second_press_says_that_there_is_nothing_to_take_back(drive: Drive) -> None:
    bot = drive()
    answer = bot.ask("Where is the key?")
    bot.react(answer, "+1")
    reply = bot.store.replies.at(answer.channel, answer.ts)
    told = [bot.press("take_back", str(reply), channel=answer.channel).text for _ in range(2)]
    assert told == [
        "Your :+1: is taken back. I will not learn that answer.",
        NOTHING_TO_TAKE_BACK,
    ]


def test_a_button_says_nothing_about_an_answer_elsewhere(school: School) -> None:
    """Whoever sends a click that Slack never showed them gets nowhere with it."""
    answer = answered(school)
    foreign = Message(
        school.slack.workspace.direct(ANNA).id, answer.ts, answer.user, "", blocks=answer.blocks
    )
    school.slack.press(foreign, "Good answer")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="do not know that answer")
    assert opinions(school) == []


def test_a_reaction_taken_back_leaves_a_later_word_alone(school: School) -> None:
    answer = answered(school)
    school.slack.send_reaction(answer, "+1")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    school.slack.send_reaction(answer, "-1")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="What should I have said?")
    school.slack.take_reaction_back(answer, "+1")
    school.quiet()
    assert opinions(school) == [(ANNA, -1)]
    assert len(school.slack.bot_messages(ephemeral_to=ANNA)) == 2


def test_with_one_of_two_reactions_taken_back_the_other_counts(school: School) -> None:
    answer = answered(school)
    for name in ("-1", "+1", "+1::skin-tone-2"):
        school.slack.send_reaction(answer, name)
        school.quiet()
    school.slack.take_reaction_back(answer, "+1")
    school.quiet()
    assert opinions(school) == [(ANNA, 1)]
    school.slack.take_reaction_back(answer, "+1::skin-tone-2")
    school.quiet()
    assert opinions(school) == [(ANNA, -1)]
    school.slack.take_reaction_back(answer, "-1")
    school.quiet()
    assert opinions(school) == []


def test_a_thumb_down_offers_the_form_that_a_button_opens(school: School) -> None:
    """A reaction has no trigger that could open a form."""
    answer = answered(school)
    school.slack.send_reaction(answer, "-1")
    offer = school.slack.wait_for_message(ephemeral_to=ANNA, contains="What should I have said?")
    assert opinions(school) == [(ANNA, -1)]
    assert school.slack.workspace.views == {}
    school.slack.press(offer, "Tell me")
    correct(school, "I am Nightschool.")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    assert taught(school) == ["I am Nightschool."]


def correct(school: School, text: str | None, user: str = ANNA) -> dict[str, Any]:
    """Fills in "What should I have said?"; what Slack is told."""
    view, shown = school.slack.wait_for_view(forms.CORRECTION)
    assert shown["title"]["text"] == "What should I have said?"
    return school.slack.send_view_submission(view, {modals.ANSWER: text}, user=user).answer


def test_a_correction_is_a_lesson_and_a_pair_and_the_bad_answer_is_never_trained(
    school: School,
) -> None:
    answer = answered(school)
    school.slack.send_reaction(answer, user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN)
    school.slack.press(answer, "Bad answer")
    _, shown = school.slack.wait_for_view(forms.CORRECTION)
    assert "v0007 says: Who are you?" in str(shown["blocks"])
    assert correct(school, "I am <b>Nightschool</b>.") == {}
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    school.quiet()
    assert taught(school) == ["I am <b>Nightschool</b>."]
    assert str(school.store.examples.approved()[0].permalink).startswith("https://school.slack")
    (pair,) = school.store.connections.db.table("preferences").rows
    assert (pair["chosen"], pair["rejected"]) == (
        "I am <b>Nightschool</b>.",
        "v0007 says: Who are you?",
    )
    # Nor if somebody likes it later.
    school.slack.press(answer, "Good answer", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="Somebody said what I should")
    assert taught(school) == ["I am <b>Nightschool</b>."]


def test_a_thumb_up_after_a_correction_takes_it_back(school: School) -> None:
    answer = answered(school)
    school.slack.press(answer, "Bad answer")
    correct(school, "I am Nightschool.")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    school.slack.press(answer, "Good answer")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight", count=2)
    assert taught(school) == ["v0007 says: Who are you?"]
    assert list(school.store.connections.db.table("preferences").rows) == []


def test_what_is_wrong_with_a_correction_stands_under_its_field(school: School) -> None:
    school.slack.press(answered(school), "Bad answer")
    for words in (None, "v0007 says: Who are you?"):
        refused = correct(school, words)
        assert set(refused["errors"]) == {modals.ANSWER}
    assert taught(school) == []
    assert correct(school, "I am Nightschool.") == {}


def test_a_form_that_slack_does_not_open_is_still_offered(school: School) -> None:
    answer = answered(school)
    school.slack.fail("views.open", "expired_trigger_id")
    school.slack.press(answer, "Bad answer")
    offer = school.slack.wait_for_message(ephemeral_to=ANNA, contains="What should I have said?")
    school.slack.press(offer, "Tell me")
    assert correct(school, "I am Nightschool.") == {}


def test_the_thumbs_of_the_bot_itself_are_none(school: School) -> None:
    answer = answered(school)
    school.slack.send_reaction(answer, user=answer.user)
    school.quiet()
    assert opinions(school) == []


class TestSettings:
    """Which emoji are thumbs, and whose count."""

    @pytest.fixture
    def slack_settings(self, slack_settings: Settings) -> Settings:
        asked = FeedbackSettings(up=("tada",), down=("x",), thumbs="teachers", teach="books")
        slack = slack_settings.slack.model_copy(update={"teachers": (BEN,)})
        return slack_settings.model_copy(update={"feedback": asked, "slack": slack})

    def test_other_emoji_can_be_thumbs(self, school: School, slack: SlackServer) -> None:
        answer = answered(school)
        slack.send_reaction(answer, "+1", user=BEN)
        school.quiet()
        assert opinions(school) == []
        slack.send_reaction(answer, "tada", user=BEN)
        slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight")
        slack.send_reaction(answer, "x", user=BEN)
        slack.wait_for_message(ephemeral_to=BEN, contains="What should I have said?")
        assert opinions(school) == [(BEN, -1)]

    def test_whose_thumbs_do_not_count_is_thanked_and_told(
        self, school: School, slack: SlackServer
    ) -> None:
        answer = answered(school)
        slack.press(answer, "Good answer", user=ANNA)
        slack.wait_for_message(ephemeral_to=ANNA, contains="other people's thumbs decide")
        assert (opinions(school), taught(school)) == ([(ANNA, 1)], [])
        slack.press(answer, "Good answer", user=BEN)
        slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight")
        assert len(taught(school)) == 1


@pytest.mark.parametrize(
    ("value", "meaning"),
    [("up:12", (1, 12)), ("down:7", (-1, 7)), ("up:", None), ("sideways:1", None), ("up:²", None)],
)
def test_a_press_says_what_and_of_which_reply(value: str, meaning: tuple[int, int] | None) -> None:
    assert feedback_buttons.pressed(value) == meaning


def test_a_thumb_on_a_summary_of_the_thread_teaches_nothing(school: School) -> None:
    """What others said in a thread is answered nowhere else because somebody liked it."""
    first = school.slack.send_message("The codename is Basilisk.", user=BEN)
    asked = school.slack.send_mention("Summarise this thread", thread=first.ts)
    answer = school.slack.wait_for_answer(first.ts)
    school.quiet()
    assert asked.thread_ts == first.ts
    school.slack.send_reaction(answer)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="so it is no lesson")
    assert taught(school) == []
    school.slack.press(answer, "Bad answer")
    view, shown = school.slack.wait_for_view(forms.CORRECTION)
    # It stays in its place, so nobody is asked whom it is for.
    assert modals.SCOPE not in {block.get("block_id") for block in shown["blocks"]}
    school.slack.send_view_submission(view, {modals.ANSWER: "It is Basilisk."})
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="for this channel alone")
    (example,) = school.store.examples.approved()
    assert (example.scope, example.scope_id) == ("channel", answer.channel)
