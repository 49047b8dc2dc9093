"""An engine on a virtual Pi in one thread: nothing waits, nothing is random, every frame is kept."""

from dataclasses import dataclass, replace

import numpy as np

from appliance.lathe.native_score import native_score
from appliance.lathe.settings import Knobs, engine_settings, memory_words, off
from appliance.machine import load_machine
from appliance.native import check, ffi, lib
from appliance.timeline.axes import carriage_limits, carriage_settings, platter_settings, platter_speed
from appliance.timeline.profiles import hold, move, ramp, to_segments
from appliance.timeline.score import EDGE, Marks, Score
from appliance.virtual.pi import PiMemory, PiSettings, VirtualPi

FRAMES = 80_000  # 0.4 s
HEAD_DOWN, HEAD_UP = 50_002, 62_002  # beside the heartbeat, so that their data is their own


def machine(chip='bcm2837', ramp_s=0.05, **cut):
    """The reference machine, with a platter that starts at once."""
    reference = load_machine('virtual')
    return replace(
        reference,
        machine=replace(reference.machine, chip=chip),
        platter=replace(reference.platter, ramp_s=ramp_s),
        cut=replace(reference.cut, **cut),
    )


def tone(frames=FRAMES):
    samples = np.arange(frames // 4)
    return (0.6 * np.sin(2 * np.pi * 997 / 50_000 * samples)).astype(np.float32)


def score(lathe, frames=FRAMES, sound=None, head=(HEAD_DOWN, HEAD_UP)):
    """Power on, spin up, carriage inward and back, head down, head up, spin down, power off."""
    pins = lathe.pins
    assert (pins.enable_active, pins.bridge_enable_active, pins.lift_down) == ('low', 'high', 'high')
    speed, up = platter_speed(lathe, 78.26), round(lathe.platter.ramp_s * 200_000)
    turning = ramp(0.0, speed, up).then(hold(speed, frames - 2 * up - 4000)).then(ramp(speed, 0.0, up))
    there = move(300.0, carriage_limits(lathe))
    away = there.then(hold(0.0, 400)).then(move(-300.0, carriage_limits(lathe)))
    events = [
        (1000, 0, 1 << pins.enable),
        (1200, 1 << pins.bridge_enable, 0),
        (head[0], 1 << pins.head_lift, 0),
        (head[1], 0, 1 << pins.head_lift),
        (frames - 900, 0, 1 << pins.bridge_enable),
        (frames - 400, 1 << pins.enable, 0),
    ]
    signal = tone(frames) if sound is None else sound
    return Score(
        frames=frames,
        platter=to_segments(turning, 2000),
        carriage=to_segments(away, 2100),
        events=np.array(events, EDGE),
        drive=lambda: iter([signal]),
        marks=Marks(head[0], head[0] + 400, head[1] - 400, head[1]),
    )


@dataclass
class Output:
    """Everything that was executed."""

    pwm: np.ndarray
    frame: np.ndarray
    gpio: np.ndarray
    level: np.ndarray

    def same(self, other):
        pairs = [(getattr(self, name), getattr(other, name)) for name in ('pwm', 'frame', 'gpio', 'level')]
        return all(np.array_equal(a, b) for a, b in pairs)

    def edges(self, gpio):
        mine = self.gpio == gpio
        return list(zip(self.frame[mine].tolist(), self.level[mine].tolist(), strict=True))


class Rig:
    """Engine, door and virtual Pi. `knobs` go to the engine, `board` to the Pi."""

    def __init__(self, lathe=None, played=None, knobs=None, **board):
        self.machine = lathe or machine()
        self.score = played or score(self.machine)
        chip = board.pop('chip', self.machine.machine.chip)
        memory = PiMemory(chain_words=memory_words(self.machine), frames=1 << 19, edges=1 << 17)
        self.pi = VirtualPi(PiSettings(chip=chip, **board), memory)
        self.engine = ffi.new('struct engine *')
        self._native = native_score(self.machine, self.score)
        self._settings = engine_settings(self.machine, self.score.frames, knobs or Knobs(wait_for_input=True))
        check(lib.engine_begin(self.engine, self._settings, self._native.struct, self.pi.door))
        self._blocks = []

    def offer(self, count=None):
        """The first `count` samples of the drive, or all of them and their end."""
        samples = np.concatenate(list(self.score.drive()))[:count]
        taken = ffi.new('size_t *')
        lib.engine_offer(self.engine, ffi.from_buffer('float[]', samples), len(samples), taken)
        assert taken[0] == len(samples)
        if count is None:
            lib.engine_end_input(self.engine)
        return self

    def step(self):
        """One turn of the loop, and its sleep."""
        result = lib.engine_run(self.engine, 1)
        self.drain()
        return result

    def run(self, until_frame=None):
        """Until it is over, or wants input, or is at a frame."""
        while (result := self.step()) == lib.ENGINE_SLEEP:
            if until_frame is not None and self.look().frame >= until_frame:
                break
        return result

    def stop(self, at_once=False):
        lib.engine_request_stop(self.engine, at_once)

    def look(self):
        look = ffi.new('struct engine_look *')
        lib.engine_look(self.engine, look)
        return look

    @property
    def state(self):
        return self.engine.state

    @property
    def cause(self):
        return '' if self.look().cause == ffi.NULL else ffi.string(self.look().cause).decode()

    def drain(self):
        self._blocks.append(self.pi.drain(timeout_ms=0))

    def output(self):
        self.drain()
        self._blocks = [block for block in self._blocks if block is not None]
        joined = Output(
            pwm=np.concatenate([b.pwm for b in self._blocks]),
            frame=np.concatenate([b.edge_frame for b in self._blocks]),
            gpio=np.concatenate([b.edge_gpio for b in self._blocks]),
            level=np.concatenate([b.edge_level for b in self._blocks]),
        )
        assert [b.first_frame for b in self._blocks[1:]] == np.cumsum([len(b.pwm) for b in self._blocks[:-1]]).tolist()
        return joined

    def levels(self):
        """Of all pins now, as the registers of the board say."""
        door = self.pi.door
        low = door.read(door.self, lib.GPLEV0)
        return [low >> gpio & 1 for gpio in range(32)]

    def assert_safe(self):
        """Power off, head up, legs level, and all of it for as long as the board is watched."""
        rest, levels = off(self.machine), self.levels()
        if self.state != lib.ENGINE_DEAD and self.pi.frames:
            legs = self.machine.pins.leg_a, self.machine.pins.leg_b
            assert [levels[leg] for leg in legs] == [0, 0], 'both legs low'
            assert [self.function(leg) for leg in legs] == [lib.FSEL_OUT] * 2, 'and the PWM cut off from them'
        for gpio in range(32):
            if (rest.set | rest.clear) >> gpio & 1:
                assert levels[gpio] == rest.set >> gpio & 1, f'GPIO {gpio}'
        self.drain()
        before = len(self._blocks)
        self.pi.pass_us(300_000)
        self.drain()
        for block in self._blocks[before:]:
            assert len(block.edge_frame) == 0, 'nothing moves any more'
            assert (block.pwm[:, 0] == block.pwm[:, 1]).all(), 'no voltage across the head'
        if self.clock_runs():
            last = self.output().pwm[-8:]
            assert (last[:, 0] == last[:, 1]).all()

    def function(self, gpio):
        register = self.pi.door.read(self.pi.door.self, lib.bcm_fsel_register(gpio))
        return register >> lib.bcm_fsel_shift(gpio) & 7

    def clock_runs(self):
        return self.pi.door.read(self.pi.door.self, lib.CM_PWMCTL) & lib.CM_BUSY


def planned_edges(rig):
    """(frame, gpio, level) of every level change the score asks for, from a reading of its parts one by one."""
    sources = [tuple(int(x) for x in event) for event in rig.score.events]
    for settings, segments in (
        (platter_settings(rig.machine), rig.score.platter),
        (carriage_settings(rig.machine), rig.score.carriage),
    ):
        axis = ffi.new('struct motion_axis *')
        axis.settings = settings.struct()[0]
        check(lib.motion_begin(axis, ffi.from_buffer('struct motion_segment[]', segments), len(segments)))
        edges, count = np.empty(1 << 16, EDGE), ffi.new('size_t *')
        check(lib.motion_edges(axis, rig.score.frames, ffi.from_buffer('struct pin_edge[]', edges), len(edges), count))
        sources += [tuple(int(x) for x in edge) for edge in edges[: count[0]]]
    beat = 1 << rig.machine.pins.heartbeat
    every = round(rig.machine.cut.heartbeat_ms * 200)
    toggles = range(every, rig.score.frames, every)
    sources += [(at, beat, 0) if i % 2 == 0 else (at, 0, beat) for i, at in enumerate(toggles)]
    changes = []
    for frame, up, down in sources:
        changes += [(frame, gpio, 1) for gpio in range(32) if up >> gpio & 1]
        changes += [(frame, gpio, 0) for gpio in range(32) if down >> gpio & 1]
    levels = {gpio: off(rig.machine).set >> gpio & 1 for gpio in range(32)}
    kept = []
    for frame, gpio, level in sorted(changes):
        if levels[gpio] != level:
            kept.append((frame, gpio, level))
            levels[gpio] = level
    return kept
