"""Slash commands: each is acknowledged first and answers only its author.

`/teach` teaches by line or in a form, `/compare` asks base and tuned for everybody in the channel
to see and to vote on, `/nightschool` runs the school (see `bot.slack.admin`).
"""

from slack_bolt import App
from slack_sdk.errors import SlackApiError

from bot.answers.questions import Question
from bot.errors import InputError
from bot.lessons.teaching import parse_lesson
from bot.slack import admin
from bot.slack.answers import comparison
from bot.slack.answers.delivery import promise
from bot.slack.dependencies import Services
from bot.slack.lessons import from_command
from bot.slack.lessons.from_command import TypedLesson
from bot.slack.messages import modals, posting
from bot.slack.messages.ephemeral import Recipient, send_ephemeral
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.payloads.command import Command, listener
from bot.slack.state.in_flight import InFlightAnswer
from bot.slack.transport.errors import code_of

NOT_HERE = ("not_in_channel", "channel_not_found", "is_archived")


def register(app: App, services: Services) -> None:
    """Registers the commands, and the buttons that /nightschool brings up."""
    app.command("/teach")(listener(services, _teach))
    app.command("/compare")(listener(services, _compare))
    app.command("/nightschool")(listener(services, admin.run))
    admin.register(app, services)


def _teach(services: Services, command: Command) -> None:
    if not command.text:
        limits = services.settings.examples
        form = modals.teach_form(
            channel=command.channel,
            response_url=command.response_url,
            prompt_limit=limits.max_prompt_length,
            completion_limit=limits.max_completion_length,
        )
        services.client.views_open(trigger_id=command.trigger, view=form)
        return
    lesson = parse_lesson(command.text)
    if lesson is None:
        raise InputError("Write it as `/teach question => answer`, or `/teach` alone for a form.")
    recipient = Recipient(command.user, command.channel, response_url=command.response_url)
    written = TypedLesson(*lesson, recipient)
    said = from_command.outcome(services, written, from_command.teach(services, written))
    send_ephemeral(services.client, recipient, said)


def _compare(services: Services, command: Command) -> None:
    if not comparison.wanted(command.text).text:
        raise InputError("Write it as `/compare question`, or `/compare open: question`.")
    services.privacy.require_listening(command.channel)
    place = Place(command.channel)
    try:
        placeholder = posting.say(services.client, place, MessageContent(posting.THINKING))
    except SlackApiError as error:
        if code_of(error) in NOT_HERE:
            raise InputError("I am not in this channel: invite me with `/invite`.") from error
        raise
    question = Question(command.text, command.user, command.channel, None, source="slack")

    def reply(answer: InFlightAnswer) -> None:
        comparison.compare(services, question, command.text, place, answer)

    promise(services, place, placeholder, reply, command.name, command.user)
