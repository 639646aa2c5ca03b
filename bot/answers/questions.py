"""What goes into the assistant and what comes out of it: questions, replies, comparisons."""

from dataclasses import dataclass, field

from bot.store import Example
from bot.store.database.clock import now

QUOTED = "taught"
"""The model of a reply that no model wrote: it is the words of an example."""


@dataclass(frozen=True)
class Question:
    """What somebody asked, and in which conversation.

    `thread` is the key of the conversation within `channel`: Slack's thread_ts, the console's
    session. None asks without any history.
    """

    text: str
    user: str
    channel: str
    thread: str | None = None
    source: str = "slack"
    ts: str | None = None
    context: tuple[str, ...] = ()
    """What other people said in the thread, oldest first, each line with the name of its author."""
    asked_at: str = field(default_factory=now)
    """ISO time. Of somebody who is forgotten later than this, nothing is kept."""


@dataclass(frozen=True)
class Reply:
    """An answer as it was stored. `adapter` is None where the base model answered.

    `recalled` are the examples that the model was told of; with `quoted`, the text is the words
    of the only one. Of a reply that is not `kept`, the store has only a row that counts it, so
    there is nothing that people could rate.
    """

    id: int
    text: str
    model: str
    adapter: str | None
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    recalled: tuple[Example, ...] = ()
    quoted: bool = False
    kept: bool = True


@dataclass(frozen=True)
class Comparison:
    """The same question answered by the base model and by the newest adapter.

    `seconds` passed until both had answered. `tuned_first` is drawn at random: it is the order in
    which people see the answers.
    """

    id: int
    prompt: str
    base: Reply
    tuned: Reply
    seconds: float
    tuned_first: bool = False
