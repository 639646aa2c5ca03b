"""What the workspace sends to the app: envelopes, and whether and how they were acknowledged."""

import uuid
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Delivery:
    """One thing that happened, however often it is sent.

    `attempts` has the envelope id of every sending, with the payload of its acknowledgement
    ({} for an empty one) or None while there is none.
    """

    kind: str
    payload: dict[str, Any]
    attempts: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    sent_at: float = 0.0
    """When it was first sent, and first acknowledged: seconds of a clock that only goes on."""
    acknowledged_at: float = 0.0

    @property
    def acknowledged(self) -> bool:
        """Whether the newest sending of it was acknowledged."""
        return bool(self.attempts) and list(self.attempts.values())[-1] is not None

    @property
    def answer(self) -> dict[str, Any]:
        """The payload of the first acknowledgement; later ones are of no account to Slack."""
        return next((answer for answer in self.attempts.values() if answer is not None), {})

    @property
    def ts(self) -> str:
        """The time stamp of the message that this is about, where it is about one."""
        return str(self.payload["event"]["ts"])

    def envelope(self) -> dict[str, Any]:
        """A new attempt, as the JSON that goes over the socket."""
        identifier = str(uuid.uuid4())
        self.attempts[identifier] = None
        envelope: dict[str, Any] = {
            "type": self.kind,
            "envelope_id": identifier,
            "payload": self.payload,
            "accepts_response_payload": self.kind != "events_api",
        }
        if self.kind == "events_api":
            again = len(self.attempts) - 1
            envelope["retry_attempt"] = again
            envelope["retry_reason"] = "timeout" if again else ""
        return envelope
