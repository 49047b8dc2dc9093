"""What the virtual lathe gets of a run that the virtual Pi has executed, through a harness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.machine.model import FRAME_RATE_HZ, Machine
from appliance.virtual.executed import Executed
from appliance.virtual.harness import Harness
from appliance.virtual.native_model import Levels
from appliance.virtual.platter import PlatterFollower, VirtualPlatter
from appliance.wires.judge import Signal
from appliance.wires.table import Wire

LEGS = ('pins.leg_a', 'pins.leg_b')
PIECE = 1000  # frames over which the pulses of a leg are averaged, as the head's inertia does


class Recorder:
    """An observer that keeps every block of one run."""

    def __init__(self, levels: Levels, clocks: int) -> None:
        self.levels = levels.copy()  # at frame 0
        self.clocks = clocks  # of a frame
        self.blocks: list[Executed] = []

    def take(self, block: Executed) -> None:
        self.blocks.append(block)

    def finish(self) -> None:
        """All is kept already."""

    def close(self) -> None:
        """Nothing is held."""

    def edges(self, gpio: int, level: int | None = None) -> NDArray[np.int64]:
        """Frames of a pin's edges; of those to `level`."""
        found = []
        for block in self.blocks:
            mine = block.edge_gpio == gpio
            found.append(block.edge_frame[mine if level is None else mine & (block.edge_level == level)])
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    @property
    def frames(self) -> int:
        return self.blocks[-1].end_frame if self.blocks else 0


@dataclass(frozen=True, slots=True)
class Arrived:
    """At the ends of the lathe's wires, and what the platter has done about it."""

    signals: dict[str, Signal]
    index_frames: tuple[int, ...]


def driven_by_pi(wires: tuple[Wire, ...], run: Recorder) -> dict[str, Signal]:
    """What the Pi's pins gave out, by the key of each wire of [pins]."""
    found = {}
    for wire in wires:
        if wire.key in LEGS:
            found[wire.key] = _leg(run, LEGS.index(wire.key))
        elif wire.key.startswith('pins.') and wire.gpio is not None:
            found[wire.key] = _pin(run, wire.gpio)
    return found


def through(harness: Harness, machine: Machine, run: Recorder) -> Arrived:
    """The same run at the other ends of the wires."""
    driven = driven_by_pi(harness.wires, run)
    signals = {}
    for key in driven:
        driver = harness.driver(key)
        signals[key] = still(harness.level(key)) if driver is None else driven.get(driver.key, still(0))
    moved = _moved(harness, run)
    follower = PlatterFollower(VirtualPlatter(machine), moved.levels)
    for block in moved.blocks:
        follower.take(block)
    return Arrived(signals, tuple(pulse.frame for pulse in follower.pulses))


def still(level: int) -> Signal:
    """What never changes."""
    return Signal(('still', level), f'nothing but {level}', level)


class Ends:
    """The far ends of the Pi's wires: every edge as if its pin were the one whose wire's end it comes out at."""

    def __init__(self, harness: Harness, levels: Levels) -> None:
        """`levels`: of the Pi's pins at frame 0; afterwards those at the ends."""
        self.levels = levels.copy()
        self._ends: list[tuple[int, int]] = []  # of a pin: where its edges come out
        self._legs: list[int | None] = []  # of each leg: whose pulses arrive
        for wire in harness.wires:
            if wire.board != 'pi' or wire.way != 'out' or wire.gpio is None:
                continue
            driver = harness.driver(wire.key)
            if wire.key in LEGS:
                self._legs.append(LEGS.index(driver.key) if driver is not None and driver.key in LEGS else None)
            if driver is None or driver.gpio is None:
                self.levels[wire.gpio] = harness.level(wire.key)
            else:
                self.levels[wire.gpio] = levels[driver.gpio]
                self._ends.append((driver.gpio, wire.gpio))

    def through(self, block: Executed) -> Executed:
        picked = [(np.flatnonzero(block.edge_gpio == source), end) for source, end in self._ends]
        where = np.concatenate([at for at, _ in picked]) if picked else np.zeros(0, np.int64)
        named = np.concatenate([np.full(len(at), end, np.uint8) for at, end in picked]) if picked else where
        order = np.argsort(where, kind='stable')
        at, gpio = where[order], named[order].astype(np.uint8)
        pwm = block.pwm
        if self._legs != [0, 1]:
            none = np.zeros(len(pwm), pwm.dtype)
            pwm = np.stack([none if leg is None else pwm[:, leg] for leg in self._legs], axis=1)
        return Executed(block.first_frame, pwm, block.edge_frame[at], gpio, block.edge_level[at])


def _moved(harness: Harness, run: Recorder) -> Recorder:
    ends = Ends(harness, run.levels)
    moved = Recorder(ends.levels, run.clocks)
    for block in run.blocks:
        moved.take(ends.through(block))
    return moved


def _pin(run: Recorder, gpio: int) -> Signal:
    edges, first = run.edges(gpio), int(run.levels[gpio])
    if not len(edges):
        return still(first)
    rises = len(run.edges(gpio, 1))
    return Signal((first, edges.tobytes()), f'{rises} pulses' if rises > 1 else 'one pulse' if rises else 'one fall')


def _leg(run: Recorder, leg: int) -> Signal:
    """The mean width of its pulses, piece by piece, in hundredths of a frame from its middle: as a coil feels them."""
    widths = np.concatenate([block.pwm[:, leg] for block in run.blocks])
    if not widths.any():
        return still(0)
    whole = widths[: len(widths) // PIECE * PIECE].reshape(-1, PIECE).mean(axis=1)
    span = f'{whole.min():.0f} to {whole.max():.0f} clocks high of each frame'
    return Signal(
        ('leg', (100 * whole / run.clocks - 50).round().astype(np.int16).tobytes()),
        f'{len(widths) / FRAME_RATE_HZ:.1f} s of pulses, {span}',
    )
