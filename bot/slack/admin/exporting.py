"""/nightschool export: all approved lessons as a JSONL file, for the admin who asked alone."""

import json
from datetime import UTC, datetime

from bot.errors import InputError
from bot.exporting import row_of
from bot.report import counted
from bot.slack.listeners.command import Command
from bot.slack.posting import Piece
from bot.slack.services import Services
from bot.slack.whispering import whisper

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
    whisper(services.client, command.ear, Piece(said))
