"""What a hand may not ask: refused before anything moves, in one sentence with the value and its limit.

Nothing is clipped: whoever asks for 20 mm and gets 5 does not know where the carriage stands.
"""

from __future__ import annotations

from math import isfinite

from appliance.errors import OptionError
from appliance.hands.orders import Jog, Spin
from appliance.machine.model import Machine
from appliance.timeline.jog import cycle_steps, whole_cycles

BLIND_MM = 5.0  # of a carriage of which nobody knows where it stands: the most that one jog moves it,
BLIND_MM_S = 1.0  # and how fast: a hand is quicker at the stop button
MOST_TURNS = 200.0  # of the platter: nobody watches it for longer
SLOWEST = 1e-3  # of the fastest: slower than this it would not be seen to move
CLOSE_MM = 1e-6  # of a limit: rounding


def check_jog(machine: Machine, jog: Jog, carriage_mm: float | None) -> None:
    """OptionError unless `jog` stays within the machine's limits. `carriage_mm`: where it stands; None: not known."""
    for name, value in (('distance', jog.by), ('speed', jog.speed)):
        if not isfinite(value):
            raise OptionError(f'a {name} of {value}', where=jog.axis, remedy='give a number')
    if jog.axis == 'platter':
        _check_platter(machine, jog)
    else:
        _check_carriage(machine, jog, carriage_mm)


def moved_mm(machine: Machine, by_mm: float) -> float:
    """How far the carriage goes when it is asked for `by_mm`: whole electrical turns of its motor."""
    carriage = machine.carriage
    return whole_cycles(by_mm / carriage.mm_per_step, carriage.microsteps) * carriage.mm_per_step


def moved_turns(machine: Machine, turns: float) -> float:
    """As `moved_mm`, for the platter."""
    platter = machine.platter
    return whole_cycles(turns * platter.steps_per_turn, platter.microsteps) / platter.steps_per_turn


def check_spin(machine: Machine, spin: Spin, least_turns: int) -> None:
    """OptionError unless the platter may turn so fast, and for so long."""
    _check_speed('platter', spin.speed_rpm, machine.platter.max_speed_rpm, 'rpm')
    if not least_turns <= spin.turns <= MOST_TURNS:
        between = f'from {least_turns} to {MOST_TURNS:g} can be counted'
        raise OptionError(f'{spin.turns} turns', where='platter', remedy=between)


def _check_carriage(machine: Machine, jog: Jog, carriage_mm: float | None) -> None:
    carriage = machine.carriage
    _check_speed('carriage', jog.speed, carriage.max_speed_mm_s, 'mm/s')
    by_mm = moved_mm(machine, jog.by)
    if by_mm == 0:
        least = cycle_steps(carriage.microsteps) * carriage.mm_per_step
        raise OptionError(
            f'{jog.by:g} mm is less than it can move', where='carriage', remedy=f'its least is {least:g} mm'
        )
    if carriage_mm is None:
        if by_mm < 0:
            raise OptionError(
                'nobody knows where it stands, and outward lies the end of its screw',
                where='carriage',
                remedy='home it, which looks at the switch on its way',
            )
        if by_mm > BLIND_MM + CLOSE_MM or jog.speed > BLIND_MM_S:
            raise OptionError(
                f'nobody knows where it stands: it may move {BLIND_MM:g} mm at {BLIND_MM_S:g} mm/s and no more, '
                f'not {jog.by:g} mm at {jog.speed:g} mm/s',
                where='carriage',
                remedy='home it first',
            )
        return
    there_mm = carriage_mm - by_mm
    low, high = carriage.min_radius_mm, carriage.park_radius_mm
    if not low - CLOSE_MM <= there_mm <= high + CLOSE_MM:
        limit = f'{high:g} mm, where it parks' if there_mm > high else f'{low:g} mm, as far in as it may go'
        raise OptionError(
            f'{abs(jog.by):g} mm {"inward" if jog.by > 0 else "outward"} from radius {carriage_mm:.2f} mm is '
            f'{there_mm:.2f} mm, past {limit}',
            where='carriage',
            remedy=f'it may go {carriage_mm - low:.2f} mm inward and {high - carriage_mm:.2f} mm outward',
        )


def _check_platter(machine: Machine, jog: Jog) -> None:
    platter = machine.platter
    _check_speed('platter', jog.speed, platter.max_speed_rpm, 'rpm')
    least = cycle_steps(platter.microsteps) / platter.steps_per_turn
    if jog.by < 0:
        raise OptionError('it turns forward only', where='platter', remedy='give turns above 0')
    if not moved_turns(machine, jog.by) or jog.by > MOST_TURNS:
        raise OptionError(
            f'{jog.by:g} turns', where='platter', remedy=f'from {least:g} to {MOST_TURNS:g} can be asked for'
        )


def _check_speed(axis: str, speed: float, most: float, unit: str) -> None:
    if not isfinite(speed) or not SLOWEST * most <= speed <= most:
        raise OptionError(
            f'a speed of {speed:g} {unit}', where=axis, remedy=f'from {SLOWEST * most:g} to {most:g} {unit} is allowed'
        )
