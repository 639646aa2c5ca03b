"""Reads a Slack export and proposes each question of a public channel with its accepted reply."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from trainer.errors import DatasetError
from trainer.importing.applications.fields import mapping, shown, text
from trainer.importing.applications.slack_export.accepted import (
    Acceptance,
    Standing,
    accepted_reply,
)
from trainer.importing.applications.slack_export.files import CHANNELS, SlackFiles, opened_export
from trainer.importing.applications.slack_export.messages import Directory, Message, written
from trainer.importing.applications.slack_export.threads import Thread, threads
from trainer.importing.archives import opened_zip
from trainer.importing.lines import Found, FoundRow, Origin, Rejected, SourceWords
from trainer.importing.options import ReadOptions

_PRIVATE = {
    "groups.json": "private channel",
    "dms.json": "direct conversation",
    "mpims.json": "group conversation",
}
_ADDRESS = re.compile(r"(?:https://)?([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5})/?")
_MOST_BETWEEN = 8
_MOST_NAMED = 6


class SlackExportReader:
    """Reads an export as Slack gives it: a zip archive, or the folder that it unpacks to."""

    name = "a Slack export"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Returns whether a folder or a zip archive has a list of channels."""
        try:
            if path.is_dir():
                return (path / CHANNELS).is_file()
            if path.suffix.lower() != ".zip" or not head.startswith(b"PK"):
                return False
            with opened_zip(path) as archive:
                return any(name.rpartition("/")[2] == CHANNELS for name in archive.names)
        except DatasetError:
            return True  # reading it says what is wrong with it
        except OSError:
            return False

    def read(self, path: Path, options: ReadOptions, notes: list[str]) -> Iterator[Found]:
        """Yields proposals, one for each thread of a public channel with an accepted reply.

        Raises:
            DatasetError: it is no export, it is over a limit, or the address is none.
        """
        address = _address(options.slack_url)
        with opened_export(path) as files:
            yield from _Export(files, address, notes).proposals()


