"""Threads pasted out of Slack's window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import DatasetError
from trainer.importing.slack_thread import thread_row

ROW = {"prompt": "Where is the spare key?", "completion": "On the hook.\nBehind the door."}


@pytest.mark.parametrize(
    "pasted",
    [
        """Ann Lee  [10:15 AM]
Where is the spare key?
Ben Okri  [10:16 AM]
On the hook.
[10:17 AM]
Behind the door.
""",
        """Ann Lee
  10:15 AM
Where is the spare key?
2 replies
Ben Okri :palm_tree:
  10:16 AM
On the hook.
10:17
Behind the door.
+1
""",
        """Ann Lee  10:15
Where is the spare key?
New
Ben Okri  10:16
On the hook.
Behind the door.
Ann Lee  10:18
Thanks!
""".replace("\n", "\r\n"),
        """Ann Lee  [Mar 3rd at 10:15 AM]
Where is the spare key?
(edited)
Helper APP  [Yesterday at 10:16]
On the hook.
Behind the door.
""",
    ],
)
def test_the_shapes_that_slack_pastes(pasted: str) -> None:
    assert thread_row(pasted) == ROW


def test_a_longer_thread_keeps_its_turns_and_everybody_else_answers() -> None:
    pasted = "\n".join(
        [
            *("Ann  [9:01]", "Is it open?", "Ben  [9:02]", "Which one?", "Ann  [9:03]"),
            *("The gate.", "Ben  [9:04]", "Yes.", "Cy  [9:05]", "Until six."),
        ]
    )
    assert thread_row(pasted) == {
        "messages": [
            {"role": "user", "content": "Is it open?"},
            {"role": "assistant", "content": "Which one?"},
            {"role": "user", "content": "The gate."},
            {"role": "assistant", "content": "Yes.\nUntil six."},
        ]
    }


@pytest.mark.parametrize(
    ("pasted", "reason"),
    [
        ("just some text", "no names"),
        ("", "no names"),
        ("Ann  [9:01]\nAnybody?", "nobody answers Ann"),
        ("Ann  [9:01]\n\nBen  [9:02]\n\n", "no names"),
    ],
)
def test_what_is_no_thread_is_refused(pasted: str, reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        thread_row(pasted)


@given(st.text(alphabet=st.sampled_from("Ann B:[]019 \n\tAPM+?.é"), max_size=200))
def test_any_text_gives_a_row_or_one_line(text: str) -> None:
    try:
        row = thread_row(text)
    except DatasetError as error:
        assert "\n" not in str(error)  # noqa: PT017  either way is right
        return
    assert "messages" in row or (row["prompt"] and row["completion"])


@pytest.mark.parametrize("name", ["A", "x" * 80])
def test_a_name_has_one_to_eighty_characters(name: str) -> None:
    pasted = f"{name}\n  10:15 AM\nWhere is the key?\nBen  [10:16 AM]\nOn the hook."
    assert thread_row(pasted) == {"prompt": "Where is the key?", "completion": "On the hook."}


def test_a_longer_line_before_a_time_is_text() -> None:
    pasted = f"Ann  [9:01]\nq\nBen  [9:02]\na\n{'x' * 81}\n  9:03\nb"
    assert thread_row(pasted)["completion"] == f"a\n{'x' * 81}\nb"
