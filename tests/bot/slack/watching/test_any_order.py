"""Messages, edits, deletions, thumbs and thanks in any order, as often as Slack likes.

In the end a question that still stands and was taught has one answer unless somebody replied to it,
what was deleted or reworded has none, and each exchange was proposed once, whatever came when.
"""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.slack.watching import experts
from bot.store.channels import FLOORS
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, BEN, BOT, CLEO, GENERAL, Message

TURNS, SEEDS = 60, range(6)
TAUGHT = {f"Where is the key number {n}?": f"On hook {n}." for n in range(5)}
UNTAUGHT = ("Where is the coffee machine?", "Lunch?", "The door creaks.", "Good morning.")


@dataclass
class Channel:
    """What happened in a channel, and the deliveries that are still to come."""

    bot: Direct
    draw: random.Random
    roots: list[Message] = field(default_factory=list)
    replied: set[str] = field(default_factory=set)
    exchanges: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)

    def send(self, event: dict[str, Any]) -> None:
        place = {"channel": GENERAL, "channel_type": "channel"}
        body = self.bot.body(event | ({} if "item" in event else place))
        self.outbox.append(body)
        self.sent.append(body)

    def turn(self) -> None:
        kind = self.draw.choice(
            ["ask", "ask", "reply", "help", "edit", "delete", "down", "deliver"]
        )
        getattr(self, kind)()

    def ask(self) -> None:
        text = self.draw.choice([*TAUGHT, *UNTAUGHT])
        message = self.bot.write(text, user=self.draw.choice([BEN, CLEO]))
        self.roots.append(message)
        self.send(message.as_json())

    def reply(self) -> None:
        if root := self._root():
            self._write("That I would like to know as well.", ANNA, root)

    def help(self) -> None:
        """A teacher answers a question, and who asked is glad."""
        root = self._root()
        if root is None or root.user != BEN or root.ts in self.replied | self.changed:
            return
        answer = self._write("It is on the hook by the door.", ANNA, root)
        if self.draw.random() < 0.5:
            answer.reactions.setdefault("+1", []).append(BEN)
            item = {"type": "message", "channel": GENERAL, "ts": answer.ts}
            self.send({"type": "reaction_added", "user": BEN, "reaction": "+1", "item": item})
        else:
            self._write("Thanks a lot!", BEN, root)
        if root.text not in UNTAUGHT[1:]:
            self.exchanges.add(root.ts)

    def edit(self) -> None:
        if root := self._root():
            before = root.as_json()
            root.text = self.draw.choice([*TAUGHT, *UNTAUGHT])
            self.changed.add(root.ts)
            self._hidden("message_changed", message=root.as_json(), previous_message=before)

    def delete(self) -> None:
        root = self._root()
        if root is not None and root.ts not in self.replied:
            root.deleted = True
            self.changed.add(root.ts)
            gone = root.as_json()
            self._hidden("message_deleted", deleted_ts=root.ts, previous_message=gone)

    def down(self) -> None:
        """Somebody dislikes an answer, and thinks better of it."""
        answers = [m for m in self.answers() if not m.deleted]
        if answers:
            item = {"type": "message", "channel": GENERAL, "ts": self.draw.choice(answers).ts}
            for kind in ("reaction_added", "reaction_removed"):
                self.send({"type": kind, "user": ANNA, "reaction": "-1", "item": item})

    def deliver(self) -> None:
        self.draw.shuffle(self.outbox)
        now = self.outbox[: self.draw.randrange(len(self.outbox) + 1)]
        del self.outbox[: len(now)]
        for body in [*now, *self.draw.sample(self.sent, min(3, len(self.sent)))]:
            if body not in self.outbox:
                self.bot.dispatch(body)
        for _ in range(self.draw.randrange(4)):
            self.bot.think()
        self.bot.parts.rounds.once()

    def end(self) -> None:
        while self.outbox or self.bot.later.tasks:
            self.deliver()
            while self.bot.think():
                pass

    def answers(self) -> list[Message]:
        said = self.bot.workspace.messages
        return [m for m in said if m.user == BOT and m.thread_ts and not m.ephemeral_to]

    def shown(self, root: Message) -> list[str]:
        return [
            m.text
            for m in self.answers()
            if m.thread_ts == root.ts and not m.deleted and "hint" not in m.text
        ]

    def _root(self) -> Message | None:
        standing = [root for root in self.roots if not root.deleted]
        return self.draw.choice(standing) if standing else None

    def _write(self, text: str, user: str, root: Message) -> Message:
        root.thread_ts = root.ts
        self.replied.add(root.ts)
        message = self.bot.write(text, user=user, thread=root.ts)
        self.send(message.as_json())
        return message

    def _hidden(self, subtype: str, **more: Any) -> None:
        event = {"type": "message", "subtype": subtype, "hidden": True}
        self.send(event | {"ts": self.bot.workspace.next_ts()} | more)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_comes_when_it_is_answered_and_proposed_once(
    drive: Drive, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experts, "A_DAY", 1000)
    monkeypatch.setattr("bot.store.channels.FLOORS", FLOORS[:1] * 1000)
    bot = drive(admins=(ANNA,), outsiders="answer")
    for question, answer in TAUGHT.items():
        bot.command(f"{question} => {answer}", name="/teach")
    bot.command("channels auto")
    bot.command("channels watch")
    channel = Channel(bot, random.Random(seed))  # noqa: S311  an order
    for _ in range(TURNS):
        channel.turn()
    channel.end()
    for root in channel.roots:
        shown = channel.shown(root)
        allowed = TAUGHT.get(root.text)
        if root.deleted or allowed is None:
            assert not shown
        elif root.ts in channel.replied | channel.changed:
            assert shown in ([], [allowed])  # it depends on what was heard of first
        else:
            assert shown == [allowed]
    direct = bot.workspace.direct(ANNA).id
    proposed = [
        m.button_value("watch:no").split(":")[1]
        for m in bot.workspace.messages
        if m.channel == direct and "watch:no" in str(m.blocks)
    ]
    assert len(proposed) == len(set(proposed))
    assert channel.exchanges - channel.changed <= set(proposed)
    assert set(proposed) <= channel.exchanges
    assert bot.store.pending_answers.all() == []
