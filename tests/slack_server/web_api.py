"""Slack's Web API methods over a Workspace: arguments in, answer or RefusedError out."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

from tests.slack_server import limits
from tests.slack_server.workspace import (
    APP,
    BOT,
    BOT_ID,
    TEAM,
    Channel,
    Message,
    RefusedError,
    Session,
    Workspace,
)

Arguments = dict[str, Any]
Answer = dict[str, Any]
Method = Callable[[Arguments], Answer]
EmitEvent = Callable[[dict[str, Any]], object]

SCOPES = {
    "agents.sessions.rename": "chat:write",
    "agents.sessions.setStatus": "chat:write",
    "apps.connections.open": "connections:write",
    "assistant.threads.setStatus": "assistant:write",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
    "assistant.threads.setTitle": "assistant:write",
    "auth.test": None,
    "chat.appendStream": "chat:write",
    "chat.delete": "chat:write",
    "chat.getPermalink": None,
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.startStream": "chat:write",
    "chat.stopStream": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "history",
    "conversations.info": "read",
    "conversations.join": "channels:join",
    "conversations.members": "read",
    "conversations.open": "im:write",
    "conversations.replies": "history",
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "reactions.add": "reactions:write",
    "reactions.get": "reactions:read",
    "reactions.remove": "reactions:write",
    "usergroups.list": "usergroups:read",
    "users.info": "users:read",
    "views.open": None,
    "views.publish": None,
    "views.update": None,
}
"""The bot scope that each method needs; None is none. Of a word alone there is one scope for each
kind of channel."""
OF_KINDS = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
"""How the scopes of each kind of channel begin."""

TRIGGER_SECONDS = 3.0
ADDRESS = re.compile(r"https?://|www\.")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def only_id(arguments: Arguments, name: str) -> str:
    """A required string.

    Raises:
        RefusedError: invalid_arguments.
    """
    value = arguments.get(name)
    if not isinstance(value, str) or not value:
        raise RefusedError("invalid_arguments", detail=f"missing {name}")
    return value


def flag(arguments: Arguments, name: str, otherwise: bool) -> bool:
    """A truth value, as JSON or as a form sends it."""
    return arguments.get(name, otherwise) in (True, 1, "1", "true")


class WebApi:
    """The methods of SCOPES; `emit` is told of what others in the workspace would see."""

    def __init__(self, workspace: Workspace, emit: EmitEvent, address: Callable[[], str]) -> None:
        self.workspace = workspace
        self._emit = emit
        self._address = address
        self.triggers: dict[str, float] = {}
        self._uploads: dict[str, str] = {}

    def method(self, name: str) -> Method:
        """The handler of a Web API method.

        Raises:
            RefusedError: unknown_method.
        """
        of_sessions = name.startswith("agents.sessions.")
        if name not in SCOPES or (of_sessions and not self.workspace.has_sessions):
            raise RefusedError("unknown_method", req_method=name)
        handler: Method = getattr(self, name.replace(".", "_"))
        return handler

    def scope(self, name: str, arguments: Arguments) -> str | None:
        """The bot scope that a call needs, for reading by the kind of its channel."""
        needed = SCOPES.get(name)
        if needed not in ("read", "history"):
            return needed
        channel = self.workspace.channels.get(str(arguments.get("channel")))
        return f"{OF_KINDS[channel.kind if channel else 'channel']}:{needed}"

    # Who and where

    def auth_test(self, _: Arguments) -> Answer:
        return {
            "url": "https://school.slack.com/",
            "team": "School",
            "user": "nightschool",
            "team_id": TEAM,
            "user_id": BOT,
            "bot_id": BOT_ID,
            "enterprise_id": self.workspace.enterprise,
            "is_enterprise_install": self.workspace.organisation_wide,
        }

    def users_info(self, arguments: Arguments) -> Answer:
        person = self.workspace.people.get(only_id(arguments, "user"))
        if person is None:
            raise RefusedError("user_not_found")
        return {
            "user": {
                "id": person.id,
                "name": person.name,
                "real_name": person.name.title(),
                "team_id": person.team,
                "is_bot": person.bot_id is not None,
                "deleted": person.deleted,
                "is_restricted": person.guest,
                "is_ultra_restricted": False,
                **({"is_stranger": True} if person.stranger else {}),
                "profile": {"display_name": person.name, "real_name": person.name.title()},
            }
        }

    def usergroups_list(self, _: Arguments) -> Answer:
        groups = self.workspace.user_groups.items()
        return {"usergroups": [{"id": group, "handle": handle} for group, handle in groups]}

    def conversations_info(self, arguments: Arguments) -> Answer:
        channel = self.workspace.channel(only_id(arguments, "channel"))
        if channel.private and BOT not in channel.members:
            raise RefusedError("channel_not_found")
        return {"channel": _shown(channel)}

    def conversations_members(self, arguments: Arguments) -> Answer:
        channel = self.workspace.channel(only_id(arguments, "channel"))
        if channel.private and BOT not in channel.members:
            raise RefusedError("channel_not_found")
        members = sorted(channel.members)
        start, limit = int(arguments.get("cursor") or 0), int(arguments.get("limit") or 100)
        more = start + limit < len(members)
        cursor = {"next_cursor": str(start + limit) if more else ""}
        return {"members": members[start : start + limit], "response_metadata": cursor}

    def conversations_open(self, arguments: Arguments) -> Answer:
        person = only_id(arguments, "users")
        if person not in self.workspace.people:
            raise RefusedError("user_not_found")
        return {"channel": {"id": self.workspace.direct(person).id}}

    def conversations_join(self, arguments: Arguments) -> Answer:
        channel = self.workspace.channel(only_id(arguments, "channel"))
        channel.members.add(BOT)
        return {"channel": _shown(channel)}

    def conversations_history(self, arguments: Arguments) -> Answer:
        channel = self._inside(arguments)
        found = [
            message.as_json()
            for message in self.workspace.messages
            if message.channel == channel.id
            and message.thread_ts in (None, message.ts)
            and not message.deleted
            and not message.ephemeral_to
        ]
        return {"messages": found[::-1][: int(arguments.get("limit") or 100)], "has_more": False}

    def conversations_replies(self, arguments: Arguments) -> Answer:
        channel = self._inside(arguments)
        thread = self.workspace.thread(channel.id, only_id(arguments, "ts"))
        oldest, latest = arguments.get("oldest") or "0", arguments.get("latest") or "9"
        found = [m for m in thread if m.ts == thread[0].ts or oldest < m.ts < latest]
        start, limit = int(arguments.get("cursor") or 0), int(arguments.get("limit") or 1000)
        shown = [message.as_json() for message in found[start : start + limit]]
        more = start + limit < len(found)
        cursor = {"next_cursor": str(start + limit) if more else ""}
        return {"messages": shown, "has_more": more, "response_metadata": cursor}

    # Messages

    def chat_postMessage(self, arguments: Arguments) -> Answer:  # noqa: N802  Slack's name
        channel = self._inside(arguments)
        message = self._new_message(channel, arguments)
        self.workspace.messages.append(message)
        self.workspace.statuses.pop((channel.id, message.thread_ts or ""), None)
        event = message.as_json() | {"channel": channel.id, "channel_type": channel.kind}
        self._emit(event)
        return {"channel": channel.id, "ts": message.ts, "message": message.as_json()}

    def chat_postEphemeral(self, arguments: Arguments) -> Answer:  # noqa: N802  Slack's name
        channel = self._inside(arguments)
        user = only_id(arguments, "user")
        if user not in channel.members:
            raise RefusedError("user_not_in_channel")
        message = self._new_message(channel, arguments)
        message.ephemeral_to = user
        self.workspace.messages.append(message)
        return {"message_ts": message.ts}

    def chat_update(self, arguments: Arguments) -> Answer:
        channel = self._inside(arguments)
        ts = limits.check_ts(arguments.get("ts"), "message_not_found")
        message = self.workspace.message(channel.id, ts)
        if message.user != BOT:
            raise RefusedError("cant_update_message")
        if message.streaming:
            raise RefusedError("streaming_state_conflict")
        limits.check_text(arguments, limits.UPDATE_CHARACTERS)
        blocks = limits.blocks_of(arguments)
        message.text = arguments.get("text") or ""
        # Without blocks an update of the text takes the old blocks away.
        message.blocks = blocks
        message.edits += 1
        message.rang |= limits.rings(arguments, parse="client")
        self._emit(
            {
                "type": "message",
                "subtype": "message_changed",
                "hidden": True,
                "channel": channel.id,
                "channel_type": channel.kind,
                "ts": self.workspace.next_ts(),
                "message": message.as_json(),
            }
        )
        return {"channel": channel.id, "ts": ts, "text": message.text}

    def chat_delete(self, arguments: Arguments) -> Answer:
        channel = self._inside(arguments)
        message = self.workspace.message(channel.id, only_id(arguments, "ts"))
        if message.user != BOT:
            raise RefusedError("cant_delete_message")
        message.deleted = True
        self._emit(
            {
                "type": "message",
                "subtype": "message_deleted",
                "hidden": True,
                "channel": channel.id,
                "channel_type": channel.kind,
                "ts": self.workspace.next_ts(),
                "deleted_ts": message.ts,
                "previous_message": message.as_json(),
            }
        )
        return {"channel": channel.id, "ts": message.ts}

    def chat_getPermalink(self, arguments: Arguments) -> Answer:  # noqa: N802  Slack's name
        channel = self.workspace.channel(only_id(arguments, "channel"))
        message = self.workspace.message(channel.id, only_id(arguments, "message_ts"))
        tail = message.ts.replace(".", "")
        return {"permalink": f"https://school.slack.com/archives/{channel.id}/p{tail}"}

    # Streams

    def chat_startStream(self, arguments: Arguments) -> Answer:  # noqa: N802  Slack's name
        channel = self._inside(arguments)
        if not arguments.get("thread_ts"):
            raise RefusedError("invalid_thread_ts")
        if channel.kind != "im":
            for name in ("recipient_user_id", "recipient_team_id"):
                if not arguments.get(name):
                    raise RefusedError(f"missing_{name}")
            recipient = self.workspace.people.get(str(arguments["recipient_user_id"]))
            if recipient is not None and arguments["recipient_team_id"] != recipient.team:
                raise RefusedError("team_not_found")
        message = self._new_message(channel, {**arguments, "text": " "})
        message.text, message.streaming, message.unfurl = "", True, False
        _grow(message, arguments)
        self.workspace.messages.append(message)
        self.workspace.statuses.pop((channel.id, message.thread_ts or ""), None)
        return {"channel": channel.id, "ts": message.ts}

    def chat_appendStream(self, arguments: Arguments) -> Answer:  # noqa: N802  Slack's name
        message = self._streaming(arguments)
        _grow(message, arguments)
        message.edits += 1
        return {"channel": message.channel, "ts": message.ts}

    def chat_stopStream(self, arguments: Arguments) -> Answer:  # noqa: N802  Slack's name
        message = self._streaming(arguments)
        blocks = limits.blocks_of(arguments)
        _grow(message, arguments)
        message.blocks, message.streaming = blocks, False
        # A stream has no switch for it: addresses that are no code get a preview.
        message.unfurl = bool(ADDRESS.search(CODE.sub("", message.text)))
        event = message.as_json() | {"channel": message.channel}
        self._emit(event | {"channel_type": self.workspace.channel(message.channel).kind})
        return {"channel": message.channel, "ts": message.ts, "message": message.as_json()}

    def _streaming(self, arguments: Arguments) -> Message:
        channel = self._inside(arguments)
        message = self.workspace.message(channel.id, only_id(arguments, "ts"))
        if not message.streaming:
            raise RefusedError("message_not_in_streaming_state")
        return message

    # Reactions

    def reactions_add(self, arguments: Arguments) -> Answer:
        message, name = self._reacted(arguments)
        if BOT in message.reactions.get(name, []):
            raise RefusedError("already_reacted")
        message.reactions.setdefault(name, []).append(BOT)
        self._emit(reaction_event("reaction_added", BOT, name, message, self.workspace.next_ts()))
        return {}

    def reactions_remove(self, arguments: Arguments) -> Answer:
        message, name = self._reacted(arguments)
        if BOT not in message.reactions.get(name, []):
            raise RefusedError("no_reaction")
        message.reactions[name].remove(BOT)
        self._emit(reaction_event("reaction_removed", BOT, name, message, self.workspace.next_ts()))
        return {}

    def reactions_get(self, arguments: Arguments) -> Answer:
        channel = self._inside(arguments)
        message = self.workspace.message(channel.id, only_id(arguments, "timestamp"))
        return {"type": "message", "channel": channel.id, "message": message.as_json()}

    # Views and files

    def views_open(self, arguments: Arguments) -> Answer:
        trigger = only_id(arguments, "trigger_id")
        issued = self.triggers.pop(trigger, None)
        if issued is None:
            raise RefusedError("invalid_trigger_id")
        if time.monotonic() - issued > TRIGGER_SECONDS:
            raise RefusedError("expired_trigger_id")
        view = limits.view_of(arguments, "modal")
        identifier = self.workspace.identifier("V")
        self.workspace.views[identifier] = view
        return {"view": self.view_json(identifier)}

    def views_update(self, arguments: Arguments) -> Answer:
        identifier = only_id(arguments, "view_id")
        if identifier not in self.workspace.views:
            raise RefusedError("not_found")
        self.workspace.views[identifier] = limits.view_of(arguments, "modal")
        return {"view": self.view_json(identifier)}

    def views_publish(self, arguments: Arguments) -> Answer:
        person = only_id(arguments, "user_id")
        self.workspace.homes[person] = limits.view_of(arguments, "home")
        return {"view": self.workspace.homes[person]}

    def view_json(self, identifier: str) -> dict[str, Any]:
        """A view as Slack sends it back."""
        empty = {"private_metadata": "", "callback_id": "", "state": {"values": {}}}
        fixed = {"id": identifier, "team_id": TEAM, "app_id": APP, "bot_id": BOT_ID}
        return empty | self.workspace.views[identifier] | fixed | {"hash": f"0.{identifier}"}

    def files_getUploadURLExternal(self, arguments: Arguments) -> Answer:  # noqa: N802  the method's name
        name = only_id(arguments, "filename")
        if int(arguments.get("length") or 0) <= 0:
            raise RefusedError("invalid_arguments", detail="length")
        identifier = self.workspace.identifier("F")
        self._uploads[identifier] = name
        return {"upload_url": f"{self._address()}/upload/{identifier}", "file_id": identifier}

    def files_completeUploadExternal(self, arguments: Arguments) -> Answer:  # noqa: N802  the method's name
        files = arguments.get("files")
        files = json.loads(files) if isinstance(files, str) else files
        shown = []
        for file in files or []:
            if file["id"] not in self.workspace.files:
                raise RefusedError("file_not_found")
            shown.append({"id": file["id"], "title": file.get("title")})
        if arguments.get("channel_id"):
            channel = self._inside({"channel": arguments["channel_id"]})
            text = arguments.get("initial_comment") or "a file"
            self.chat_postMessage(
                {"channel": channel.id, "text": text, "thread_ts": arguments.get("thread_ts")}
            )
        return {"files": shown}

    # What agents have besides

    def agents_sessions_setStatus(self, arguments: Arguments) -> Answer:  # noqa: N802  the method's name
        place = self._thread(arguments)
        status, person = only_id(arguments, "status"), arguments.get("initiator_user_id")
        if status not in limits.SESSION_STATUSES:
            raise RefusedError("invalid_arguments")
        if person and person not in self.workspace.channel(place[0]).members:
            raise RefusedError("user_not_in_channel")
        title = limits.check_title(arguments.get("title") or "New session")
        # The title and the person count only where the session is new.
        session = self.workspace.sessions.setdefault(place, Session(status, title, person))
        session.status = status
        return {"status": status, "title": session.title}

    def agents_sessions_rename(self, arguments: Arguments) -> Answer:
        session = self.workspace.sessions.get(self._thread(arguments))
        if session is None:
            raise RefusedError("session_not_found")
        session.title = limits.check_title(only_id(arguments, "title"))
        return {"title": session.title}

    def assistant_threads_setTitle(self, arguments: Arguments) -> Answer:  # noqa: N802  the method's name
        title = limits.check_title(only_id(arguments, "title"))
        self.workspace.titles[self._thread(arguments)] = title
        return {}

    def _thread(self, arguments: Arguments) -> tuple[str, str]:
        channel = self.workspace.channel(only_id(arguments, "channel_id"))
        thread = limits.check_ts(arguments.get("thread_ts"), "invalid_thread_ts")
        self.workspace.thread(channel.id, thread)
        return channel.id, thread

    def assistant_threads_setStatus(self, arguments: Arguments) -> Answer:  # noqa: N802  the method's name
        channel = self.workspace.channel(only_id(arguments, "channel_id"))
        thread = limits.check_ts(arguments.get("thread_ts"), "invalid_thread_ts")
        self.workspace.statuses[channel.id, thread] = str(arguments.get("status") or "")
        return {"channel": channel.id}

    def assistant_threads_setSuggestedPrompts(self, arguments: Arguments) -> Answer:  # noqa: N802  the method's name
        channel = self.workspace.channel(only_id(arguments, "channel_id"))
        prompts = arguments.get("prompts") or []
        if not prompts or len(prompts) > limits.PROMPTS:
            raise RefusedError("invalid_arguments")
        if not arguments.get("thread_ts"):
            # With a thread, an agent's call does nothing, and says that it did.
            self.workspace.prompts[channel.id] = prompts
        return {}

    # Checks that several share

    def _inside(self, arguments: Arguments) -> Channel:
        channel = self.workspace.channel(only_id(arguments, "channel"))
        if channel.archived:
            raise RefusedError("is_archived")
        if BOT not in channel.members:
            raise RefusedError("channel_not_found" if channel.private else "not_in_channel")
        return channel

    def _reacted(self, arguments: Arguments) -> tuple[Message, str]:
        channel = self._inside(arguments)
        name = only_id(arguments, "name")
        if name.startswith(":"):
            raise RefusedError("invalid_name")
        return self.workspace.message(channel.id, only_id(arguments, "timestamp")), name

    def _new_message(self, channel: Channel, arguments: Arguments) -> Message:
        limits.check_text(arguments, limits.POST_CHARACTERS)
        blocks = limits.blocks_of(arguments)
        thread = arguments.get("thread_ts")
        if thread is not None:
            limits.check_ts(thread, "invalid_thread_ts")
            parent = self.workspace.thread(channel.id, thread)[0]
            if parent.thread_ts not in (None, parent.ts):
                raise RefusedError("cannot_reply_to_message")
            parent.thread_ts = parent.ts
        return Message(
            channel.id,
            self.workspace.next_ts(),
            BOT,
            arguments.get("text") or "",
            thread,
            blocks,
            BOT_ID,
            unfurl=flag(arguments, "unfurl_links", True) or flag(arguments, "unfurl_media", True),
            rang=limits.rings(arguments),
        )


def _grow(message: Message, arguments: Arguments) -> None:
    chunks = arguments.get("chunks") or []
    chunks = json.loads(chunks) if isinstance(chunks, str) else chunks
    texts = [chunk["text"] for chunk in chunks if chunk["type"] == "markdown_text"]
    added = "".join([*texts, arguments.get("markdown_text") or ""])
    if len(added) > limits.MARKDOWN_CHARACTERS or len(message.text + added) > (
        limits.MARKDOWN_CHARACTERS
    ):
        raise RefusedError("msg_too_long")
    message.text += added


def reaction_event(
    kind: str, user: str, name: str, message: Message, event_ts: str
) -> dict[str, Any]:
    """reaction_added or reaction_removed as Slack sends it: without text, without thread."""
    return {
        "type": kind,
        "user": user,
        "reaction": name,
        "item_user": message.user,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "event_ts": event_ts,
    }


def _shown(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_group": channel.kind in ("group", "mpim") and channel.id.startswith("G"),
        "is_channel": channel.kind != "im" and channel.id.startswith("C"),
        "is_private": channel.private,
        "is_ext_shared": channel.shared,
        "is_member": BOT in channel.members,
        "is_archived": channel.archived,
    }
