"""One telling view for each state, the same everywhere."""

from math import pi, sin

from appliance.screens.view import CutView, Meter, View
from appliance.words.languages import NAMES
from appliance.workflow.values import Item, State

SPIRAL = tuple((k * pi / 24, 120.0 - 0.04 * k) for k in range(900))
WAVE = tuple(abs(sin(k / 9)) * abs(sin(k / 47)) for k in range(292))


def view(state, language='en', **more):
    given = {
        'languages': tuple(NAMES), 'seconds_left': 12.0, 'seconds': 23.0, 'length_s': 41.0,
        'meter': Meter(-12.0, -22.0),
        'waveform': WAVE, 'disc_cm': 25, 'total_s': 105.0, 'blank': True, 'letter': 217, 'held': True,
        'cut': CutView(0.4, 63.0, 120.0, 84.0, 125.0, 50.0, SPIRAL),
        'reason': {State.FAULT: 'stall', State.STOPPED: 'lid', State.CLOSED: 'hours'}.get(state, ''),
        'opens': ('Monday', '10:00'), 'keys': 3, 'item': Item.LOUDER, 'done': True,
        'playing': 'disc' if state is State.LISTEN else '',
    }  # fmt: skip
    return View(state, language, **{**given, **more})
