"""Every lesson first as it was taught, then in other words; what does not fit is left out."""

import numpy as np
import pytest

from trainer.augmentation.mixture import Curriculum, prepare
from trainer.augmentation.surface_forms import wordings
from trainer.errors import DatasetError
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import TokenRow
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.similarity import form
from trainer.tuning.batches import Batches


class Counting:
    """A curriculum that counts its epochs."""

    def __init__(self, curriculum: Curriculum) -> None:
        self.curriculum = curriculum
        self.epochs = 0

    def __len__(self) -> int:
        return len(self.curriculum)

    def epoch(self, number: int, random: np.random.Generator) -> list[TokenRow]:
        self.epochs += 1
        return self.curriculum.epoch(number, random)


def lesson(question: str, answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


LESSONS = [
    lesson("What is our guest wifi called?", "It is called lighthouse."),
    lesson("Who waters the office plants?", "Ottilie does."),
]


def texts(tiny: LoadedModel, tokens: tuple[int, ...]) -> str:
    return str(tiny.tokenizer.decode(list(tokens)))


def test_a_lesson_comes_first_as_it_was_taught_and_then_in_other_words(tiny: LoadedModel) -> None:
    plans = plan(TrainingSettings(variants=2, rewordings=5, talks=1, notes=0, replay=0), 2)
    written = [["How do visitors get online?"], []]
    curriculum, valid = prepare(tiny.tokenizer, LESSONS, [], [], plans, written)
    assert [len(rows) for rows in curriculum.lessons] == [1 + 2 + 5 + 1 + 1, 1 + 2 + 5 + 1]
    assert "user\nWhat is our guest wifi called?" in texts(tiny, curriculum.lessons[0][0].tokens)
    said = [texts(tiny, row.tokens) for row in curriculum.lessons[0]]
    assert any("How do visitors get online?" in text for text in said)
    assert all(text.rstrip().endswith("lighthouse.<|im_end|>") for text in said)
    trained = {row for rows in curriculum.lessons for row in rows}
    assert len(valid) == 2
    assert not trained & set(valid)


def test_talks_that_leave_no_room_are_left_out_and_the_lesson_is_not(tiny: LoadedModel) -> None:
    """The tiny tokenizer has a token a byte."""
    plans = plan(TrainingSettings(variants=0, rewordings=0, talks=1, max_seq_length=110), 2)
    curriculum, _ = prepare(tiny.tokenizer, LESSONS, [], [], plans)
    assert [len(rows) for rows in curriculum.lessons] == [1, 1]


def test_a_few_rows_have_notes_before_a_question_in_other_words(tiny: LoadedModel) -> None:
    plans = plan(TrainingSettings(variants=0, talks=0, notes=2, epochs=20), 2)
    curriculum, _ = prepare(tiny.tokenizer, LESSONS, [], [], plans)
    for messages, rows in zip(LESSONS, curriculum.lessons, strict=True):
        said = [texts(tiny, row.tokens) for row in rows]
        noted = [text for text in said if text.count("<|im_start|>user") > 1]
        assert len(noted) == 2
        for text in noted:
            *_, question, answer = text.split("<|im_start|>")
            assert messages[1]["content"] in answer
            assert messages[0]["content"] not in question
    without = plan(TrainingSettings(variants=0, talks=0, notes=0, epochs=20), 2)
    curriculum, _ = prepare(tiny.tokenizer, LESSONS, [], [], without)
    said = [texts(tiny, row.tokens) for rows in curriculum.lessons for row in rows]
    assert all(text.count("<|im_start|>user") == 1 for text in said)


def test_lessons_of_one_batch_have_their_long_rows_in_the_same_epochs(tiny: LoadedModel) -> None:
    """A batch of long and short rows would be half padding."""
    taught = [lesson(f"What is the code of room {number}?", f"K{number}.") for number in range(9)]
    plans = plan(TrainingSettings(notes=2, talks=1, epochs=20, batch_size=3, replay=0.0), 9)
    curriculum, _ = prepare(tiny.tokenizer, taught, [], [], plans)
    places = [
        [
            place
            for place, row in enumerate(rows)
            if texts(tiny, row.tokens).count("<|im_start|>user") > 1
        ]
        for rows in curriculum.lessons
    ]
    assert all(len(found) == 3 for found in places)
    for first in (0, 3, 6):
        assert places[first] == places[first + 1] == places[first + 2]
    assert places[0] != places[3]
    assert all(0 not in found for found in places)


def test_notes_never_cost_the_end_of_an_answer(tiny: LoadedModel) -> None:
    """The tiny tokenizer has a token a byte: so many hold the notes and half of the answer."""
    whole = plan(TrainingSettings(variants=0, talks=0, notes=2, epochs=20), 2)
    curriculum, _ = prepare(tiny.tokenizer, LESSONS, [], [], whole)
    longest = max(curriculum.lessons[0], key=len)
    limit = longest.start + 8
    short = plan(TrainingSettings(variants=0, talks=0, notes=2, epochs=20, max_seq_length=limit), 2)
    curriculum, _ = prepare(tiny.tokenizer, LESSONS, [], [], short)
    for rows in curriculum.lessons:
        answers = {row.tokens[row.start :] for row in rows}
        assert len(answers) == 1


def test_a_lesson_that_leaves_its_answer_no_room_is_an_error(tiny: LoadedModel) -> None:
    plans = plan(TrainingSettings(max_seq_length=40), 2)
    with pytest.raises(DatasetError, match="leaves no room"):
        prepare(tiny.tokenizer, LESSONS, [], [], plans)


def test_no_more_wordings_are_made_than_will_be_seen(tiny: LoadedModel) -> None:
    plans = plan(TrainingSettings(iters=9, batch_size=2, replay=0.25), 2)
    some = prepare(tiny.tokenizer, LESSONS, [], [], plans)[0].lessons[0]
    curriculum, _ = prepare(tiny.tokenizer, LESSONS, [], some[:1], plans)
    assert [len(rows) for rows in curriculum.lessons] == [6, 6]
    source = Counting(curriculum)
    batches = Batches()(source, plans.batch_size, 0, loop=True)
    for _ in range(plans.iters):
        next(batches)
    assert source.epochs == 6


def test_a_few_talks_and_plain_variants_are_surely_seen(tiny: LoadedModel) -> None:
    for seed in range(5):
        plans = plan(TrainingSettings(seed=seed, epochs=20), 2)
        curriculum, _ = prepare(tiny.tokenizer, LESSONS, [], [], plans)
        for messages, rows in zip(LESSONS, curriculum.lessons, strict=True):
            said = [texts(tiny, row.tokens) for row in rows]
            assert any(text.count("<|im_start|>user") == 2 for text in said), seed
            for plain in wordings(messages[0]["content"], plans.variants)[1:3]:
                assert any(f"user\n{plain}<" in text for text in said), (seed, plain)


def test_no_wording_of_a_lesson_is_the_question_of_another(tiny: LoadedModel) -> None:
    """Synonyms of each other, and both were taught."""
    taught = [
        lesson("Where do we keep laptops?", "In the blue room."),
        lesson("Where do we keep notebooks?", "In the red drawer."),
    ]
    plans = plan(TrainingSettings(talks=0), 2)
    curriculum, _ = prepare(tiny.tokenizer, taught, [], [], plans)
    other = form(taught[1][0]["content"])
    for row in curriculum.lessons[0]:
        question = texts(tiny, row.tokens).split("user\n")[-1].split("<|im_end|>")[0]
        found = form(question)
        assert (found.bag, found.strict) != (other.bag, other.strict), question


def test_the_plain_variants_come_at_any_place(tiny: LoadedModel) -> None:
    """If they came first every time, the weights of the first epochs would know no others."""
    first = set()
    for seed in range(4):
        plans = plan(TrainingSettings(seed=seed, epochs=20), 2)
        curriculum, _ = prepare(tiny.tokenizer, LESSONS, [], [], plans)
        first.add(texts(tiny, curriculum.lessons[0][1].tokens))
    assert len(first) > 1
