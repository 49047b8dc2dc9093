"""The panel by hand: microphone, pads and buttons, and every pin."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from appliance.desk.book import Call, Command, Facts, Line, Said, Table
from appliance.errors import MachineRefusesError, OptionError
from appliance.hands.listening import Ear, Heard, advise
from appliance.hands.orders import PinLevels, ReadPins
from appliance.hands.pins import pins_of
from appliance.hands.tone import write_tone
from appliance.hands.touch import Fingers, bounce_ms
from appliance.machine import load_machine
from appliance.maintenance.lathe import setup
from appliance.workflow.values import State

POLL_S = 0.0005  # a bounce is a few milliseconds long
SECONDS = (1.0, 120.0)
SOUNDS_S = 0.5  # that a tone may take to get out of the card
GAIN = 'voice.microphone_gain_db'


def calibrate_microphone(call: Call, *, room: float = 4.0, voice: float = 8.0) -> Iterator[Said]:
    """Hear the room and a voice, and say what should be set.

    First be silent, then speak as a visitor would. Nothing that is said is kept. What is heard is told with hum of the
    mains and clipping, and the gain that the host should set.

    room: seconds of silence
    voice: seconds of speech

    Examples:
        calibrate microphone
        calibrate microphone --room 10 --voice 20
    """
    for name, seconds in (('room', room), ('voice', voice)):
        if not SECONDS[0] <= seconds <= SECONDS[1]:
            between = f'from {SECONDS[0]:g} to {SECONDS[1]:g} s'
            raise OptionError(f'{seconds:g} s', where=f'--{name}', remedy=between)
    yield Line(f'be silent: the room is heard for {room:g} s')
    heard_room = _heard(call, room)
    yield _facts(heard_room)
    yield Line(f'now speak as a visitor would, for {voice:g} s')
    heard_voice = _heard(call, voice)
    yield _facts(heard_voice)
    gain_db = call.desk.settings.config.voice.microphone_gain_db
    advice = advise(heard_room, heard_voice, gain_db)
    for says in advice.says:
        yield Line(says)
    if advice.gain_db is not None:
        yield Line(f'config set {GAIN} {advice.gain_db:g}')


def calibrate_speaker(call: Call, *, seconds: float = 3.0) -> Iterator[Said]:
    """Play a tone through the booth's speaker, as loud as its voice is.

    Whoever stands there says whether it is heard; voice.volume_db is what the host sets. What the sound card says
    against it is told.

    seconds: of tone

    Examples:
        calibrate speaker
        calibrate speaker --seconds 10
    """
    if not SECONDS[0] <= seconds <= SECONDS[1]:
        raise OptionError(f'{seconds:g} s', where='--seconds', remedy=f'from {SECONDS[0]:g} to {SECONDS[1]:g} s')
    volume_db = call.desk.settings.config.voice.volume_db
    yield Line(f'a tone is played for {seconds:g} s, at {volume_db:g} dB')
    with tempfile.TemporaryDirectory(prefix='tone-', dir=call.desk.folders.run) as folder:
        path = Path(folder) / 'tone.wav'
        write_tone(path, seconds)
        call.desk.play((path,), volume_db)
        call.pause(seconds + SOUNDS_S)
        call.desk.play(())
    cause = call.desk.look().causes.get('speaker', '')
    if cause:
        raise MachineRefusesError(cause, where='speaker', remedy='plug it in; audioletter doctor sound lists it')
    yield Line('was it heard? config set voice.volume_db makes it louder or softer')


def calibrate_touch(call: Call, *, seconds: float = 15.0) -> Iterator[Said]:
    """Count presses and bounces of every pad, button and switch.

    Press each a few times meanwhile. The longest bounce says what controls.bounce_ms in the machine file should be.

    seconds: to be watched

    Examples:
        calibrate touch
        calibrate touch --seconds 30
    """
    if not SECONDS[0] <= seconds <= SECONDS[1]:
        raise OptionError(f'{seconds:g} s', where='--seconds', remedy=f'from {SECONDS[0]:g} to {SECONDS[1]:g} s')
    yield Line(f'press each pad and button a few times, for {seconds:g} s')
    fingers, until_s = Fingers(), call.desk.now_s() + seconds
    while (now_s := call.desk.now_s()) < until_s and not call.cancelled.is_set():
        fingers.take(call.desk.sense().inputs, now_s)
        call.pause(POLL_S)
    contacts = fingers.contacts()
    rows = tuple((contact.name, contact.presses, contact.bounces, contact.longest_ms) for contact in contacts)
    yield Table(('contact', 'presses', 'bounces', 'longest, ms'), rows)
    gap_ms = 1000 * fingers.longest_gap_s
    yield Facts({'readings': fingers.polls, 'not readable': fingers.unknown, 'longest gap, ms': round(gap_ms, 2)})
    wanted, now_ms = bounce_ms(contacts), 1000 * call.desk.settings.bounce_s
    if wanted is None:
        yield Line('nothing was pressed: nothing can be said')
    elif wanted > now_ms:
        yield Line(f'into the machine file: [controls] bounce_ms = {wanted:g} (now {now_ms:g}, which is too short)')
    else:
        yield Line(f'good: bounce_ms = {now_ms:g} is long enough, {wanted:g} would be')


def pins(call: Call) -> Iterator[Said]:
    """Show every pin of the machine file: its level now, and what it means.

    The lathe's own are read while it stands in maintenance; else the chain drives them, and nobody asks.

    Examples:
        pins
        pins --json
    """
    sensed, machine = call.desk.sense(), load_machine(call.desk.settings.order.machine)
    levels: dict[int, int] | None = None
    if call.desk.look().booth.state is State.MAINTENANCE:
        try:
            for said in call.desk.lathe(ReadPins(setup(call)), call.cancelled):
                levels = dict(enumerate(said.levels)) if isinstance(said, PinLevels) else levels
        except MachineRefusesError as error:  # something moves: it is not asked meanwhile
            if not call.json:
                yield Line(error.line)
    found = pins_of(machine, sensed.inputs, sensed.lit, levels)
    rows = tuple((pin.name, pin.gpio, pin.way, pin.level, pin.means) for pin in found)
    yield Table(('pin', 'GPIO', 'way', 'level', 'means'), rows)


def _heard(call: Call, seconds: float) -> Heard:
    ear = Ear()
    call.desk.listen(ear)
    try:
        call.pause(seconds)
    finally:
        call.desk.listen(None)
    look = call.desk.look()
    if not look.heard.present:
        cause = look.causes.get('microphone', 'nothing is heard')
        raise MachineRefusesError(cause, where='microphone', remedy='plug it in; audioletter doctor sound lists it')
    if call.cancelled.is_set():
        raise MachineRefusesError('it was stopped', where='microphone')
    return ear.heard()


def _facts(heard: Heard) -> Facts:
    return Facts(
        {
            'seconds': heard.seconds,
            'level, dB': round(heard.level_db, 1),
            'peak, dB': round(heard.peak_db, 1),
            'voice, s': round(heard.voice_s, 1),
            'clipped, s': round(heard.clipped_s, 2),
            'hum, Hz': heard.hum_hz or None,
            'hum, dB': round(heard.hum_db, 1),
        }
    )


COMMANDS = (
    Command('calibrate microphone', calibrate_microphone, changes=True, maintenance=True),
    Command('calibrate speaker', calibrate_speaker, changes=True, maintenance=True),
    Command('calibrate touch', calibrate_touch, changes=True, maintenance=True),
    Command('pins', pins, gives=(Table,)),
)
