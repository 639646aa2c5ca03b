"""Mixed precision: low-rank layers that compute in the model's own number format.

mlx-lm holds LoRA weights in 32 bits, as training needs, and so casts every input of a 16-bit model
to 32 bits: that takes a third of a step's time on an NVIDIA card (docs/log.md), and a copy of every
input for the backward pass. Here the weights are cast to 16 bits where they are used, as in
mixed-precision training (Micikevicius et al. 2018, arXiv 1710.03740), and are updated in 32 bits.
In a 32-bit model nothing changes.
"""

from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx_lm.tuner.lora import LoRALinear


class MixedPrecisionLoRALinear(LoRALinear):
    """A low-rank layer that computes in the number format of its input.

    Its weights and their names are those of mlx-lm's layer.
    """

    def __call__(self, x: mx.array) -> mx.array:
        """Returns linear(x) + scale * dropout(x) @ lora_a @ lora_b, shape (..., outputs)."""
        into, out = self.lora_a.astype(x.dtype), self.lora_b.astype(x.dtype)
        output: mx.array = self.linear(x) + self.scale * ((self.dropout(x) @ into) @ out)
        return output


def use_mixed_precision(model: Any) -> None:
    """Turns every `LoRALinear` of a model into a `MixedPrecisionLoRALinear`, in place.

    Other kinds of low-rank layers (embeddings, experts) stay as they are.
    """
    for module in model.modules():
        if type(module) is LoRALinear:
            module.__class__ = MixedPrecisionLoRALinear
