"""Names are asked of Slack once an hour, and texts are read with them."""

from typing import Any

import pytest
from slack_sdk import WebClient

from bot.slack.state.member_names import FRESH_SECONDS, MemberNames


class Members(WebClient):
    """A Slack that knows some members, and counts how often it is asked."""

    def __init__(self, **members: dict[str, Any]) -> None:
        super().__init__()
        self.members = members
        self.asked: list[str] = []

    def users_info(self, *, user: str, **_: Any) -> Any:
        self.asked.append(user)
        if user not in self.members:
            raise ConnectionResetError
        return {"user": self.members[user]}


def test_the_name_that_a_member_chose_comes_first_and_is_asked_for_once() -> None:
    anna = {"profile": {"display_name": "anna"}, "real_name": "Anna Alt", "name": "aalt"}
    client = Members(U1=anna)
    names = MemberNames(client, "U0BOT")
    assert [names.name("U1"), names.name("U1")] == ["anna", "anna"]
    assert client.asked == ["U1"]


def test_without_a_chosen_name_the_real_one_serves_and_then_the_handle() -> None:
    ben = {"profile": {"display_name": ""}, "real_name": "Ben Neu", "name": "bneu"}
    client = Members(U2=ben, U3={"name": "cleo"}, U4={})
    names = MemberNames(client, "U0BOT")
    assert [names.name(user) for user in ("U2", "U3", "U4")] == ["Ben Neu", "cleo", "someone"]


def test_who_is_unknown_is_someone_and_is_asked_for_again() -> None:
    client = Members()
    names = MemberNames(client, "U0BOT")
    assert [names.name("U9"), names.name("U9")] == ["someone", "someone"]
    assert client.asked == ["U9", "U9"]


@pytest.mark.parametrize(
    "author", ["console", "sample", "U1", "ANNA-BERG", "someU0ANNA1", "U0ANNA1, sales"]
)
def test_an_author_who_is_no_member_stands_as_written_and_slack_is_not_asked(author: str) -> None:
    client = Members()
    assert MemberNames(client, "U0BOT").author(author) == author
    assert not client.asked


@pytest.mark.parametrize("member", ["U0ANNA1", "W0ANNA12"])
def test_an_author_who_is_a_member_has_a_name(member: str) -> None:
    client = Members(**{member: {"name": "anna"}})
    assert MemberNames(client, "U0BOT").author(member) == "anna"


def test_a_text_is_read_with_names_and_without_the_bots_own() -> None:
    names = MemberNames(Members(U1={"name": "anna"}), "U0BOT")
    assert names.readable("<@U0BOT> ask <@U1>, please") == "ask @anna, please"


def test_a_name_is_asked_for_again_after_an_hour() -> None:
    client, seconds = Members(U1={"name": "anna"}), [0.0]
    names = MemberNames(client, "U0BOT", lambda: seconds[0])
    for at in (0.0, FRESH_SECONDS - 1, FRESH_SECONDS + 1):
        seconds[0] = at
        names.name("U1")
    assert client.asked == ["U1", "U1"]
