"""Steps of a first power-up around the lathe: pins at rest, panel, LCD and sound."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.booth.controls import GpioControls
from appliance.booth.lcd import Lcd, needs_luma
from appliance.booth.wiring import controls_wiring, lcd_wiring, sound_card
from appliance.clock import RealClock, monotonic_s
from appliance.compose.doctor.bench import Bench, Found
from appliance.compose.doctor.people import Eye
from appliance.hands.wire import Watch, verdict
from appliance.machine import load_machine
from appliance.machine.panel_checks import INPUTS
from appliance.screens.pattern import SEEN, pattern
from appliance.wires.table import wires_of

OFF = {'pins.enable': 'the drivers', 'pins.bridge_enable': 'the amplifier', 'pins.head_lift': 'the lift'}
LEVELS = ('low', 'high')
BLINKS, BLINK_S = 3, 0.3
ACTIVE = {'record': 'pressed', 'left': 'touched', 'right': 'touched', 'stop_pressed': 'pressed'}  # none at rest
LCD = tuple(f'lcd.{name}' for name in ('backlight', 'select', 'clock', 'mosi', 'dc', 'reset'))
HEARD_S = 5.0


def pins(bench: Bench) -> Iterator[Found]:
    """Nothing is driven: the resistors of the wires hold each pin."""
    levels = bench.bed.levels()
    for wire in wires_of(bench.machine):
        if wire.key not in OFF or wire.gpio is None:
            continue
        read, what = levels[wire.gpio], OFF[wire.key]
        if read == wire.rest:
            yield Found(True, f'{wire.key} reads {LEVELS[read]}, which switches {what} off')
        else:
            remedy = 'its resistor to the off level is missing, or something drives it'
            yield Found(False, f'{wire.key} reads {LEVELS[read]}, which switches {what} on', (wire.key,), remedy)


def panel(bench: Bench) -> Iterator[Found]:
    """Each contact, as the booth reads them; then the lamp."""
    if bench.machine.controls is None:
        yield Found(None, 'the machine file has no [controls]')
        return
    controls = GpioControls(controls_wiring(bench.machine), bench.gpio())
    try:
        rest = controls.read()
        if not rest.known:
            yield Found(False, f'the panel cannot be read ({controls.cause})', remedy='check its plug')
            return
        for name, word in ACTIVE.items():
            if getattr(rest, name):
                yield Found(False, f'{name} reads {word} though nobody works it', (f'controls.{name}',))
        for name in INPUTS:
            yield _contact(bench, controls, name)
        for lit in (True, False) * BLINKS:
            controls.lamp(lit)
            bench.site.clock.rest(BLINK_S)
    finally:
        controls.close()
    seen = bench.maker.sees(Eye.LAMP_BLINKS)
    yield Found(seen, 'the lamp blinked' if seen else 'the lamp was switched on and off',
                () if seen else ('controls.lamp',))  # fmt: skip


def _contact(bench: Bench, controls: GpioControls, name: str) -> Found:
    watch, clock = Watch(controls.read()), bench.site.clock

    def poll() -> bool:
        watch.take(controls.read(), clock.now_s())
        return watch.over(clock.now_s())

    worked = bench.maker.works(name, poll)
    if not worked and not bench.maker.is_there:
        return Found(None, f'controls.{name} reads as at rest; nobody has worked it')
    found = verdict(bench.machine, name, watch)
    saw = ': '.join(part for part in (found.says, '; '.join(found.lines)) if part)
    return Found(found.ok, saw, () if found.ok else (f'controls.{name}',))


def lcd(bench: Bench) -> Iterator[Found]:
    """Only an eye can say whether it is there."""
    if bench.machine.lcd is None:
        yield Found(None, 'the machine file has no [lcd]')
        return
    needs_luma()
    display = Lcd(lcd_wiring(bench.machine), bench.spi(), bench.gpio(), bench.site.clock.now_s)
    display.show(pattern())
    if display.cause:
        remedy = 'dtparam=spi=on in config.txt; the user in group spi'
        yield Found(False, f'it takes no picture ({display.cause})', LCD, remedy)
        return
    for lit in (False, True):
        display.light(lit)
    seen = bench.maker.sees(Eye.PATTERN)
    if seen:
        yield Found(True, 'it shows the pattern')
    else:
        remedy = 'dark: backlight. White or black: select, clock, mosi, reset. Noise: dc. Torn: halve lcd.bus_speed_hz'
        saw = 'a pattern was sent' if seen is None else 'the pattern is not seen as it should be'
        yield Found(seen, saw, () if seen is None else LCD, remedy)
    display.close()


def pattern_sent(name: str, seconds: float) -> tuple[bool, str, str]:
    """For whoever has nothing but an LCD on a Pi: whether it took the pattern, what must be seen of it, a remedy."""
    from appliance.booth.controls import pi_gpio
    from appliance.booth.lcd import pi_spi

    needs_luma()
    display = Lcd(lcd_wiring(load_machine(name)), pi_spi(), pi_gpio(), monotonic_s)
    display.show(pattern())
    if display.cause:
        remedy = 'check its wires (audioletter look wiring); dtparam=spi=on in config.txt; the user in group spi'
        return False, f'it takes no picture ({display.cause})', remedy
    RealClock().rest(seconds)
    display.close()
    return True, f'a pattern was sent. You must have seen: {"; ".join(SEEN)}', ''


def microphone(bench: Bench) -> Iterator[Found]:
    yield from _sound(bench, 'input')


def speaker(bench: Bench) -> Iterator[Found]:
    yield from _sound(bench, 'output')


def _sound(bench: Bench, way: str) -> Iterator[Found]:
    """On USB: no wire of the header."""
    if bench.sound is None:
        yield Found(None, 'no wire of the header; audioletter doctor sound tries the card of this computer')
        return
    card, check = sound_card(bench.machine), bench.sound()
    try:
        if way == 'input':
            found = [check.choice('input', card.input)]
            found += [check.hear(card.input, HEARD_S)] if found[0].ok else []
        else:
            found = [check.choice('output', card.output)]
            found += [check.sound(card.output)] if found[0].ok else []
    finally:
        check.close()
    yield from (Found(one.ok, f'{one.check}: {one.saw}', (), one.remedy) for one in found)
    if way == 'output' and all(one.ok for one in found):
        heard = bench.maker.sees(Eye.TONE)
        if heard is not None:
            yield Found(heard, 'the tone was heard' if heard else 'nobody heard the tone', (),
                        '' if heard else 'turn it up (alsamixer); is it the right card?')  # fmt: skip
