"""What is looked at before doors open: what the booth checks by itself, and what is left for hands.

The command, the picture, the handbook and the README all take their words from here; what is a fault on any day has its
action in `appliance.words.reasons`.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.words.reasons import REASONS


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the booth looks at. `fault`: the entry of REASONS that says what to do about it."""

    looks_at: str
    act: str = ''
    fault: str = ''

    @property
    def action(self) -> str:
        """What to do when it is not well."""
        return self.act or REASONS[self.fault].host_action


CHECKS: dict[str, Check] = {
    'microphone': Check('the noise of the room is heard: no digital silence, no hum, not too loud', fault='microphone'),
    'speaker': Check('a tone is played, and heard back by the microphone', fault='speaker'),
    'LCD': Check('it takes a test picture; with --ask somebody says whether it shows it', fault='display'),
    'pads and button': Check(
        'at rest, none stuck; with --hands each is pressed',
        'Check the plug of the panel, and what leans on the pad; pins shows what each reads.',
    ),
    'lid': Check(
        'closed; with --hands it is opened, and the machine must refuse',
        'Close the lid; if it is closed, check its switch: pins shows what it reads.',
    ),
    'stop': Check(
        'out; with --hands it is pressed, and the machine must refuse',
        'Pull the stop button out; if it is out, check its wires: pins shows what it reads.',
    ),
    'carriage home': Check(
        'it finds its switch, with the head up',
        'See that nothing is in its way, and check the switch; home carriage tries again.',
    ),
    'platter speed': Check(
        'five turns by the index sensor against the crystal',
        'Clean wheel and belt; calibrate speed says what the machine file should say.',
    ),
    'interlock': Check('it gave power when the machine was to move', fault='interlock'),
    'test groove': Check(
        'with --scrap: a tone of four seconds, cut and measured',
        'Look at the groove beside checklist picture; check stylus, depth and suction, then test tone.',
    ),
    'blanks': Check('how many are left, where they are counted', 'Lay new ones beside the platter, then blanks set.'),
    'stylus': Check('how long it has cut', 'Put a new one in, then stylus changed.'),
    'swarf bin': Check('discs cut since it was emptied', fault='swarf full'),
    'disk': Check('room for letters', fault='disk full'),
    'clock': Check('whether anything has set it, and how far it may be out', fault='clock'),
    'temperature': Check('of the computer', 'Give it air: check fan and slots; keep it out of the sun.'),
}

HANDS: dict[str, tuple[str, str]] = {  # what to look for, what to do when it is not so
    'hold-down and centring': (
        'A blank lies flat, its hole sits on the pin without play, and it does not slip when you pull at its edge.',
        'Clean platter and pin; take another blank; tighten the clamp, or look for where the vacuum leaks.',
    ),
    'depth and test groove': (
        'Under a loupe the groove of a scrap is even and shines, with land between the turns as in checklist picture.',
        'Set the depth at the head, cut another test, and look again; a grey groove wants a new stylus.',
    ),
    'suction and swarf bin': (
        'Suction pulls at the stylus, the bin is empty and closed, and no thread hangs on the head.',
        'Empty the bin (film burns), clean the hose, then tell the booth: swarf emptied.',
    ),
}


@dataclass(frozen=True, slots=True)
class Depth:
    """How a groove looks that was cut so deep, and what to do about it."""

    title: str
    look: str
    action: str


DEPTHS: dict[str, Depth] = {
    'good': Depth(
        'Good',
        'Even bright bands, narrow dark land between all of them; swarf in one unbroken thread.',
        'Open the doors.',
    ),
    'shallow': Depth(
        'Too shallow',
        'Thin lines, wide land; gaps where the blank is not flat. The needle rides on the edges: it hisses and skips.',
        'Lower the head, or let more weight on it.',
    ),
    'deep': Depth(
        'Too deep',
        'No land: one groove runs into the next, edges are torn, the thread breaks. The needle jumps.',
        'Raise the head, or take weight off it.',
    ),
}
