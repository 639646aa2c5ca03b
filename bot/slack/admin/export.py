"""/nightschool export: all approved lessons as a JSONL file, for the admin who asked alone."""

import json
from datetime import UTC, datetime

from bot.errors import InputError
from bot.lessons.exporting import row_of
from bot.nights.report import counted
from bot.slack.dependencies import Services
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.command import Command

SENT = ":page_facing_up: {count} in our direct messages, as `{name}`."
COMMENT = (
    "All {count} approved lessons, one JSON object a line, without names. "
    "`nightschool examples import` and mlx-lm read it. Delete it when you are done."
)


def command(services: Services, command: Command) -> None:
    """Uploads the file."""
    services.rights.require_admin(command.user)
    today = datetime.now(UTC).date().isoformat()
    approved = services.store.examples.approved(today)
    if not approved:
        raise InputError("Nothing is approved, so there is nothing to export.")
    lines = [json.dumps(row_of(example), ensure_ascii=False) for example in approved]
    name = f"nightschool-lessons-{today}.jsonl"
    direct = services.client.conversations_open(users=command.user)["channel"]["id"]
    services.client.files_upload_v2(
        channel=direct,
        filename=name,
        title=name,
        content="\n".join(lines) + "\n",
        initial_comment=COMMENT.format(count=len(approved)),
    )
    said = SENT.format(count=counted(len(approved), "lesson"), name=name)
    send_ephemeral(services.client, command.recipient, MessageContent(said))
