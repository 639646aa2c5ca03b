"""Where a person's words stand in what others were answered.

In a thread of several people the model is given, and the store keeps, the turns before the
question: there they are found turn by turn. What a person taught is repeated to others, quoted or
learned: there it is found by the answer's own words. What the model makes of them in words of its
own is not found by any means.
"""

from collections.abc import Sequence

from bot.store import Store
from trainer.similarity import normalise

SURE = 12
"""Characters from which an answer that stands in another text is not there by chance."""
Turn = tuple[str, str, str]
"""The channel and thread of a conversation, and one text in it."""


def traces(
    store: Store,
    asked: Sequence[int],
    taught: Sequence[int],
    within: tuple[str, str] | None = None,
) -> list[int]:
    """Finds other people's replies that have a person's words in them.

    Args:
        store: the caller holds a transaction where it acts on the outcome.
        asked: ids of the person's own replies.
        taught: ids of the person's examples.
        within: a channel and thread, where only that conversation is searched.

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
            gone |= {(reply.channel, reply.thread, said) for said in (question, reply.text)}
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
    """The answers of examples that are long enough to be recognised in another text."""
    answers = {normalise(completion) for completion in store.examples.completions(taught)}
    return [answer for answer in answers if len(answer) >= SURE]
