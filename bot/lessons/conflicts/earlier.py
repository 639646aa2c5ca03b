"""What was taught before a lesson: the same, or another answer to its question. Knows no Slack.

Only examples that are for the same people are looked at, so that nobody hears of one for others.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.messages import Message, asked_before
from bot.store import Example, Store
from bot.store.examples.scope import Scope
from trainer.similarity import near_duplicate, normalise

CANDIDATES = 20
"""At most so many examples that share words with a question are compared with it."""
IN_USE = ("approved", "pending")


@dataclass(frozen=True)
class Statement:
    """What a lesson says, and to whom; `messages` has all turns where there are several."""

    prompt: str
    completion: str
    messages: tuple[Message, ...] | None
    scope: Scope


def known(store: Store, said: Statement, ever: bool = False) -> Example | None:
    """Returns the example that says the same to the same people, or None.

    What is approved for everyone is known to whoever would teach it for fewer.

    Args:
        store: has the examples.
        said: what is taught.
        ever: whether one that is out of use counts as well.
    """
    examples = store.examples
    pair = (said.prompt, said.completion, said.messages)
    same = examples.same_pair(*pair, said.scope)
    if same is None and said.scope.private:
        public = examples.same_pair(*pair)
        same = public if public and public.status == "approved" else None
    return same or (examples.ever_said(*pair, said.scope) if ever else None)


def same_question(store: Store, said: Statement, given_up: Collection[int]) -> list[Example]:
    """Returns the examples that answer the same question, oldest first.

    Those whose ids are in `given_up` are left out.
    """
    same = store.examples.same_prompt(said.prompt, said.messages, said.scope)
    return [example for example in same if example.id not in given_up]


def nearly_same_question(store: Store, said: Statement, beside: Collection[int]) -> list[Example]:
    """Returns the examples that answer nearly the same question otherwise.

    A question that was asked in a talk is compared with single questions, as whoever asks it by
    itself is told the other answer, and with talks in which nearly the same was asked before it.
    Those whose ids are in `beside` are left out.
    """
    answer = normalise(said.completion)
    return [
        example
        for example in store.examples.similar(said.prompt, CANDIDATES, scope=said.scope)
        if example.id not in beside
        and near_duplicate(example.prompt, said.prompt)
        and _after_the_same(example.messages, said.messages)
        and normalise(example.completion) != answer
    ]


def _after_the_same(one: Sequence[Message] | None, other: Sequence[Message] | None) -> bool:
    """Whether two questions may have been asked in the same talk."""
    first, second = asked_before(one), asked_before(other)
    return not (first and second) or near_duplicate(first[-1], second[-1])


def still_in_use(store: Store, ids: Collection[int], scope: Scope) -> list[Example]:
    """Returns those of the examples that are in use, and still for the same people."""
    examples = [store.examples.get(example_id) for example_id in ids]
    return [e for e in examples if e.status in IN_USE and e.for_whom == scope]
