"""What a person says about a file that is to be imported."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ReadOptions:
    """What a person says about a file that is to be imported.

    Attributes:
        columns: the file's own names for `question`, `answer`, `context`, `system` and `source`.
        thread: whether the file is a thread copied out of Slack's window.
        slack_url: the address of the workspace of a Slack export, such as
            `https://example.slack.com`: the links to its messages begin with it.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    thread: bool = False
    slack_url: str | None = None
