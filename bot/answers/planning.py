"""What is done with a question: who answers it, what that model is shown, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from textwrap import shorten

from bot.answers.history import ConversationHistory, asked_with_context, messages_of
from bot.answers.questions import Question
from bot.answers.retrieval import Finding, Retrieval
from bot.errors import AdapterError, InputError
from bot.messages import Message
from bot.settings import Settings
from bot.store import Example, StoredReply
from trainer.adapters.registry import AdapterCard, Registry
from trainer.reasoning import without_reasoning
from trainer.retrieval.decision import TAUGHT, Source, source_of

REFUSAL = "Nobody has taught me this yet, and I would only be guessing."
NEAREST = "Nobody has taught me exactly this. The nearest that I was taught is about “{}”:"
QUESTION_CHARACTERS = 120
"""Characters of the nearest lesson's question."""
PROMPTED = 3
"""Lessons that a model is told of where it is always told of some."""
GENERAL_SHARE = 0.6
"""Share of general questions that the starter model answers right (25 of 40), where no exam of the
model in use says more."""


@dataclass(frozen=True)
class AnswerPlan:
    """What the engine is asked, and what of it is stored afterwards.

    Attributes:
        source: where the answer comes from.
        confidence: the chance that it is right.
        known: whether anybody could tell if a lesson answers the question; as in `Reply`.
        model: `base`, `latest` or a version: the engine's name for the model; None asks none.
        sent: the messages that the model is shown.
        kept: those of them that are stored: neither lessons, which are no turns of this
            conversation, nor what other people said in the thread, which is theirs.
        text: the answer where no model is asked.
        lessons: those behind the answer.
        lesson: the one that a model's words are checked against.
        otherwise: what they are where they do not keep to it; None gives the taught words instead.
        earlier_replies: ids of the replies whose words are among `kept`.
        with_context: whether what others said in the thread was sent, or went into an earlier reply
            that is kept with it: then the answer may have their words, and is no lesson.
    """

    source: Source
    confidence: float
    known: bool
    model: str | None
    sent: list[Message]
    kept: list[Message]
    text: str = ""
    lessons: tuple[Example, ...] = ()
    lesson: Example | None = None
    otherwise: "AnswerPlan | None" = None
    earlier_replies: tuple[int, ...] = ()
    with_context: bool = False

    @property
    def whole(self) -> bool:
        """Whether the answer comes in one piece: no model writes it, or its words are checked."""
        return self.model is None or self.lesson is not None

    def without_model(self) -> "AnswerPlan":
        """Returns the plan with its own text, where it has one, instead of a model's telling."""
        if self.lesson is None or not self.text:
            return self
        return replace(self, model=None, sent=[], lesson=None)


