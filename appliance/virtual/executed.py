"""What the virtual Pi executed, block by block, and who may watch it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Executed:
    """A block of output frames. Frame f lasts from f to f + 1 times 5 us; an edge at frame f comes at its start.

    Blocks follow each other without a gap, edges ascend over all blocks, and each lies in its own block's frames.
    """

    first_frame: int
    pwm: NDArray[np.uint16]  # [frames, 2]: high time of leg A and leg B, in PWM clocks
    edge_frame: NDArray[np.int64]
    edge_gpio: NDArray[np.uint8]
    edge_level: NDArray[np.uint8]
    through: Executed | None = None  # the same as the interlock's relay lets it through; None: all of it
    load_nm: float = 0.0  # what somebody brakes the platter with meanwhile
    angle_rad: NDArray[np.float64] | None = None  # of the platter that turned meanwhile, as `physics` wants it

    @property
    def powered(self) -> Executed:
        """What reaches motors and head."""
        return self.through or self

    @property
    def end_frame(self) -> int:
        """The first frame after this block."""
        return self.first_frame + len(self.pwm)


class Observer(Protocol):
    """Takes every block of one run in order, then `finish` once. `close` gives scratch space back, finished or not."""

    def take(self, block: Executed) -> None: ...

    def finish(self) -> Any: ...

    def close(self) -> None: ...
