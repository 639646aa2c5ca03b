"""Asking back in any order, as often as Slack likes: experts, gaps, due lessons, auto answers.

People ask, have somebody asked, and press what stands below the bot's messages; experts answer,
pass on or close; lessons are taught, grow old, are confirmed or retired. Slack delivers each of it
late, early and twice. In the end nobody was asked or told anything twice, nobody who waits was
forgotten, and nothing private was told elsewhere.
"""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.feedback.gaps.finder import GapFinder
from bot.settings import AskingSettings, LessonSettings, Settings
from bot.slack.experts import buttons
from bot.slack.gaps.blocks import DISMISS, TEACH
from bot.slack.messages import modals
from bot.slack.reviews.messages import ALL_TRUE, RETIRE, TRUE
from bot.slack.watching.proposal import LEARN, NO
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.bot.slack.experts.asking import ADMIN, EVA, FINN, HELP, RANDOM, knows, school
from tests.bot.slack.reviews.steps import age, an_hour_later
from tests.slack_server.workspace import ANNA, BEN, BOT, DIRECT, GENERAL, PRIVATE, Message

TURNS, SEEDS = 150, (2, 4, 8, 9, 13, 14, 15, 16)
DAYS = 30
PUBLIC = {
    "Where is the key of the cellar?": "Behind the poster.",
    "Who lends out the bicycle key?": "Gustav lends it out.",
    "Which key opens the archive?": "The small brass one.",
    "When is the gate key collected?": "At six in the evening.",
}
OWN = {
    PRIVATE: ("Who holds the cobalt vault key?", "Cobalt keys are held by Hilde."),
    DIRECT: ("Why is my amber locker key bent?", "The amber one hit the floor."),
}
"""Questions that are asked in one place alone, and their answers, which are for it alone."""
SECRETS = {"cobalt": {ANNA, BEN, EVA, BOT}, "hilde": {ANNA, BEN, EVA, BOT}}
"""Words, and who may read them."""
ANSWERS = PUBLIC | dict(OWN.values())
PLACES = (GENERAL, RANDOM, PRIVATE, DIRECT)


