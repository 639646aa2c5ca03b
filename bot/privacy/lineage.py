"""Finds the replies to other people in which a person's words stand.

In a thread of several people the model is given, and the store keeps, the turns before the
question: a person's words are found there turn by turn. What a person taught is repeated to others,
because it was retrieved or learned: it is found by the words of its answer. What the model has put
into words of its own cannot be found.
"""

from collections.abc import Sequence

from bot.store import Store
from trainer.similarity import normalise

SURE = 12
"""Characters of a taught answer from which its presence in another text is no coincidence."""
Turn = tuple[str, str, str]
"""Channel and thread of a conversation, and one text in it."""


def traces(
    store: Store,
    asked: Sequence[int],
    taught: Sequence[int],
    within: tuple[str, str] | None = None,
) -> list[int]:
    """Finds other people's replies that have a person's words in them.

    Args:
        store: the database; a caller that acts on the result holds a transaction.
        asked: ids of the replies to the person's own questions.
        taught: ids of the examples with the person's words.
        within: the channel and thread of the only conversation to search; None for all of them.

    Returns:
        Ids of replies, oldest first.
    """
    lessons = set(taught)
    answers = _long_answers(store, taught)
    own = set(asked)
    gone: set[Turn] = set()
    touched: list[int] = []
    for reply in store.replies.each(within):
        contents = [message.content for message in reply.messages]
        if reply.id in own:
            question = contents[-1] if contents else ""
            gone |= {(reply.channel, reply.thread, text) for text in (question, reply.text)}
            continue
        earlier = contents[:-1]
        text = normalise("\n".join([*earlier, reply.text]))
        if (
            lessons & set(reply.recalled)
            or any((reply.channel, reply.thread, content) in gone for content in earlier)
            or any(answer in text for answer in answers)
        ):
            touched.append(reply.id)
            gone.add((reply.channel, reply.thread, reply.text))
    return touched


def _long_answers(store: Store, taught: Sequence[int]) -> list[str]:
    """Returns the normalised answers that are long enough to be recognised in another text."""
    answers = {normalise(completion) for completion in store.examples.completions(taught)}
    return [answer for answer in answers if len(answer) >= SURE]
