"""A lesson is found by its question, its answer and other wordings."""

from trainer.retrieval.keys import REWORDINGS, keys_of, pair


def test_a_lesson_has_a_key_for_its_question_its_answer_and_other_wordings() -> None:
    keys = keys_of("Who waters the plants?", "Noor does.")
    assert keys["question", 0] == "Who waters the plants?"
    assert keys["pair", 0] == "Who waters the plants? Noor does."
    wordings = [text for (kind, _), text in keys.items() if kind == "wording"]
    assert 0 < len(wordings) <= REWORDINGS
    assert len(set(keys.values())) == len(keys)


def test_a_pair_is_question_and_answer_after_a_space() -> None:
    assert pair("Who?", "Noor.") == "Who? Noor."
