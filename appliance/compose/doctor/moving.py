"""Steps of a first power-up in which motors and head have power: currents, platter, carriage, head."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from appliance.compose.doctor.bench import LINE, Bench, Found, Ran, play
from appliance.compose.doctor.people import Eye
from appliance.compose.doctor.scores import PUSH_S, PUSHES, On, level, powered, push, push_level, sweep, tone
from appliance.compose.hands import Hand
from appliance.compose.real.site import Power
from appliance.errors import AudioLetterError, CutFaultError, MachineRefusesError
from appliance.groove.choose import SPEEDS_RPM
from appliance.hands.orders import Home, Moved, Setup, Spin, Spun
from appliance.hands.speed import judge
from appliance.interlock import guard
from appliance.interlock.causes import in_words
from appliance.interlock.pico import MUTE
from appliance.interlock.wire import UNKNOWN
from appliance.machine import Machine
from appliance.timeline.jog import jog, turn

BRIDGE = ('pins.bridge_enable', 'pins.leg_a', 'pins.leg_b')
ENABLES = ('pins.enable', 'pins.bridge_enable')
MEASURED_S = 0.6
TURNS, TURN_RPM = 1.5, 45.0
WAY_MM, WAY_MM_S = 2.0, 1.0
LEAST, MOST = 0.6, 1.6  # of what the machine file says a motor or the head takes
QUIET_MA = 100  # of drivers and amplifier that are off
SWEEP_S = 3.0
TIMED_TURNS = 5
SPEED = '78'
WARMER_DC = 50  # that two quiet seconds may make the coil, in tenths of a degree


# -- currents ------------------------------------------------------------------------------------------------------


def currents(bench: Bench) -> Iterator[Found]:
    """Of everything that has power, one after the other; and whether the interlock counts what it is to count."""
    machine = bench.machine
    with bench.powered_up() as power:
        power.link.status()
        quiet = play(bench, power, powered(machine, MEASURED_S, On()))
        off = list(_quiet(machine, quiet))
        yield from off
        if any(one.ok is False for one in off):
            return
        held = _held(machine, play(bench, power, powered(machine, MEASURED_S, On(motors=True))))
        yield held
        if held.ok is False:
            return
        bench.maker.forget()
        turned = play(bench, power, turn(machine, TURNS, TURN_RPM))
        yield _turning(machine, turned, 'the platter turning', _platter_wires(bench) if turned.cause else ())
        if turned.cause:
            return
        yield _counted(machine, turned)
        yield _turning(machine, play(bench, power, jog(machine, WAY_MM, WAY_MM_S)), 'the carriage going')
        amplitude = level(machine)
        driven = play(bench, power, powered(machine, MEASURED_S, On(bridge=True), tone(amplitude)))
        yield _driven(machine, driven, amplitude)


def _quiet(machine: Machine, ran: Ran) -> Iterator[Found]:
    if ran.cause:
        yield _broken_off('everything off', ran)
        return
    if not _beats(machine, ran):
        yield Found(False, f'{ran.counted("beats")} heartbeats were counted, {_expected(machine)} were given out',
                    ('pins.heartbeat',))  # fmt: skip
        return
    if ran.current_ma is None:
        yield Found(None, 'everything off: the current is not measured')
        return
    good = ran.current_ma <= QUIET_MA
    yield Found(good, f'everything off: {ran.current_ma} mA (limit {QUIET_MA})', ENABLES,
                'what is it that has power? pull one plug after the other')  # fmt: skip


def _expected(machine: Machine) -> int:
    return round(MEASURED_S * 1000 / machine.cut.heartbeat_ms)


def _beats(machine: Machine, ran: Ran) -> bool:
    return ran.counted('beats') >= LEAST * _expected(machine)


def hold_ma(machine: Machine) -> tuple[float, float]:
    """What each driver takes from the supply to hold its motor: the heat in the coils. Platter, carriage."""
    each = [1000 * motor.motor_a**2 * motor.motor_ohm / machine.bridge.supply_v
            for motor in (machine.platter, machine.carriage)]  # fmt: skip
    return each[0], each[1]


def _held(machine: Machine, ran: Ran) -> Found:
    if ran.cause:
        return _broken_off('motors held', ran)
    if ran.current_ma is None:
        return Found(None, 'motors held: the current is not measured')
    platter, carriage = hold_ma(machine)
    low, high = LEAST * (platter + carriage), MOST * (platter + carriage)
    saw = f'motors held: {ran.current_ma} mA ({low:.0f} to {high:.0f})'
    if low <= ran.current_ma <= high:
        return Found(True, saw)
    if ran.current_ma > high:
        return Found(False, saw, (), 'the drivers are set too high, or a coil is shorted: set motor_a, or the driver')
    if ran.current_ma < LEAST * min(platter, carriage):
        return Found(False, f'{saw}: neither driver draws anything', ('pins.enable',), 'and both their supplies')
    near = abs(ran.current_ma - platter) < abs(ran.current_ma - carriage)
    which = 'carriage' if near else 'platter'
    return Found(False, f'{saw}: the driver of the {which} draws nothing', ('pins.enable',),
                 "its end of the wire, its supply, its motor's plug, how its current is set")  # fmt: skip


def _turning(machine: Machine, ran: Ran, what: str, stalled: tuple[str, ...] = ()) -> Found:
    """`stalled`: what to look at if that is what it was."""
    if ran.cause:
        return Found(False, f'{what}: {ran.cause}', stalled) if ran.key == 'stall' else _broken_off(what, ran)
    if ran.current_ma is None:
        return Found(None, f'{what}: the current is not measured')
    platter, carriage = hold_ma(machine)
    low, high = LEAST * min(platter, carriage), 2 * MOST * (platter + carriage)
    return Found(low <= ran.current_ma <= high, f'{what}: {ran.current_ma} mA ({low:.0f} to {high:.0f})')


def _counted(machine: Machine, ran: Ran) -> Found:
    """The interlock has a wire of its own from the step pin."""
    steps, wanted = ran.counted('steps'), round(TURNS * machine.platter.steps_per_turn)
    good = abs(steps - wanted) <= (1 - LEAST) * wanted
    return Found(good, f'the interlock counts {steps} steps of the platter, about {wanted} were given out',
                 () if good else ('interlock.step',))  # fmt: skip


def _driven(machine: Machine, ran: Ran, amplitude: float) -> Found:
    if ran.cause:
        return _broken_off('head driven', ran)
    if ran.current_ma is None:
        return Found(None, 'head driven: the current is not measured')
    wanted = 1000 * machine.bridge.supply_v * amplitude**2 / 2 / machine.head.r_ohm
    low, high = LEAST * wanted, MOST * wanted + QUIET_MA
    saw = f'head driven: {ran.current_ma} mA ({low:.0f} to {high:.0f})'
    if ran.current_ma < low:
        return Found(False, f'{saw}: it draws nothing', BRIDGE, "and the head's own plug")
    if ran.current_ma > high:
        return Found(False, saw, BRIDGE[1:], 'one leg stands still, or the coil is shorted')
    return Found(True, saw)


def _broken_off(what: str, ran: Ran) -> Found:
    wires: tuple[str, ...] = LINE if ran.cause == MUTE else ()
    if ran.cause == in_words(guard.NO_BEAT)[0] or ran.key == 'underrun':
        wires = ('pins.heartbeat',)
    elif ran.cause == in_words(guard.NO_STEP)[0]:
        wires = ('interlock.step', 'pins.platter_step')
    elif ran.cause == in_words(guard.INDEX)[0]:
        wires = ('interlock.index', 'interlock.step')
    return Found(False, f'{what}: {ran.cause}', wires)


# -- axes ----------------------------------------------------------------------------------------------------------


def platter(bench: Bench) -> Iterator[Found]:
    """By its index, and by eye: a motor that stands and a sensor that is blind look the same to the interlock."""
    bench.maker.forget()
    hand = Hand(bench.bed, lambda moving: None, Setup())
    try:
        spun = hand.carry_out(Spin(Setup(), SPEEDS_RPM[SPEED], TIMED_TURNS))
    except (CutFaultError, MachineRefusesError) as error:
        yield Found(False, error.line, _blamed(bench, error, lambda bench, _: _platter_wires(bench)))
        return
    assert isinstance(spun, Spun)
    verdict = judge(spun)
    yield Found(verdict.ok, verdict.says)
    if bench.maker.sees(Eye.CLOCKWISE) is False:
        remedy = 'if it turns the other way: platter_forward, or exchange the wires of one coil'
        yield Found(False, 'it does not turn clockwise', ('pins.platter_dir',), remedy)


def _platter_wires(bench: Bench) -> tuple[str, ...]:
    """Of a platter whose index was not seen."""
    turned = bench.maker.sees(Eye.PLATTER_TURNED)
    if turned is None:
        return 'interlock.index', 'pins.platter_step'
    if not turned:
        return ('pins.platter_step',)
    return ('pins.platter_dir',) if bench.maker.sees(Eye.CLOCKWISE) is False else ('interlock.index',)


def _blamed(
    bench: Bench, error: AudioLetterError, of_axis: Callable[[Bench, AudioLetterError], tuple[str, ...]]
) -> tuple[str, ...]:
    """Wires of the axis, unless a hand or the interlock's line has ended it; nobody is asked what he saw then."""
    if MUTE in error.what:
        return LINE
    return () if error.key in ('lid', 'stop', 'hot', 'supply') else of_axis(bench, error)