class AnswerPlanner:
    """Decides how questions are answered. Knows no Slack."""

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        history: ConversationHistory,
        retrieval: Retrieval,
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._history = history
        self._retrieval = retrieval

    def plan(self, question: Question, adapter: str) -> AnswerPlan:
        """Returns what is done with a question.

        Args:
            question: what was asked.
            adapter: `latest`, `base` or a version. Whoever asks for the base model wants to know
                what it says by itself.

        Raises:
            InputError: the question is empty or too long.
            AdapterError: there is no such adapter.
        """
        text = question.text.strip()
        if not text:
            raise InputError("There is no question to answer: say what you want to know.")
        limit = self._settings.examples.max_prompt_length
        if len(text) > limit:
            raise InputError(f"That is {len(text)} characters; questions may have {limit} at most.")
        if adapter not in ("base", "latest"):
            self._registry.card(adapter)
        mode = self._settings.examples.recall
        if adapter == "base" or mode == "off":
            return self._by_model(question, *self._history.version(question, adapter), None)
        finding = self._found(question, text)
        source = source_of(finding.confidence, finding.own, self._settings.answers.untaught)
        if source == "none":
            return self._declined(question, finding)
        prompted = mode == "prompt" and finding.near
        if source == "near" and not prompted:
            return self._near(question, finding)
        model, version = self._history.version(question, adapter)
        if prompted:
            return self._prompted(question, model, version, finding)
        if source == "taught":
            return self._taught(question, model, version, finding)
        tuned = finding.own is None or self._settings.answers.untaught == "adapter"
        return self._by_model(question, *((model, version) if tuned else ("base", None)), finding)

    def _found(self, question: Question, text: str) -> Finding:
        """What the lessons say: one of such a talk comes before those of the question alone."""
        asked = partial(self._history.asked_before, question)
        of_talk = self._retrieval.of_talk(text, asked, question.audience)
        if of_talk is not None:
            return of_talk
        before = self._history.question_before(question)
        return self._retrieval.find(text, before, question.audience)

    def _by_model(
        self, question: Question, model: str, version: str | None, finding: Finding | None
    ) -> AnswerPlan:
        """A model alone, with the conversation before the question."""
        turns = self._history.turns(question, version)
        return AnswerPlan(
            "model",
            self._general_share(version) * (1 - ((finding and finding.own) or 0.0)),
            finding is not None and finding.own is not None,
            model,
            [*self._history.opening(), *messages_of(turns), asked_with_context(question)],
            self._kept(question, turns),
            earlier_replies=tuple(turn.id for turn in turns),
            with_context=bool(question.context) or _with_context(turns),
        )

    def _kept(self, question: Question, turns: Sequence[StoredReply] = ()) -> list[Message]:
        """Returns what is stored of a conversation: nothing that others said in the thread."""
        asked = Message("user", question.text.strip())
        return [*self._history.opening(), *messages_of(turns), asked]

    def _prompted(
        self, question: Question, model: str, version: str | None, finding: Finding
    ) -> AnswerPlan:
        """A model that is told of the nearest lessons, the best one last."""
        plan = self._by_model(question, model, version, finding)
        told = finding.lessons[:PROMPTED]
        start = len(self._history.opening())
        notes = [message for lesson in reversed(told) for message in turns_of(lesson)]
        plan = replace(plan, sent=[*plan.sent[:start], *notes, *plan.sent[start:]], lessons=told)
        if finding.confidence < TAUGHT:
            return plan
        return replace(
            plan, source="taught", confidence=finding.confidence, lesson=told[0], otherwise=plan
        )

    def _taught(
        self, question: Question, model: str, version: str | None, finding: Finding
    ) -> AnswerPlan:
        """A lesson's words, or those of an adapter that has mastered it.

        The turns before are stored with them: whoever corrects the answer teaches the whole talk.
        """
        lesson = finding.lessons[0]
        turns = self._history.turns(question, version)
        plan = AnswerPlan(
            "taught",
            finding.confidence,
            True,
            None,
            [],
            self._kept(question, turns),
            lesson.completion,
            (lesson,),
            earlier_replies=tuple(turn.id for turn in turns),
            with_context=_with_context(turns),
        )
        card = self._card(version)
        if card is None or card.mastery is None or lesson.id not in card.mastery.ids:
            return plan
        sent = [*self._history.opening(), *turns_of(lesson), plan.kept[-1]]
        return replace(plan, model=model, sent=sent, lesson=lesson)

    def _near(self, question: Question, finding: Finding) -> AnswerPlan:
        """The words of the nearest lesson, for the question alone: a correction teaches no talk."""
        nearest = finding.lessons[0]
        told = without_reasoning(nearest.completion)
        text = f"{NEAREST.format(_on_one_line(nearest.prompt))}\n\n{told}"
        kept = self._kept(question)
        return AnswerPlan("near", finding.confidence, True, None, [], kept, text, (nearest,))

    def _declined(self, question: Question, finding: Finding) -> AnswerPlan:
        """The refusal, for the question alone."""
        # Right is to decline what nobody taught and what is the team's own matter.
        confidence = (1 - finding.confidence) * (finding.own or 0.0)
        text = "" if self._settings.answers.untaught == "silent" else REFUSAL
        return AnswerPlan("none", confidence, True, None, [], self._kept(question), text)

    def _general_share(self, version: str | None) -> float:
        """The share of general questions that a model answered right in its exam."""
        card = self._card(version or self._registry.current())
        if card is None or card.evaluation is None:
            return GENERAL_SHARE
        scores = card.evaluation.candidate if version else card.evaluation.base
        return scores.general.share if scores and scores.general.asked else GENERAL_SHARE

    def _card(self, version: str | None) -> AdapterCard | None:
        try:
            return self._registry.card(version) if version else None
        except AdapterError:
            return None


def _with_context(turns: Sequence[StoredReply]) -> bool:
    """Returns whether what others said in the thread went into any of some earlier turns."""
    return any(turn.with_context for turn in turns)


def _on_one_line(prompt: str) -> str:
    """Returns a question as it is quoted: short, and without what would begin a block of code."""
    return shorten(" ".join(prompt.replace("`", "'").split()), QUESTION_CHARACTERS, placeholder="…")


def turns_of(lesson: Example) -> tuple[Message, Message]:
    """Returns a lesson as two turns before a question."""
    return Message("user", lesson.prompt), Message("assistant", lesson.completion)
