"""A machine and a disc as frozen values: one field for each key of their TOML files, units in the names.

Read by `appliance.machine.load`, which checks every value; nothing above this room reads TOML.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FRAME_RATE_HZ = 200_000  # 125 MHz / 625 clocks, the same on every supported board
SAMPLE_RATE_HZ = 50_000  # of programme and drive: four frames a sample
FRAMES_PER_SAMPLE = 4

Level = Literal['low', 'high']


def bit(level: Level) -> int:
    """The logic level as 0 or 1."""
    return 1 if level == 'high' else 0


@dataclass(frozen=True, slots=True)
class Identity:
    name: str
    kind: Literal['virtual', 'real']
    chip: Literal['bcm2835', 'bcm2837', 'bcm2711']
    seed: int


@dataclass(frozen=True, slots=True)
class Pins:
    leg_a: int
    leg_b: int
    bridge_enable: int
    bridge_enable_active: Level
    enable: int
    enable_active: Level
    head_lift: int
    lift_down: Level
    platter_step: int
    platter_dir: int
    platter_forward: Level
    carriage_step: int
    carriage_dir: int
    carriage_inward: Level
    heartbeat: int


@dataclass(frozen=True, slots=True)
class Pwm:
    range: int
    pulse_at: Literal['start', 'end', 'unknown']


@dataclass(frozen=True, slots=True)
class Driver:
    step_high_ns: float
    step_low_ns: float
    dir_setup_ns: float
    dir_hold_ns: float
    wake_ms: float


@dataclass(frozen=True, slots=True)
class Platter:
    motor_steps_per_turn: int
    microsteps: int
    gear: float
    max_speed_rpm: float
    ramp_s: float
    settle_s: float
    motor_a: float
    motor_ohm: float
    holding_torque_nm: float
    current_rise_ms: float
    detent: float
    phase_imbalance: float
    phase_offset: float
    inertia_kg_m2: float
    damper_inertia_kg_m2: float
    damper_nm_s: float
    bearing_nm_s: float
    friction_nm: float
    drag_once_per_turn_nm: float
    drag_noise_nm: float

    @property
    def steps_per_turn(self) -> float:
        """Rising step edges for one turn of the platter, gear included."""
        return self.motor_steps_per_turn * self.microsteps * self.gear


@dataclass(frozen=True, slots=True)
class Carriage:
    motor_steps_per_turn: int
    microsteps: int
    motor_a: float
    motor_ohm: float
    screw_mm_per_turn: float
    max_speed_mm_s: float
    max_accel_mm_s2: float
    max_jerk_mm_s3: float
    programme_max_speed_mm_s: float
    programme_max_accel_mm_s2: float
    park_radius_mm: float
    min_radius_mm: float
    microstep_error: float
    resonance_hz: float
    resonance_q: float

    @property
    def mm_per_step(self) -> float:
        return self.screw_mm_per_turn / (self.motor_steps_per_turn * self.microsteps)


@dataclass(frozen=True, slots=True)
class Bridge:
    supply_v: float
    max_modulation: float


@dataclass(frozen=True, slots=True)
class Filter:
    l_h: float
    c_f: float


@dataclass(frozen=True, slots=True)
class Head:
    r_ohm: float
    l_h: float
    bl_n_per_a: float
    mass_kg: float
    f0_hz: float
    q: float
    cut_ns_per_m: float
    max_current_a: float
    max_heat_w: float
    heat_time_s: float
    max_travel_um: float
    max_slope: float
    included_angle_deg: float


@dataclass(frozen=True, slots=True)
class Lift:
    down_s: float
    up_s: float


@dataclass(frozen=True, slots=True)
class Cut:
    lead_in_pitch_mm: float
    lead_in_turns: float
    run_out_pitch_mm: float
    run_out_min_pitch_mm: float
    run_out_turns: float
    locked_turns: float
    lookahead_ms: float
    segment_ms: float
    refuse_below_ms: float
    heartbeat_ms: float


@dataclass(frozen=True, slots=True)
class Controls:
    """The visitor's panel and the sensors: a pin each, and the level at which what it is named for is so."""

    record: int
    record_active: Level
    left: int
    left_active: Level
    right: int
    right_active: Level
    lid_closed: int
    lid_closed_active: Level
    blank: int
    blank_active: Level
    stop_pressed: int
    stop_pressed_active: Level
    lamp: int
    lamp_active: Level
    bounce_ms: float


@dataclass(frozen=True, slots=True)
class LcdPanel:
    """How the LCD hangs on the Pi."""

    spi_port: int
    spi_device: int
    bus_speed_hz: int
    dc: int
    reset: int
    backlight: int
    backlight_active_low: bool
    rotate: int  # quarter turns


@dataclass(frozen=True, slots=True)
class SoundCard:
    """Microphone and speaker by the names that `audioletter doctor sound` lists; empty: the computer's default."""

    input: str
    output: str
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Interlock:
    """The Raspberry Pi Pico that alone closes the power relay: its line, its pins (GP numbers), its limits."""

    device: str
    baud: int
    tx: int
    rx: int
    relay: int
    lift: int
    lamp: int
    stop_closed: int
    stop_open: int
    lid: int
    relay_contact: int
    home: int
    heartbeat: int
    step: int
    index: int
    head_adc: int
    driver_adc: int
    supply_adc: int
    current_sensor: Literal['none', 'ina226']
    sda: int
    scl: int
    shunt_mohm: int
    thermistor_pull_up_ohm: int
    thermistor_ohm: int
    thermistor_beta_k: int
    supply_full_v: float
    head_max_c: float
    driver_max_c: float
    supply_min_v: float
    supply_max_v: float
    supply_max_a: float


@dataclass(frozen=True, slots=True)
class Machine:
    """Every physical fact of one lathe; the last four sections, of what is around it, may be missing."""

    machine: Identity
    pins: Pins
    pwm: Pwm
    driver: Driver
    platter: Platter
    carriage: Carriage
    bridge: Bridge
    filter: Filter
    head: Head
    lift: Lift
    cut: Cut
    controls: Controls | None = None
    lcd: LcdPanel | None = None
    sound: SoundCard | None = None
    interlock: Interlock | None = None


@dataclass(frozen=True, slots=True)
class GrooveKind:
    """What a groove of this kind needs on the disc, and what will trace it."""

    width_um: float
    land_um: float
    stylus_um: float
    min_level_db: float  # quieter than this is not worth cutting


@dataclass(frozen=True, slots=True)
class Disc:
    """One blank with the groove kind chosen (`-fine` in the name, or coarse)."""

    name: str
    material: str
    diameter_mm: float
    thickness_um: float
    lead_in_radius_mm: float
    programme_radius_mm: float
    inner_radius_mm: float
    locked_radius_mm: float
    label_radius_mm: float
    groove: GrooveKind
