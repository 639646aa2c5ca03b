"""A small Slack for tests: its Web API and Socket Mode on 127.0.0.1, over real sockets.

    with SlackServer(manifest()) as slack:
        ...  # start the bot with slack.api_url, slack.bot_token and slack.app_token
        asked = slack.send_mention("What is a lesson?")
        slack.wait_for_message(thread=asked.ts, contains="taught")

It holds one workspace with a few people and channels, delivers what the app's manifest
subscribes to, refuses what Slack would refuse, and keeps every call for the test to look at.
"""

from tests.slack_server.calls import Call
from tests.slack_server.deliveries import Delivery
from tests.slack_server.server import SlackServer
from tests.slack_server.workspace import BOT, Channel, Message, Person, Workspace

__all__ = [
    "BOT",
    "Call",
    "Channel",
    "Delivery",
    "Message",
    "Person",
    "SlackServer",
    "Workspace",
]
