"""Everybody hears once of what was done with their lessons, also after an outage."""

import pytest
from slack_sdk import WebClient

from bot.slack.lessons.notices_sender import NoticesSender
from bot.slack.state.member_names import MemberNames
from bot.store import Store
from bot.store.examples.rows import NewExample
from tests.bot.slack.conftest import School
from tests.slack_server import SlackServer
from tests.slack_server.workspace import ANNA, BEN, BOT


@pytest.fixture
def sender(store: Store, client: WebClient) -> NoticesSender:
    example = store.examples.add(NewExample("Who?", "Noor.", "teach", ANNA)).id
    for person in (ANNA, BEN):
        store.notices.add(person, "withdrawn", example, "console")
    return NoticesSender(store, client, MemberNames(client, BOT))


def told(slack: SlackServer, person: str) -> int:
    channel = slack.workspace.direct(person).id
    return len(slack.bot_messages(channel=channel, contains="was withdrawn"))


def test_each_is_told_once(sender: NoticesSender, slack: SlackServer, store: Store) -> None:
    sender.deliver()
    sender.deliver()
    assert (told(slack, ANNA), told(slack, BEN)) == (1, 1)
    assert store.notices.untold(9) == []


def test_while_slack_is_away_they_wait(
    sender: NoticesSender, slack: SlackServer, store: Store
) -> None:
    slack.fail("chat.postMessage", "internal_error", status=500)
    sender.deliver()
    assert len(store.notices.untold(9)) == 2
    sender.deliver()
    assert (told(slack, ANNA), told(slack, BEN)) == (1, 1)


def test_who_cannot_be_told_keeps_nobody_else_waiting(
    sender: NoticesSender, slack: SlackServer, store: Store
) -> None:
    slack.fail("chat.postMessage", "user_not_found")
    sender.deliver()
    assert (told(slack, ANNA), told(slack, BEN)) == (0, 1)
    assert store.notices.untold(9) == []


def test_who_has_opted_out_is_told_nothing(
    sender: NoticesSender, slack: SlackServer, store: Store
) -> None:
    store.people.opt_out(ANNA)
    sender.deliver()
    assert (told(slack, ANNA), told(slack, BEN)) == (0, 1)


def test_a_change_in_slack_is_told_without_anybody_asking(school: School) -> None:
    """The service sends what waits right after each payload."""
    school.store.people.make(ANNA, "teacher", "test")
    school.slack.send_command("/teach", "Who bakes? => Ben.", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight")
    school.slack.send_command("/nightschool", "examples withdraw 1")
    direct = school.slack.workspace.direct(BEN).id
    school.slack.wait_for_message(channel=direct, contains="anna withdrew your lesson (example 1)")
