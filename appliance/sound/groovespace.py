"""The message as the stylus sees it: swing, slope and curvature of the groove, current and voltage of the head.

All of them are linear in the message, so each is one kernel; their peaks in frames of 5 ms are the profile from which
mastering judges and the limiter works. Everything here is per 1 cm/s at 1 kHz for a message of 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from appliance.machine.model import SAMPLE_RATE_HZ, Disc, Machine
from appliance.sound.curves import Curve
from appliance.sound.head import head_inverse
from appliance.sound.kernels import HOP, LEAD, Bank, Float, Kernel, Read, taps_of
from appliance.sound.programme import Limits

Peaks = NDArray[np.float32]
Complex = NDArray[np.complex128]

LEVEL, DISPLACEMENT, SLOPE, CURVATURE, CURRENT, VOLTAGE = range(6)
FRAME_S = HOP / SAMPLE_RATE_HZ
LEAD_FRAMES = LEAD // HOP
_M_S = 0.01  # one cm/s


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the programme may reach; `level_cm_s` is the ceiling asked for (infinite for none), the rest is given by
    groove and head."""

    level_cm_s: float
    displacement_um: float
    velocity_m_s: float
    acceleration_m_s2: float
    current_a: float
    modulation: float
    heat_w: float
    heat_time_s: float
    r_ohm: float

    @property
    def peaks(self) -> Float:
        """In the order of LEVEL .. VOLTAGE."""
        return np.array(
            [
                self.level_cm_s,
                self.displacement_um,
                self.velocity_m_s,
                self.acceleration_m_s2,
                self.current_a,
                self.modulation,
            ]
        )

    def tightened(self, share: float, level_cm_s: float) -> Allowed:
        """A `share` of what groove and bridge allow, under a ceiling for the level."""
        return replace(
            self,
            level_cm_s=level_cm_s,
            displacement_um=self.displacement_um * share,
            velocity_m_s=self.velocity_m_s * share,
            acceleration_m_s2=self.acceleration_m_s2 * share,
            current_a=self.current_a * share,
            modulation=self.modulation * share,
        )


def allowed(machine: Machine, disc: Disc, speed_rpm: float, radius_mm: float) -> Allowed:
    """The limits at this radius, without a ceiling for the level. Slope is for the heel of the cutting stylus (velocity
    over groove speed); curvature for the playing stylus, a sphere of radius r in a V of 90 degrees: acceleration
    <= sqrt(2) V^2 / r (disc-cutting facts, section 3: v_max = sqrt(2) V^2 / (2 pi f r))."""
    groove_m_s = 2 * pi * radius_mm * 1e-3 * speed_rpm / 60
    return Allowed(
        level_cm_s=inf,
        displacement_um=machine.head.max_travel_um,
        velocity_m_s=machine.head.max_slope * groove_m_s,
        acceleration_m_s2=sqrt(2) * groove_m_s**2 / (disc.groove.stylus_um * 1e-6),
        current_a=machine.head.max_current_a,
        modulation=machine.bridge.max_modulation,
        heat_w=machine.head.max_heat_w,
        heat_time_s=machine.head.heat_time_s,
        r_ohm=machine.head.r_ohm,
    )


def kernels(machine: Machine, curve: Curve) -> list[Kernel]:
    """Six kernels, LEVEL .. VOLTAGE, for 1 cm/s at 1 kHz: the band-limited message in cm/s, um, m/s, m/s^2, A, and
    modulation. Displacement and modulation are what is cut; the others are measured; peaks that
    a click hides between samples, where they are highest."""
    head = head_inverse(machine)

    def over(response: Callable[[Complex], Complex]) -> Float:
        """The kernel of something given per metre of displacement."""

        def of_message(f_hz: Float) -> Complex:
            s = np.asarray(2j * np.pi * f_hz, np.complex128)
            return np.asarray(response(s) * curve.record(f_hz) * (_M_S / s), np.complex128)

        return taps_of(of_message)

    return [
        Kernel(taps_of(lambda f_hz: np.ones(len(f_hz), np.complex128)), exact=False),
        Kernel(over(lambda s: np.full(len(s), 1e6 + 0j))),
        Kernel(over(lambda s: s), exact=False),
        Kernel(over(lambda s: s * s), exact=False, halves=True),
        Kernel(over(head.current_a), exact=False, halves=True),
        Kernel(over(lambda s: np.asarray(head.bridge_v(s) / machine.bridge.supply_v, np.complex128))),
    ]


@dataclass(frozen=True, slots=True)
class Profile:
    """Frames of 5 ms from LEAD before the message to LEAD after it."""

    peaks: Peaks  # [6, frames], magnitudes
    message_power: Peaks  # [frames], mean square of the band-limited message
    current_power: Peaks  # [frames], mean square of the current, A^2

    @property
    def frames(self) -> int:
        return len(self.message_power)

    def scaled(self, gain: float) -> Profile:
        power = np.float32(gain * gain)
        return Profile(self.peaks * np.float32(gain), self.message_power * power, self.current_power * power)

    def part(self, first: int, end: int) -> Profile:
        return Profile(self.peaks[:, first:end], self.message_power[first:end], self.current_power[first:end])

    def heat_w(self, limit: Allowed) -> Float:
        """Mean power in the coil over the heat time that ends with each frame, with silence before and after."""
        window = max(1, round(limit.heat_time_s / FRAME_S))
        total = np.concatenate([np.zeros(window), np.cumsum(self.current_power, dtype=np.float64)])
        return np.asarray((total[window:] - total[:-window]) * (limit.r_ohm / window), np.float64)

    def limits(self, limit: Allowed) -> Limits:
        """How near each limit the highest peak comes."""
        ratio = self.peaks.max(axis=1, initial=0.0) / limit.peaks
        return Limits(
            displacement=float(ratio[DISPLACEMENT]),
            slope=float(ratio[SLOPE]),
            curvature=float(ratio[CURVATURE]),
            current=float(ratio[CURRENT]),
            voltage=float(ratio[VOLTAGE]),
            heat=float(self.heat_w(limit).max(initial=0.0)) / limit.heat_w,
        )


class Profiler:
    """Gathers a profile from the blocks of a Bank of the six kernels; every block but the last is whole frames."""

    def __init__(self, samples: int) -> None:
        frames = -(-(samples + 2 * LEAD) // HOP)
        self.profile = Profile(
            np.zeros((6, frames), np.float32), np.zeros(frames, np.float32), np.zeros(frames, np.float32)
        )
        self._done = 0

    def add(self, outputs: list[NDArray[np.floating]]) -> None:
        frames = -(-len(outputs[LEVEL]) // HOP)
        now = slice(self._done, self._done + frames)
        self._done += frames
        for row, output in enumerate(outputs):
            hop = HOP * (len(output) // len(outputs[LEVEL]))
            framed = np.pad(output, (0, frames * hop - len(output))).reshape(frames, hop)
            self.profile.peaks[row, now] = np.maximum(framed.max(axis=1), -framed.min(axis=1))
            if row == LEVEL:
                self.profile.message_power[now] = np.einsum('ij,ij->i', framed, framed) / hop
            if row == CURRENT:
                self.profile.current_power[now] = np.einsum('ij,ij->i', framed, framed) / hop


def measure(read: Read, samples: int, bank: Sequence[Kernel]) -> Profile:
    """The profile of a signal for the six kernels, quickly: in float32 and at the samples alone."""
    profiler = Profiler(samples)
    for outputs in Bank([replace(kernel, exact=False, halves=False) for kernel in bank]).run(read, samples):
        profiler.add(outputs)
    return profiler.profile
