"""Every wire is tried on the virtual machine; each is told with its name, its pins, and what came out at its end."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import numpy as np
from PIL import Image

from appliance.booth.controls import GpioControls
from appliance.booth.lcd import Lcd
from appliance.booth.wiring import controls_wiring, lcd_wiring
from appliance.compose.doctor.exercise import execute, exercise
from appliance.interlock.pico import Machinery, PicoLink
from appliance.interlock.sensors import FULL
from appliance.lathe.native_score import step_ms
from appliance.machine.model import FRAME_RATE_HZ, Interlock, Machine
from appliance.machine.panel_checks import INPUTS as PANEL
from appliance.screens.view import HEIGHT, WIDTH
from appliance.virtual.harness import Break, Harness
from appliance.virtual.harness.bench import Arrived, Recorder, driven_by_pi, still, through
from appliance.virtual.harness.gpio import NORMALLY_CLOSED, Bus, Header, arrived
from appliance.virtual.harness.pico import METER, OUTPUTS, PicoBench, Played
from appliance.wires.judge import Checked, Signal, judge
from appliance.wires.table import wires_of

Signals = dict[str, Signal]
HELD_S = 0.05  # each contact that is worked
SETTLED_S = 0.2  # afterwards: the guard must have all good again before power comes
LOOK_S = 0.02  # between two looks of the supervisor at the interlock
ENDING_S = 0.1  # before the run's end, in which its heartbeat may cease
WORKED = 'reads right at rest and worked'


@dataclass(frozen=True, slots=True)
class Tried:
    """All that is known of the wires. `left`: what could not be tried, and why."""

    wires: tuple[Checked, ...]
    left: str = ''

    @property
    def broken(self) -> tuple[Checked, ...]:
        return tuple(one for one in self.wires if one.ok is False)


def drive(machine: Machine) -> Recorder:
    """The trial's score, executed."""
    return execute(machine)


def try_wires(machine: Machine, broken: tuple[Break, ...] = (), run: Recorder | None = None) -> Tried:
    """`run`: of `drive`, where it was executed already: what breaks lies beyond the Pi's pins."""
    harness = Harness(wires_of(machine), broken)
    run = run or drive(machine)
    at_lathe = through(harness, machine, run)
    driven, came, left = driven_by_pi(harness.wires, run), dict(at_lathe.signals), ''
    if machine.controls is not None or machine.lcd is not None:
        sent, got, left = _around(harness, machine)
        driven, came = driven | sent, came | got
    if machine.interlock is not None:
        sent, got = _interlock(harness, machine, machine.interlock, run, at_lathe)
        driven, came = driven | sent, came | got
    came = {key: _at_end(harness, key, driven, signal) for key, signal in came.items()}
    return Tried(judge(harness.wires, driven, came), left)


def _at_end(harness: Harness, key: str, driven: Signals, signal: Signal) -> Signal:
    """Neighbours may belong to different parts: then what arrives is what that part has driven."""
    driver = harness.driver(key)
    if driver is None or driver.key == harness.wire(key).key or driver.key.split('.')[0] == key.split('.')[0]:
        return signal
    return driven.get(driver.key, signal)


# -- panel and LCD -------------------------------------------------------------------------------------------------


def _around(harness: Harness, machine: Machine) -> tuple[Signals, Signals, str]:
    header = Header(harness, machine.machine.chip)
    try:
        sent, got = _panel(harness, header, machine) if machine.controls is not None else ({}, {})
        left = ''
        if machine.lcd is not None:
            if importlib.util.find_spec('luma') is None:
                left = 'the wires of the LCD: there is no luma.lcd here'
            else:
                shown = _lcd(header, machine)
                sent |= shown
                got |= {key: arrived(harness, key, sent) for key in shown}
        return sent, got, left
    finally:
        header.close()


def _panel(harness: Harness, header: Header, machine: Machine) -> tuple[Signals, Signals]:
    """Each contact is worked in turn, and all are read each time, as the booth reads them."""
    controls = GpioControls(controls_wiring(machine), header.gpio)
    phases = []
    for worked in ('', *PANEL):
        header.work(f'controls.{worked}' if worked else '')
        phases.append(controls.read())
    header.work('')
    for lit in (True, False, True):
        controls.lamp(lit)
    controls.close()
    sent: Signals = {}
    got: Signals = {}
    for place, name in enumerate(PANEL, 1):
        key = f'controls.{name}'
        wire = harness.wire(key)
        read = [bool(getattr(inputs, name)) for inputs in phases]
        wanted = [number == place for number in range(len(phases))]
        active = wire.rest if key in NORMALLY_CLOSED else 1 - wire.rest
        sent[key] = _contact(wanted, active)
        got[key] = _contact(read, active)
    lamp = 'controls.lamp'
    sent[lamp] = header.driven(lamp)
    got[lamp] = arrived(harness, lamp, sent)
    return sent, got


