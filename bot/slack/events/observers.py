"""What else is told of events: features that look at messages which are not for the bot."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.slack.events.message import IncomingMessage
from bot.slack.events.reaction import Reaction


@dataclass(frozen=True)
class Observers:
    """Functions that are called in a thread of their own; features add theirs at the start.

    Attributes:
        messages: take every message of a person that the bot hears, also those meant for it. The
            same one may come twice.
        edits: take the new wording of a message that the bot has taken and that is not for it now.
        reactions: take every reaction of a person to a message.
        home: take the id of a person whose Home tab shows what is not so any more.
    """

    messages: list[Callable[[IncomingMessage], object]] = field(default_factory=list)
    edits: list[Callable[[IncomingMessage], object]] = field(default_factory=list)
    reactions: list[Callable[[Reaction], object]] = field(default_factory=list)
    home: list[Callable[[str], object]] = field(default_factory=list)
