"""What must hold between the values of a file: no single range can say it."""

from __future__ import annotations

import itertools

from appliance.errors import MachineFileError, MachineRefusesError
from appliance.machine.model import FRAME_RATE_HZ, Disc, Machine
from appliance.machine.panel_checks import ONE_WIRE, check_interlock, check_panel, spoken_for

OUTPUT_PINS = (
    'leg_a', 'leg_b', 'bridge_enable', 'enable', 'head_lift', 'platter_step', 'platter_dir', 'carriage_step',
    'carriage_dir', 'heartbeat',
)  # fmt: skip
PWM_PINS = {'leg_a': (12, 18), 'leg_b': (13, 19)}  # BCM2711 ARM Peripherals 8.5 and the header's pins
# What switches something on, and the key that says at which level. All other outputs move nothing by a level alone.
SWITCHES = {'enable': 'enable_active', 'bridge_enable': 'bridge_enable_active', 'head_lift': 'lift_down'}
PULLED_HIGH = range(9)  # at reset, until the program runs; all others of the header low (BCM2835 ARM Peripherals, 6-31)
HEADER = range(2, 28)  # without the two that read the identity of a board on top
MAX_STEP_RATE_HZ = FRAME_RATE_HZ / 2  # one frame high, one low
MIN_STEPS_PER_TURN = 20  # the interlock compares a tenth of a turn with its index: two steps
MAX_NAME = 60  # letters: it stands on a picture, in reports and in the interlock's firmware
# What the fixed point of motion.h holds (2^-9 steps/frame^2, 2^-21 steps/frame^3), with room to compute.
MAX_ACCEL_STEPS_S2 = 2**-10 * FRAME_RATE_HZ**2
MAX_JERK_STEPS_S3 = 2**-20 * FRAME_RATE_HZ**3


def check_machine(machine: Machine, where: str) -> None:
    """Raise MachineFileError for the first contradiction in a machine file."""
    _check_name(machine, where)
    _check_pins(machine, where)
    check_panel(machine, OUTPUT_PINS, where)
    _check_at_reset(machine, where)
    check_interlock(machine, where)
    _check_steps(machine, where)
    carriage, cut = machine.carriage, machine.cut
    for low, high in (
        (f'carriage.min_radius_mm is {carriage.min_radius_mm:g}', carriage.park_radius_mm - carriage.min_radius_mm),
        (
            f'carriage.programme_max_speed_mm_s is {carriage.programme_max_speed_mm_s:g}',
            carriage.max_speed_mm_s - carriage.programme_max_speed_mm_s,
        ),
        (
            f'carriage.programme_max_accel_mm_s2 is {carriage.programme_max_accel_mm_s2:g}',
            carriage.max_accel_mm_s2 - carriage.programme_max_accel_mm_s2,
        ),
        (f'cut.run_out_min_pitch_mm is {cut.run_out_min_pitch_mm:g}', cut.run_out_pitch_mm - cut.run_out_min_pitch_mm),
        (f'cut.segment_ms is {cut.segment_ms:g}', cut.lookahead_ms / 4 - cut.segment_ms),
        (f'cut.refuse_below_ms is {cut.refuse_below_ms:g}', cut.lookahead_ms / 2 - cut.refuse_below_ms),
    ):
        if high < 0:
            raise MachineFileError(f'{low}, {-high:g} above what the key that bounds it allows', where=where)
    if machine.pwm.range != 625:
        raise MachineFileError(
            f'pwm.range is {machine.pwm.range}; 125 MHz in 625 clocks gives the 5 us frame everything counts in',
            where=where,
            remedy='set it to 625',
        )


def check_disc(disc: Disc, where: str) -> None:
    """Raise MachineFileError unless the disc's circles lie within each other, outermost first."""
    circles = [
        ('diameter_mm / 2', disc.diameter_mm / 2),
        ('lead_in_radius_mm', disc.lead_in_radius_mm),
        ('programme_radius_mm', disc.programme_radius_mm),
        ('inner_radius_mm', disc.inner_radius_mm),
        ('locked_radius_mm', disc.locked_radius_mm),
        ('label_radius_mm', disc.label_radius_mm),
    ]
    for (outer, outer_mm), (inner, inner_mm) in itertools.pairwise(circles):
        if inner_mm >= outer_mm:
            raise MachineFileError(
                f'disc.{inner} is {inner_mm:g}; it must be less than {outer} {outer_mm:g}', where=where
            )


