"""`/nightschool why` shows the lessons behind an answer, as far as they can be known.

It says where the answer came from and how sure that was. It lists the approved lessons that were
behind it or are most like the question, and says of each whether the adapter that answered was
trained on it or had it in its prompt.
"""

import re
from datetime import datetime

from slack_sdk import WebClient
from slack_sdk.models.blocks import ContextBlock, MarkdownTextObject

from bot.answers.questions import DECLINED, QUOTED
from bot.errors import AdapterError, InputError
from bot.lessons.reviews.freshness import Freshness
from bot.slack.lessons.scope_buttons import place_of
from bot.slack.messages.blocks import section
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.command import Command
from bot.store import Example, Store, StoredReply
from bot.store.examples.scope import Audience, sees
from trainer.adapters.registry import AdapterCard, Registry
from trainer.retrieval.decision import Source
from trainer.similarity import form, likeness

LINK = re.compile(r"https://[\w.-]+/archives/([A-Z0-9]+)/p(\d{10})(\d{6})")
NEAREST = 5
"""Lessons that are listed."""
LINEAGE = 6
"""Earlier adapter versions that are named."""
HOW = "Write `/nightschool why` and the link of an answer of mine (its menu, Copy link)."
BASES: dict[Source, str] = {
    "taught": "Somebody taught me that: I was {:.0%} sure that it is the right lesson.",
    "near": "Nobody taught me exactly that: I was {:.0%} sure that the nearest lesson answers it.",
    "model": "Nobody taught me that: it is the model's own words, and {:.0%} likely to be right.",
    "none": "Nobody taught me that: I was {:.0%} sure of it.",
}
"""What is said of an answer by its source, and of how surely it was right."""
PRIVATE = "That answer was given in private: only who asked can see where it came from."
ELSEWHERE = (
    "That answer was given in a channel that is not open to everybody: I say only there where it "
    "came from."
)


class Attribution:
    """Explains answers of the bot to people who may see them."""

    def __init__(
        self, store: Store, registry: Registry, client: WebClient, freshness: Freshness
    ) -> None:
        self._store = store
        self._registry = registry
        self._client = client
        self._freshness = freshness

    def command(self, command: Command) -> None:
        """Explains the answer at a permalink, or the last one that this person got here.

        Raises:
            InputError: the link is not one of an answer, or it was given where not everybody reads.
        """
        link = command.raw.partition(" ")[2].strip()
        reply = self._linked(link) if link else self._last(command)
        if reply.channel.startswith("D") and reply.person != command.user:
            raise InputError(PRIVATE)
        elsewhere = reply.channel != command.channel
        if elsewhere and self._store.places.kind(reply.channel) in (None, "private", "group"):
            raise InputError(ELSEWHERE)
        place = place_of(command.user, command.channel)
        explained = self._explained(command.user, reply, place)
        send_ephemeral(self._client, command.recipient, explained)

    def _linked(self, link: str) -> StoredReply:
        match = LINK.search(link)
        if match is None:
            raise InputError(HOW)
        number = self._store.replies.at(match[1], f"{match[2]}.{match[3]}")
        if number is None:
            raise InputError("That is no answer of mine, or I have forgotten it.")
        return self._store.replies.get(number)

    def _last(self, command: Command) -> StoredReply:
        reply = self._store.replies.last_to(command.user, command.channel)
        if reply is None:
            raise InputError(f"I have not answered you here yet. {HOW}")
        return reply

    def _explained(self, user: str, reply: StoredReply, place: Audience) -> MessageContent:
        if reply.model == QUOTED:
            head = "No model wrote that: I repeated a lesson word for word."
        elif reply.model == DECLINED:
            head = "No model wrote that: I declined."
        elif reply.adapter:
            head = f"*{escape(reply.adapter)}* wrote that, on {escape(reply.model)}."
        elif reply.recalled:
            head = "The base model wrote that, with lessons before it."
        else:
            head = "The base model wrote that, with nothing that I was taught."
        card = self._card(reply.adapter)
        learned = frozenset(card.example_ids if card else ())
        lines = [head]
        if reply.basis and reply.confidence is not None:
            lines.append(BASES[reply.basis].format(reply.confidence))
        if reply.person == user:
            lines.append(f"You asked: “{escape(shorten(reply.question, 300))}”")
        nearest = self._nearest(reply, place)
        lines.append("Nearest lessons:" if nearest else "No lesson is near to the question.")
        strange = card is not None and bool(card.origin)
        not_learned = "nobody can tell whether it was learned" if strange else "not learned by then"
        lines += [
            _lesson(degree, near, learned, reply, not_learned) + self._mark(near)
            for degree, near in nearest
        ]
        when = datetime.fromisoformat(reply.created_at)
        foot = f"{when:%d %B %Y, %H:%M} UTC. {self._lineage(card)}"
        small = ContextBlock(elements=[MarkdownTextObject(text=shorten(foot, 1900), verbatim=True)])
        return MessageContent(head, (section("\n".join(lines)), small))

    def _nearest(self, reply: StoredReply, place: Audience) -> list[tuple[float, Example]]:
        """Returns the approved lessons most like the question, each with its likeness (0 to 1).

        Those that were behind the answer come first, however unlike their words are. Lessons that
        are not for those who read in this place are left out.
        """
        asked = form(reply.question)
        behind = [self._store.examples.get(number) for number in reply.recalled]
        near = {
            example.id: (likeness(asked, form(example.prompt)), example)
            for example in [*behind, *self._store.examples.similar(reply.question, audience=place)]
            if example.status == "approved"
            and sees(place, example.for_whom, example.author, example.owner)
        }
        best = sorted(
            near.values(),
            key=lambda pair: (pair[1].id in reply.recalled, pair[0], pair[1].id),
            reverse=True,
        )[:NEAREST]
        return [pair for pair in best if pair[0] > 0 or pair[1].id in reply.recalled]

    def _mark(self, example: Example) -> str:
        since = self._freshness.since(example)
        return f" ({since})" if since else ""

    def _card(self, version: str | None) -> AdapterCard | None:
        try:
            return self._registry.card(version) if version else None
        except AdapterError:
            return None

    def _lineage(self, card: AdapterCard | None) -> str:
        if card is None:
            return "There is no adapter behind it."
        before = [v for v in self._registry.versions() if v < card.version][-LINEAGE:]
        line = " → ".join(["base", *before, card.version])
        day, base = escape(card.created_at[:10]), escape(shorten(card.base_model, 150))
        if card.origin:
            return (
                f"{card.version} was added from elsewhere on {day}, for {base}: what it was "
                f"trained on nobody here can tell. Versions so far: {line}."
            )
        return (
            f"{card.version} was made on {day} from {base} itself with {len(card.example_ids)} "
            f"lessons ({escape(card.verdict)}). Versions so far: {line}."
        )


def _lesson(
    degree: float,
    example: Example,
    learned: frozenset[int],
    reply: StoredReply,
    not_learned: str,
) -> str:
    if example.id in reply.recalled:
        note = "I had it before me"
    elif example.id in learned:
        note = "learned"
    else:
        note = not_learned
    question = escape(shorten(example.prompt, 120))
    answer = escape(shorten(example.completion, 160))
    return f"• {degree:.0%} alike, {note}: *{example.id}* {question} → {answer}"
