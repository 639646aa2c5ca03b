"""Messages become the same tokens for training and for answering."""

from pathlib import Path
from typing import Any

import pytest
from mlx_lm.tokenizer_utils import load as load_tokenizer

from tests.tiny_models import build_tokenizer
from trainer.errors import ModelError
from trainer.models.tokenization import full_tokens, prompt_tokens

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
