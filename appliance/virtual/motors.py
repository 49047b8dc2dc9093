"""Platter, carriage and lift of the virtual lathe: what the C models need to know, from the machine file.

Field study of the groove, section 4 (ii) and "Feed". What the machine file does not say is chosen here and named.
"""

from __future__ import annotations

import numpy as np

from appliance.errors import MachineRefusesError
from appliance.machine.model import FRAME_RATE_HZ, Disc, Machine, Platter, bit
from appliance.native import ffi, lib
from appliance.virtual.linear import Matrix, exponential, step_response
from appliance.virtual.native_model import Settings, table

DETENT_PHASE_RAD = 1.0  # of the detent against the windings: neither best nor worst
DRAG_NOISE_HZ = 40.0  # corner of the drag's noise; gives the study's .07 % at 78 and .16 % at 33 1/3
CREEP_RAD_S = 0.01  # friction fades below a thousandth of a turn per second
FULL_STEPS_PER_CYCLE = 4
SPEED_RESERVE = 1.25  # the carriage motor follows this much more than its allowed speed, and no more
STIFFEST = 0.5  # (resonance times step)^2 that the platter's integration still follows well


def _wake_frames(machine: Machine) -> int:
    return round(machine.driver.wake_ms * 1e-3 * FRAME_RATE_HZ)


def microstep_currents(platter: Platter) -> Matrix:
    """Currents of both windings at every microstep of one electrical turn: unequal, and off centre."""
    steps = FULL_STEPS_PER_CYCLE * platter.microsteps
    angle = 2 * np.pi * np.arange(steps) / steps
    half = platter.phase_imbalance / 2
    return np.stack(
        [
            (1 + half) * np.cos(angle) + platter.phase_offset,
            (1 - half) * np.sin(angle) + platter.phase_offset,
        ],
        axis=1,
    )


def own_motion(platter: Platter, step_s: float) -> Matrix:
    """[2, 3]: platter and damper speed after a step, from both speeds and the torque."""
    damped = platter.damper_inertia_kg_m2 > 0
    coupling = platter.damper_nm_s if damped else 0.0
    inertia, ring = platter.inertia_kg_m2, platter.damper_inertia_kg_m2 if damped else 1.0
    own = np.array(
        [[-(platter.bearing_nm_s + coupling) / inertia, coupling / inertia], [coupling / ring, -coupling / ring]]
    )
    after, kick = step_response(own, np.array([1 / inertia, 0.0]), step_s)
    return np.column_stack([after, kick])


def platter_settings(machine: Machine) -> Settings:
    """`struct platter_settings`. The gear is stiff: torque and electrical angle are both multiplied."""
    platter, pins = machine.platter, machine.pins
    step_s = lib.PLATTER_STEP_FRAMES / FRAME_RATE_HZ
    torque = platter.holding_torque_nm * platter.gear
    electrical = platter.motor_steps_per_turn / FULL_STEPS_PER_CYCLE * platter.gear
    if torque * electrical / platter.inertia_kg_m2 * step_s**2 > STIFFEST:
        raise MachineRefusesError(
            f'a platter of {platter.inertia_kg_m2:g} kg m2 on this motor swings too fast to be simulated',
            where='platter',
            remedy='give it more inertia or less torque',
        )
    rise = platter.current_rise_ms * 1e-3 * FRAME_RATE_HZ
    currents = table(microstep_currents(platter))
    decay = table(np.exp(-np.arange(lib.PLATTER_STEP_FRAMES + 1) / rise))
    fields = {
        'currents': currents,
        'decay': decay,
        'rise_frames': rise,
        'electrical': electrical,
        'torque_nm': torque,
        'detent_nm': platter.detent * torque,
        'detent_sin': np.sin(DETENT_PHASE_RAD),
        'detent_cos': np.cos(DETENT_PHASE_RAD),
        'own': own_motion(platter, step_s).tolist(),
        'step_s': step_s,
        'friction_nm': platter.friction_nm,
        'drag_nm': platter.drag_once_per_turn_nm,
        'noise_nm': platter.drag_noise_nm,
        'noise_keep': np.exp(-2 * np.pi * DRAG_NOISE_HZ * step_s),
        'creep_rad_s': CREEP_RAD_S,
        'seed': machine.machine.seed,
        'wake_frames': _wake_frames(machine),
        'steps_per_cycle': FULL_STEPS_PER_CYCLE * platter.microsteps,
        'step': (pins.platter_step, 1),
        'dir': (pins.platter_dir, bit(pins.platter_forward)),
        'enable': (pins.enable, bit(pins.enable_active)),
    }
    return Settings(ffi.new('struct platter_settings *', fields), (currents, decay))


def carriage_settings(machine: Machine, start_mm: float) -> Settings:
    """`struct carriage_settings` for a carriage that stands at `start_mm`."""
    carriage, pins = machine.carriage, machine.pins
    steps = carriage.microsteps
    full_step_mm = carriage.mm_per_step * steps
    error = table(carriage.microstep_error * full_step_mm * np.sin(2 * np.pi * np.arange(steps) / steps))
    # Offset in mm, speed in mm per frame: x'' = -w^2 x - w / Q x'.
    w = 2 * np.pi * carriage.resonance_hz / FRAME_RATE_HZ
    own = exponential(np.array([[0.0, 1.0], [-(w**2), -w / carriage.resonance_q]]))
    powers = table(np.stack([np.linalg.matrix_power(own, 1 << i) for i in range(lib.CARRIAGE_POWERS)]))
    slowest = carriage.mm_per_step / (SPEED_RESERVE * carriage.max_speed_mm_s) * FRAME_RATE_HZ
    fields = {
        'error_mm': error,
        'powers': powers,
        'start_mm': start_mm,
        'mm_per_step': carriage.mm_per_step,
        'wake_frames': _wake_frames(machine),
        'microsteps': steps,
        'min_frames': int(slowest),
        'step': (pins.carriage_step, 1),
        'dir': (pins.carriage_dir, bit(pins.carriage_inward)),
        'enable': (pins.enable, bit(pins.enable_active)),
    }
    return Settings(ffi.new('struct carriage_settings *', fields), (error, powers))


def full_depth_um(machine: Machine, disc: Disc) -> float:
    """Depth at which the stylus cuts the groove's full width."""
    return float(disc.groove.width_um / 2 / np.tan(np.radians(machine.head.included_angle_deg) / 2))


def lift_settings(machine: Machine, depth_um: float) -> Settings:
    """`struct lift_settings`: down over `lift.down_s`, up over `lift.up_s`."""
    fields = {
        'depth_um': depth_um,
        'fall': 1 / (machine.lift.down_s * FRAME_RATE_HZ),
        'rise': 1 / (machine.lift.up_s * FRAME_RATE_HZ),
        'lift': (machine.pins.head_lift, bit(machine.pins.lift_down)),
    }
    return Settings(ffi.new('struct lift_settings *', fields))
