"""Buttons, with the dialog that asks before something happens that many will notice."""

from slack_sdk.models.blocks import ButtonElement, ConfirmObject

VALUE_LIMIT = 2000


def button(
    label: str, action: str, value: str, *, style: str | None = None, sure: str | None = None
) -> ButtonElement:
    """A button; with `sure`, Slack asks that first (at most 300 characters)."""
    confirm = None
    if sure:
        confirm = ConfirmObject(
            title="Are you sure?", text=sure[:300], confirm=label[:30], deny="Cancel", style=style
        )
    return ButtonElement(
        text=label, action_id=action, value=value[:VALUE_LIMIT], style=style, confirm=confirm
    )


def number(value: str) -> int:
    """What a button carries as an id; 0 where it is none."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0  # noqa: PLR2004
