"""Finds out who does something and where, before it is done, and refuses what they may not do."""

from bot.permissions import Act, Rights
from bot.slack.state.members import Members
from bot.slack.state.places import SlackPlaces

TAUGHT_BY = (Act.TEACH, Act.RATE)
"""What lessons may come of: the kind of the channel decides whom they are for."""


class Admission:
    """Asks Slack about people and channels as far as needed, and `Rights` who may do what."""

    def __init__(self, members: Members, places: SlackPlaces, rights: Rights) -> None:
        self._members = members
        self._places = places
        self._rights = rights

    def admit(
        self,
        user: str,
        act: Act,
        channel: str = "",
        name: str | None = None,
        *,
        narrow_only: bool = False,
    ) -> None:
        """Checks that a person may do something; it may wait for Slack.

        Args:
            user: their id.
            act: what they want to do.
            channel: the id of the channel in which they do it.
            name: the name by which the payload calls the channel.
            narrow_only: whether the name makes no channel public: see `SlackPlaces.ensure`.

        Raises:
            RightsError: they may not; the text says who may.
        """
        if act is Act.OWN or (act is Act.ASK and self._rights.may(user, act)):
            return  # a question does not wait for Slack where the answer to that is known
        self._members.learn(user)
        self._rights.require(user, act)
        if channel and act in TAUGHT_BY:
            self._places.ensure(channel, name, narrow_only=narrow_only)

    def require(self, user: str, act: Act) -> None:
        """Checks that a person may do something, by what is known; it never waits for Slack.

        Raises:
            RightsError: they may not; the text says who may.
        """
        self._rights.require(user, act)

    def learn(self, user: str) -> None:
        """Finds out whether a person is an outsider; it may wait for Slack, and never raises."""
        self._members.learn(user)