def check_pair(machine: Machine, disc: Disc) -> None:
    """Raise MachineRefusesError when this machine cannot reach all of this disc."""
    carriage = machine.carriage
    if disc.lead_in_radius_mm > carriage.park_radius_mm or disc.locked_radius_mm < carriage.min_radius_mm:
        raise MachineRefusesError(
            f'{disc.name} needs the carriage from {disc.lead_in_radius_mm:g} to {disc.locked_radius_mm:g} mm, '
            f'the machine reaches {carriage.park_radius_mm:g} to {carriage.min_radius_mm:g} mm',
            where=machine.machine.name,
            remedy='take a smaller disc or correct carriage.park_radius_mm and carriage.min_radius_mm',
        )


def _check_name(machine: Machine, where: str) -> None:
    name = machine.machine.name
    if not (1 <= len(name) <= MAX_NAME and name.isprintable()):
        raise MachineFileError(
            f'machine.name is {name[:MAX_NAME]!r}; it must be a line of 1 to {MAX_NAME} letters', where=where
        )


def _check_pins(machine: Machine, where: str) -> None:
    pins = machine.pins
    seen: dict[int, str] = {}
    for name in OUTPUT_PINS:
        pin = getattr(pins, name)
        if pin in seen:
            raise MachineFileError(
                f'pins.{name} is {pin}, which pins.{seen[pin]} has already', where=where, remedy=ONE_WIRE
            )
        seen[pin] = name
    for name, allowed in PWM_PINS.items():
        if getattr(pins, name) not in allowed:
            words = ' or '.join(map(str, allowed))
            raise MachineFileError(
                f'pins.{name} is {getattr(pins, name)}; the PWM reaches only {words}',
                where=where,
                remedy='wire it there; these are GPIO numbers, not pins of the header',
            )


def _check_at_reset(machine: Machine, where: str) -> None:
    """What the board's own pulls would switch on from plugging in until the program runs, and whenever it restarts."""
    pins, taken = machine.pins, spoken_for(machine, OUTPUT_PINS)
    for name, level in SWITCHES.items():
        pin, on = getattr(pins, name), getattr(pins, level)
        pulled = 'high' if pin in PULLED_HIGH else 'low'
        if on == pulled:
            free = [
                other for other in HEADER if (other in PULLED_HIGH) is not (pin in PULLED_HIGH) and other not in taken
            ]
            other_way = f'take a part that is on when {"low" if on == "high" else "high"}'
            move = f'move it to GPIO {", ".join(map(str, free))}; or ' if free else 'no other pin is free: '
            raise MachineFileError(
                f'pins.{name} is {pin} and on when {on} (pins.{level}); the board itself pulls GPIO {pin} {on} '
                'from reset until the program runs',
                where=where,
                remedy=move + other_way,
            )


def _check_steps(machine: Machine, where: str) -> None:
    platter, carriage = machine.platter, machine.carriage
    if platter.steps_per_turn < MIN_STEPS_PER_TURN:
        raise MachineFileError(
            f'platter.motor_steps_per_turn, microsteps and gear give {platter.steps_per_turn:g} steps for a turn; '
            f'it must be {MIN_STEPS_PER_TURN} or more',
            where=where,
            remedy='gear is turns of the motor for one of the platter',
        )
    for key, rate in (
        ('platter.max_speed_rpm', platter.max_speed_rpm / 60 * platter.steps_per_turn),
        ('carriage.max_speed_mm_s', carriage.max_speed_mm_s / carriage.mm_per_step),
    ):
        if rate > MAX_STEP_RATE_HZ:
            raise MachineFileError(
                f'{key} asks for {rate:.0f} steps/s; the limit is {MAX_STEP_RATE_HZ:.0f}',
                where=where,
                remedy='lower it, or the microsteps',
            )
    for key, value, limit in (
        ('max_accel_mm_s2', carriage.max_accel_mm_s2, MAX_ACCEL_STEPS_S2),
        ('max_jerk_mm_s3', carriage.max_jerk_mm_s3, MAX_JERK_STEPS_S3),
    ):
        if value > limit * carriage.mm_per_step:
            raise MachineFileError(
                f'carriage.{key} is {value:g}; steps of {1000 * carriage.mm_per_step:g} um '
                f'allow {limit * carriage.mm_per_step:g}',
                where=where,
                remedy='lower it, or the microsteps',
            )
