"""Low-rank layers that compute in the model's own number format.

mlx-lm holds their weights in 32 bits, as they should be while they learn, and so widens all that
a 16-bit model gives them: a third of a step's time on an NVIDIA card (docs/log.md), and a copy of
every input kept for the backward pass. Here the weights are rounded to 16 bits where they are
used, as mixed precision does (Micikevicius et al. 2018, arXiv 1710.03740), and learn in 32. In a
32-bit model nothing changes.
"""

from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx_lm.tuner.lora import LoRALinear


class NarrowLinear(LoRALinear):
    """A low-rank layer that computes in the number format of its input.

    Its weights and their names are those of mlx-lm's layer.
    """

    def __call__(self, x: mx.array) -> mx.array:
        """The linear layer's output for x (..., inputs) plus the low-rank one's."""
        into, out = self.lora_a.astype(x.dtype), self.lora_b.astype(x.dtype)
        output: mx.array = self.linear(x) + self.scale * ((self.dropout(x) @ into) @ out)
        return output


def narrow(model: Any) -> None:
    """Turns all low-rank layers on plain linear ones into `NarrowLinear`, in place."""
    for module in model.modules():
        if type(module) is LoRALinear:
            module.__class__ = NarrowLinear
