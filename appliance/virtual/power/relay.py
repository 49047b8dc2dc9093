"""What the interlock lets through: motors and bridge have power only while it says so, and the head is down only then.

The pins of the Pi go on saying what they like; what does not pass the relay moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from appliance.machine.model import Machine, bit
from appliance.virtual.executed import Executed
from appliance.virtual.native_model import Levels

Row = tuple[int, int, int, int]  # frame, its place in the block (-1: not of the block), gpio, level


@dataclass(frozen=True, slots=True)
class Let:
    """What the interlock lets be from the start of `frame` on."""

    frame: int
    power: bool
    head: bool

    @property
    def all(self) -> bool:
        return self.power and self.head


class Relay:
    """Follows a run block by block, and knows what its outputs were at the end of the last one."""

    def __init__(self, machine: Machine, levels: Levels) -> None:
        """`levels`: of all pins at frame 0, when nothing has power."""
        pins = machine.pins
        self._levels = levels.copy()  # as the Pi drives them
        self._lets = [Let(0, power=False, head=False)]  # in force, and to come
        self._motors = {pins.enable: bit(pins.enable_active), pins.bridge_enable: bit(pins.bridge_enable_active)}
        self._active = {**self._motors, pins.head_lift: bit(pins.lift_down)}

    def let(self, let: Let) -> None:
        """In order, and not before what has been taken already."""
        if (self._lets[-1].power, self._lets[-1].head) != (let.power, let.head):
            self._lets.append(let)

    def shows(self, block: Executed) -> Executed:
        """The block as it comes through, by what is known now."""
        if self._lets[0].all and not any(let.frame < block.end_frame for let in self._lets[1:]):
            return block
        kept = ~np.isin(block.edge_gpio, list(self._active))
        rows = [row for gpio in self._active for row in self._passes(block, gpio)]
        places = [place for _, place, _, _ in rows if place >= 0]
        kept[places] = True
        own = np.array([(frame, gpio, level) for frame, place, gpio, level in rows if place < 0], np.int64)
        own = own.reshape(-1, 3)
        frames = np.concatenate([own[:, 0], block.edge_frame[kept]])
        order = np.argsort(frames, kind='stable')
        return replace(
            block,
            edge_frame=frames[order],
            edge_gpio=np.concatenate([own[:, 1].astype(np.uint8), block.edge_gpio[kept]])[order],
            edge_level=np.concatenate([own[:, 2].astype(np.uint8), block.edge_level[kept]])[order],
        )

    def take(self, block: Executed) -> None:
        """It is past."""
        self._levels[block.edge_gpio] = block.edge_level  # of edges of one pin, the last one stays
        while len(self._lets) > 1 and self._lets[1].frame < block.end_frame:
            self._lets.pop(0)

    def _passes(self, block: Executed, gpio: int) -> Iterator[Row]:
        """Edges of one pin behind the relay, which itself comes before what the Pi does in the same frame."""
        active = self._active[gpio]
        mine = np.flatnonzero(block.edge_gpio == gpio)
        pin = [(int(block.edge_frame[at]), 1, int(at), int(block.edge_level[at])) for at in mine]
        relay = [
            (
                max(let.frame, block.first_frame),
                0,
                -1,
                int(let.power if gpio in self._motors else let.power and let.head),
            )
            for let in _before(self._lets, block.end_frame)
        ]
        level, allowed = int(self._levels[gpio]), relay[0][3]
        comes = level if allowed else 1 - active
        for frame, _, place, value in sorted([*relay[1:], *pin]):
            if place < 0:
                allowed = value
            else:
                level = value
            now = level if allowed else 1 - active
            if now != comes:
                yield frame, place, gpio, now
            comes = now


def _before(lets: Sequence[Let], frame: int) -> Iterator[Let]:
    """The one in force, and those to come before `frame`."""
    yield lets[0]
    yield from (let for let in lets[1:] if let.frame < frame)
