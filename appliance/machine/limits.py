"""The range of every number in a machine or disc file: what the code can work with, not what is wise.

A key without a line here cannot be read at all (a test holds that every field has one).
"""

from __future__ import annotations

from appliance.tables import Range

_PIN: Range = (0, 27)  # the 40-pin header
_FREE_PIN: Range = (2, 27)  # 0 and 1 read the identity of a board on top at start
_FRACTION: Range = (0, 1)
_PICO_PIN: Range = (0, 22)  # of a Pico's header; 23-25 and 29 belong to its board
_PICO_ADC: Range = (26, 28)
PICO_PINS = ('tx', 'rx', 'relay', 'lift', 'lamp', 'stop_closed', 'stop_open', 'lid', 'relay_contact', 'home',
             'heartbeat', 'step', 'index')  # fmt: skip
PICO_ADCS = ('head_adc', 'driver_adc', 'supply_adc')
PICO_BUS = ('sda', 'scl')  # of the current sensor

MACHINE_LIMITS: dict[str, Range] = {
    'machine.seed': (0, 2**31 - 1),
    **{
        f'pins.{name}': _PIN
        for name in (
            'bridge_enable',
            'enable',
            'head_lift',
            'platter_step',
            'platter_dir',
            'carriage_step',
            'carriage_dir',
            'heartbeat',
            'leg_a',
            'leg_b',
        )
    },
    'pwm.range': (64, 2500),
    'driver.step_high_ns': (1, 100_000),
    'driver.step_low_ns': (1, 100_000),
    'driver.dir_setup_ns': (0, 100_000),
    'driver.dir_hold_ns': (0, 100_000),
    'driver.wake_ms': (0, 2000),
    'platter.motor_steps_per_turn': (4, 1000),
    'platter.microsteps': (1, 256),
    'platter.gear': (0.1, 100),
    'platter.max_speed_rpm': (1, 100),
    'platter.ramp_s': (0.05, 30),
    'platter.settle_s': (0, 60),
    'platter.motor_a': (0.01, 10),
    'platter.motor_ohm': (0.01, 100),
    'platter.holding_torque_nm': (0.01, 20),
    'platter.current_rise_ms': (0.001, 20),
    'platter.detent': _FRACTION,
    'platter.phase_imbalance': (0, 0.5),
    'platter.phase_offset': (0, 0.5),
    'platter.inertia_kg_m2': (1e-4, 1),
    'platter.damper_inertia_kg_m2': (0, 1),
    'platter.damper_nm_s': (0, 10),
    'platter.bearing_nm_s': (0, 1),
    'platter.friction_nm': (0, 5),
    'platter.drag_once_per_turn_nm': (0, 1),
    'platter.drag_noise_nm': (0, 1),
    'carriage.motor_steps_per_turn': (4, 1000),
    'carriage.microsteps': (1, 256),
    'carriage.motor_a': (0.01, 10),
    'carriage.motor_ohm': (0.01, 100),
    'carriage.screw_mm_per_turn': (0.05, 20),
    'carriage.max_speed_mm_s': (0.1, 100),
    'carriage.max_accel_mm_s2': (0.5, 10_000),
    'carriage.max_jerk_mm_s3': (10, 1e7),
    'carriage.programme_max_speed_mm_s': (0.05, 20),
    'carriage.programme_max_accel_mm_s2': (0.5, 1000),
    'carriage.park_radius_mm': (30, 400),
    'carriage.min_radius_mm': (5, 200),
    'carriage.microstep_error': (0, 0.5),
    'carriage.resonance_hz': (1, 10_000),
    'carriage.resonance_q': (0.1, 100),
    'bridge.supply_v': (1, 60),
    'bridge.max_modulation': (0.01, 0.984),  # 1 - 10/625: the noise shaper needs ten clocks
    'filter.l_h': (1e-7, 1e-2),
    'filter.c_f': (1e-9, 1e-4),
    'head.r_ohm': (0.1, 1000),
    'head.l_h': (1e-6, 1),
    'head.bl_n_per_a': (0.01, 100),
    'head.mass_kg': (1e-6, 0.1),
    'head.f0_hz': (10, 20_000),
    'head.q': (0.05, 1000),
    'head.cut_ns_per_m': (0, 100),
    'head.max_current_a': (0.01, 50),
    'head.max_heat_w': (0.01, 500),
    'head.heat_time_s': (0.1, 600),
    'head.max_travel_um': (5, 2000),
    'head.max_slope': (0.01, 1.0),
    'head.included_angle_deg': (30, 150),
    'lift.down_s': (0.001, 2),
    'lift.up_s': (0.001, 2),
    'cut.lead_in_pitch_mm': (0.2, 4),
    'cut.lead_in_turns': (1, 10),
    'cut.run_out_pitch_mm': (3.2, 12.7),
    'cut.run_out_min_pitch_mm': (3.2, 12.7),
    'cut.run_out_turns': (1, 10),
    'cut.locked_turns': (1.02, 5),
    'cut.lookahead_ms': (50, 1000),
    'cut.segment_ms': (2, 50),
    'cut.refuse_below_ms': (5, 100),
    'cut.heartbeat_ms': (1, 5),
    **{
        f'controls.{name}': _FREE_PIN
        for name in ('record', 'left', 'right', 'lid_closed', 'blank', 'stop_pressed', 'lamp')
    },
    'controls.bounce_ms': (1, 500),
    'lcd.spi_port': (0, 1),
    'lcd.spi_device': (0, 2),
    'lcd.bus_speed_hz': (500_000, 52_000_000),
    **{f'lcd.{name}': _FREE_PIN for name in ('dc', 'reset', 'backlight')},
    'lcd.rotate': (0, 2),
    'sound.latency_ms': (2, 500),
    'interlock.baud': (115_200, 921_600),
    **{f'interlock.{name}': _PICO_PIN for name in (*PICO_PINS, *PICO_BUS)},
    **{f'interlock.{name}': _PICO_ADC for name in PICO_ADCS},
    'interlock.thermistor_pull_up_ohm': (100, 1_000_000),
    'interlock.thermistor_ohm': (100, 1_000_000),
    'interlock.thermistor_beta_k': (1000, 10_000),
    'interlock.supply_full_v': (3.3, 100),
    'interlock.head_max_c': (30, 150),
    'interlock.driver_max_c': (30, 150),
    'interlock.supply_min_v': (5, 60),
    'interlock.supply_max_v': (5, 60),
    'interlock.supply_max_a': (0.1, 50),
    'interlock.shunt_mohm': (1, 1000),
}
GPIO_KEYS = frozenset(key for key, limit in MACHINE_LIMITS.items() if limit is _PIN or limit is _FREE_PIN)
PICO_KEYS = frozenset(key for key, limit in MACHINE_LIMITS.items() if limit is _PICO_PIN or limit is _PICO_ADC)

_GROOVE: dict[str, Range] = {
    'width_um': (20, 300),
    'land_um': (5, 200),
    'stylus_um': (5, 100),
    'min_level_db': (-40, 0),
}

DISC_LIMITS: dict[str, Range] = {
    'disc.diameter_mm': (80, 420),
    'disc.thickness_um': (50, 5000),
    'disc.lead_in_radius_mm': (30, 210),
    'disc.programme_radius_mm': (30, 210),
    'disc.inner_radius_mm': (20, 200),
    'disc.locked_radius_mm': (15, 200),
    'disc.label_radius_mm': (10, 200),
    **{f'{kind}.{key}': limit for kind in ('coarse', 'fine') for key, limit in _GROOVE.items()},
}
