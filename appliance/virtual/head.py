"""The cutting head of the virtual lathe: tables of its exact response to pulse edges.

    Lf iL' = u - vC      Cf vC' = iL - i      L i' = vC - R i - Bl v      m v' = Bl i - (c + c_cut) v - K x      x' = v

with K = m (2 pi f0)^2, c = sqrt(K m) / Q, and u = +V while leg A alone is high, -V while leg B alone is, else 0: leg A
above leg B moves the stylus outward (chosen for this project). With the bridge off no voltage drives the filter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from appliance.machine.model import FRAME_RATE_HZ, Machine, bit
from appliance.native import check, ffi, lib
from appliance.virtual.executed import Executed
from appliance.virtual.linear import Matrix, step_response
from appliance.virtual.native_model import Edges, Levels, Settings, table

UM = 1e6
# One displacement in four frames: flat to 12 kHz within 0.001 dB, and 80 dB down from 38 kHz, whence it would alias.
DECIMATION_EDGE_HZ = 25_000.0
DECIMATION_BETA = 7.86  # Kaiser's formula for 80 dB: 0.1102 (80 - 8.7)


def equations(machine: Machine, drag_ns_per_m: float) -> tuple[Matrix, Matrix]:
    """(A, B) for states x [um], v, i, vC, iL and the bridge's voltage.

    v is in um per unit of 1 / (2 pi f0), which makes the states similar in size.
    """
    head, lc = machine.head, machine.filter
    w0 = 2 * np.pi * head.f0_hz
    drag = head.mass_kg * w0 / head.q + drag_ns_per_m
    own = np.zeros((5, 5))
    own[0, 1] = w0
    own[1, 0] = -w0
    own[1, 1] = -drag / head.mass_kg
    own[1, 2] = head.bl_n_per_a / head.mass_kg * UM / w0
    own[2, 1] = -head.bl_n_per_a / head.l_h * w0 / UM
    own[2, 2] = -head.r_ohm / head.l_h
    own[2, 3] = 1 / head.l_h
    own[3, 2], own[3, 4] = -1 / lc.c_f, 1 / lc.c_f
    own[4, 3] = -1 / lc.l_h
    return own, np.array([0.0, 0.0, 0.0, 0.0, 1 / lc.l_h])


def response(machine: Machine, drag_ns_per_m: float) -> Matrix:
    """Table of `struct head_settings`: motion over a frame by columns, then what a pulse of n clocks leaves.

    A pulse of n clocks is n pulses of one clock; each moves on from where in the frame it lies.
    """
    clocks = machine.pwm.range
    own, inputs = equations(machine, drag_ns_per_m)
    clock, kick = step_response(own, inputs, 1 / (FRAME_RATE_HZ * clocks))
    later = np.empty((clocks, lib.HEAD_STATES))  # what one clock's pulse is n clocks after its end
    state = kick * machine.bridge.supply_v
    for n in range(clocks):
        later[n] = state
        state = clock @ state
    at_end = machine.pwm.pulse_at == 'end'
    ordered = later if at_end else later[::-1]  # the first clock of a pulse at the start is the oldest of all
    table = np.zeros((lib.HEAD_STATES + clocks + 1, lib.HEAD_ROW))
    table[: lib.HEAD_STATES, : lib.HEAD_STATES] = np.linalg.matrix_power(clock, clocks).T
    table[lib.HEAD_STATES + 1 :, : lib.HEAD_STATES] = np.cumsum(ordered, axis=0)
    return table


def decimation() -> Matrix:
    """Linear-phase low-pass of HEAD_TAPS taps at the frame rate, unity at rest."""
    half = lib.HEAD_TAPS // 2
    n = np.arange(-half, half + 1)
    taps = np.sinc(2 * DECIMATION_EDGE_HZ / FRAME_RATE_HZ * n) * np.kaiser(lib.HEAD_TAPS, DECIMATION_BETA)
    return np.asarray(taps / taps.sum(), np.float64)


def head_settings(machine: Machine) -> Settings:
    """`struct head_settings`; the stylus is in the material while the lift is down."""
    pins = machine.pins
    air = table(response(machine, 0.0))
    cutting = table(response(machine, machine.head.cut_ns_per_m)) if machine.head.cut_ns_per_m else air
    taps = table(decimation())
    fields = {
        'air': air,
        'cutting': cutting,
        'taps': taps,
        'range': machine.pwm.range,
        'bridge': (pins.bridge_enable, bit(pins.bridge_enable_active)),
        'lift': (pins.head_lift, bit(pins.lift_down)),
    }
    return Settings(ffi.new('struct head_settings *', fields), (air, cutting, taps))


class Head:
    """Words of the PWM in, displacement of the stylus out.

    Sample k is the displacement exactly at frame 4 k; it comes HEAD_TAPS // 2 frames after that frame was executed.
    """

    def __init__(self, settings: Settings, levels: Levels) -> None:
        self._settings = settings
        self.state = ffi.new('struct head_state *')
        check(lib.head_begin(self.state, settings.struct, ffi.from_buffer('uint8_t[]', levels)))

    def run(self, block: Executed, edges: Edges) -> NDArray[np.float32]:
        out = np.empty(len(block.pwm) // lib.HEAD_FRAMES + 1, np.float32)
        words = ffi.from_buffer('uint16_t[]', np.ascontiguousarray(block.pwm, dtype=np.uint16))
        count = ffi.new('size_t *')
        into = ffi.from_buffer('float[]', out)
        frames = len(block.pwm)
        check(lib.head_run(self.state, self._settings.struct, words, frames, edges.struct, into, len(out), count))
        return out[: count[0]]
