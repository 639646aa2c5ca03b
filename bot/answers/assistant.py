"""A question becomes a reply: history, prompt, engine, log. Knows no Slack."""

import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace

from bot.answers.history import ConversationHistory, messages_of
from bot.answers.questions import QUOTED, Comparison, Question, Reply
from bot.answers.retrieval import Retrieval
from bot.engine.client import EngineClient
from bot.errors import InputError
from bot.lessons.teaching import clean
from bot.messages import Completion, Message
from bot.privacy.consent import Privacy
from bot.settings import Settings
from bot.store import Example, Store, StoredReply
from bot.store.people import forgotten_key
from trainer.adapters.registry import Registry

NOBODY = "nobody"
"""Stands in the place of the name of somebody who has opted out."""


@dataclass(frozen=True)
class _AnswerPlan:
    """What the engine is asked, and what of it is stored afterwards."""

    model: str
    """`base`, `latest` or a version: the engine's name for the model."""
    sent: list[Message]
    """The messages that the model is shown."""
    kept: list[Message]
    """Those of them that are stored: not the recalled examples, which are no turns of this
    conversation, and not what other people said in the thread, which is theirs."""
    recalled: tuple[Example, ...] = ()
    quote: Example | None = None
    """The example whose words are the answer; no model is asked then."""
    earlier_replies: tuple[int, ...] = ()
    """Ids of the replies whose words are among `kept`."""


class Assistant:
    """Answers questions and stores every answer, where its author has not opted out."""

    def __init__(
        self, store: Store, engine: EngineClient, settings: Settings, registry: Registry
    ) -> None:
        self._store = store
        self._engine = engine
        self._settings = settings
        self._history = ConversationHistory(store, settings, registry)
        self._retrieval = Retrieval(store, settings, registry)
        self._privacy = Privacy(store, settings)

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
        plan = self._plan(question, adapter)
        if plan.quote:
            return self._quote(question, plan, plan.quote)
        completion = self._engine.complete(plan.sent, model=plan.model)
        return self._keep(question, plan, completion)

    def stream(
        self, question: Question, adapter: str = "latest"
    ) -> Generator[str | Reply, None, None]:
        """Yields the answer piece by piece, and at last the stored Reply. Raises as `ask`.

        A caller who closes the generator early frees its place at the model; then nothing is
        stored.
        """
        plan = self._plan(question, adapter)
        if plan.quote:
            yield plan.quote.completion
            yield self._quote(question, plan, plan.quote)
            return
        with closing(self._engine.stream(plan.sent, model=plan.model)) as pieces:
            for piece in pieces:
                if isinstance(piece, Completion):
                    yield self._keep(question, plan, piece)
                else:
                    yield piece

    def compare(self, question: Question) -> Comparison:
        """Asks the base model and the newest adapter at the same time, both without history.

        The seconds of the Comparison are those until both had answered. Raises as `ask`.
        """
        alone = replace(question, thread=None, context=())
        plan = self._plan(alone, "base")
        start = time.monotonic()
        with ThreadPoolExecutor(2) as pool:
            both = pool.map(lambda m: self._engine.complete(plan.sent, model=m), ("base", "latest"))
            base, tuned = (self._keep(alone, plan, completion) for completion in both)
        seconds = time.monotonic() - start
        prompt, _ = clean(question.text, self._settings.examples)
        person = question.user
        with self._store.connections.write():
            if not self._keeps(question):
                prompt, person = "", NOBODY
            stored = self._store.comparisons.add(prompt, person, base.id, tuned.id, seconds)
        return Comparison(stored.id, question.text, base, tuned, seconds, stored.tuned_first)

    def posted(self, reply_id: int, channel: str, ts: str) -> None:
        """Remembers which message carries a reply, so that a reaction there finds it.

        A reply that is not kept has nothing to be found, so nothing is remembered of it.
        """
        if self._store.replies.get(reply_id).messages:
            self._store.replies.posted(reply_id, channel, ts)

    def _plan(self, question: Question, adapter: str) -> _AnswerPlan:
        text = question.text.strip()
        if not text:
            raise InputError("There is no question to answer: say what you want to know.")
        limit = self._settings.examples.max_prompt_length
        if len(text) > limit:
            raise InputError(f"That is {len(text)} characters; questions may have {limit} at most.")
        model, version = self._history.version(question, adapter)
        start = self._history.opening(question)
        history = self._history.turns(question, version)
        earlier = tuple(turn.id for turn in history)
        turns = [*messages_of(history), Message("user", text)]
        # What others said in the thread is for this answer only: it is not kept.
        kept = [*self._history.opening(replace(question, context=())), *turns]
        if adapter == "base":
            # Whoever asks for the base model wants to know what it says by itself.
            return _AnswerPlan(model, [*start, *turns], kept, earlier_replies=earlier)
        if quote := self._retrieval.quote(text, version):
            return _AnswerPlan(model, [*start, *turns], kept, (quote,), quote, earlier)
        recalled = self._retrieval.beforehand(text, version)
        known = [
            message
            for example in recalled
            for message in (
                Message("user", example.prompt),
                Message("assistant", example.completion),
            )
        ]
        return _AnswerPlan(model, [*start, *known, *turns], kept, recalled, earlier_replies=earlier)

    def _quote(self, question: Question, plan: _AnswerPlan, example: Example) -> Reply:
        completion = Completion(example.completion, QUOTED, None, 0, 0, 0.0, "stop")
        return self._keep(question, plan, completion)

    def _keep(self, question: Question, plan: _AnswerPlan, completion: Completion) -> Reply:
        """Stores an answer; secrets and personal data do not reach the disk.

        Where who asked has opted out, or was forgotten while they waited, a row without words,
        name and place is all that stays.
        """
        kept = [Message(m.role, clean(m.content, self._settings.examples)[0]) for m in plan.kept]
        text, _ = clean(completion.text, self._settings.examples)
        recalled = [example.id for example in plan.recalled]
        with self._store.connections.write():
            if not self._keeps(question):
                return self._unkept(question, plan, completion)
            if self._outlived(plan):
                kept, text, recalled = kept[-1:], "", []
            stored: StoredReply = self._store.replies.add(
                replace(completion, text=text),
                kept,
                source=question.source,
                channel=question.channel,
                thread=question.thread or "",
                person=question.user,
                question_ts=question.ts,
                recalled=recalled,
            )
        return _reply(stored, completion.text, plan)

    def _keeps(self, question: Question) -> bool:
        """Whether a question may be stored: its author is neither out nor forgotten since."""
        gone = self._store.handled_events.marked_since(
            forgotten_key(question.user), question.asked_at
        )
        return self._privacy.keeps(question.user) and not gone

    def _outlived(self, plan: _AnswerPlan) -> bool:
        """Whether words that the answer was made with were forgotten while it was made."""
        return any(
            not self._store.replies.get(reply).text for reply in plan.earlier_replies
        ) or any(not self._store.examples.get(example.id).completion for example in plan.recalled)

    def _unkept(self, question: Question, plan: _AnswerPlan, completion: Completion) -> Reply:
        empty = replace(completion, text="")
        stored = self._store.replies.add(
            empty, (), source=question.source, channel="", thread="", person=NOBODY
        )
        return _reply(stored, completion.text, plan, kept=False)


def _reply(stored: StoredReply, text: str, plan: _AnswerPlan, *, kept: bool = True) -> Reply:
    return Reply(
        stored.id,
        text,
        stored.model,
        stored.adapter,
        stored.prompt_tokens,
        stored.completion_tokens,
        stored.seconds,
        plan.recalled,
        plan.quote is not None,
        kept,
    )
