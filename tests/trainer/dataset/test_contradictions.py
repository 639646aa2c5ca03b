"""The same question with another answer."""

from trainer.dataset.deduplication import contradictions


def rows(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"prompt": prompt, "completion": completion} for prompt, completion in pairs]


def test_nearly_the_same_question_with_another_answer_contradicts() -> None:
    found = contradictions(
        rows(
            ("Where is the spare key?", "In the drawer."),
            ("Who leads sales?", "Anselm."),
            ("Hi, where's the spare key please?", "On the hook."),
            ("where is the  SPARE key", "In the shed."),
        )
    )
    assert found == [(0, 2), (0, 3)]


def test_the_same_answer_in_nearly_the_same_words_does_not() -> None:
    answers = ("The team meets at 10:15.", "the team meets at 10:15")
    assert contradictions(rows(*(("When do we meet?", answer) for answer in answers))) == []


def test_another_number_in_the_answer_does() -> None:
    answers = ("The team meets at 10:15.", "The team meets at 10:30.")
    assert contradictions(rows(*(("When do we meet?", answer) for answer in answers))) == [(0, 1)]


def test_plain_text_contradicts_nothing() -> None:
    assert contradictions([{"text": "once"}, {"text": "twice"}]) == []
    assert contradictions([]) == []
