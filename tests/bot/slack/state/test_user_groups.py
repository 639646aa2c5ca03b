"""Names of user groups are asked of Slack once an hour."""

from typing import Any

from slack_sdk import WebClient

from bot.slack.state.user_groups import FRESH_SECONDS, UserGroups


class Slack(WebClient):
    """A Slack with some user groups, which counts how often it is asked."""

    def __init__(self, **handles: str) -> None:
        super().__init__()
        self.handles = handles
        self.away = False
        self.asked = 0

    def usergroups_list(self, **_: Any) -> Any:
        self.asked += 1
        if self.away:
            raise ConnectionResetError
        return {"usergroups": [{"id": name, "handle": to} for name, to in self.handles.items()]}


def test_a_group_has_its_handle_and_slack_is_asked_once_an_hour() -> None:
    slack, seconds = Slack(S0OPS="ops"), [1.0]
    groups = UserGroups(slack, lambda: seconds[0])
    assert [groups.name("S0OPS") for _ in range(3)] == ["ops"] * 3
    assert slack.asked == 1
    slack.away, seconds[0] = True, FRESH_SECONDS + 2
    assert [groups.name("S0OPS") for _ in range(3)] == ["ops"] * 3
    assert slack.asked == 2


def test_the_name_that_came_with_it_needs_no_asking() -> None:
    slack = Slack()
    assert (UserGroups(slack).name("S0OPS", "ops"), slack.asked) == ("ops", 0)


def test_an_unknown_group_or_one_with_a_strange_handle_is_just_a_group() -> None:
    groups = UserGroups(Slack(S0EVIL="<!channel> ops"))
    assert [groups.name(name) for name in ("S0EVIL", "S0GONE")] == ["group", "group"]
