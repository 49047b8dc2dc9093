"""A real machine without one: the board's files are made up, its registers are the virtual Pi's, the interlock is the
firmware's own loop, and both live in the virtual Pi's time. Motors and switches follow what the chain does to the pins.
"""

import contextlib
import math
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np

from appliance.compose.machines import workshop
from appliance.compose.real.site import Site
from appliance.compose.shop import Bench, Keeping
from appliance.lathe.settings import Knobs, memory_words
from appliance.machine import bit, load_machine
from appliance.pi.real import real_pi
from appliance.virtual.carriage import CarriageFollower, VirtualCarriage
from appliance.virtual.lathe import initial_levels, pi_settings
from appliance.virtual.pi import PiMemory, VirtualPi
from appliance.virtual.platter import PlatterFollower, VirtualPlatter
from tests.pi.boards import Firmware, board

sys.path.append(str(Path(__file__).parents[1] / 'interlock'))
from test_vectors import Logic

TURN_MS = 2
US = 1000  # in a ms
OFF_S = 0.3  # within which power must be off, whatever happens


class Machine:
    """All of it. `switched`: (seconds, power, head) whenever the interlock changed its mind; `logic.set` works its
    inputs, `cable_cut` the line to it."""

    def __init__(self, folder, machine=None, carriage_mm=None):
        self.machine = machine or load_machine('real')
        self.run, self.root = folder / 'run', board(folder / 'root', '3')
        self.firmware, self.logic = Firmware(), Logic()
        memory = PiMemory(chain_words=memory_words(self.machine), frames=1 << 19, edges=1 << 17)
        self.pi = VirtualPi(pi_settings(self.machine), memory)
        self.carriage, self.platter = VirtualCarriage(self.machine), VirtualPlatter(self.machine)
        if carriage_mm is not None:
            self.carriage.radius_mm = carriage_mm
        levels = initial_levels(self.machine)
        self.levels = levels.copy()
        self.carries, self.turns = CarriageFollower(self.carriage, levels), PlatterFollower(self.platter, levels)
        self.belief = VirtualCarriage(self.machine)  # what the program knows of it
        self.power = self.head = False
        self.edges = []  # (frame, gpio, level)
        self.switched = []
        self.cable_cut = self.realtime = self.home_broken = False
        self.swing = []  # of each block: how far the legs were apart at most and in the mean, in clocks
        self.beside = lambda: None  # done whenever the feeder hears the interlock: every 10 ms while it cuts
        self._said, self._ms, self._rested_us = b'', 0, 0
        self._waiting = {'beats': [], 'steps': [], 'turns': []}  # frames of edges that no turn of the firmware has seen
        self._from_frame = self._to_frame = 0
        self._lock = threading.RLock()
        self.rest(0.2)

    # the line
    def read(self):
        with self._lock:
            self._catch_up()
            said, self._said = self._said, b''
            self.beside()
            return b'' if self.cable_cut else said

    def write(self, data):
        with self._lock:
            if not self.cable_cut:
                self.logic.hear(data)

    def close(self):
        pass

    # the clock
    def now_s(self):
        with self._lock:
            return (self._board_us() + self._rested_us) / 1e6

    def rest(self, seconds):
        with self._lock:
            self._catch_up()
            self._from_frame = self._to_frame  # what no turn has counted yet was before the rest
            self._rested_us += round(seconds * 1e6)
            self._catch_up()

    def _board_us(self):
        return int(self.pi.door.now_us(self.pi.door.self))

    def _catch_up(self):
        """What the board has done since, then as many turns of the firmware as that took."""
        while len((block := self.pi.drain(timeout_ms=0)).pwm) or len(block.edge_frame):
            self._take(block)
        now_us = self._board_us() + self._rested_us
        turns = (now_us - self._ms * US) // (TURN_MS * US)
        for due in self._due(turns) if turns > 0 else ():
            self._ms += TURN_MS
            before = self.power, self.head
            self.logic.set(home=int(self.carriage.at_home and not self.home_broken))
            self.power, self.head = self.logic.turn(ms=TURN_MS, relay_contact=int(self.power), **due)
            self._said, self.logic.wrote = (self._said + self.logic.wrote)[-4096:], b''
            if before != (self.power, self.head):
                self.switched.append((self._ms / US, self.power, self.head))

    def _due(self, turns):
        """What each turn up to now counts: frames and turns pass evenly, over 10 ms at most while it cuts."""
        ends = np.linspace(self._from_frame, max(self._to_frame, self._from_frame + 1), turns + 1)
        counts = {
            name: np.histogram(np.clip(frames, ends[0], ends[-1]), ends)[0] for name, frames in self._waiting.items()
        }
        self._from_frame, self._waiting = self._to_frame, {name: [] for name in self._waiting}
        return [{name: int(count[turn]) for name, count in counts.items()} for turn in range(turns)]

    def _take(self, block):
        pins = self.machine.pins
        self.carries.take(block)
        self.carries.finish()
        passed = len(self.turns.pulses)
        self.turns.take(block)
        self.turns.finish()
        self.levels[block.edge_gpio] = block.edge_level
        if len(block.pwm):
            legs = block.pwm.astype(int) @ (1, -1)
            self.swing.append((abs(legs).max(), legs.mean()))
        rows = zip(block.edge_frame.tolist(), block.edge_gpio.tolist(), block.edge_level.tolist(), strict=True)
        self.edges += rows
        self._to_frame = block.end_frame
        steps = (block.edge_gpio == pins.platter_step) & (block.edge_level == 1)
        self._waiting['beats'] += block.edge_frame[block.edge_gpio == pins.heartbeat].tolist()
        self._waiting['steps'] += block.edge_frame[steps].tolist()
        self._waiting['turns'] += [pulse.frame for pulse in self.turns.pulses[passed:]]

    # somebody's hand
    def push(self, to_mm):
        """The carriage is somewhere else now."""
        if not self.edges:
            self.carriage.radius_mm = to_mm
            self.carries = CarriageFollower(self.carriage, initial_levels(self.machine))
            return
        self.carries._motion.state.offset_mm += to_mm - self.carriage.radius_mm
        self.carries.finish()

    def leave_platter(self, angle_rad):
        """Somebody has turned it."""
        turns = self.turns
        by_rad = angle_rad - turns._last_rad % math.tau
        turns._start_rad, turns._last_rad = turns._start_rad + by_rad, turns._last_rad + by_rad
        turns._passed = math.floor(turns._last_rad / math.tau)
        turns.finish()

    def regear(self, gear):
        """The platter is another one than the file says; before anything has moved."""
        self.platter.regear(gear)
        self.turns = PlatterFollower(self.platter, initial_levels(self.machine))

    # the shop
    @property
    def site(self):
        @contextlib.contextmanager
        def here(machine, run, root):
            with real_pi(machine, run, root, self.firmware.open) as pi:
                yield replace(pi, door=self.pi.door)

        knobs = Knobs(wait_for_input=True, realtime=self.realtime, turns=1)
        return Site(self.root, self.run, here, lambda device, baud: self, self, knobs)

    def shop(self, disc, folder, *, alive_s=lambda: math.inf, results=False):
        bench = Bench(carriage=self.belief, alive_s=alive_s, site=self.site)
        return workshop(self.machine, disc, folder, Keeping(results=results), bench)

    def rises(self, gpio):
        return sum(1 for _, pin, level in self.edges if (pin, level) == (gpio, 1))

    def off_after_s(self, moment_s):
        """How long there was power after a moment."""
        return next(at for at, power, _ in self.switched if at >= moment_s and not power) - moment_s

    def assert_still(self):
        """Power off, head up, by the interlock and by the pins; and the firmware of the board has its memory back."""
        pins = self.machine.pins
        self.rest(OFF_S)
        assert (self.power, self.head) == (False, False)
        assert self.levels[pins.enable] != bit(pins.enable_active)
        assert self.levels[pins.bridge_enable] != bit(pins.bridge_enable_active)
        assert self.levels[pins.head_lift] != bit(pins.lift_down)
        assert not self.firmware.given
        assert self.firmware.closed or not self.firmware.calls
