"""/compare question: base and tuned, for everybody in the channel to see and to vote on."""

from slack_bolt import App
from slack_sdk.errors import SlackApiError

from bot.assistant import Question
from bot.errors import InputError
from bot.slack import comparing, posting
from bot.slack.answering import promise
from bot.slack.listeners.command import Command, listener
from bot.slack.posting import Piece, Place
from bot.slack.services import Services
from bot.slack.trouble import code_of
from bot.slack.underway import Answer

NOT_HERE = ("not_in_channel", "channel_not_found", "is_archived")


def register(app: App, services: Services) -> None:
    """Registers /compare."""
    app.command("/compare")(listener(services, _compare))


def _compare(services: Services, command: Command) -> None:
    if not comparing.wanted(command.text).text:
        raise InputError("Write it as `/compare question`, or `/compare open: question`.")
    services.privacy.require_listening(command.channel)
    place = Place(command.channel)
    try:
        placeholder = posting.say(services.client, place, Piece(posting.THINKING))
    except SlackApiError as error:
        if code_of(error) in NOT_HERE:
            raise InputError("I am not in this channel: invite me with `/invite`.") from error
        raise
    question = Question(command.text, command.user, command.channel, None, source="slack")

    def reply(answer: Answer) -> None:
        comparing.compare(services, question, command.text, place, answer)

    promise(services, place, placeholder, reply, command.name, command.user)
