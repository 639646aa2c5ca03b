"""What goes into the assistant and what comes out of it: questions, replies, comparisons."""

from dataclasses import dataclass, field

from bot.store import Example
from bot.store.clock import now

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
    """What other people said in the thread, oldest first, each with its name."""
    asked_at: str = field(default_factory=now)
    """ISO time; who is forgotten later is kept nothing of."""


@dataclass(frozen=True)
class Reply:
    """An answer as it was stored. `adapter` is None where the base model spoke.

    `recalled` are the examples that helped; with `quoted`, the text is the last one's words.
    Where it is not `kept`, there is nothing to judge: only a row that counts it.
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

    `tuned_first` is drawn at random: the order in which people see the answers.
    """

    id: int
    prompt: str
    base: Reply
    tuned: Reply
    seconds: float
    tuned_first: bool = False
