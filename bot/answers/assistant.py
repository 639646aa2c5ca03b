"""A question becomes a reply: planned, answered, logged. Knows no Slack."""

import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import structlog

from bot.answers.history import ConversationHistory
from bot.answers.planning import AnswerPlan, AnswerPlanner
from bot.answers.questions import DECLINED, QUOTED, Comparison, Question, Reply
from bot.answers.retrieval import Retrieval, in_force
from bot.engine.client import EngineClient
from bot.errors import EngineError
from bot.lessons.teaching import clean
from bot.messages import Completion, Message
from bot.privacy.consent import Privacy
from bot.settings import Settings
from bot.store import Store, StoredReply
from bot.store.examples.scope import sees
from bot.store.people import forgotten_key
from bot.store.replies import NOT_KEPT, Origin
from trainer.adapters.registry import Registry
from trainer.reasoning import without_reasoning
from trainer.retrieval.faithfulness import faithful

MOST_PLANS = 3
"""How often an answer is planned, where its lessons leave while it is made."""
log = structlog.get_logger(__name__)


class Assistant:
    """Answers questions and stores every answer, where its author has not opted out."""

    def __init__(
        self, store: Store, engine: EngineClient, settings: Settings, registry: Registry
    ) -> None:
        self._store = store
        self._engine = engine
        self._settings = settings
        history = ConversationHistory(store, settings, registry)
        self.retrieval = Retrieval(store, engine)
        """What finds the lessons that answer a question; it holds their vectors in memory."""
        self._planner = AnswerPlanner(settings, registry, history, self.retrieval)
        self._privacy = Privacy(store, settings)

    @property
    def engine(self) -> EngineClient:
        """The client of the model server that answers."""
        return self._engine

    def ask(self, question: Question, adapter: str = "latest") -> Reply:
        """Answers a question in one piece, and stores the answer.

        Args:
            question: what was asked, and in which conversation.
            adapter: `latest`, `base` or a version.

        Raises:
            InputError: the question is empty or too long.
            AdapterError: there is no such adapter.
            EngineError: the model server failed or cannot be reached.
        """
        return self._keep(question, *self._answer(question, adapter))

    def plan(self, question: Question, adapter: str = "latest") -> AnswerPlan:
        """Returns what is done with a question, for `stream`; it asks no model that writes.

        Raises as `ask`.
        """
        return self._planner.plan(question, adapter)

    def stream(
        self, question: Question, adapter: str = "latest", plan: AnswerPlan | None = None
    ) -> Generator[str | Reply, None, None]:
        """Yields the answer piece by piece, and at last the stored Reply. Raises as `ask`.

        An answer that is checked against a lesson comes in one piece, and one that is declined in
        silence in none. A caller who closes the generator early frees its place at the model; then
        nothing is stored. A `plan` that was made before is made anew where its lessons have left.
        """
        if plan is None or self._left(question, plan):
            plan = self._planner.plan(question, adapter)
        if plan.model is None or plan.lesson:
            plan, completion = self._answer(question, adapter, plan)
            if completion.text:
                yield completion.text
            yield self._keep(question, plan, completion)
            return
        with closing(self._engine.stream(plan.sent, model=plan.model)) as pieces:
            for piece in pieces:
                if isinstance(piece, Completion):
                    yield self._keep(question, plan, piece)
                else:
                    yield piece

    def plan_if_taught(self, question: Question, floor: float) -> AnswerPlan | None:
        """Returns what is done with a question that nobody put to the bot, for `ask_if_taught`.

        It asks no model that writes. None is for silence; see there.
        """
        plan = self._planner.plan(question, "latest")
        return plan if _surely_taught(plan, floor) and self._keeps(question) else None

    def ask_if_taught(
        self,
        question: Question,
        floor: float,
        wanted: Callable[[], bool] = lambda: True,
        plan: AnswerPlan | None = None,
    ) -> Reply | None:
        """Answers a question that nobody put to the bot, in one piece, where it was taught that.

        Args:
            question: what was asked, and in which conversation.
            floor: the least confidence of such an answer.
            wanted: is called before anything is stored; False gives the answer up.
            plan: that of `plan_if_taught`, where it was made before.

        Returns:
            The stored answer; None, and nothing is stored, where it was not taught, where that is
            not sure enough, or where who asked has opted out.

        Raises:
            InputError: the question is empty or too long.
            EngineError: the model server failed or cannot be reached.
        """
        plan = plan or self.plan_if_taught(question, floor)
        if plan is None:
            return None
        plan, completion = self._answer(question, "latest", plan)
        if not (_surely_taught(plan, floor) and completion.text and wanted()):
            return None
        return self._keep(question, plan, completion)

    def compare(self, question: Question, adapter: str = "latest") -> Comparison:
        """Asks the base model and an adapter at the same time, both without history.

        The seconds of the Comparison are those until both had answered. Raises as `ask`.
        """
        alone = replace(question, thread=None, context=())
        plan = self._planner.plan(alone, "base")
        start = time.monotonic()
        with ThreadPoolExecutor(2) as pool:
            both = pool.map(lambda m: self._engine.complete(plan.sent, model=m), ("base", adapter))
            base, tuned = (self._keep(alone, plan, each, counts=False) for each in both)
        seconds = time.monotonic() - start
        prompt, _ = clean(question.text, self._settings.examples)
        person = question.user
        with self._store.connections.write():
            if not self._keeps(question):
                prompt, person = "", NOT_KEPT
            stored = self._store.comparisons.add(prompt, person, base.id, tuned.id, seconds)
        return Comparison(stored.id, question.text, base, tuned, seconds, stored.tuned_first)

    def posted(self, reply_id: int, channel: str, ts: str) -> None:
        """Remembers which message carries a reply, so that a reaction there finds it.

        A reply that is not kept has nothing to be found, so nothing is remembered of it.
        """
        if self._store.replies.get(reply_id).messages:
            self._store.replies.posted(reply_id, channel, ts)

    def _answer(
        self, question: Question, adapter: str, plan: AnswerPlan | None = None
    ) -> tuple[AnswerPlan, Completion]:
        """Returns a whole answer with its plan, made anew where a lesson has left meanwhile."""
        for _ in range(MOST_PLANS):
            plan = plan or self._planner.plan(question, adapter)
            answered = self._carried_out(plan)
            if not self._left(question, plan):
                return answered
            plan = None
        # Lessons come and go faster than a model answers: this was so a moment ago.
        return answered

    def _carried_out(self, plan: AnswerPlan) -> tuple[AnswerPlan, Completion]:
        """Returns the answer of a plan, whole.

        Where a model tells a lesson its words are checked. Where it changed them, or where no model
        answers at all, the taught words are the answer, or the plan is what it is otherwise.
        """
        quotation = _written(plan.text, QUOTED if plan.lessons else DECLINED)
        if plan.model is None:
            return plan, quotation
        if plan.lesson is None:
            return plan, self._engine.complete(plan.sent, model=plan.model)
        try:
            said = self._engine.complete(plan.sent, model=plan.model, temperature=0.0)
        except EngineError as error:
            if plan.otherwise:
                raise
            log.warning("a lesson is quoted: no model tells it", error=type(error).__name__)
            return plan, quotation
        kept = said.finish_reason == "stop" and (said.adapter is not None or plan.otherwise)
        if kept and faithful(plan.lesson.completion, said.text, plan.kept[-1].content):
            return plan, said
        if plan.otherwise:
            return plan.otherwise, said
        return plan, replace(quotation, seconds=said.seconds)

    def _left(self, question: Question, plan: AnswerPlan) -> bool:
        """Returns whether a lesson behind an answer may not, or not so, be told there any more.

        It was withdrawn, changed or made private meanwhile, or has ended.
        """
        now = [self._store.examples.get(lesson.id) for lesson in plan.lessons]
        return any(
            not in_force(lesson)
            or not sees(question.audience, lesson.for_whom)
            or lesson.completion != before.completion
            for lesson, before in zip(now, plan.lessons, strict=True)
        )

    def _keep(
        self,
        question: Question,
        plan: AnswerPlan,
        completion: Completion,
        *,
        counts: bool = True,
    ) -> Reply:
        """Stores an answer; secrets and personal data do not reach the disk.

        Where who asked has opted out, or was forgotten while they waited, a row without words,
        name and place is all that stays. An answer of a comparison does not count: it says nothing
        of how the bot answers.
        """
        kept = [Message(m.role, clean(m.content, self._settings.examples)[0]) for m in plan.kept]
        text, _ = clean(completion.text, self._settings.examples)
        lessons = [example.id for example in plan.lessons]
        with self._store.connections.write():
            if not self._keeps(question):
                return self._unkept(question, plan, completion)
            if self._outlived(plan):
                kept, text, lessons = kept[-1:], "", []
            stored: StoredReply = self._store.replies.add(
                replace(completion, text=text),
                kept,
                source=question.source,
                channel=question.channel,
                thread=question.thread or "",
                person=question.user,
                question_ts=question.ts,
                origin=_origin(plan, lessons) if counts else Origin(lessons),
            )
        return _reply(stored, completion.text, plan)

    def _keeps(self, question: Question) -> bool:
        """Whether a question may be stored: its author is neither out nor forgotten since."""
        gone = self._store.handled_events.marked_since(
            forgotten_key(question.user), question.asked_at
        )
        return self._privacy.keeps(question.user) and not gone

    def _outlived(self, plan: AnswerPlan) -> bool:
        """Whether words that the answer was made with were forgotten while it was made."""
        return any(
            not self._store.replies.get(reply).text for reply in plan.earlier_replies
        ) or any(not self._store.examples.get(example.id).completion for example in plan.lessons)

    def _unkept(self, question: Question, plan: AnswerPlan, completion: Completion) -> Reply:
        empty = replace(completion, text="")
        stored = self._store.replies.add(
            empty, (), source=question.source, channel="", thread="", person=NOT_KEPT
        )
        return _reply(stored, completion.text, plan, kept=False)


def _surely_taught(plan: AnswerPlan, floor: float) -> bool:
    return plan.source == "taught" and plan.confidence >= floor


def _written(text: str, model: str) -> Completion:
    """Returns an answer that no model wrote now; an old lesson may still hold reasoning."""
    return Completion(without_reasoning(text), model, None, 0, 0, 0.0, "stop")


def _origin(plan: AnswerPlan, lessons: list[int]) -> Origin:
    confidence = plan.confidence if plan.known else None
    return Origin(lessons, plan.source, confidence, plan.with_context)


def _reply(stored: StoredReply, text: str, plan: AnswerPlan, *, kept: bool = True) -> Reply:
    return Reply(
        id=stored.id,
        text=text,
        model=stored.model,
        adapter=stored.adapter,
        prompt_tokens=stored.prompt_tokens,
        completion_tokens=stored.completion_tokens,
        seconds=stored.seconds,
        source=plan.source,
        lessons=plan.lessons,
        confidence=round(plan.confidence, 3),
        known=plan.known,
        kept=kept,
    )
