"""A direct conversation with the bot begins with prompts to choose from."""

from slack_sdk import WebClient

from bot.slack.messages.suggested_prompts import PROMPTS, suggest
from tests.slack_server import SlackServer
from tests.slack_server.workspace import DIRECT


def test_each_prompt_is_shown_with_its_title(slack: SlackServer, client: WebClient) -> None:
    suggest(client, DIRECT)
    shown = slack.workspace.prompts[DIRECT]
    assert [(prompt["title"], prompt["message"]) for prompt in shown] == list(PROMPTS)


def test_a_refusal_raises_nothing(slack: SlackServer, client: WebClient) -> None:
    slack.fail("assistant.threads.setSuggestedPrompts", "missing_scope")
    suggest(client, DIRECT)
    assert DIRECT not in slack.workspace.prompts
