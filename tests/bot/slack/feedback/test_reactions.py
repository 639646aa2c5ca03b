"""Thumbs by emoji: what one that is removed leaves of a person's opinion."""

from bot.slack.feedback.reactions import _removed
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server import Message
from tests.slack_server.workspace import ANNA, BEN, GENERAL


def rating(direct: Direct, answer: Message, user: str = ANNA) -> int:
    reply = direct.store.replies.at(GENERAL, answer.ts)
    assert reply is not None
    return direct.store.ratings.of(reply, user)


def test_an_emoji_that_is_removed_takes_its_own_opinion_back(drive: Drive) -> None:
    direct = drive()
    answer = direct.ask("Who are you?")
    direct.react(answer, "+1")
    assert rating(direct, answer) == 1
    direct.react(answer, "+1", added=False)
    assert rating(direct, answer) == 0


def test_another_emoji_of_the_same_person_still_counts(drive: Drive) -> None:
    direct = drive()
    answer = direct.ask("Who are you?")
    direct.react(answer, "+1")
    direct.react(answer, "-1")
    assert rating(direct, answer) == -1
    direct.react(answer, "-1", added=False)
    assert rating(direct, answer) == 1


def test_an_emoji_of_somebody_else_does_not(drive: Drive) -> None:
    direct = drive()
    answer = direct.ask("Who are you?")
    direct.react(answer, "+1", user=BEN)
    direct.react(answer, "-1")
    direct.react(answer, "-1", added=False)
    assert (rating(direct, answer), rating(direct, answer, BEN)) == (0, 1)


def test_an_opinion_that_was_changed_since_stays(drive: Drive) -> None:
    direct = drive()
    answer = direct.ask("Who are you?")
    direct.react(answer, "+1")
    reply = direct.store.replies.at(GENERAL, answer.ts)
    direct.press("feedback", f"down:{reply}")
    direct.react(answer, "+1", added=False)
    assert rating(direct, answer) == -1


def test_a_reaction_that_is_delivered_again_counts_once(drive: Drive) -> None:
    direct = drive()
    answer = direct.ask("Who are you?")
    place = {"type": "message", "channel": GENERAL, "ts": answer.ts}
    event = {"type": "reaction_added", "user": ANNA, "reaction": "+1", "item": place}
    body = direct.body(event)
    for _ in range(2):
        direct.dispatch(body)
    thanks = [m for m in direct.workspace.messages if m.ephemeral_to == ANNA]
    assert len(thanks) == 1


def test_who_may_not_rate_hears_why(drive: Drive) -> None:
    direct = drive()
    answer = direct.ask("Who are you?", user=BEN)
    direct.store.people.opt_out(ANNA)
    assert "opted out" in direct.react(answer, "+1").text


def test_what_is_left_of_an_opinion_when_an_emoji_goes() -> None:
    """1 and -1 are the two thumbs; the second argument has those that still stand."""
    assert _removed(1, frozenset())(1) == 0
    assert _removed(1, frozenset())(-1) is None
    assert _removed(1, frozenset())(0) is None
    assert _removed(1, frozenset({1}))(1) is None
    assert _removed(1, frozenset({-1}))(1) == -1
