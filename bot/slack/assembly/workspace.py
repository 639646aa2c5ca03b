"""What the parts of all packages share: the client, and the state of the workspace."""

from dataclasses import dataclass, field

from slack_sdk import WebClient

from bot.slack.events.observers import Observers
from bot.slack.messages.permalinks import Permalinks
from bot.slack.payloads.admission import Admission
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.conflicts import Conflicts
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.members import Members
from bot.slack.state.places import SlackPlaces
from bot.slack.state.threads import Threads


@dataclass(frozen=True)
class Workspace:
    """The client, and the state of the workspace that several packages share."""

    client: WebClient
    dispatcher: Dispatcher
    names: Members
    places: SlackPlaces
    admission: Admission
    threads: Threads
    in_flight: InFlightAnswers
    conflicts: Conflicts
    permalinks: Permalinks
    observers: Observers = field(default_factory=Observers)
