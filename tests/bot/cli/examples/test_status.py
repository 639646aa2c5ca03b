"""`nightschool examples approve`, `reject`, `withdraw` and `scope`."""

import pytest

from tests.bot.cli.conftest import Command


@pytest.mark.parametrize(
    ("command", "status"),
    [("reject", "rejected"), ("withdraw", "withdrawn"), ("approve", "approved")],
)
def test_an_example_changes_its_status(nightschool: Command, command: str, status: str) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    done = nightschool("examples", command, "1", "--why", "because", "--json")
    assert done.document == {"id": 1, "status": status}


def test_a_reason_is_kept_without_personal_data(nightschool: Command) -> None:
    nightschool("teach", "Who bakes?", "Noor.")
    nightschool("examples", "withdraw", "1", "--why", "noor@tea.example asked for it")
    history = nightschool("examples", "show", "1", "--json").document["history"]
    assert history[-1]["why"] == "[e-mail] asked for it"


@pytest.mark.parametrize("name", ["approve", "reject", "withdraw"])
def test_help_says_what_a_change_of_status_does(nightschool: Command, name: str) -> None:
    assert f"{name.capitalize()} one example." in nightschool("examples", name, "--help").out


def test_whom_an_example_is_for_is_said_and_changed(nightschool: Command) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    assert nightschool("examples", "show", "1", "--json").document["scope"] == "everyone"
    changed = nightschool("examples", "scope", "1", "C0SHUT", "--json").document
    assert changed == {"id": 1, "status": "approved", "scope": "channel", "scope_id": "C0SHUT"}
    assert "one channel (C0SHUT)" in nightschool("examples", "scope", "1", "C0SHUT").out
    (row,) = nightschool("examples", "list", "--json").document["examples"]
    assert (row["scope"], row["scope_id"]) == ("channel", "C0SHUT")
    assert nightschool("examples", "scope", "1", "everyone", "--json").document["scope_id"] is None
    assert nightschool("examples", "scope", "1", "#general").code == 2


def test_an_example_is_handed_over_and_confirmed(nightschool: Command) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    shown = nightschool("examples", "show", "1", "--json").document
    assert (shown["owner"], shown["review_days"], shown["confirmed_at"], shown["due"]) == (
        shown["author"], None, None, False,
    )  # fmt: skip
    done = nightschool("examples", "owner", "1", "U0BEN", "--json").document
    assert done == {"id": 1, "owner": "U0BEN"}
    assert "never" in nightschool("examples", "interval", "1", "0").out
    done = nightschool("examples", "interval", "1", "30", "--json").document
    assert done == {"id": 1, "review_days": 30}
    assert nightschool("examples", "confirm", "1", "--json").document["confirmed"] is True
    (row,) = nightschool("examples", "list", "--json").document["examples"]
    assert (row["owner"], row["review_days"], row["due"]) == ("U0BEN", 30, False)
    assert row["confirmed_at"] is not None
    told = nightschool("examples", "show", "1").out
    assert "owned by U0BEN" in told
    assert "every 30 days" in told


def test_what_cannot_own_or_be_confirmed_is_said_in_a_line(nightschool: Command) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    assert "no member id" in nightschool("examples", "owner", "1", "ben").err
    assert nightschool("examples", "interval", "1", "9999").code == 2
    nightschool("examples", "withdraw", "1")
    assert "is withdrawn" in nightschool("examples", "confirm", "1").err
