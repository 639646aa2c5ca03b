"""GELU, quick on a processor, where mlx's takes half of the time of a small encoder."""

import math

import trainer.hardware.device

# isort: split
import mlx.core as mx
from mlx.nn.layers.activations import gelu as exact

_ABOVE = (
    -2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05,
    -7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02,
)  # fmt: skip
_BELOW = (
    -1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03, -7.37332916720468e-03,
    -1.42647390514189e-02,
)  # fmt: skip
_SATURATED = 4.0
"""From here on erf is 1 in 32 bits."""


def gelu(x: mx.array) -> mx.array:
    """Returns x times the normal distribution's share below x (Hendrycks and Gimpel 2016).

    On a processor erf is the quotient of two polynomials that Eigen and XLA use in 32 bits: a few
    products instead of 50 ns a number, within 1e-6.
    """
    if not trainer.hardware.device.on_cpu():
        return exact(x)
    z = mx.clip(x * math.sqrt(0.5), -_SATURATED, _SATURATED)
    square = z * z
    erf = z * _polynomial(_ABOVE, square) / _polynomial(_BELOW, square)
    return x * (0.5 + 0.5 * erf)


def _polynomial(coefficients: tuple[float, ...], x: mx.array) -> mx.array:
    """Returns a polynomial by Horner's scheme, the highest power first."""
    value = mx.full(x.shape, coefficients[0], x.dtype)
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value
