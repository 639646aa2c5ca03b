"""The real Bolt app, listeners and store without sockets and threads: ten thousand events a minute.

Slack is the test server's Web API, called directly; the model says what it is told; what listeners
leave to the quick executor happens at once, what waits for the model happens when `think` says so.
"""

import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, NoReturn

from slack_bolt import BoltRequest
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.answers.assistant import Assistant
from bot.answers.history import OTHERS
from bot.engine.client import EngineClient
from bot.errors import EngineError
from bot.home import Home
from bot.messages import Completion, Message
from bot.nights.runner import NightRunner
from bot.settings import Settings
from bot.slack.assembly.parts import assemble
from bot.slack.transport.executors import Executors
from bot.store import Store
from tests.slack_server.web_api import WebApi
from tests.slack_server.workspace import (
    ANNA,
    APP,
    BEN,
    BOT,
    GENERAL,
    TEAM,
    RefusedError,
    Workspace,
    texts_in,
)
from tests.slack_server.workspace import Message as Said
from trainer.adapters.registry import Registry

NOTHING = Said(GENERAL, "", BOT, "")
"""What somebody sees who is told nothing."""


def responded(client: WebClient, method: str, answer: dict[str, Any]) -> SlackResponse:
    """Returns what slack_sdk makes of an answer of Slack's; raises as it does for a refusal."""
    response = SlackResponse(
        client=client, http_verb="POST", api_url=method, req_args={}, data=answer,
        headers={}, status_code=200,
    )  # fmt: skip
    response.validate()  # type: ignore[no-untyped-call]  # its library is untyped
    return response


class DirectClient(WebClient):
    """Calls the test server's methods without a socket."""

    def __init__(self, api: WebApi) -> None:
        super().__init__(token="xoxb-direct")
        self._api = api
        self.refused: dict[str, str] = {}
        """Error codes by the methods that always fail."""
        self.hidden: set[str] = set()
        """People about whom Slack fails to say anything."""
        self.asked: list[str] = []
        """Every method that was called, in order."""

    def api_call(self, api_method: str, **given: Any) -> SlackResponse:
        arguments = given.get("json") or given.get("params") or {}
        self.asked.append(api_method)
        try:
            self._refuse(api_method, arguments)
            answer = {"ok": True, **self._api.method(api_method)(dict(arguments))}
        except RefusedError as error:
            answer = {"ok": False, "error": error.code}
        return responded(self, api_method, answer)

    def _refuse(self, method: str, arguments: dict[str, Any]) -> None:
        if method in self.refused:
            raise RefusedError(self.refused[method])
        if method == "users.info" and arguments.get("user") in self.hidden:
            raise RefusedError("internal_error")


class AtOnce(Executor):
    """Does it now, in this thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Later(Executor):
    """Keeps it until somebody says so."""

    under_way = 0
    """The model is never busy."""

    def __init__(self) -> None:
        self.tasks: deque[Callable[[], Any]] = deque()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.tasks.append(lambda: fn(*args, **kwargs))
        return Future()

    promised = submit


class AtTheModel(Later):
    """Does at once what follows from a task of `first`, and else keeps it with those."""

    def __init__(self, first: Later) -> None:
        super().__init__()
        self.tasks = first.tasks
        self.thinking = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.thinking:
            return AtOnce().submit(fn, *args, **kwargs)
        return super().submit(fn, *args, **kwargs)

    promised = submit


class Engine(EngineClient):
    """Says `answer to <question>` in two pieces; `between` happens after the first."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9", None)
        self.between: Callable[[], object] = lambda: None
        self.says: Callable[[str], str] = lambda question: f"answer to {question}"

    def embed(self, texts: Sequence[str]) -> NoReturn:  # noqa: ARG002  the client's own signature
        raise EngineError("There is no encoder here.")

    def stream(self, messages: Any, *_: Any, **__: Any) -> Generator[str | Completion, None, None]:
        said: list[Message] = list(messages)
        asked = said[-1].content
        if asked.startswith(OTHERS):
            asked = asked.rpartition("\n\n")[2]  # below what others said in the thread
        first, rest = self.says(asked).split(" ", 1)
        pieces = [f"{first} ", rest]
        for number, piece in enumerate(pieces):
            yield piece
            if not number:
                self.between()
        yield Completion("".join(pieces), "base", None, 1, 1, 0.0, "stop")


