"""What a run learns: every lesson in many wordings, and the rows that say when it is enough.

Needs no mlx but through the batches that it makes.
"""

import math
import random
from collections.abc import Sequence
from typing import Any

from trainer.batches import Curriculum
from trainer.chat import Messages
from trainer.contexts import within_talk
from trainer.errors import DatasetError
from trainer.rewording import rewordings
from trainer.rows import Row, make_row
from trainer.schedule import Plan
from trainer.variants import unseen_wordings, wordings

LEAST_VALID_ROWS, MOST_VALID_ROWS, VALID_SHARE = 4, 12, 6
"""Validation rows out of what was taught, in wordings that are not trained: one for so many
lessons, which keeps a validation every half epoch at about a tenth of the time in sets of 24 and
more. As many are out of what was held out. Facts that nobody taught get less likely as a model
learns, styles do not: one kind alone would stop the one or the other at the wrong moment."""


def prepare(
    tokenizer: Any,
    lessons: Sequence[Messages],
    held_out: Sequence[Messages],
    replay: Sequence[Row],
    plans: Plan,
    written: Sequence[Sequence[str]] = (),
) -> tuple[Curriculum, list[Row]]:
    """Turns lessons into what is trained, and into the rows that decide which weights are best.

    Args:
        tokenizer: of the model.
        lessons: whole conversations.
        held_out: others, which are not trained.
        replay: the base model's own answers.
        plans: how many wordings of each.
        written: wordings of each lesson's question that the base model wrote itself.

    Raises:
        DatasetError: a lesson has no room for its answer.
    """

    def row(messages: Messages) -> Row:
        return make_row(tokenizer, messages, plans.max_seq_length)

    def fitting(messages: Messages) -> list[Row]:
        """A wording that we added; long talks leave an answer no room, and are left out."""
        try:
            return [row(messages)]
        except DatasetError:
            return []

    seen = math.ceil(plans.iters * plans.batch_size / max(len(lessons), 1))
    rows = []
    for place, taught in enumerate(lessons):
        others = _others(lessons, place, plans, written[place] if written else ())[:seen]
        rows.append([row(taught), *(r for said in others for r in fitting(said))])
    count = min(max(len(lessons) // VALID_SHARE, LEAST_VALID_ROWS), MOST_VALID_ROWS)
    every = max(1, len(lessons) // count)
    unseen = [_unseen(messages, plans) for messages in lessons[::every][:count]]
    checked = [r for said in (*unseen, *held_out[:count]) for r in fitting(said)]
    return Curriculum(rows, replay, plans.replay), checked


def _others(
    lessons: Sequence[Messages], place: int, plans: Plan, written: Sequence[str]
) -> list[Messages]:
    """A lesson's other wordings and its talks, in a mixed order."""
    taught = lessons[place]
    prompt = taught[-2]["content"]
    others = [
        *wordings(prompt, plans.variants)[1:],
        *rewordings(prompt, plans.rewordings, plans.seed),
        *written,
    ]
    found = [_asked_as(taught, wording) for wording in others]
    found += within_talk(lessons, place, plans.talks)
    random.Random(f"{plans.seed} {place}").shuffle(found)  # noqa: S311  an order, no secret
    return found


def _unseen(messages: Messages, plans: Plan) -> Messages:
    """A lesson in a wording that is not trained, in other words if it can be put so."""
    prompt = messages[-2]["content"]
    trained = set(rewordings(prompt, plans.rewordings, plans.seed))
    others = (*rewordings(prompt, plans.rewordings, plans.seed + 1), *unseen_wordings(prompt))
    for wording in others:
        if wording not in trained:
            return _asked_as(messages, wording)
    return messages


def _asked_as(messages: Messages, wording: str) -> Messages:
    *before, question, answer = messages
    return [*before, {"role": question["role"], "content": wording}, answer]
