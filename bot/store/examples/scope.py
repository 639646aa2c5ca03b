"""Whom a lesson is for, who reads where, and whether the one sees the other.

`sees` and the SQL term `VISIBLE` are the same rule, once for a lesson at hand and once for queries.
"""

from dataclasses import dataclass
from typing import Literal

ScopeKind = Literal["everyone", "channel", "person"]
CONSOLE = "console"
"""The person whose own place the web page is."""


@dataclass(frozen=True)
class Scope:
    """Whom a lesson is for: everyone, the channel `id`, or the person `id`.

    A private scope without an id is that of an erased lesson: nobody sees it.
    """

    kind: ScopeKind = "everyone"
    id: str | None = None

    @property
    def private(self) -> bool:
        """Whether it is not for everyone, so that it is looked up in its place and not trained."""
        return self.kind != "everyone"


EVERYONE = Scope()
SCOPE_CHANGES: dict[ScopeKind, str] = {
    "everyone": "for everyone",
    "channel": "for one channel",
    "person": "for one person",
}
"""What the history of an example says where its scope was changed, by the new one."""


@dataclass(frozen=True)
class Audience:
    """Who reads what is said, as far as it decides which lessons may be said there.

    Attributes:
        channel: the channel in which it is read, whose own lessons are seen.
        person: whoever reads alone: in direct messages, on the Home tab, on the page.
        own: in lists, whether `person` also sees what they taught or own for a channel themselves.
    """

    channel: str | None = None
    person: str | None = None
    own: bool = False


PUBLIC = Audience()
"""Anybody, anywhere: only what is for everyone is seen."""
VISIBLE = (
    "coalesce(examples.scope = 'everyone'"
    " or (examples.scope = 'channel' and examples.scope_id = :seen_channel)"
    " or (examples.scope = 'person' and examples.scope_id = :seen_person)"
    " or (:seen_own and (examples.author = :seen_person or examples.owner = :seen_person)), 0)"
)
"""An SQL term, never null: whether the audience of `parameters` sees a row of `examples`."""


def audience_of(source: str, channel: str, person: str) -> Audience:
    """Returns who reads the answer to a question.

    Args:
        source: where it was asked: `slack`, `console`, `cli`.
        channel: the channel in which it was asked; Slack's ids of direct messages begin with D.
        person: the id of whoever asked.
    """
    if source == "slack":
        if channel.startswith("D"):
            return Audience(person=person)
        return Audience(channel=channel)
    return Audience(person=CONSOLE) if source == "console" else PUBLIC


def sees(audience: Audience, scope: Scope, author: str = "", owner: str | None = None) -> bool:
    """Returns whether a lesson with this scope may be shown to an audience.

    Args:
        audience: who reads it.
        scope: whom the lesson is for.
        author: the id of who taught it; it matters to lists of one's own lessons.
        owner: the id of who it was handed over to; it matters to them as well.
    """
    if not scope.private:
        return True
    if audience.own and audience.person is not None and audience.person in (author, owner):
        return True
    place = audience.channel if scope.kind == "channel" else audience.person
    return place is not None and place == scope.id


def parameters(audience: Audience) -> dict[str, object]:
    """Returns the values of the named parameters in VISIBLE."""
    return {
        "seen_channel": audience.channel,
        "seen_person": audience.person,
        "seen_own": int(audience.own),
    }