def carriage(bench: Bench) -> Iterator[Found]:
    bench.maker.forget()
    hand = Hand(bench.bed, lambda moving: None, Setup())
    try:
        moved = hand.carry_out(Home(Setup(), 'carriage'))
    except (CutFaultError, MachineRefusesError) as error:
        yield Found(False, error.line, _blamed(bench, error, _carriage_wires))
        return
    assert isinstance(moved, Moved)
    outward = bench.maker.sees(Eye.OUTWARD)
    saw = f'at its switch, {-moved.by:.2f} mm outward of where it stood'
    yield Found(outward is not False, saw, ('pins.carriage_dir',) if outward is False else ())


def _carriage_wires(bench: Bench, error: AudioLetterError) -> tuple[str, ...]:
    stays_closed, moved = 'stays closed' in error.what, bench.maker.sees(Eye.CARRIAGE_MOVED)
    if moved is None:
        return 'pins.carriage_step', 'pins.carriage_dir', 'interlock.home'
    if not moved:
        return ('pins.carriage_step', 'interlock.home') if stays_closed else ('pins.carriage_step',)
    if stays_closed:
        return 'interlock.home', 'pins.carriage_dir'
    return ('pins.carriage_dir',) if bench.maker.sees(Eye.OUTWARD) is False else ('interlock.home',)


