"""The shipped general questions, and how they are asked: under the bot's own system prompt."""

import re

from trainer.canaries import canaries, conversation, general_prompts


def test_the_shipped_lists_are_whole_and_apart() -> None:
    """What is replayed must not be what is examined."""
    assert len(general_prompts()) >= 40
    assert len(canaries()) == 40
    asked = [canary.prompt for canary in canaries()]
    assert len({*asked, *general_prompts()}) == len(asked) + len(general_prompts())


def test_every_canary_has_a_question_and_a_pattern_that_its_question_does_not_match() -> None:
    """Or a model that repeats the question would be right."""
    for canary in canaries():
        assert canary.prompt.strip()
        assert canary.pattern.strip()
        assert not re.search(canary.pattern, canary.prompt, re.IGNORECASE), canary


def test_a_question_is_asked_after_the_system_prompt() -> None:
    assert conversation("Who?", "Be brief.") == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Who?"},
    ]


def test_without_a_system_prompt_there_is_no_empty_one() -> None:
    assert conversation("Who?") == [{"role": "user", "content": "Who?"}]
