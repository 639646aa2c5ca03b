"""A lesson as a later turn of a talk about something else. Needs no mlx.

In a thread people ask one thing after the other. A model that has only seen lessons alone mixes
them up there: asked who waters the plants after it was asked for the wifi, it lets the wifi water
them. So lessons are also seen after others.
"""

from collections.abc import Sequence

from trainer.chat import Messages

LENGTH = 1500
"""Characters of the earlier turns at most: long ones cost time and teach nothing more."""


def within_talk(lessons: Sequence[Messages], place: int, count: int) -> list[Messages]:
    """The lesson at `place` after each of up to `count` others.

    Args:
        lessons: whole conversations; a system prompt stands first in those that have one.
        place: of the lesson.
        count: how many different talks.
    """
    lesson = lessons[place]
    found: list[Messages] = []
    for step in range(1, len(lessons) if count else 0):
        # Steps of a third of the list: neighbours were often taught together and are alike.
        other = lessons[(place + step * max(1, len(lessons) // 3) + step - 1) % len(lessons)]
        before = [turn for turn in other if turn["role"] != "system"]
        if other is lesson or sum(len(turn["content"]) for turn in before) > LENGTH:
            continue
        system = [turn for turn in lesson if turn["role"] == "system"]
        turns = [turn for turn in lesson if turn["role"] != "system"]
        found.append([*system, *before, *turns])
        if len(found) == count:
            break
    return found
