"""The engine's link to the interlock on a virtual board: with each look, the Pico lives through what was executed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from appliance.interlock.link import Status
from appliance.machine.model import FRAME_RATE_HZ, Machine
from appliance.virtual.executed import Executed
from appliance.virtual.harness.supply import SupplyCurrent
from appliance.virtual.interlock import TURN_FRAMES, VirtualInterlock
from appliance.virtual.native_model import MOTION_FRAMES, Levels
from appliance.virtual.pi import VirtualPi
from appliance.virtual.platter import PlatterFollower
from appliance.virtual.power.relay import Let, Relay

LOOK_FRAMES = FRAME_RATE_HZ // 25  # between two looks: as often as permits are renewed
INDEX_FRAMES = MOTION_FRAMES - 1  # that the sensor is late: by then the platter's angle is known


class WiredLink:
    """Implements `link.Link` for the engine, whose feeder's thread takes what the board has executed at each look, and
    hands it on to `show` with what the relay lets through.

    `platter` is the one whose index the Pico sees. `load_nm` brakes it, from the next look on; any thread may set it.
    """

    def __init__(
        self,
        machine: Machine,
        levels: Levels,
        pi: VirtualPi,
        interlock: VirtualInterlock,
        platter: PlatterFollower,
        show: Callable[[Executed], None],
    ) -> None:
        interlock.fit(machine)
        self.load_nm = 0.0
        self.position: Callable[[], int] = lambda: 0  # of the engine, in frames; asking it costs nothing
        self._pi, self._interlock, self._platter, self._show = pi, interlock, platter, show
        self._relay, self._supply = Relay(machine, levels), SupplyCurrent(machine, levels)
        self._beat_pin, self._step_pin = machine.pins.heartbeat, machine.pins.platter_step
        self._lock = threading.Lock()
        self._status = Status(True)
        self._seen = self._looked = 0  # frames
        self._over = False

    def status(self) -> Status:
        """As it was at the last look, if that was only just now."""
        position = self.position()
        if not position:
            return self._interlock.status()
        if position - self._looked >= LOOK_FRAMES:
            self._looked = position
            self._interlock.come_to(self._pi.frames)
            self._interlock.hold_time()
            self.look()
        return self._status

    @property
    def current_ma(self) -> int | None:
        return self._interlock.current_ma

    def permit(self, step_ms: int = 0) -> Status:
        status = self._interlock.permit(step_ms)
        if status.closed:
            self._interlock.begin()
            self._relay.let(self._interlock.let)
        return status

    def parking(self) -> None:
        """Said now, and not when it was last looked: then the head was down."""
        self._interlock.come_to(self._pi.frames)
        self._interlock.parking()

    def ending(self) -> None:
        self._interlock.come_to(self._pi.frames)
        self._interlock.ending()

    def revoke(self) -> None:
        self.look()
        self._interlock.revoke()

    def look(self) -> None:
        """Takes whatever has been executed since, in whole turns of the Pico's loop, and asks the interlock."""
        frames = self._pi.frames
        self._interlock.come_to(frames)
        with self._lock:
            while (most := (frames - 1 - self._seen) // TURN_FRAMES * TURN_FRAMES) > 0:
                block = self._pi.drain(0, most)
                if block is None or not len(block.pwm):
                    return
                self._take(block)
        self._status = self._interlock.status()

    def finish(self) -> None:
        """The board is closed, and what it had executed is shown, to the last frame."""
        self.look()
        with self._lock:
            if self._over:
                return
            self._over = True
            while (block := self._pi.drain(0)) is not None:
                self._take(block)
            self._interlock.end()
            self._platter.finish()

    def _take(self, block: Executed) -> None:
        """The platter turns as the relay was; where the Pico changes that meanwhile, it has turned otherwise."""
        if load_nm := self.load_nm:
            block = replace(block, load_nm=load_nm)
        kept = self._platter.kept()
        through = self._relay.shows(block)
        self._platter.take(through)
        self._supply.take(through)
        self._interlock.draw(self._supply.ma)
        lets = self._live(block, kept[-1])
        for let in lets:
            self._relay.let(let)
        if lets and lets[0].frame < block.end_frame:
            self._platter.back_to(kept)
            through = self._relay.shows(block)
            self._platter.take(through)
        self._relay.take(block)
        self._seen = block.end_frame
        through_it = None if through is block else through
        self._show(replace(block, through=through_it, angle_rad=self._platter.turned_rad))

    def _live(self, block: Executed, pulses: int) -> list[Let]:
        """The Pico's turns in the block. `pulses`: how many of the platter's it has counted already."""
        first, turns = block.first_frame, len(block.pwm) // TURN_FRAMES
        rising = (block.edge_gpio == self._step_pin) & (block.edge_level == 1)
        index = [pulse.frame + INDEX_FRAMES for pulse in self._platter.pulses[pulses:]]
        counts = [
            np.bincount((frames - first) // TURN_FRAMES, minlength=turns).tolist()
            for frames in (
                block.edge_frame[block.edge_gpio == self._beat_pin],
                block.edge_frame[rising],
                np.array(index, np.int64),
            )
        ]
        return self._interlock.live(first, list(zip(*counts, strict=False)))
