"""The score of a cut: sound, motion and pin edges on one integer clock, the frame (5 us).

Frame 0 is the first frame the PWM plays. Every number counts *output* frames: the engine itself advances pin edges by
what waits in the PWM FIFO, and the sound by the modulator's delay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

EDGE = np.dtype([('frame', np.int64), ('set', np.uint32), ('clear', np.uint32)])  # struct pin_edge of motion.h
SEGMENT = np.dtype(  # struct motion_segment of motion.h
    [(name, np.int64) for name in ('start_frame', 'frames', 'position', 'velocity', 'accel_half', 'jerk_sixth')]
)


@dataclass(frozen=True, slots=True)
class Marks:
    """Where things lie in the score, in frames."""

    head_down_frame: int
    message_frame: int
    message_end_frame: int
    head_up_frame: int


@dataclass(frozen=True, slots=True)
class Score:
    """All that a lathe needs for one run.

    `platter` and `carriage` are arrays of dtype SEGMENT (fixed point as in motion.h), positions in steps from where
    the axis stands at frame 0, carriage positive inward, platter positive forward. `events` (dtype EDGE, ascending)
    are all other pin edges: enables, bridge, lift. `drive` starts a fresh iterator over blocks of modulation m at
    50 kHz, float32 in -1..1, `frames / 4` samples in all; sample k is heard at frame 4 k.
    """

    frames: int
    platter: NDArray[Any]
    carriage: NDArray[Any]
    events: NDArray[Any]
    drive: Callable[[], Iterator[NDArray[np.float32]]]
    marks: Marks
