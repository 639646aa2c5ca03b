"""Listeners for submitted forms, and for the shortcut "Teach this" of a message."""

from typing import Any

from slack_bolt import Ack, App

from bot.slack.lessons import forms, from_command, marked_messages
from bot.slack.lessons.corrections import Corrections
from bot.slack.lessons.from_command import TypedLessons
from bot.slack.lessons.from_message import MessageLessons
from bot.slack.lessons.marked_messages import MarkedMessages
from bot.slack.messages import modals
from bot.slack.messages.ephemeral import Recipient
from bot.slack.payloads import acts
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.payloads.submission import listener


class TeachingForms:
    """Listens for the forms of /teach, of corrections and of lessons out of messages."""

    def __init__(
        self, typed: TypedLessons, corrections: Corrections, lessons: MessageLessons
    ) -> None:
        self._typed = typed
        self._corrections = corrections
        self._lessons = lessons

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the submission of each form."""
        typed, corrections, lessons = self._typed, self._corrections, self._lessons
        app.view(modals.TEACH)(
            listener(dispatcher, from_command.read, typed.teach, typed.outcome, typed.preview)
        )
        app.view(forms.CORRECTION)(
            listener(
                dispatcher,
                forms.correction,
                corrections.teach,
                corrections.outcome,
                corrections.preview,
            )
        )
        app.view(forms.TEACH_THIS)(
            listener(dispatcher, forms.proposal, lessons.teach, lessons.submitted, lessons.preview)
        )


class TeachThisShortcut:
    """Listens for the shortcut in the menu of a message, which opens a form.

    Slack allows three seconds for that.
    """

    def __init__(self, marked: MarkedMessages) -> None:
        self._marked = marked

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the shortcut."""

        def work(body: dict[str, Any]) -> None:
            message, channel = body["message"], body["channel"]["id"]
            trigger = str(body["trigger_id"])
            ts = str(body.get("message_ts") or message["ts"])
            recipient = Recipient(
                body["user"]["id"], channel, message.get("thread_ts"), body.get("response_url")
            )

            def open_form() -> None:
                act, name = acts.SHORTCUTS[marked_messages.SHORTCUT], body["channel"].get("name")
                dispatcher.admit(recipient, act, name, narrow_only=True)
                self._marked.open_form(recipient, trigger, message, ts)

            dispatcher.once(f"shortcut:{trigger}", recipient, "teach this", open_form)

        def chosen(ack: Ack, body: dict[str, Any]) -> None:
            ack()
            dispatcher.later(work, body)

        app.message_shortcut(marked_messages.SHORTCUT)(chosen)
