"""Gaps in Slack: each person sees those of their place, and teaches or dismisses them."""

from bot.feedback.gaps.finder import GapFinder
from bot.settings import Settings
from bot.slack.gaps.listing import GONE, PAGE
from bot.store.questions.gaps import Gap
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import (
    ANNA,
    BEN,
    CLEO,
    DIRECT,
    GENERAL,
    PRIVATE,
    Message,
    texts_in,
)

WIFI = "What is the <!channel> wifi called?"


def look(bot: Direct) -> None:
    finder = GapFinder(bot.store, None, Settings())
    while finder.look():
        pass


def ask(bot: Direct, text: str, *, user: str = ANNA, channel: str = GENERAL) -> Gap:
    """Asks something that nobody has taught, and returns its gap."""
    bot.ask(text, user=user, channel=channel)
    look(bot)
    return bot.store.gaps.open(None, 100)[-1]


def listed(message: Message) -> str:
    return "\n".join(texts_in(message.blocks))


def test_a_question_is_listed_where_it_was_asked(drive: Drive) -> None:
    bot = drive()
    ask(bot, "How high is the flagpole?")
    ask(bot, "Who gets a raise?", channel=PRIVATE)
    here = listed(bot.command("gaps", user=BEN))
    assert "flagpole" in here
    assert "raise" not in here
    assert "1 person, once" in here
    there = listed(bot.command("gaps", user=BEN, channel=PRIVATE))
    assert "flagpole" in there
    assert "raise" in there


def test_guests_see_no_list(drive: Drive) -> None:
    bot = drive()
    ask(bot, "How high is the flagpole?")
    told = bot.command("gaps", user=CLEO)
    assert "flagpole" not in told.everything


def test_a_list_has_pages(drive: Drive) -> None:
    bot = drive()
    words = ["ape", "bear", "cat", "dog", "eel", "fox", "goat", "hen", "ibis", "jay"]
    for word in words:
        bot.ask(f"Where is the {word} kept?")
    look(bot)
    first = bot.command("gaps")
    second = bot.press("gaps:older", str(PAGE))
    assert sum(f"the {word} kept" in listed(first) for word in words) == PAGE
    assert sum(f"the {word} kept" in listed(second) for word in words) == len(words) - PAGE
    assert len(first.blocks) <= 50


def test_what_is_taught_from_a_gap_closes_it_whatever_its_words(drive: Drive) -> None:
    bot = drive()
    gap = ask(bot, "How high is the flagpole?")
    bot.press("gaps:teach", str(gap.id), user=BEN)
    fields = {block["block_id"]: block for block in bot.form()["blocks"]}
    assert fields["question"]["element"]["initial_value"] == "How high is the flagpole?"
    bot.submit({"question": "What is our pole?", "answer": "It is 9 metres."}, user=BEN)
    assert bot.store.gaps.get(gap.id, None).status == "closed"
    assert bot.press("gaps:dismiss", str(gap.id), user=ANNA).text.count(GONE) <= 1


def test_who_asked_alone_or_a_teacher_may_dismiss(drive: Drive) -> None:
    bot = drive()
    gap = ask(bot, "How high is the flagpole?")
    bot.press("gaps:dismiss", str(gap.id), user=BEN)
    assert bot.store.gaps.get(gap.id, None).status == "open"
    bot.store.people.make(BEN, "teacher", "test")
    bot.press("gaps:dismiss", str(gap.id), user=BEN)
    assert bot.store.gaps.get(gap.id, None).status == "dismissed"
    assert GONE in bot.press("gaps:dismiss", str(gap.id), user=BEN).text
    own = ask(bot, "Where is the ladder?")
    bot.press("gaps:dismiss", str(own.id), user=ANNA)
    assert bot.store.gaps.get(own.id, None).status == "dismissed"


def test_a_gap_of_another_place_cannot_be_taught_by_its_number(drive: Drive) -> None:
    bot = drive()
    gap = ask(bot, "Who gets a raise?", channel=PRIVATE)
    assert GONE in bot.press("gaps:teach", str(gap.id), user=BEN).text
    assert GONE in bot.press("gaps:dismiss", str(gap.id), user=BEN).text
    assert not bot.workspace.views


def test_the_home_tab_shows_ones_own_private_questions_and_public_ones(drive: Drive) -> None:
    bot = drive()
    ask(bot, "How high is the flagpole?")
    ask(bot, "When is my appraisal?", channel=DIRECT)
    for user, seen in ((ANNA, True), (BEN, False)):
        event = {"type": "app_home_opened", "user": user, "tab": "home", "channel": "D0"}
        bot.dispatch(bot.body(event))
        said = "\n".join(texts_in(bot.workspace.homes[user]["blocks"]))
        assert "flagpole" in said
        assert ("appraisal" in said) is seen
        assert len(bot.workspace.homes[user]["blocks"]) <= 100


def test_words_of_a_question_ring_nobody(drive: Drive) -> None:
    bot = drive()
    ask(bot, WIFI)
    assert "<!channel>" not in listed(bot.command("gaps"))


def test_a_gap_that_is_dismissed_on_the_home_tab_is_gone_from_it(drive: Drive) -> None:
    bot = drive(admins=(ANNA,))
    gap = ask(bot, "How high is the flagpole?")
    ask(bot, "When do the gates open?")
    assert "flagpole" in bot.open_home()
    shown = bot.press_home("gaps:dismiss", str(gap.id))
    assert "flagpole" not in shown
    assert "gates" in shown
    assert BEN not in bot.workspace.homes
