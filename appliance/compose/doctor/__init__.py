"""The doctor of the wires: everything the machine has is driven once, and each wire is judged by what its other end
gets of it.

    a short score ─▶ engine ─▶ control blocks ─▶ virtual Pi ─▶ harness ─▶ drivers, head, platter ─▶ index ─▶ Pico
    contacts, one by one ─▶ harness ─▶ the Pi's registers, the Pico's pins;   LCD's own driver ─▶ harness ─▶ LCD

And a first power-up (`powerup`, `walk`): what a machine itself can feel of its wires, and what an eye sees, step by
step; `beside`, `interlock` and `moving` hold the steps, `bench` what they work with, `people` who looks on. `alone` is
what a real machine feels of its wires before that, with no power and no hand.
"""

from appliance.compose.doctor.wiring import Tried, drive, try_wires
from appliance.virtual.harness import Break, parse_break

__all__ = ['Break', 'Tried', 'drive', 'parse_break', 'try_wires']
