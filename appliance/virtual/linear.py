"""Exact motion of a linear system x' = A x + B u over a fixed time, for tables that the C core reads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

TERMS = 20  # of the series: 2^-20 / 20! is far below rounding


def exponential(matrix: Matrix) -> Matrix:
    """e to the power `matrix`, by its series on a matrix halved until it is small, then squared back.

    Good to about 1e-13 of the largest entry once the states are scaled to similar sizes.
    """
    halvings = max(0, int(np.ceil(np.log2(max(np.abs(matrix).sum(axis=1).max(), 1e-300)))) + 1)
    small = matrix / 2.0**halvings
    result = term = np.eye(len(matrix))
    for order in range(1, TERMS + 1):
        term = term @ small / order
        result = result + term
    for _ in range(halvings):
        result = result @ result
    return result


def step_response(own: Matrix, inputs: Matrix, time_s: float) -> tuple[Matrix, Matrix]:
    """(Phi, Gamma) of x(t + time_s) = Phi x(t) + Gamma u for x' = `own` x + `inputs` u with u held, u a number."""
    n = len(own)
    joined = np.zeros((n + 1, n + 1))
    joined[:n, :n] = own
    joined[:n, n] = inputs
    after = exponential(joined * time_s)
    return after[:n, :n], after[:n, n]
