"""Messages become the same tokens for training and for answering."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from mlx_lm.tokenizer_utils import load as load_tokenizer

from tests.reasoning_templates import ALWAYS_OPEN, CUT_AWAY, SWITCHED
from tests.tiny_models import build_tokenizer
from trainer.dataset.token_counts import TokenCounter
from trainer.errors import ModelError
from trainer.models.loading import template_hash
from trainer.models.tokenization import (
    always_reasons,
    cannot_switch_reasoning_off,
    full_tokens,
    make_row,
    prompt_tokens,
)

QUESTION = [{"role": "user", "content": "Hello"}]
ANSWERED = [*QUESTION, {"role": "assistant", "content": "Hi"}]
SYSTEM = [{"role": "system", "content": "Be kind."}]
NO_SYSTEM = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
)


def tokenizer(folder: Path, *, thinking: bool = False, template: str | None = None) -> Any:
    build_tokenizer(folder, thinking=thinking)
    loaded = load_tokenizer(folder)
    if template is not None:
        loaded.chat_template = template
    return loaded


@pytest.mark.parametrize("thinking", [False, True])
def test_the_prompt_begins_the_whole_conversation(tmp_path: Path, *, thinking: bool) -> None:
    """Also where the template puts an empty think block before the last answer."""
    words = tokenizer(tmp_path, thinking=thinking)
    prompt, whole = prompt_tokens(words, QUESTION), full_tokens(words, ANSWERED)
    assert whole[: len(prompt)] == prompt
    assert words.decode(whole[len(prompt) :]).startswith("Hi<|im_end|>")


def test_thinking_is_off(tmp_path: Path) -> None:
    words = tokenizer(tmp_path, thinking=True)
    assert words.decode(prompt_tokens(words, QUESTION)).endswith("<think>\n\n</think>\n\n")


EARLIER = [*ANSWERED, {"role": "user", "content": "And you?"}]
"""A conversation whose second question is to be answered."""


@pytest.mark.parametrize("asked", [QUESTION, EARLIER])
@pytest.mark.parametrize("template", [SWITCHED, ALWAYS_OPEN, CUT_AWAY])
def test_a_row_is_trained_after_the_prompt_that_is_asked_with_reasoning_closed(
    tmp_path: Path, template: str, asked: list[dict[str, str]]
) -> None:
    """Templates shaped like Qwen3's, like its always reasoning variant's, and like R1's."""
    words = tokenizer(tmp_path, template=template)
    prompt = prompt_tokens(words, asked)
    assert words.decode(prompt).endswith("<think>\n\n</think>\n\n")
    row = make_row(words, [*asked, {"role": "assistant", "content": "Fine."}], 2048)
    assert list(row.tokens[: row.start]) == prompt
    assert words.decode(row.tokens[row.start :]) == "Fine.<|im_end|>"


@pytest.mark.parametrize("template", [SWITCHED, ALWAYS_OPEN, CUT_AWAY])
def test_rows_are_counted_with_the_reasoning_that_is_closed(tmp_path: Path, template: str) -> None:
    words = tokenizer(tmp_path, template=template)
    talk = [*EARLIER, {"role": "assistant", "content": "Fine."}]
    (count,) = TokenCounter(words).count([{"messages": talk}])
    written_after = 1 if template != CUT_AWAY else 0  # the line break behind the end of a turn
    assert count == len(make_row(words, talk, 2048)) + written_after


def test_a_block_is_closed_as_the_template_itself_closes_it(tmp_path: Path) -> None:
    own = ALWAYS_OPEN.replace("</think>\n\n", "</think>")
    words = tokenizer(tmp_path, template=own)
    assert words.decode(prompt_tokens(words, QUESTION)).endswith("<think>\n\n</think>")


def test_a_template_that_always_opens_reasoning_is_known_and_another_is_not(tmp_path: Path) -> None:
    words = tokenizer(tmp_path)
    for template, always in [(ALWAYS_OPEN, True), (CUT_AWAY, True), (SWITCHED, False)]:
        words.chat_template = template
        assert always_reasons(words) is always
    words.chat_template = NO_SYSTEM
    assert not always_reasons(words)
    words.chat_template = "<think>{{ raise_exception('never') }}"
    assert not always_reasons(words)


def test_a_template_without_a_switch_for_reasoning_is_known(tmp_path: Path) -> None:
    """Also where it does not open any itself: the first R1's, and gpt-oss's."""
    words = tokenizer(tmp_path)
    cut_alone = CUT_AWAY.replace("<think>\n", "")
    chosen = NO_SYSTEM + "{% if 0 %}<|channel|>analysis<|message|>{% endif %}"
    for template in (ALWAYS_OPEN, CUT_AWAY, cut_alone, chosen):
        words.chat_template = template
        assert cannot_switch_reasoning_off(words)
    for template in (SWITCHED, NO_SYSTEM):
        words.chat_template = template
        assert not cannot_switch_reasoning_off(words)


def test_the_mark_of_a_template_is_another_where_its_prompts_are(tmp_path: Path) -> None:
    """Adapters that were trained after an open block are known as such; others stay the same."""
    words = tokenizer(tmp_path, template=SWITCHED)
    before = hashlib.sha256(f"thinking=off\n{SWITCHED}".encode()).hexdigest()[:16]
    assert template_hash(words) == before
    words.chat_template = CUT_AWAY
    assert (
        template_hash(words)
        != hashlib.sha256(f"thinking=off\n{CUT_AWAY}".encode()).hexdigest()[:16]
    )


def test_markers_are_single_tokens_and_not_doubled(tmp_path: Path) -> None:
    words = tokenizer(tmp_path)
    tokens = prompt_tokens(words, QUESTION)
    assert tokens.count(words.convert_tokens_to_ids("<|im_start|>")) == 2


def test_a_template_without_system_role_gets_it_before_the_question(tmp_path: Path) -> None:
    words = tokenizer(tmp_path, template=NO_SYSTEM)
    assert words.decode(prompt_tokens(words, [*SYSTEM, *QUESTION])) == "user: Be kind.\n\nHello\n"


def test_what_a_template_refuses_is_said_in_a_sentence(tmp_path: Path) -> None:
    words = tokenizer(tmp_path, template=NO_SYSTEM)
    with pytest.raises(ModelError, match="no system role"):
        prompt_tokens(words, SYSTEM)


def test_a_model_without_template_is_refused(tmp_path: Path) -> None:
    words = tokenizer(tmp_path)
    words.has_chat_template = False
    with pytest.raises(ModelError, match="no chat template"):
        prompt_tokens(words, QUESTION)
