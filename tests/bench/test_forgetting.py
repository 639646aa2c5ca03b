"""The bench of forgetting divides lessons so that no group has one of another."""

from bench.forgetting import divided
from bench.sets import facts


def test_every_fact_is_in_one_group() -> None:
    every = facts("all")
    lessons = divided(every, 6)
    assert len(lessons.theirs) == len(lessons.untaught) == len(every) // 6
    prompts = [one.prompt for one in (*lessons.theirs, *lessons.others, *lessons.untaught)]
    assert sorted(prompts) == sorted(one.prompt for one in every)
