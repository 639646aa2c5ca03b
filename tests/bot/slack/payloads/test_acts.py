"""What a command, a button or a form needs, where the table alone does not show it."""

import pytest

from bot.permissions import Act
from bot.slack.payloads import acts


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("", Act.OWN),
        ("what is this", Act.OWN),
        ("EXAMPLES where", Act.LIST),
        ("examples withdraw 12", Act.OWN),
        ("lessons Withdraw #12", Act.OWN),
        ("examples withdraw 12 and show all", Act.LIST),
        ("examples approve 12", Act.LIST),
        ("night", Act.NIGHT),
        ("night force", Act.NIGHT),
        ("night stop", Act.LIST),
        ("nightly stop", Act.OWN),
        ("night force-stop", Act.NIGHT),
        ("examples\nwithdraw 12", Act.OWN),
        ("forget me", Act.OWN),
    ],
)
def test_a_subcommand_needs_what_its_words_do(text: str, act: Act) -> None:
    """The author of a lesson may always take it back, whoever they are by now."""
    assert acts.of_command("/nightschool", text) is act


def test_what_the_table_lacks_is_for_those_who_may_teach() -> None:
    assert acts.of_action("something:new") is Act.TEACH
    assert acts.of_view("something_new") is Act.TEACH
