"""A score as the engine takes it: `struct engine_score`, with every array it points to kept alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.errors import MachineRefusesError
from appliance.interlock.guard import LONGEST_STEP_MS
from appliance.lathe.settings import pwm_settings
from appliance.machine.model import FRAME_RATE_HZ, Machine
from appliance.native import check, ffi, lib
from appliance.timeline.axes import carriage_settings, check_motion, from_anywhere_mm, platter_settings
from appliance.timeline.score import EDGE, Score

RING_SAMPLES = 1 << 17  # 2.6 s of sound on its way to the feeder
FIRST_EDGES = 8  # of an axis, among which its first step is
SPARE_MS = 100  # for the interlock, whose own looks are 2 ms apart, and a rest between two movements


@dataclass(frozen=True, slots=True)
class NativeScore:
    """`struct` is what engine_begin takes; `kept` is what it points to."""

    struct: Any
    kept: tuple[Any, ...]


def _array(kind: str, values: NDArray[Any]) -> Any:
    return ffi.from_buffer(f'{kind}[]', values) if len(values) else ffi.NULL


def check_score(machine: Machine, score: Score) -> None:
    """Raise MachineRefusesError if an axis would pass a limit of the machine; nothing has moved then.

    Where the carriage stands is not known here (it may be on its way home), so its travel is the timeline's to check.
    """
    check_motion('platter', platter_settings(machine), np.ascontiguousarray(score.platter))
    check_motion(
        'carriage', carriage_settings(machine, from_anywhere_mm(machine)), np.ascontiguousarray(score.carriage)
    )


def step_ms(machine: Machine, score: Score) -> int:
    """The longest time between two steps of the platter that the interlock is to bear; 0 where it stands.

    A ramp begins slowly, and no step after the first takes as long as that. Twice as long it is where a movement ends
    and another one begins. MachineRefusesError where the interlock would not bear it.
    """
    segments = np.ascontiguousarray(score.platter)
    if not len(segments):
        return 0
    settings, axis = platter_settings(machine), ffi.new('struct motion_axis *')
    axis.settings = settings.struct()[0]
    edges, count = np.zeros(FIRST_EDGES, EDGE), ffi.new('size_t *')
    check(lib.motion_begin(axis, _array('struct motion_segment', segments), len(segments)))
    out = ffi.from_buffer('struct pin_edge[]', edges)
    check(lib.motion_edges(axis, lib.MOTION_NEVER, out, FIRST_EDGES, count))
    steps = edges['frame'][: count[0]][edges['set'][: count[0]] & settings.step_mask != 0]
    if not len(steps):
        return 0
    first_ms = float(steps[0]) * 1000 / FRAME_RATE_HZ
    longest_ms = round(2 * first_ms) + SPARE_MS
    if longest_ms > LONGEST_STEP_MS:
        raise MachineRefusesError(
            f'the first step of the platter comes after {first_ms / 1000:.1f} s; the interlock bears '
            f'{(LONGEST_STEP_MS - SPARE_MS) / 2000:.2f} s',
            where='platter',
            remedy='shorten platter.ramp_s or driver.wake_ms, or take more microsteps',
        )
    return longest_ms


def native_score(machine: Machine, score: Score) -> NativeScore:
    """The score's arrays, not copied unless they must be, and a ring for its samples."""
    native = ffi.new('struct engine_score *')
    ring = np.zeros(RING_SAMPLES, np.float32)
    events = np.ascontiguousarray(score.events)
    kept: list[Any] = [ring, events]
    native.pwm = pwm_settings(machine)[0]
    for axis, (motion, values) in enumerate(
        ((platter_settings(machine), score.platter), (carriage_settings(machine), score.carriage))
    ):
        segments = np.ascontiguousarray(values)
        native.motion[axis] = motion.struct()[0]
        native.segments[axis] = _array('struct motion_segment', segments)
        native.segment_count[axis] = len(segments)
        kept.append(segments)
    native.events = _array('struct pin_edge', events)
    native.event_count = len(events)
    native.ring = ffi.from_buffer('float[]', ring)
    native.ring_samples = len(ring)
    return NativeScore(native, tuple(kept))
