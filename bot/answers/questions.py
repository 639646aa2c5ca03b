"""What goes into the assistant and what comes out of it: questions, replies, comparisons."""

from dataclasses import dataclass, field
from typing import Any

from bot.store import Example
from bot.store.database.clock import now
from bot.store.examples.scope import Audience, audience_of
from trainer.retrieval.decision import Source

QUOTED = "taught"
"""The model of a reply that no model wrote: it is the words of an example."""
DECLINED = "none"
"""The model of a reply that declines: nobody taught it."""


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

    @property
    def audience(self) -> Audience:
        """Who reads the answer, which decides what lessons may be told in it."""
        return audience_of(self.source, self.channel, self.user)


@dataclass(frozen=True)
class Reply:
    """An answer as it was stored.

    Of a reply that is not `kept`, the store has only a row that counts it, so there is nothing that
    people could rate.

    Attributes:
        text: what people are shown; empty where it was declined in silence.
        model: who wrote it: the base model, an adapter's version, or QUOTED or DECLINED.
        adapter: the version that wrote it; None where none did.
        source: where it comes from.
        lessons: the examples behind it. Of a `taught` one the first is the lesson that it repeats,
            or that an adapter's words were checked against; of a `near` one it is the nearest.
        confidence: the chance that it is right, from 0 to 1.
        known: whether anybody could tell if a lesson answers the question. Where nobody could, it
            is a model's own words, and nothing is said of what was taught or of how sure that is.
        seconds: how long the model took.
    """

    id: int
    text: str
    model: str
    adapter: str | None
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    source: Source = "model"
    lessons: tuple[Example, ...] = ()
    confidence: float = 0.0
    known: bool = True
    kept: bool = True

    @property
    def quoted(self) -> bool:
        """Whether the words are a lesson's and no model was asked."""
        return self.model == QUOTED

    def to_json(self) -> dict[str, Any]:
        """Returns what programs are told of it, by `ask --json` and by the page."""
        return {
            "text": self.text,
            "model": self.model,
            "adapter": self.adapter,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "seconds": self.seconds,
            "source": self.source,
            "lessons": [lesson.id for lesson in self.lessons],
            "confidence": self.confidence,
        }


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
