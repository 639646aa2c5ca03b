"""Buttons, some of them with a dialog that asks for confirmation."""

from slack_sdk.models.blocks import ButtonElement, ConfirmObject

VALUE_LIMIT = 2000
"""Characters of a button's value that Slack takes."""


def button(
    label: str, action: str, value: str, *, style: str | None = None, sure: str | None = None
) -> ButtonElement:
    """Builds a button.

    Args:
        label: what stands on it.
        action: its action id.
        value: what a click carries; cut at VALUE_LIMIT.
        style: `primary` or `danger`; without one it is plain.
        sure: the question of a confirmation dialog, cut at 300 characters; no dialog without it.
    """
    confirm = None
    if sure:
        confirm = ConfirmObject(
            title="Are you sure?",
            text=sure[:300],
            confirm=label[:30],
            deny="Cancel",
            style=style,
        )
    return ButtonElement(
        text=label, action_id=action, value=value[:VALUE_LIMIT], style=style, confirm=confirm
    )


def number(value: str) -> int:
    """Reads the value of a button as an id; 0 where it is none."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0  # noqa: PLR2004  fits a column
