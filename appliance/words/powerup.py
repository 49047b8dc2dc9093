"""First power-up of a machine that somebody has built: ten steps, each of which ends in something that is seen.

One table for all who tell of it: `audioletter doctor power-up` walks a maker through it, and `tools/make_guide` writes
it into boot/BUILDING.md. For makers, in English alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap

WIDE = 120  # columns of the guide


@dataclass(frozen=True, slots=True)
class Step:
    """`before`: what must be so; `does`: what the program does then; `see`: what somebody must see; `measure`: what is
    worth measuring meanwhile, '' is nothing."""

    name: str
    before: str
    does: str
    see: str
    measure: str = ''


STEPS: tuple[Step, ...] = (
    Step(
        'pins',
        'Motors, head amplifier and relay are unplugged, the stop button is pulled out.',
        'Every wire of the lathe is read at rest; nothing is driven.',
        'Drivers and amplifier are off, the head is up: each reads the level that switches it off.',
        '0 V at relay, lift and lamp of the Pico (GP 2, 3, 4), while it is reset too.',
    ),
    Step(
        'panel',
        'The panel is plugged in and nobody touches it: lid open, no blank, stop button pulled out.',
        'Each contact is asked for in turn, and read with all others; the lamp blinks.',
        'What you work is named, and nothing else moves with it; the lamp of the button blinks.',
    ),
    Step(
        'LCD',
        'The LCD is plugged in.',
        'It is sent a pattern.',
        'A white line along all four edges, red, green and blue from left to right, UP at the top, no torn line.',
    ),
    Step(
        'microphone',
        'The microphone is plugged in. Speak while it listens.',
        'It is heard for five seconds, and nothing is kept.',
        'A peak between -30 and -3 dB as you speak.',
    ),
    Step(
        'speaker',
        'The loudspeaker is plugged in.',
        'The tone that begins a take is played.',
        'You hear it.',
    ),
    Step(
        'interlock',
        'The Pico has its firmware, its line, and all its contacts and sensors; the lid is closed. No motors yet.',
        'Its firmware and each of its inputs are asked, power comes and goes once, you work stop and lid, and hold the '
        'thermistor of the head between two fingers.',
        'The relay clicks, the power lamp is lit as long; every input is named with what it says; the figure of the '
        'head changes, that of the drivers does not.',
        'Behind the relay: the supply, only while the lamp is lit; nothing with the stop pushed or the lid open.',
    ),
    Step(
        'currents',
        'Motors and head amplifier are plugged in, drivers set to their current, stylus capped, lid closed.',
        'What flows with everything off, with the motors held, with each of them turning, and with the head driven.',
        'Each figure lies between its limits; the motors hold and then turn, the head stays up.',
        'The supply, with all of it on: within interlock.supply_min_v and supply_max_v.',
    ),
    Step(
        'platter',
        'Nothing lies on the platter that could come off.',
        'It turns at 78 a minute; five turns are timed by its index.',
        'It turns clockwise as seen from above; the index tells the speed of the machine file.',
        'With a stroboscope disc: 78.26 turns a minute.',
    ),
    Step(
        'carriage',
        'Nothing is in the way of the carriage.',
        'It goes outward to its switch, a little inward, and slowly back.',
        'It goes outward first, and stops at the switch.',
        'How far it comes back to the same place, with a dial gauge: a hundredth of a mm.',
    ),
    Step(
        'head',
        'The stylus is capped and nothing lies under it: the head goes down once. A loupe is at hand.',
        'It goes down and up without sound; then, with the head up, a quiet sweep from 60 Hz to 8 kHz is played, and a '
        'steady current pushes the stylus outward three times, a tenth of a mm or less, for half a second each.',
        'The head goes down and up once; then you hear a rising whistle from it; its coil stays cool; then the stylus '
        'jumps outward, away from the spindle, and back, three times: inward is exchanged legs.',
        'Both legs with the sweep: as one grows the other shrinks.',
    ),
)
NAMES = tuple(step.name for step in STEPS)
# Which step feels a wire that is broken, by the keys of the machine file. Those of a whole section stand first.
SECTIONS = {'controls': 'panel', 'lcd': 'LCD'}
FEELS = {
    'interlock': ('tx', 'rx', 'relay', 'relay_contact', 'lamp', 'stop_closed', 'stop_open', 'lid', 'head_adc',
                  'driver_adc', 'supply_adc', 'sda', 'scl'),
    'currents': ('leg_a', 'leg_b', 'bridge_enable', 'enable', 'platter_step', 'platter_dir', 'heartbeat', 'step',
                 'index'),
    'carriage': ('carriage_step', 'carriage_dir', 'home'),
    'head': ('head_lift', 'lift'),
}  # fmt: skip


def feels(key: str) -> str:
    """The step that feels a wire: its number and its name."""
    section, _, name = key.partition('.')
    step = SECTIONS.get(section) or next(step for step, names in FEELS.items() if name in names)
    return f'step {NAMES.index(step) + 1}, {step}'


def markdown() -> list[str]:
    """For the guide."""
    out: list[str] = []
    for number, step in enumerate(STEPS, 1):
        parts = [
            f'{number}. **{step.name[0].upper()}{step.name[1:]}.** {step.before} {step.does}',
            f'*See:* {step.see}',
        ]
        parts += [f'*Measure:* {step.measure}'] if step.measure else []
        out += [line for part in parts for line in wrap(part, WIDE, subsequent_indent='   ')]
    return [line if line[:1].isdigit() or line[:1] == ' ' else f'   {line}' for line in out]
