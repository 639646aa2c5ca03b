"""Listeners for slash commands: each acknowledges first and answers its author alone.

`/teach` teaches from its line or opens a form. `/compare` posts the answers of base and tuned
model in the channel, where everybody may vote. `bot.slack.admin` has what `/nightschool` does.
"""

from collections.abc import Mapping

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.answers.questions import Question
from bot.errors import InputError
from bot.lessons.texts.one_line import read_line
from bot.privacy.consent import Privacy
from bot.slack.answers.comparison import ModelComparisons, wanted
from bot.slack.lessons.from_command import TypedLesson, TypedLessons
from bot.slack.messages import posting
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.modals import INPUT_LIMIT
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.payloads.command import Command, CommandHandler, listener
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.member_names import MemberNames
from bot.slack.transport.errors import code_of

TOO_LONG = (
    "That is too long for a form: put all arrows in backticks but the one between both sides."
)
NOT_HERE = ("not_in_channel", "channel_not_found", "is_archived")
"""Errors of Slack for a channel in which the bot cannot post."""


class Commands:
    """Listens for the slash commands; each handler has the name of its command."""

    def __init__(self, names: MemberNames, handlers: Mapping[str, CommandHandler]) -> None:
        self._names = names
        self._handlers = handlers

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers every command."""
        for name, handle in self._handlers.items():
            app.command(name)(listener(dispatcher, self._names.readable, handle))


class TeachCommand:
    """`/teach question => answer` teaches; `/teach` alone opens a form."""

    def __init__(self, client: WebClient, lessons: TypedLessons) -> None:
        self._client = client
        self._lessons = lessons

    def command(self, command: Command) -> None:
        """Teaches the line, or opens the form where there is none.

        Where more than one reading of the line is possible, the form shows the likeliest.

        Raises:
            InputError: the line is not `question => answer`, or is too long for the form.
        """
        if not command.text:
            self._lessons.open_form(command.recipient, command.trigger)
            return
        recipient = command.recipient
        line = read_line(command.text)
        if line is None:
            raise InputError(
                "Write it as `/teach question => answer`, or `/teach` alone for a form."
            )
        if not line.certain:
            if max(len(line.prompt), len(line.completion)) > INPUT_LIMIT:
                raise InputError(TOO_LONG)
            self._lessons.open_form(recipient, command.trigger, line.prompt, line.completion)
            return
        typed = TypedLesson(line.prompt, line.completion, recipient)
        outcome = self._lessons.outcome(typed, self._lessons.teach(typed))
        send_ephemeral(self._client, recipient, outcome)


class CompareCommand:
    """`/compare question` has the base and the tuned model answer in the channel."""

    def __init__(
        self,
        privacy: Privacy,
        client: WebClient,
        in_flight: InFlightAnswers,
        comparisons: ModelComparisons,
    ) -> None:
        self._privacy = privacy
        self._client = client
        self._in_flight = in_flight
        self._comparisons = comparisons

    def command(self, command: Command) -> None:
        """Posts a placeholder, and queues the comparison that replaces it.

        Raises:
            InputError: there is no question, or the bot is not in this channel or muted there.
        """
        if not wanted(command.text).text:
            raise InputError("Write it as `/compare question`, or `/compare open: question`.")
        self._privacy.require_listening(command.channel)
        place = Place(command.channel)
        try:
            placeholder = posting.say(self._client, place, MessageContent(posting.THINKING))
        except SlackApiError as error:
            if code_of(error) in NOT_HERE:
                raise InputError("I am not in this channel: invite me with `/invite`.") from error
            raise
        question = Question(command.text, command.user, command.channel, None, source="slack")
        try:
            answer = self._in_flight.promise(place, command.user, placeholder)
        except Exception:
            posting.delete(self._client, place.channel, placeholder)
            raise
        self._comparisons.promise(answer, question, command.name)


class NightschoolCommand:
    """`/nightschool ...` runs the subcommand that its first word names."""

    def __init__(self, subcommands: Mapping[str, CommandHandler], help_: CommandHandler) -> None:
        self._subcommands = subcommands
        self._help = help_

    def command(self, command: Command) -> None:
        """Runs the subcommand of the first word, and help for any other word."""
        words = command.text.lower().split()
        self._subcommands.get(words[0] if words else "", self._help)(command)
