"""Whether the motor can turn the platter: torque needed against pull-out torque, over the whole ramp.

    pull-out(w) = gear holding / sqrt(1 + (w_e tau)^2)     w_e = pole pairs x motor speed, tau the current's rise
    drag(w)     = friction + bearing w + once-per-turn drag + 3 sigma of its noise
    inertia     = (platter + damper) x acceleration        the damper lags, so it never asks for more than this

Source: computed for this project (field notes on the turntable): a 0.01 kg m^2 platter stalls in a 0.3 s ramp, keeps
its step in 0.5 s, and is safe where inertia x speed / ramp <= 0.5 (pull-out - drag). With the raised cosine, whose
peak is pi/2 of its mean, that rule is a margin of 4/pi = 1.27 at the peak.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from appliance.errors import MachineRefusesError
from appliance.machine.model import Platter

SAFE_MARGIN = 1.3
SAMPLES = 256  # of the ramp, for its worst moment


@dataclass(frozen=True, slots=True)
class TorqueMargin:
    """How many times the torque needed the motor has left: worst moment of the ramp, and at speed."""

    ramp: float
    running: float
    pull_out_nm: float  # at speed
    drag_nm: float  # at speed

    @property
    def margin(self) -> float:
        return min(self.ramp, self.running)


def pull_out_nm(platter: Platter, speed_rad_s: float) -> float:
    """Torque at the platter beyond which the motor slips, at that speed of the platter; detent taken off."""
    poles = platter.motor_steps_per_turn / 4  # pole pairs: four full steps are one electrical turn
    lag = poles * platter.gear * speed_rad_s * platter.current_rise_ms * 1e-3
    return platter.gear * platter.holding_torque_nm * (1 - platter.detent) / math.sqrt(1 + lag * lag)


def drag_nm(platter: Platter, speed_rad_s: float) -> float:
    """Torque that only keeps the platter turning, at its worst."""
    return (
        platter.friction_nm
        + platter.bearing_nm_s * speed_rad_s
        + platter.drag_once_per_turn_nm
        + 3 * platter.drag_noise_nm
    )


def torque_margin(platter: Platter, speed_rpm: float) -> TorqueMargin:
    """The margin of a raised-cosine ramp to `speed_rpm` in `platter.ramp_s`, and of running there."""
    top = speed_rpm * 2 * math.pi / 60
    inertia = platter.inertia_kg_m2 + platter.damper_inertia_kg_m2
    worst = math.inf
    for part in np.linspace(0.0, 1.0, SAMPLES)[1:-1]:
        speed = top * (1 - math.cos(math.pi * part)) / 2
        accel = top * math.pi / (2 * platter.ramp_s) * math.sin(math.pi * part)
        worst = min(worst, (pull_out_nm(platter, speed) - drag_nm(platter, speed)) / (inertia * accel))
    at_speed, drag = pull_out_nm(platter, top), drag_nm(platter, top)
    return TorqueMargin(ramp=worst, running=at_speed / max(drag, 1e-9), pull_out_nm=at_speed, drag_nm=drag)


def require_torque(platter: Platter, speed_rpm: float) -> TorqueMargin:
    """The margin, or MachineRefusesError with the ramp time that would do (where one does)."""
    margin = torque_margin(platter, speed_rpm)
    if margin.margin >= SAFE_MARGIN:
        return margin
    spare = f'pull-out torque {margin.pull_out_nm:.3g} N m, drag {margin.drag_nm:.3g} N m at {speed_rpm:g} rpm'
    if margin.running < SAFE_MARGIN or margin.ramp <= 0:
        what = f'the motor cannot hold the platter at speed: {spare}, margin {margin.margin:.2f}, needed {SAFE_MARGIN}'
        remedy = 'lower platter.friction_nm or platter.bearing_nm_s, or use a motor of more platter.holding_torque_nm'
        raise MachineRefusesError(what, where='platter.holding_torque_nm', remedy=remedy)
    enough = math.ceil(platter.ramp_s * SAFE_MARGIN / margin.ramp * 100) / 100
    raise MachineRefusesError(
        f'a ramp of {platter.ramp_s:g} s would stall the platter: {spare}, margin {margin.ramp:.2f}, '
        f'needed {SAFE_MARGIN}',
        where='platter.ramp_s',
        remedy=f'set platter.ramp_s to {enough:g} or more',
    )