class Direct:
    """A bot that is driven by hand."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.workspace = Workspace()
        self.store = Store(folder / "nightschool.db")
        self.engine = Engine()
        self._api = WebApi(self.workspace, lambda _: None, lambda: "")
        client = self.client = DirectClient(self._api)
        home, registry = Home(folder), Registry(folder / "adapters")
        self.home = home
        executors = Executors()
        self._real_executors = (
            executors.listeners,
            executors.hearing,
            executors.quick,
            executors.answers,
            executors.slow,
        )
        self.later = Later()
        executors.listeners = AtOnce()  # type: ignore[assignment]  # stands in for a pool
        executors.hearing = executors.quick = AtOnce()  # type: ignore[assignment]  # likewise
        executors.answers = self.later  # type: ignore[assignment]  # stands in for a pool
        self._model = executors.slow = AtTheModel(self.later)  # type: ignore[assignment]  # likewise
        assistant = Assistant(self.store, self.engine, settings, registry)
        nights = NightRunner(home, settings, self.store, registry)
        self.parts = assemble(home, settings, self.store, assistant, nights, client, executors)
        self.events = 0

    def body(self, event: dict[str, Any]) -> dict[str, Any]:
        """An event as Slack sends it; sent again, it has the same id."""
        return {
            "team_id": TEAM,
            "api_app_id": APP,
            "event": {"event_ts": self.workspace.next_ts()} | event,
            "type": "event_callback",
            "event_id": self.workspace.identifier("Ev"),
            "event_time": int(time.time()),
        }

    def dispatch(self, body: dict[str, Any]) -> None:
        """Hands one delivery to Bolt."""
        self.events += 1
        answer = self.parts.app.dispatch(BoltRequest(body=body, mode="socket_mode"))
        assert answer.status == 200

    def write(
        self,
        text: str,
        *,
        user: str = BEN,
        thread: str | None = None,
        channel: str = GENERAL,
    ) -> Said:
        """A message of a person, which the bot has not heard of yet."""
        message = Said(channel, self.workspace.next_ts(), user, text, thread)
        self.workspace.messages.append(message)
        return message

    def hear(self, message: Said, /, **more: Any) -> None:
        """The bot hears of a message; `more` goes into the event."""
        place = self.workspace.channel(message.channel)
        told = {"channel": place.id, "channel_type": place.kind, "team": self._team(message.user)}
        self.dispatch(self.body(message.as_json() | told | more))

    def ask(self, text: str, *, user: str = ANNA, channel: str = GENERAL) -> Said:
        """Mentions the bot, and returns its answer."""
        self.hear(self.write(f"<@{BOT}> {text}", user=user, channel=channel))
        assert self.think()
        return next(m for m in reversed(self.workspace.messages) if m.user == BOT)

    def react(self, message: Said, name: str, *, user: str = ANNA, added: bool = True) -> Said:
        """Adds an emoji or removes it, and returns what the person sees then."""
        people = message.reactions.setdefault(name, [])
        (people.append if added else people.remove)(user)
        event = {
            "type": "reaction_added" if added else "reaction_removed",
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        }
        return self._act(self.body(event), user)

    def choose(self, message: Said, *, user: str = ANNA, **changes: Any) -> Said:
        """Chooses "Teach this" in the menu of a message."""
        body = {
            "type": "message_action",
            "callback_id": "teach_this",
            "message_ts": message.ts,
            "message": message.as_json(),
            "channel": self._told(message.channel),
        }
        return self._act(body | self._from(user) | changes, user)

    def form(self) -> dict[str, Any]:
        """The form that was opened last."""
        return list(self.workspace.views.values())[-1]

    def submit(self, values: dict[str, str], *, user: str = ANNA) -> Said:
        """Submits the form that was opened last, with a value for each of its fields."""
        state = {
            block["block_id"]: {
                block["element"]["action_id"]: {"value": values.get(block["block_id"])}
            }
            for block in self.form()["blocks"]
            if block["type"] == "input"
        }
        view = self.form() | {"state": {"values": state}}
        return self._act({"type": "view_submission", "view": view} | self._from(user), user)

    def act(self, body: dict[str, Any], *, user: str = ANNA) -> Said:
        """Sends what somebody did, and returns what they alone see then."""
        return self._act(body | self._from(user), user)

    def answer_to(self, view: dict[str, Any], *, user: str = ANNA) -> str:
        """Submits a form that nobody opened, and returns what Slack is answered."""
        body = {"type": "view_submission", "view": view} | self._from(user)
        return self.parts.app.dispatch(BoltRequest(body=body, mode="socket_mode")).body

    def command(
        self,
        text: str,
        *,
        user: str = ANNA,
        channel: str = GENERAL,
        name: str = "/nightschool",
    ) -> Said:
        """Runs a slash command, and returns what its author alone sees."""
        return self._act(
            {
                "command": name,
                "text": text,
                "team_id": self._team(user),
                "channel_id": channel,
                "channel_name": self.workspace.channel(channel).told_name,
                "user_id": user,
                "response_url": None,
                "trigger_id": self._trigger(),
            },
            user,
        )

    def press(
        self, action: str, value: str, *, user: str = ANNA, channel: str = GENERAL, ts: str = ""
    ) -> Said:
        """Presses a button that only its reader sees, and returns what they see then."""
        container = {"channel_id": channel, "message_ts": ts, "is_ephemeral": True}
        button = {"type": "button", "action_id": action, "block_id": "b1", "value": value}
        return self._act(
            {
                "type": "block_actions",
                "container": container,
                "channel": self._told(channel),
                "actions": [button | {"action_ts": self.workspace.next_ts()}],
            }
            | self._from(user),
            user,
        )

    def press_home(self, action: str, value: str, *, user: str = ANNA) -> str:
        """Presses a button of somebody's Home tab, and returns what it shows then."""
        button = {"type": "button", "action_id": action, "block_id": "b1", "value": value}
        self.act(
            {
                "type": "block_actions",
                "container": {"type": "view", "view_id": "V0HOME"},
                "view": {"type": "home", "id": "V0HOME"},
                "actions": [button | {"action_ts": self.workspace.next_ts()}],
            },
            user=user,
        )
        return "\n".join(texts_in(self.workspace.homes[user]["blocks"]))

    def open_home(self, user: str = ANNA) -> str:
        """Opens somebody's Home tab, and returns what it shows."""
        self.dispatch(self.body({"type": "app_home_opened", "user": user, "tab": "home"}))
        return "\n".join(texts_in(self.workspace.homes[user]["blocks"]))

    def _from(self, user: str) -> dict[str, Any]:
        person = {"id": user, "team_id": self._team(user)}
        team = {"id": TEAM, "domain": "school"}
        return {"user": person, "team": team, "api_app_id": APP, "trigger_id": self._trigger()}

    def _told(self, channel: str) -> dict[str, str]:
        """A channel as clicks and shortcuts tell it."""
        return {"id": channel, "name": self.workspace.channel(channel).told_name}

    def _team(self, user: str) -> str:
        person = self.workspace.people.get(user)
        return person.team if person else TEAM

    def _trigger(self) -> str:
        trigger = self.workspace.identifier("trigger.")
        self._api.triggers[trigger] = time.monotonic()
        return trigger

    def _act(self, body: dict[str, Any], user: str) -> Said:
        before = len(self.workspace.messages)
        answer = self.parts.app.dispatch(BoltRequest(body=body, mode="socket_mode"))
        assert answer.status == 200
        new = self.workspace.messages[before:]
        return next((m for m in reversed(new) if m.ephemeral_to == user), NOTHING)

    def think(self) -> bool:
        """The model answers what has waited longest; False if nothing waits."""
        if not self.later.tasks:
            return False
        task = self.later.tasks.popleft()
        self._model.thinking = True
        try:
            task()
        finally:
            self._model.thinking = False
        return True

    def close(self) -> None:
        for executor in self._real_executors:
            executor.shutdown(wait=False)
        self.engine.close()
        self.store.close()
