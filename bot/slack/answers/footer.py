"""The blocks below an answer: where it comes from, how surely it is right, and buttons."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from slack_sdk.models.blocks import ActionsBlock, Block, ContextBlock, MarkdownTextObject

from bot.answers.questions import Reply
from bot.answers.source_words import BASE, UNTAUGHT, own_words, sureness
from bot.errors import AdapterError
from bot.lessons.reviews.freshness import Freshness
from bot.lessons.scoping import scope_word
from bot.slack.messages import feedback_buttons
from bot.slack.messages.mrkdwn import escape, name, shorten
from bot.slack.messages.permalinks import Permalinks
from bot.slack.state.member_names import MemberNames
from bot.store import Example
from trainer.adapters.registry import Registry

LIMIT = 1900
"""Characters of the footer's text."""
TONIGHT = "I learn it at the next night"
NO_FILES = "I cannot open files: paste what matters as text"
TEACHABLE = ("near", "none")
"""Sources of the answers below which a button teaches the right one. A model's own words have the
thumb down, which opens a form as well."""
ASKABLE = ("near", "none", "model")
"""Sources of the answers below which a button has an expert asked."""


class ReplyFooter:
    """Builds the blocks below an answer."""

    def __init__(
        self,
        names: MemberNames,
        permalinks: Permalinks,
        registry: Registry,
        freshness: Freshness,
        experts: Callable[[], bool] = lambda: False,
    ) -> None:
        """`experts` says whether there is anybody who could be asked what nobody has taught."""
        self._experts = experts
        self._names = names
        self._freshness = freshness
        self._permalinks = permalinks
        self._registry = registry

    def below(self, reply: Reply, files: int = 0) -> tuple[Block, ...]:
        """Builds the blocks below the last message of an answer.

        Args:
            reply: the answer; without buttons where it is not kept.
            files: how many files came with the question.
        """
        sure = sureness(reply.source, reply.confidence if reply.known else None)
        notes = [*self._source(reply), sure]
        if private := next((lesson for lesson in reply.lessons if lesson.for_whom.private), None):
            notes.append(_only_here(private))
        elif reply.quoted and reply.source == "taught" and self._is_new(reply.lessons[0]):
            notes.append(TONIGHT)
        if files:
            notes.append(NO_FILES)
        context = _context(notes)
        if not reply.kept:
            return (context,)
        offered = []
        if reply.source in TEACHABLE:
            offered.append(feedback_buttons.teach_me(reply.id))
        if reply.source in ASKABLE and self._experts():
            offered.append(feedback_buttons.ask_somebody(reply_id=reply.id))
        buttons = [ActionsBlock(elements=offered)] if offered else []
        return context, *buttons, feedback_buttons.buttons(reply.id)

    def of_lesson(self, lesson: Example, block_id: str) -> ContextBlock:
        """Builds what stands below the words of a lesson that is told without being asked for.

        Args:
            lesson: the lesson.
            block_id: the id of the block, by which the message is found again.
        """
        notes = [self._lesson("taught by", lesson)]
        if lesson.for_whom.private:
            notes.append(_only_here(lesson))
        elif self._is_new(lesson):
            notes.append(TONIGHT)
        return _context(notes, block_id)

    def _source(self, reply: Reply) -> list[str]:
        """Says in a few notes, as mrkdwn, where an answer comes from."""
        if reply.source == "taught":
            return self._taught(reply)
        if reply.source == "near":
            return [UNTAUGHT, f"the nearest lesson, {self._lesson('taught by', reply.lessons[0])}"]
        if reply.source == "none":
            return [UNTAUGHT]
        told = [self._lesson("told what", lesson, " taught") for lesson in reply.lessons]
        return [escape(own_words(reply.adapter, known=reply.known)), *told]

    def _taught(self, reply: Reply) -> list[str]:
        if reply.quoted:
            return [self._lesson("taught by", reply.lessons[0])]
        first, *others = reply.lessons
        return [
            escape(reply.adapter or BASE),
            f"checked against {self._lesson('what', first, ' taught')}",
            *(self._lesson("told what", lesson, " taught") for lesson in others),
        ]

    def _lesson(self, before: str, lesson: Example, after: str = "") -> str:
        """Links to a lesson by who taught it and when; a mention would notify its author.

        Behind one that is due stands since when it was not confirmed.
        """
        author = self._names.author(lesson.author)
        day = datetime.fromisoformat(lesson.created_at)
        who = shorten(escape(name(author)), 80)
        text = f"{before} {who}{after} on {day.day} {day:%B}"
        link = self._link(lesson)
        linked = f"<{link}|{text}>" if link else text
        since = self._freshness.since(lesson)
        return f"{linked}, {since}" if since else linked

    def _link(self, example: Example) -> str | None:
        """The permalink of the lesson's message, or of the answer that was corrected or liked."""
        if example.permalink:
            plain = re.fullmatch(r"https://[^\s<>|]+", example.permalink)
            return plain[0] if plain else None
        return self._permalinks.of_reply(example.reply_id) if example.reply_id else None

    def _is_new(self, lesson: Example) -> bool:
        """Whether the version in use was not trained on a lesson, so that the next one will be."""
        if self._freshness.state(lesson) == "expired":
            return False
        try:
            version = self._registry.current()
            return version is None or lesson.id not in self._registry.card(version).example_ids
        except AdapterError:
            return False


def _context(notes: Sequence[str], block_id: str | None = None) -> ContextBlock:
    text = shorten(" · ".join(filter(None, notes)), LIMIT)
    element = MarkdownTextObject(text=text, verbatim=True)
    return ContextBlock(elements=[element], block_id=block_id)


def _only_here(lesson: Example) -> str:
    """Says whom a private lesson is for; it is shown in its own place alone."""
    word = scope_word(lesson.for_whom, here=lesson.scope_id, reader=lesson.scope_id)
    return f"for {word}" if word.endswith("alone") else f"for {word} alone"
