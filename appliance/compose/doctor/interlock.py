"""The step of a first power-up that asks the interlock: who it is, what each of its inputs says, and who is who."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.compose.doctor.bench import LINE, Bench, Found
from appliance.compose.doctor.people import Eye
from appliance.compose.real.site import Power
from appliance.interlock import guard
from appliance.interlock.causes import in_words
from appliance.interlock.pico import MUTE, Told
from appliance.interlock.wire import ABSENT, UNKNOWN

RELAY = ('interlock.relay', 'interlock.relay_contact')
POWER_S = 0.4
FELT_DC = 20  # that a thermistor held by two fingers changes, in tenths of a degree
THERMISTORS = ('interlock.head_adc', 'interlock.driver_adc')


def interlock(bench: Bench) -> Iterator[Found]:
    """Who it is, what each of its inputs says, power once, and the two contacts that take it away."""
    with bench.powered_up() as power:
        power.link.status()
        told = power.link.told
        if told is None:
            yield Found(False, power.link.status().cause, LINE)
            return
        firmware = _firmware(bench, power)
        yield firmware
        if firmware.ok is False:
            return
        wrong = list(_inputs(bench, told))
        yield from wrong
        if any(one.ok is False for one in wrong):
            return
        yield from _power(bench, power)
        for contact, bits in (('stop_pressed', _STOP), ('lid', _LID)):
            yield from _worked(bench, power, contact, bits)
            if power.link.status().cause == MUTE:  # pulled out meanwhile: none of its contacts is to blame
                yield Found(False, MUTE, LINE)
                return
        yield _warmed(bench, power)


_STOP = {guard.BREAK_CLOSED: 'interlock.stop_closed', guard.MAKE_CLOSED: 'interlock.stop_open'}
_LID = {guard.LID_CLOSED: 'interlock.lid'}


def _firmware(bench: Bench, power: Power) -> Found:
    status, build = power.link.status(), power.link.build
    if build < 0:
        return Found(False, 'it tells of itself, and answers nothing', LINE[1:])
    if build != bench.build and not status.closed and 'version' in status.cause:
        return Found(False, status.cause)
    if bench.build is not None and build != bench.build:
        what = f'its firmware is {build:06d}, the files here make {bench.build:06d}'
        return Found(False, what, (), 'tools/flash_interlock brings that onto it')
    return Found(True, f'it answers; firmware {build:06d}')


def _inputs(bench: Bench, told: Told) -> Iterator[Found]:
    """One line each. Of what is measured, with the figure."""
    has = told.inputs
    stop = {guard.BREAK_CLOSED: bool(has & guard.BREAK_CLOSED), guard.MAKE_CLOSED: bool(has & guard.MAKE_CLOSED)}
    yield _contact(stop[guard.BREAK_CLOSED], "the stop's closed contact", 'interlock.stop_closed')
    yield _contact(not stop[guard.MAKE_CLOSED], "the stop's open contact", 'interlock.stop_open')
    yield _contact(bool(has & guard.LID_CLOSED), 'the lid, closed', 'interlock.lid')
    for bit, value, name, wire in (
        (guard.HEAD_COOL, told.head_dc, 'head', 'interlock.head_adc'),
        (guard.DRIVER_COOL, told.driver_dc, 'drivers', 'interlock.driver_adc'),
    ):
        known = value != UNKNOWN
        saw = f'{name}: {value / 10:.1f} C' if known else f'{name}: the thermistor says nothing sensible'
        yield Found(bool(has & bit), saw, () if has & bit else (wire,))
    good = bool(has & guard.SUPPLY_GOOD)
    saw = 'supply: nothing sensible' if told.supply_mv == UNKNOWN else f'supply: {told.supply_mv / 1000:.1f} V'
    yield Found(good, saw, () if good else ('interlock.supply_adc',), '' if good else 'is it switched on?')
    good = bool(has & guard.RELAY_OBEYS)
    yield Found(good, 'relay open' if good else 'the relay says that it is closed, without power',
                () if good else RELAY[1:])  # fmt: skip
    if told.current_ma == ABSENT:
        yield Found(None, 'no current sensor: interlock.current_sensor is "none"')
    else:
        good = told.current_ma != UNKNOWN
        yield Found(good, f'current sensor: {told.current_ma} mA' if good else 'the current sensor does not answer',
                    () if good else ('interlock.sda', 'interlock.scl'))  # fmt: skip


def _contact(good: bool, what: str, wire: str) -> Found:
    return Found(good, what if good else f'{what}: reads the other way round', () if good else (wire,))


def _power(bench: Bench, power: Power) -> Iterator[Found]:
    """On, and off again; nothing is stepped, so it may stay armed for a while."""
    bench.maker.forget()
    status = power.link.permit()
    try:
        until_s = bench.site.clock.now_s() + POWER_S
        while status.closed and bench.site.clock.now_s() < until_s:
            bench.site.clock.rest(0.02)
            status = power.link.status()
    finally:
        power.link.revoke()
    if not status.closed:
        wires = RELAY if status.cause == in_words(guard.RELAY)[0] else ()
        yield Found(False, f'power did not stay: {status.cause}', wires)
        return
    lit = bench.maker.sees(Eye.POWER_LAMP)
    yield Found(lit is not False, 'power came and went again' if lit is not False else 'power came, no lamp was seen',
                ('interlock.lamp',) if lit is False else ())  # fmt: skip


def _worked(bench: Bench, power: Power, contact: str, bits: dict[int, str]) -> Iterator[Found]:
    """By a hand on the panel: each bit must change, and come back."""
    seen: list[int] = []

    def poll() -> bool:
        power.link.status()
        if power.link.told is not None:
            seen.append(power.link.told.inputs)
        return all(len({one & bit for one in seen}) > 1 for bit in bits) and seen[-1] == seen[0]

    if not bench.maker.works(contact, poll) and not bench.maker.is_there:
        yield Found(None, f'{contact}: nobody has worked it')
        return
    if power.link.status().cause == MUTE:
        return
    for bit, wire in bits.items():
        good = len({one & bit for one in seen}) > 1
        yield Found(good, f'{wire} moves' if good else f'{wire} does not move', () if good else (wire,))


def _warmed(bench: Bench, power: Power) -> Found:
    """Two thermistors in one room read the same: only what happens to one of them tells them apart."""
    seen: list[tuple[int, int]] = []

    def changes() -> tuple[int, int]:
        return seen[-1][0] - seen[0][0], seen[-1][1] - seen[0][1]

    def poll() -> bool:
        power.link.status()
        told = power.link.told
        if told is not None and UNKNOWN not in (told.head_dc, told.driver_dc):
            seen.append((told.head_dc, told.driver_dc))
        return bool(seen) and max(map(abs, changes())) >= FELT_DC

    if not bench.maker.warms(poll) and not bench.maker.is_there:
        return Found(None, 'thermistors: nobody has warmed one, so nobody knows which is which')
    if power.link.status().cause == MUTE:
        return Found(False, MUTE, LINE)
    head, drivers = changes() if seen else (0, 0)
    saw = f'the thermistor of the head held: head {head / 10:+.1f} C, drivers {drivers / 10:+.1f} C'
    if max(abs(head), abs(drivers)) < FELT_DC:
        return Found(
            False, saw, THERMISTORS[:1], 'is it on the head? a warm room takes a cold thing in place of a finger'
        )
    if abs(head) < FELT_DC:
        return Found(False, saw, THERMISTORS, 'exchange the two')
    if abs(drivers) >= FELT_DC / 2:
        return Found(False, saw, THERMISTORS, 'both follow: do their wires touch?')
    return Found(True, saw)
