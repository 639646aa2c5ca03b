"""Chat templates in the shape of well-known ones that open reasoning before the answer."""

SWITCHED = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.role == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}"
    "<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
"""As Qwen3's: an empty block before the last answer, and in the prompt when told not to reason."""
ALWAYS_OPEN = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.role == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}"
)
"""As that of Qwen3's variants which only reason: the block is opened whatever the template is told,
and a conversation is written with an empty one."""
CUT_AWAY = (
    "{% for m in messages %}{% if m.role == 'assistant' %}"
    "<|im_start|>{{ m.content.split('</think>')[-1] }}<|im_end|>"
    "{% else %}<|im_end|>{{ m.content }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|><think>\n{% endif %}"
)
"""As R1's: the block is always opened, and cut away where a conversation is written."""