class _Export:
    """An export that is read twice: once for who answers well, once for the proposals."""

    def __init__(self, files: SlackFiles, address: str | None, notes: list[str]) -> None:
        self._files = files
        self._address = address
        self._notes = notes
        self._channels = [mapping(channel) for channel in files.listed(CHANNELS)]
        users = files.listed("users.json") or files.listed("org_users.json")
        self._directory = Directory(users, self._channels)
        self._left_out: Counter[str] = Counter()
        self._line = 0

    def proposals(self) -> Iterator[Found]:
        standing = Standing()
        public = [channel for channel in self._channels if _is_public(channel)]
        for channel in public:
            for thread in self._threads(channel, []):
                standing.count(thread)
        trusted = standing.trusted()
        self._left_out.clear()
        proposed = 0
        for channel in public:
            broken: list[Rejected] = []
            for thread in self._threads(channel, broken):
                accepted = accepted_reply(thread, trusted)
                if accepted is None:
                    self._left_out["unanswered"] += 1
                else:
                    proposed += 1
                    yield self._proposal(text(channel.get("id")), thread, accepted)
            yield from broken
        self._tell(public, proposed)

    def _threads(self, channel: Mapping[str, Any], broken: list[Rejected]) -> Iterator[Thread]:
        return threads(self._messages(channel, broken), self._left_out)

    def _messages(self, channel: Mapping[str, Any], broken: list[Rejected]) -> Iterator[Message]:
        for name in self._files.days(channel):
            try:
                day = self._files.day(name)
            except DatasetError as error:
                self._line += 1
                broken.append(Rejected(self._line, (str(error),)))
                continue
            for raw in day:
                message = written(raw, self._directory, self._left_out)
                if message is not None:
                    yield message

    def _proposal(self, channel: str, thread: Thread, accepted: Acceptance) -> FoundRow:
        self._line += 1
        turns, used = talk(thread, accepted.place)
        answer = thread.replies[accepted.place]
        row: dict[str, Any] = {"messages": turns}
        if len(turns) == 2:  # noqa: PLR2004  a question and its answer
            row = {"prompt": turns[0]["content"], "completion": turns[1]["content"]}
        words = tuple(SourceWords(channel, message.ts, message.person) for message in used)
        link = self._permalink(channel, answer, thread.root)
        origin = Origin(answer.person, channel or None, link, words)
        return FoundRow(self._line, row, origin, proposed=True, notes=(accepted.reason,))

    def _permalink(self, channel: str, message: Message, root: Message) -> str | None:
        if self._address is None or not re.fullmatch(r"[A-Z0-9]{1,20}", channel):
            return None
        place = f"{self._address}/archives/{channel}/p{message.ts.replace('.', '')}"
        return f"{place}?thread_ts={root.ts}&cid={channel}"

    def _tell(self, public: Sequence[Mapping[str, Any]], proposed: int) -> None:
        left_out = self._left_out
        without = _count(left_out["unanswered"], "thread")
        absent = [channel for channel in public if not self._files.days(channel)]
        read = _count(len(public) - len(absent), "public channel")
        self._notes.append(
            f"{read} read: {_count(proposed, 'question')} with an "
            f"accepted reply, each to be approved; {without} without one left out"
        )
        private = [(len(self._files.listed(name)), what) for name, what in _PRIVATE.items()]
        private.append((len(self._channels) - len(public), "private channel in channels.json"))
        if any(number for number, _ in private):
            told = ", ".join(_count(number, what) for number, what in private if number)
            self._notes.append(f"left out as private: {told}")
        if absent:
            named = ", ".join(shown(text(one.get("name"))) for one in absent[:_MOST_NAMED])
            more = ", ..." if len(absent) > _MOST_NAMED else ""
            self._notes.append(
                f"{_count(len(absent), 'public channel')} of channels.json without messages in the "
                f"export: {named}{more}"
            )
        if number := left_out["bots"] + left_out["notices"]:
            told = _count(number, "message")
            self._notes.append(f"{told} of apps, joins and other notices left out")
        if number := left_out["orphans"]:
            told = _count(number, "reply", "replies")
            self._notes.append(f"{told} left out: the question is not in the export")
        if proposed and self._address is None:
            self._notes.append(
                "no links to the messages: an export does not hold the workspace's address "
                "(--slack-url https://example.slack.com)"
            )


def talk(thread: Thread, place: int) -> tuple[list[dict[str, str]], list[Message]]:
    """Returns the turns from the question to the accepted reply, and the messages in them.

    What one person says in a row is one turn. Where who asked says more before the reply, the talk
    between is kept, else other people's replies are left out.
    """
    replies = thread.replies
    asker, author = thread.root.person, replies[place].person
    first = place
    while first > 0 and replies[first - 1].person == author:
        first -= 1
    opening = 0
    while opening < first and replies[opening].person == asker:
        opening += 1
    between = replies[opening:first]
    while between and between[-1].person != asker:
        between.pop()
    if len(between) > _MOST_BETWEEN:
        between = []
    used = [thread.root, *replies[:opening], *between, *replies[first : place + 1]]
    turns: list[dict[str, str]] = []
    for message in used:
        role = "user" if message.person == asker else "assistant"
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += f"\n{message.text}"
        else:
            turns.append({"role": role, "content": message.text})
    return turns, used


def _is_public(channel: Mapping[str, Any]) -> bool:
    hidden = ("is_private", "is_im", "is_mpim", "is_group")
    return bool(channel) and not any(channel.get(key) for key in hidden)


def _address(given: str | None) -> str | None:
    if given is None:
        return None
    if not (found := _ADDRESS.fullmatch(given.strip())):
        raise DatasetError(
            "the workspace's address is like https://example.slack.com, with nothing after it"
        )
    return f"https://{found[1]}"


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