def _contact(read: list[bool], active: int) -> Signal:
    """What it read while nothing was worked, and then each contact in turn."""
    if len(set(read)) == 1:
        return still(active if read[0] else 1 - active)
    return Signal(('contact', *read), WORKED)


def _lcd(header: Header, machine: Machine) -> Signals:
    """Two pictures, as the booth's own driver sends them."""
    bus = Bus(header.note)
    lcd = Lcd(lcd_wiring(machine), bus, header.gpio, lambda: 0.0)
    image = Image.new('RGB', (WIDTH, HEIGHT), '#102030')
    lcd.show(image)
    image.paste('#f0e0d0', (10, 10, 20, 20))
    lcd.show(image)
    for lit in (False, True, False):
        lcd.light(lit)
    return {f'lcd.{name}': header.driven(f'lcd.{name}') for name in ('dc', 'reset', 'backlight')} | bus.signals()


# -- interlock -----------------------------------------------------------------------------------------------------


def _interlock(
    harness: Harness, machine: Machine, interlock: Interlock, run: Recorder, at_lathe: Arrived
) -> tuple[Signals, Signals]:
    bench = PicoBench(harness, interlock, machine.bridge.supply_v)
    whole = PicoBench(Harness(harness.wires), interlock, machine.bridge.supply_v)
    read, wanted = _worked_by_hand(bench), _worked_by_hand(whole)
    step = machine.pins.platter_step
    none = np.zeros(0, np.int64)
    index = np.array(at_lathe.index_frames, np.int64)
    played = Played(
        run.edges(machine.pins.heartbeat) if _own(harness, 'pins.heartbeat') else none,
        run.edges(step, 1) if _own(harness, 'interlock.step') else none,
        index if _own(harness, 'interlock.index') else none,
    )
    _with_power(bench, machine, played, run.frames)
    if bench.with_power is not None:
        for name in bench.inputs:
            wanted[name].append(0 if name == 'relay_contact' else wanted[name][0])
            read[name].append(bench.with_power[name])
    sent = bench.driven() | {'interlock.step': driven_by_pi(harness.wires, run)['pins.platter_step']}
    sent |= {f'interlock.{name}': _reading(values) for name, values in wanted.items()}
    got = {f'interlock.{name}': _reading(values) for name, values in read.items()}
    for key, data in (('interlock.tx', bench.got), ('interlock.rx', bench.heard)):
        got[key] = sent[key] if data else still(harness.level(key))
    outputs = list(OUTPUTS)
    if METER in bench.inputs:
        outputs.append('scl')
        if harness.driver('interlock.scl') is None and _own(harness, f'interlock.{METER}'):
            sent[f'interlock.{METER}'] = got[f'interlock.{METER}']  # without a clock nothing is said
    for key in ('interlock.step', *(f'interlock.{name}' for name in outputs)):
        got[key] = arrived(harness, key, sent)
    return sent, got


def _own(harness: Harness, key: str) -> bool:
    """Whether nothing but its own signal arrives."""
    driver = harness.driver(key)
    return driver is not None and driver.key == key


def _worked_by_hand(bench: PicoBench) -> dict[str, list[int]]:
    """What each input of the Pico read at rest, and while each contact and sensor was worked in turn."""
    read: dict[str, list[int]] = {name: [] for name in bench.inputs}
    for worked in ('', *bench.hand):
        bench.worked = (worked,)
        bench.rest(HELD_S)
        for name, values in read.items():
            values.append(bench.reads(name))
    bench.worked = ()
    bench.rest(SETTLED_S)
    return read


def _with_power(bench: PicoBench, machine: Machine, played: Played, frames: int) -> None:
    """The supervisor asks for power and the run is played, for as long as the interlock is content."""
    machinery = Machinery(round(machine.platter.steps_per_turn), round(machine.cut.heartbeat_ms * 1000))
    link = PicoLink(bench, machinery, bench)
    if link.permit(step_ms(machine, exercise(machine))).closed:
        bench.play(played)
        until_s = bench.now_s() + frames / FRAME_RATE_HZ - ENDING_S
        while bench.now_s() < until_s and link.status().closed:
            bench.rest(LOOK_S)
        link.ending()
        bench.rest(ENDING_S)
    link.revoke()
    bench.rest(SETTLED_S)


def _reading(values: list[int]) -> Signal:
    if len(set(values)) == 1:
        return still(int(values[0] > FULL // 2))
    return Signal(('reading', *values), WORKED)
