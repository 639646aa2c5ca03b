"""Finds a message of the bot again of which nobody knows whether Slack has taken it."""

from datetime import datetime, timedelta

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.transport.retry import is_outage

CLOCKS = timedelta(minutes=10)
"""By how much Slack's clock and ours may differ."""
LOOKED_AT = 200
"""Messages that are looked at, of those since the row was written."""


def find_posted(
    client: WebClient, channel: str, thread: str | None, block_id: str, since: str
) -> str | None:
    """Returns the time stamp of the message with a block; None where there is none.

    Args:
        client: the client.
        channel: the id of the channel.
        thread: the thread in which it would be; None for the channel itself.
        block_id: the id of a block that no other message has.
        since: an ISO time before which it was not posted.

    Raises:
        SlackClientError, OSError: Slack is away.
    """
    oldest = f"{(datetime.fromisoformat(since) - CLOCKS).timestamp():.6f}"
    try:
        if thread:
            answer = client.conversations_replies(
                channel=channel, ts=thread, oldest=oldest, limit=LOOKED_AT
            )
        else:
            answer = client.conversations_history(channel=channel, oldest=oldest, limit=LOOKED_AT)
    except SlackApiError as error:
        if is_outage(error):
            raise
        return None
    for said in answer["messages"]:
        if any(block.get("block_id") == block_id for block in said.get("blocks") or ()):
            return str(said["ts"])
    return None