@dataclass
class Team:
    """What happened, and the deliveries that are still to come."""

    bot: Direct
    draw: random.Random
    settings: Settings
    roots: list[Message] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    spoken: set[str] = field(default_factory=set)
    """Threads in which other people wrote something."""
    weeks: list[set[int]] = field(default_factory=list)
    """The ids of the messages about due lessons that were there before each time lapse."""
    pressed: set[tuple[str, str, str]] = field(default_factory=set)

    def turn(self) -> None:
        kinds = {
            self.ask: 5, self.ask_nobody: 3, self.want: 4, self.agree: 2, self.answer: 3,
            self.not_mine: 1, self.never_mind: 1, self.gaps: 2, self.teach: 1, self.down: 1,
            self.delete: 1, self.help: 2, self.decide_proposal: 2, self.months_pass: 1,
            self.review: 3, self.follow: 4, self.deliver: 8, self.think: 6,
        }  # fmt: skip
        (kind,) = self.draw.choices(list(kinds), list(kinds.values()))
        kind()

    # What people ask

    def ask(self) -> None:
        place = self.draw.choice(PLACES)
        person = ANNA if place == DIRECT else self.draw.choice([ANNA, BEN, *self._more(place)])
        text = self._words(place)
        message = self.bot.write(
            text if place == DIRECT else f"<@{BOT}> {text}", user=person, channel=place
        )
        self._hear(message)

    def ask_nobody(self) -> None:
        text = self.draw.choice([*PUBLIC, "Lunch?", "The door creaks."])
        self._hear(self.bot.write(text, user=self.draw.choice([ANNA, FINN]), channel=RANDOM))

    def delete(self) -> None:
        root = self._root()
        if root is not None and root.ts not in self.spoken:
            root.deleted = True
            event = {"type": "message", "subtype": "message_deleted", "hidden": True}
            event |= {"ts": self.bot.workspace.next_ts(), "deleted_ts": root.ts}
            self._event(event | {"previous_message": root.as_json()}, root.channel)

    def help(self) -> None:
        """A teacher answers what was asked of nobody, and who asked is glad."""
        roots = [r for r in self.roots if r.channel == RANDOM and r.user == FINN and not r.deleted]
        if roots:
            root = self.draw.choice(roots)
            if root.ts in self.spoken or root.text not in PUBLIC:
                return
            self.spoken.add(root.ts)
            root.thread_ts = root.ts
            for person, text in ((BEN, PUBLIC[root.text]), (FINN, "Thanks a lot!")):
                said = self.bot.write(text, user=person, thread=root.ts, channel=RANDOM)
                self._event(said.as_json(), RANDOM)

    def down(self) -> None:
        if found := self._with("feedback"):
            message, _ = self.draw.choice(found)
            item = {"type": "message", "channel": message.channel, "ts": message.ts}
            person = self.draw.choice([ANNA, FINN])
            for kind in ("reaction_added", "reaction_removed"):
                self._send(
                    self.bot.body({"type": kind, "user": person, "reaction": "-1", "item": item})
                )

    # Somebody is asked

    def want(self) -> None:
        self._press_one(buttons.ASK)

    def agree(self) -> None:
        self._press_one(buttons.AGREE)

    def not_mine(self) -> None:
        self._press_one(buttons.NOT_MINE)

    def never_mind(self) -> None:
        self._press_one(buttons.NEVER_MIND)

    def answer(self) -> None:
        """An expert opens the form now, and what they write in it arrives at some time."""
        found = self._with(buttons.ANSWER)
        if not found:
            return
        message, value = self.draw.choice(found)
        person = self._reader(message)
        before = len(self.bot.workspace.views)
        self.bot.press(buttons.ANSWER, value, user=person, channel=message.channel, ts=message.ts)
        if len(self.bot.workspace.views) > before:
            question = next(text for text in ANSWERS if text in message.everything)
            whom = "everyone" if question in PUBLIC and self.draw.random() < 0.7 else "place"
            self._submit(person, {modals.ANSWER: ANSWERS[question], modals.SCOPE: whom})

    # Gaps, lessons

    def gaps(self) -> None:
        place = self.draw.choice(PLACES)
        person = ANNA if place == DIRECT else self.draw.choice([ADMIN, ANNA, BEN])
        if place == PRIVATE and person == ADMIN:
            return
        self.bot.command("gaps", user=person, channel=place)
        self._press_one(self.draw.choice([DISMISS, TEACH, buttons.ASK]))
        forms = [v for v in self.bot.workspace.views.values() if v["callback_id"] == "teach"]
        if forms and self.draw.random() < 0.3:
            self.bot.workspace.views.clear()

    def teach(self) -> None:
        question = self.draw.choice(list(PUBLIC))
        person = self.draw.choice([ANNA, BEN, ADMIN])
        place = self.draw.choice([GENERAL, RANDOM])
        self.bot.command(f"{question} => {PUBLIC[question]}", name="/teach", user=person,
                         channel=place)  # fmt: skip

    def decide_proposal(self) -> None:
        self._press_one(self.draw.choice([LEARN, LEARN, NO]))

    def months_pass(self) -> None:
        """Lessons grow due; all that is due is asked about, once, of whoever owns it."""
        if len(self.weeks) >= 4 or self.draw.random() < 0.7:
            return
        self.check_reviews()
        self.weeks.append(set(self._reviews()))
        age(self.bot.store, DAYS + 1)
        an_hour_later(self.bot)
        self.bot.parts.rounds.once()

    def review(self) -> None:
        self._press_one(self.draw.choice([TRUE, TRUE, RETIRE, ALL_TRUE]))

    def follow(self) -> None:
        GapFinder(self.bot.store, self.bot.engine, self.settings).look()

    # What Slack and the model do

    def deliver(self) -> None:
        self.draw.shuffle(self.outbox)
        now = self.outbox[: self.draw.randrange(len(self.outbox) + 1)]
        del self.outbox[: len(now)]
        again = self.draw.sample(self.sent, min(2, len(self.sent)))
        for body in [*now, *(each for each in again if each not in self.outbox)]:
            self.bot.dispatch(body)
        if self.draw.random() < 0.5:
            self.bot.parts.rounds.once()

    def think(self) -> None:
        self.bot.think()

    def end(self) -> None:
        """Everything arrives; nobody does anything any more."""
        for _ in range(4):
            self.draw.shuffle(self.outbox)
            while self.outbox:
                self.bot.dispatch(self.outbox.pop())
            while self.bot.think():
                pass
            self.follow()
            self.bot.parts.rounds.once()
        again = self.sent * 2
        self.draw.shuffle(again)
        for body in again:
            self.bot.dispatch(body)
        while self.bot.think():
            pass
        for _ in range(2):
            self.follow()
            self.bot.parts.rounds.once()

    # What holds in the end

    def check_reviews(self) -> None:
        """Each lesson was asked about once at most since the last lapse of time."""
        old = self.weeks[-1] if self.weeks else set()
        new = [review for review in self._reviews() if review not in old]
        about = Counter(x.example_id for r in new for x in self.bot.store.reviews.lessons(r))
        assert not [lesson for lesson, times in about.items() if times > 1]

    def check_requests(self) -> None:
        """Each question has one request, and one message to each who was asked."""
        db = self.bot.store.connections.db
        rows = list(
            db.query("select * from expert_requests where status not in ('nobody', 'gone')")
        )
        known = {e.id for e in self.bot.store.examples.approved()}
        # What was answered may be asked again once its lesson has gone.
        asked = Counter(
            (row["question"], row["scope"], row["scope_id"])
            for row in rows
            if row["lesson_id"] is None or row["lesson_id"] in known
        )
        assert not [question for question, times in asked.items() if times > 1], [
            (row["id"], row["status"], row["lesson_id"]) for row in rows
        ] + [(e["id"], e["status"]) for e in db.query("select id, status from examples")]
        messages = list(db.query("select * from expert_messages"))
        assert not [row for row in messages if row["state"] == "sending"]
        each = Counter((row["request_id"], row["target"]) for row in messages)
        assert not [pair for pair, times in each.items() if times > 1]
        posted = Counter(
            (m.channel, self._question(m), m.button_value(buttons.ANSWER))
            for m, _ in self._with(buttons.ANSWER)
        )
        assert not [place for place, times in posted.items() if times > 1]
        waiting = {row["id"] for row in rows if row["status"] in ("wanted", "asked")}
        assert {int(value) for _, value in self._with(buttons.ANSWER)} <= waiting

    def check_told(self) -> None:
        """Every thread that waits hears the answer once, and no other does twice."""
        told = Counter(
            (m.channel, m.thread_ts)
            for m in self._said()
            if "answered:" in m.text or "taught me that meanwhile" in m.text
        )
        known = {e.id for e in self.bot.store.examples.approved()}
        for (channel, thread), times in told.items():
            rows = self.bot.store.connections.db.query(
                "select lesson_id from expert_deliveries where channel = ? and thread = ?"
                " and state = 'sent'",
                [channel, thread],
            )
            lessons = [row["lesson_id"] for row in rows]
            # Another answer is told only where the one before it has gone.
            assert times == len(lessons) == len(set(lessons)), lessons
            assert len(known.intersection(lessons)) <= 1, lessons
        for request in self.bot.store.expert_requests.with_status("told", limit=1000):
            lesson = self.bot.store.examples.get(request.lesson_id or 0)
            if lesson.status != "approved":
                continue
            for root in self.roots:
                if root.deleted or request.question not in root.text:
                    continue
                place = (root.channel, root.ts)
                heard = [m.text for m in self._said() if (m.channel, m.thread_ts) == place]
                covered = lesson.for_whom.kind == "everyone" or root.channel == lesson.for_whom.id
                covered |= root.channel == DIRECT and lesson.for_whom.id == root.user
                if heard and covered:
                    given = [text for text in heard if ANSWERS[request.question] in text]
                    assert given, (request, root, heard)

    def check_unasked(self) -> None:
        """What nobody asked the bot is answered once at most, in its own thread, by a lesson."""
        for root in self.roots:
            if root.text.startswith("<@") or root.channel == DIRECT:
                continue
            thread = (root.channel, root.ts)
            heard = [m for m in self._said() if (m.channel, m.thread_ts) == thread]
            given = [m for m in heard if "I was not asked" in m.everything]
            assert len(given) <= 1
            assert not (root.deleted and given), given
            assert all(PUBLIC[root.text] in m.text for m in given)

    def check_private(self) -> None:
        """Nobody reads what is not for them."""
        for message in self.bot.workspace.messages:
            if message.user != BOT:
                continue
            members = self.bot.workspace.channels[message.channel].members
            readers = {message.ephemeral_to} if message.ephemeral_to else set(members)
            for word, allowed in SECRETS.items():
                assert word not in message.everything.lower() or readers <= allowed, message
            if "amber one hit" in message.everything.lower():
                experts = {row.author for row in self._amber()}
                assert readers <= {ANNA, BOT, *experts}, message
        texts = str(self.bot.workspace.homes).lower()
        assert not [word for word in ("cobalt", "amber") if word in texts]

    def check_settled(self) -> None:
        assert self.bot.store.pending_answers.all() == []
        assert self.bot.parts.in_flight.all() == []
        assert self.bot.store.expert_deliveries.due(100) == []
        assert self.bot.store.reviews.unsent(100) == []
        for root in self.roots:
            if root.deleted:
                # What an expert has answered stays in the thread: it is theirs.
                heard = [m.text for m in self._said() if m.thread_ts == root.ts]
                assert not [t for t in heard if not t.startswith(("*", ":"))], heard

    # Inside

    def _more(self, place: str) -> list[str]:
        return [EVA] if place == PRIVATE else [FINN, EVA]

    def _words(self, place: str) -> str:
        if place in OWN and self.draw.random() < 0.7:
            return OWN[place][0]
        return self.draw.choice(list(PUBLIC))

    def _amber(self) -> Iterable[Any]:
        return [e for e in self.bot.store.examples.approved() if "amber" in e.prompt] + [
            self.bot.store.examples.get(row["id"])
            for row in self.bot.store.connections.db.query(
                "select id from examples where prompt like '%amber%'"
            )
        ]

    def _reviews(self) -> list[int]:
        return [row["id"] for row in self.bot.store.connections.db.query("select id from reviews")]

    def _said(self) -> list[Message]:
        said = self.bot.workspace.messages
        return [m for m in said if m.user == BOT and not m.deleted and not m.ephemeral_to]

    def _question(self, message: Message) -> str:
        return next((text for text in ANSWERS if text in message.everything), "")

    def _root(self) -> Message | None:
        standing = [root for root in self.roots if not root.deleted]
        return self.draw.choice(standing) if standing else None

    def _with(self, action: str) -> list[tuple[Message, str]]:
        """The messages that have buttons of an action, with the value of each."""
        return [
            (message, str(element.get("value")))
            for message in self.bot.workspace.messages
            if message.user == BOT and not message.deleted
            for block in message.blocks
            for element in block.get("elements", ())
            if str(element.get("action_id", "")).startswith(action)
        ]

    def _press_one(self, action: str) -> None:
        """Somebody presses a button, which the bot hears of at some time, or twice."""
        if found := self._with(action):
            message, value = self.draw.choice(found[-8:])
            person = self._reader(message)
            place = {"id": message.channel, "name": "any"}
            container = {
                "channel_id": message.channel,
                "message_ts": message.ts,
                "is_ephemeral": message.ephemeral_to is not None,
            }
            button = {"type": "button", "action_id": action, "block_id": "b1", "value": value}
            button["action_ts"] = self.bot.workspace.next_ts()
            body = {"type": "block_actions", "container": container, "channel": place}
            self._send(body | {"actions": [button]} | self.bot._from(person))

    def _submit(self, person: str, values: dict[str, str]) -> None:
        view = self.bot.form()
        state: dict[str, Any] = {}
        for block in view["blocks"]:
            if block["type"] != "input":
                continue
            element, value = block["element"], values.get(block["block_id"])
            given: dict[str, Any] = {"value": value}
            if element["type"] == "radio_buttons":
                options = {o["value"]: o for o in element["options"]}
                given = {"selected_option": options.get(value, element.get("initial_option"))}
            state[block["block_id"]] = {element["action_id"]: given}
        submitted = view | {"state": {"values": state}}
        self._send({"type": "view_submission", "view": submitted} | self.bot._from(person))

    def _reader(self, message: Message) -> str:
        if message.ephemeral_to:
            return message.ephemeral_to
        members = self.bot.workspace.channels[message.channel].members - {BOT}
        return self.draw.choice(sorted(members & {ANNA, BEN, EVA, FINN, ADMIN}))

    def _hear(self, message: Message) -> None:
        self.roots.append(message)
        self._event(message.as_json(), message.channel)

    def _event(self, event: dict[str, Any], channel: str) -> None:
        kind = self.bot.workspace.channels[channel].kind
        self._send(self.bot.body(event | {"channel": channel, "channel_type": kind}))

    def _send(self, body: dict[str, Any]) -> None:
        self.outbox.append(body)
        self.sent.append(body)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.with_changes(
        lessons=LessonSettings(review_days=DAYS), asking=AskingSettings(per_day=100)
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_comes_when_nobody_is_asked_or_told_twice_and_nobody_forgotten(
    drive: Drive, settings: Settings, seed: int
) -> None:
    bot = school(drive)
    knows(bot, BEN, "key")
    knows(bot, EVA, "key")
    knows(bot, HELP, "*")
    bot.command("channels auto", user=ADMIN, channel=RANDOM)
    bot.command("channels watch", user=ADMIN, channel=RANDOM)
    team = Team(bot, random.Random(seed), settings)  # noqa: S311  an order
    for _ in range(TURNS):
        team.turn()
    team.end()
    team.check_requests()
    team.check_reviews()
    team.check_told()
    team.check_unasked()
    team.check_private()
    team.check_settled()
