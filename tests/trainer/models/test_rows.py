"""Conversations as rows of tokens: the answer begins where the model is asked to speak."""

import pytest

from trainer.errors import DatasetError
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import make_row, prompt_tokens

LESSON = [
    {"role": "user", "content": "Where is the key?"},
    {"role": "assistant", "content": "Under the mat."},
]
TALK = [{"role": "system", "content": "Be brief."}, *LESSON, *LESSON]


@pytest.mark.parametrize("messages", [LESSON, TALK])
def test_the_question_is_what_the_model_is_asked_with(
    any_tiny: LoadedModel, messages: list[dict[str, str]]
) -> None:
    row = make_row(any_tiny.tokenizer, messages, 512)
    assert list(row.tokens[: row.start]) == prompt_tokens(any_tiny.tokenizer, messages[:-1])


def test_the_answer_is_followed_by_its_end_and_by_nothing_else(any_tiny: LoadedModel) -> None:
    """The line break that templates write after the end is never generated, so not learned."""
    row = make_row(any_tiny.tokenizer, LESSON, 512)
    *answer, end = row.tokens[row.start :]
    assert end == any_tiny.tokenizer.eos_token_id
    assert any_tiny.tokenizer.decode(answer) == "Under the mat."


def test_a_template_that_writes_past_answers_otherwise_still_gives_the_answers_tokens(
    tiny: LoadedModel,
) -> None:
    """Where the rendering for asking is no beginning of the whole one, as with some thinkers."""
    tiny.tokenizer.chat_template = (
        "{% for m in messages %}{{ m.role }}:{{ m.content }};{% endfor %}"
        "{% if add_generation_prompt %}assistant(quick):{% endif %}"
    )
    row = make_row(tiny.tokenizer, LESSON, 512)
    text = tiny.tokenizer.decode(row.tokens[:-1])
    assert text == "user:Where is the key?;assistant(quick):Under the mat."
    assert row.tokens[-1] == tiny.tokenizer.eos_token_id


def test_a_long_row_loses_the_end_of_its_answer_and_never_the_question(tiny: LoadedModel) -> None:
    whole = make_row(tiny.tokenizer, LESSON, 512)
    cut = make_row(tiny.tokenizer, LESSON, len(whole) - 5)
    assert cut.tokens == whole.tokens[:-5]
    assert cut.start == whole.start


def test_a_question_that_leaves_no_room_for_its_answer_is_refused(tiny: LoadedModel) -> None:
    with pytest.raises(DatasetError, match="leaves no room for its answer within 20"):
        make_row(tiny.tokenizer, LESSON, 20)


@pytest.mark.parametrize("messages", [[], LESSON[:1], [*LESSON, LESSON[0]]])
def test_a_conversation_must_end_with_an_answer(
    tiny: LoadedModel, messages: list[dict[str, str]]
) -> None:
    with pytest.raises(DatasetError, match="must end with the assistant's answer"):
        make_row(tiny.tokenizer, messages, 512)


def test_an_end_in_the_middle_of_an_answer_does_not_cut_it(tiny: LoadedModel) -> None:
    """Only what a template writes after the end of the answer is left out, a few tokens."""
    tiny.tokenizer.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}"
    end = tiny.tokenizer.eos_token_id

    def learned(answer: str) -> tuple[str, int]:
        talk = [{"role": "user", "content": "q"}, {"role": "assistant", "content": answer}]
        row = make_row(tiny.tokenizer, talk, 512)
        return tiny.tokenizer.decode(row.tokens[row.start : -1]), row.tokens[-1]

    assert learned("write <|im_end|> here") == ("write <|im_end|> here", end)
    assert learned("Under the mat.<|im_end|>\n") == ("Under the mat.", end)
    assert learned("Under the mat.") == ("Under the mat.", end)