# -- head ----------------------------------------------------------------------------------------------------------


def head(bench: Bench) -> Iterator[Found]:
    """Down and up in silence; then a sweep with the head up. No microphone of the machine can be trusted to hear a head
    in the air: current and heat are measured, the rest is for the ear."""
    machine, amplitude = bench.machine, level(bench.machine)
    with bench.powered_up() as power:
        power.link.status()
        bench.maker.forget()
        lifted = play(bench, power, powered(machine, MEASURED_S, On(lift=True)))
        if lifted.cause:
            yield _broken_off('lift', lifted)
            return
        down = bench.maker.sees(Eye.HEAD_WENT_DOWN)
        yield Found(down, 'the head went down and up' if down else 'the lift was switched on and off',
                    ('pins.head_lift', 'interlock.lift') if down is False else ())  # fmt: skip
        bench.maker.forget()
        swept = play(bench, power, powered(machine, SWEEP_S, On(bridge=True), sweep(amplitude, SWEEP_S)))
        if swept.cause:
            yield _broken_off('sweep', swept)
            return
        yield from _heat(machine, swept)
        heard = bench.maker.sees(Eye.HEAD_SOUNDED)
        part = f'{100 * amplitude:.0f} % of full modulation'
        yield Found(heard, f'a sweep at {part}' + (' was heard' if heard else ''), BRIDGE if heard is False else ())
        if heard is not False:
            yield _pushed(bench, power)


def _pushed(bench: Bench, power: Power) -> Found:
    """A current that holds the stylus to one side: the sound of a head whose sign is wrong is as good to any ear, but
    each turn would then be given its room on the wrong side."""
    machine, amplitude = bench.machine, push_level(bench.machine)
    bench.maker.looks()
    bench.maker.forget()
    ran = play(bench, power, powered(machine, 2 * PUSHES * PUSH_S, On(bridge=True), push(amplitude)))
    if ran.cause:
        return _broken_off('push', ran)
    outward = bench.maker.sees(Eye.STYLUS_OUTWARD)
    current_a = amplitude * machine.bridge.supply_v / machine.head.r_ohm
    saw = f'pushed outward {PUSHES} times with {current_a:.1f} A'
    if outward is not False:
        return Found(outward, saw)
    remedy = 'if it moves inward, exchange the two legs, or the two wires at the head'
    return Found(False, f'{saw}: it does not go outward', BRIDGE[1:], remedy)


def _heat(machine: Machine, ran: Ran) -> Iterator[Found]:
    known = [told.head_dc for told in ran.told if told.head_dc != UNKNOWN]
    if not known or machine.interlock is None:
        yield Found(False, 'the temperature of the head is not known', ('interlock.head_adc',))
        return
    rise, limit = max(known) - known[0], machine.interlock.head_max_c
    good = rise <= WARMER_DC and max(known) < 10 * limit
    yield Found(good, f'head {max(known) / 10:.1f} C, {rise / 10:+.1f} by the sweep (limit {limit:g})')
