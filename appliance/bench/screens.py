"""What the moving screens cost: bytes on the SPI bus, and processor time to draw and to send a frame."""

from __future__ import annotations

import importlib.util
from math import cos, pi, sin
from typing import Any

from appliance.clock import monotonic_s
from appliance.screens.view import CutView, Meter, View
from appliance.workflow.values import State

MOVING = (State.LEVEL_CHECK, State.COUNTDOWN, State.RECORDING, State.LISTEN, State.CUTTING)
FRAMES_A_SECOND = 10
FRAMES = 50
SPIRAL = tuple((k * pi / 24, 120.0 - 0.04 * k) for k in range(900))
WAVE = tuple(abs(sin(k / 9) * sin(k / 47)) for k in range(292))


def moving(state: State, frame: int) -> View:
    """A tenth of a second after the frame before: a voice, a clock, a play head, a groove that grows."""
    now_s = frame / FRAMES_A_SECOND
    level_db = -30 + 25 * cos(2 * pi * frame / 7)
    cut = CutView(frame / 600, 60 - now_s, 120.0, 84.0, 125.0, 50.0, SPIRAL[: 10 + 9 * frame])
    return View(
        state,
        seconds=now_s,
        seconds_left=float(int(60 - now_s)),
        length_s=41.0,
        meter=Meter(level_db, level_db - 10),
        waveform=WAVE,
        playing='take',
        cut=cut,
    )


class CountingWires:
    """Stands for spidev's device and for RPi.GPIO's module; counts what is sent."""

    LOW, HIGH, OUT, BCM = 0, 1, 0, 11

    def __init__(self) -> None:
        self.bytes = 0

    def writebytes(self, data: Any) -> None:
        self.bytes += len(data)

    def open(self, port: int, device: int) -> None:
        """Always there."""

    close = setmode = setwarnings = setup = output = cleanup = lambda self, *given, **more: None


def measure_screens() -> dict[str, Any]:
    """Of each screen that moves: mean bytes a frame, share of the bus at ten frames a second, milliseconds a frame."""
    if importlib.util.find_spec('luma') is None:
        return {'skipped': 'install luma.lcd'}
    return {state.value: _measure(state) for state in MOVING}


def _measure(state: State) -> dict[str, float]:
    from appliance.booth.lcd import Lcd, LcdWiring
    from appliance.screens import draw

    wires, wiring = CountingWires(), LcdWiring()
    lcd = Lcd(wiring, wires, wires, monotonic_s)
    lcd.show(draw(moving(state, 0)))
    wires.bytes, drawing_s, sending_s = 0, 0.0, 0.0
    for frame in range(1, FRAMES + 1):
        began_s = monotonic_s()
        image = draw(moving(state, frame))
        drawn_s = monotonic_s()
        lcd.show(image)
        drawing_s += drawn_s - began_s
        sending_s += monotonic_s() - drawn_s
    a_frame = wires.bytes / FRAMES
    lcd.close()
    return {
        'bytes_a_frame': round(a_frame),
        'bus_percent_at_10_frames': round(100 * a_frame * FRAMES_A_SECOND * 8 / wiring.bus_speed_hz, 2),
        'draw_ms': round(1000 * drawing_s / FRAMES, 2),
        'send_ms': round(1000 * sending_s / FRAMES, 2),
    }
