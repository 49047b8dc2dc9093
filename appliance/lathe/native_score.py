"""A score as the engine takes it: `struct engine_score`, with every array it points to kept alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.lathe.settings import pwm_settings
from appliance.machine.model import Machine
from appliance.native import ffi
from appliance.timeline.axes import carriage_settings, check_motion, from_anywhere_mm, platter_settings
from appliance.timeline.score import Score

RING_SAMPLES = 1 << 17  # 2.6 s of sound on its way to the feeder


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
