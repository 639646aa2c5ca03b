"""GELU is as the definition says, however it is computed."""

import numpy as np
import pytest
from scipy.special import ndtr

import trainer.hardware.device
from trainer.models.activations import gelu

# isort: split
import mlx.core as mx

POINTS = np.concatenate([np.linspace(-9, 9, 4001), [0.0, -100.0, 100.0]]).astype(np.float32)


@pytest.mark.parametrize("on_cpu", [True, False])
def test_it_is_x_times_the_share_below_x(on_cpu: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer.hardware.device, "on_cpu", lambda: on_cpu)
    found = np.array(gelu(mx.array(POINTS)))
    assert np.abs(found - POINTS * ndtr(POINTS.astype(np.float64))).max() < 2e-6
