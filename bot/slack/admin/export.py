"""`/nightschool export` sends the lessons for everyone as a JSONL file to the admin who asked."""

import json
from datetime import UTC, datetime

from slack_sdk import WebClient

from bot.errors import InputError
from bot.lessons.exporting import row_of
from bot.nights.report import counted
from bot.permissions import Rights
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.command import Command
from bot.store import Store

SENT = ":page_facing_up: {count} in our direct messages, as `{name}`."
COMMENT = (
    "All {count} approved lessons for everyone, one JSON object a line, without names. "
    "`nightschool examples import` and mlx-lm read it. Delete it when you are done."
)


class ExportCommand:
    """Uploads the approved lessons for everyone into an admin's direct messages."""

    def __init__(self, store: Store, rights: Rights, client: WebClient) -> None:
        self._store = store
        self._rights = rights
        self._client = client

    def command(self, command: Command) -> None:
        """Uploads the file, and tells the admin where it is.

        Raises:
            RightsError: only admins may export.
            InputError: nothing for everyone is approved.
        """
        self._rights.require_admin(command.user)
        today = datetime.now(UTC).date().isoformat()
        approved = self._store.examples.trained(today)
        if not approved:
            raise InputError("Nothing is approved, so there is nothing to export.")
        lines = [json.dumps(row_of(example), ensure_ascii=False) for example in approved]
        name = f"nightschool-lessons-{today}.jsonl"
        direct = self._client.conversations_open(users=command.user)["channel"]["id"]
        self._client.files_upload_v2(
            channel=direct,
            filename=name,
            title=name,
            content="\n".join(lines) + "\n",
            initial_comment=COMMENT.format(count=len(approved)),
        )
        sent = SENT.format(count=counted(len(approved), "lesson"), name=name)
        send_ephemeral(self._client, command.recipient, MessageContent(sent))
