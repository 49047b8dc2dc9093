"""Each state's own picture, between the words above and the controls below. Pure drawing on a copy of the frame."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, hypot, pi, sin

from PIL import ImageDraw

from appliance.screens import palette
from appliance.screens.lettering import Box, put
from appliance.screens.view import View
from appliance.screens.wording import LOUD_DB, QUIET_DB, menu, which
from appliance.words.languages import NAMES
from appliance.workflow.values import Item, State

Pen = ImageDraw.ImageDraw
FLOOR_DB = -60.0  # left end of the meter
CENTRE = (160, 140)
RADIUS = 50  # pixels of a disc on the screen
WHOLE = Box(8, 88, 304, 104)
WHICH = Box(4, 112, 96, 56)  # left of a disc
ROWS = 6  # of a list
MENU_WIDTH = 264


def stage(view: View, pen: Pen) -> None:
    """Draw what belongs to this state, if anything."""
    if (painter := PAINTERS.get(view.state)) is not None:
        painter(view, pen)
    put(pen, WHICH, which(view), palette.CREAM, 20)
    if not view.microphone and view.state is not State.NO_MICROPHONE:
        _lost_microphone(pen)


def _disc(pen: Pen, *, cut: bool, label: str = palette.RED) -> None:
    """A disc of film from above; with its grooves when it is cut."""
    x, y = CENTRE
    _circle(pen, RADIUS, fill=palette.FILM, outline=palette.DIM)
    for radius in range(RADIUS - 3, 20, -3) if cut else ():
        _circle(pen, radius, outline=palette.GROOVE)
    _circle(pen, 17, fill=label)
    pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill=palette.GROUND)


def _circle(pen: Pen, radius: float, fill: str | None = None, outline: str | None = None) -> None:
    x, y = CENTRE
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill, outline=outline)


def _attract(view: View, pen: Pen) -> None:
    _disc(pen, cut=True)
    x, y = CENTRE
    pen.line((x + 62, y - 46, x + 40, y - 4, x + 24, y + 10), fill=palette.CREAM, width=3)


def _languages(view: View, pen: Pen) -> None:
    """The names in their own languages, the chosen one on enamel; six at a time."""
    names = tuple(NAMES.get(code, code) for code in view.languages)
    _rows(pen, names, view.languages.index(view.language), 200)


def _rows(pen: Pen, names: tuple[str, ...], chosen: int, width: int) -> Box:
    """Six rows at a time, where title and foot leave room; returns where the chosen one stands."""
    first = max(0, min(chosen - 3, len(names) - ROWS))
    for place, name in enumerate(names[first : first + ROWS]):
        box = Box(160 - width // 2, 43 + 25 * place, width, 23)
        here = first + place == chosen
        if here:
            edges = (box.left, box.top, box.left + box.width, box.top + box.height)
            pen.rounded_rectangle(edges, 6, fill=palette.RED, outline=palette.CREAM)
        put(pen, box, name, palette.CREAM if here else palette.DIM, 18)
    return Box(160 - width // 2, 43 + 25 * (chosen - first), width, 23)


def _code(view: View, pen: Pen) -> None:
    """As many dots as presses; neither which they were nor how many are missing."""
    for place in range(view.keys):
        x = 160 + 22 * place - 11 * (view.keys - 1)
        pen.ellipse((x - 7, 133, x + 7, 147), fill=palette.CREAM)


def _menu(view: View, pen: Pen) -> None:
    """The attendant's; a tick in the row of what was just done."""
    box = _rows(pen, menu(view), list(Item).index(view.item), MENU_WIDTH)
    if view.done:
        x, y = box.left + box.width + 6, box.top + 12
        pen.line((x, y, x + 5, y + 6, x + 15, y - 8), fill=palette.CREAM, width=3)


def _meter(view: View, pen: Pen) -> None:
    """A needleless meter: too little, good, too much; the bar is the peak."""
    left, top, width, height = 20, 104, 280, 30
    pen.rounded_rectangle((left, top, left + width, top + height), 6, fill=palette.PAD, outline=palette.DIM)

    def at(level_db: float) -> float:
        return left + width * min(max((level_db - FLOOR_DB) / -FLOOR_DB, 0.0), 1.0)

    end = at(view.meter.peak_db)
    colour = palette.GREEN if QUIET_DB <= view.meter.peak_db <= LOUD_DB else palette.DIM
    if view.meter.clipped or view.meter.peak_db > LOUD_DB:
        colour = palette.BRIGHT
    if end > left + 4:
        pen.rounded_rectangle((left + 2, top + 2, end, top + height - 2), 5, fill=colour)
    for level_db in (QUIET_DB, LOUD_DB):
        pen.line((at(level_db), top - 5, at(level_db), top + height + 5), fill=palette.CREAM, width=2)


def _recording(view: View, pen: Pen) -> None:
    """The level, and how much of the disc's time is used."""
    _meter(view, pen)
    left_s = view.seconds_left or 0.0
    whole = max(view.seconds + left_s, 1.0)
    pen.rounded_rectangle((20, 152, 300, 160), 4, fill=palette.PAD)
    pen.rounded_rectangle((20, 152, 20 + 280 * min(view.seconds / whole, 1.0), 160), 4, fill=palette.CREAM)
    pen.ellipse((20, 168, 36, 184), fill=palette.BRIGHT)
    put(pen, Box(42, 164, 60, 24), _clock(view.seconds), palette.CREAM, 20)


def _clock(seconds: float) -> str:
    return f'{int(seconds) // 60}:{int(seconds) % 60:02d}'


def _numeral(view: View, pen: Pen) -> None:
    put(pen, WHOLE, f'{view.seconds_left or 0:.0f}', palette.CREAM, 88)


def _waveform(view: View, pen: Pen) -> None:
    """What was said, and where it is being heard."""
    left, width, middle, half = 14, 292, 136, 38
    pen.line((left, middle, left + width, middle), fill=palette.DIM)
    count = len(view.waveform)
    for number, peak in enumerate(view.waveform):
        x = left + width * number / max(count - 1, 1)
        pen.line((x, middle - half * peak, x, middle + half * peak), fill=palette.GROOVE)
    if view.playing and view.length_s > 0:
        x = left + width * min(view.seconds / view.length_s, 1.0)
        pen.line((x, middle - half - 4, x, middle + half + 4), fill=palette.BRIGHT, width=3)
    put(pen, Box(230, 174, 80, 18), _clock(view.length_s), palette.DIM, 15)


def _blank(view: View, pen: Pen) -> None:
    if view.blank:
        _disc(pen, cut=view.disc_is_cut, label=palette.RED if view.disc_is_cut else palette.PAD)
    else:
        _circle(pen, RADIUS, outline=palette.DIM)
        _circle(pen, 3, fill=palette.CREAM)
    lift = 0 if view.lid_closed else 42  # the lid, seen from the side
    pen.line((236, 186, 300, 186 - lift), fill=palette.CREAM, width=4)
    pen.line((236, 190, 304, 190), fill=palette.DIM, width=3)


def _cutting(view: View, pen: Pen) -> None:
    """The groove as it is cut, where it is cut, and the share that is done."""
    cut = view.cut
    scale = RADIUS / max(cut.disc_radius_mm, 1.0)
    _circle(pen, RADIUS, fill=palette.FILM, outline=palette.DIM)
    x, y = CENTRE
    points = [(x + scale * r * cos(a), y - scale * r * sin(a)) for a, r in cut.spiral]
    if len(points) > 1:
        pen.line(points, fill=palette.GROOVE)
    _circle(pen, scale * cut.label_radius_mm, fill=palette.PAD, outline=palette.DIM)
    if cut.spiral:
        head_x, head_y = points[-1]
        if hypot(head_x - x, head_y - y) > 1:
            pen.ellipse((head_x - 3, head_y - 3, head_x + 3, head_y + 3), fill=palette.BRIGHT)
    pen.arc(
        (x - 58, y - 54, x + 58, y + 54), -90, -90 + 360 * min(max(cut.part, 0.0), 1.0), fill=palette.CREAM, width=3
    )
    put(pen, Box(232, 120, 80, 40), f'{100 * cut.part:.0f} %', palette.CREAM, 24)


def _finished(view: View, pen: Pen) -> None:
    _disc(pen, cut=True)


def _sign(view: View, pen: Pen) -> None:
    """Something is the matter: a calm red lamp, no skull."""
    x, y = CENTRE
    _circle(pen, 30, fill=palette.RED, outline=palette.CREAM)
    if view.state is State.CLOSED:
        pen.line((x - 14, y, x + 14, y), fill=palette.CREAM, width=6)
    else:
        pen.line((x, y - 16, x, y + 5), fill=palette.CREAM, width=6)
        pen.ellipse((x - 3, y + 11, x + 3, y + 17), fill=palette.CREAM)


def _hourglass(view: View, pen: Pen) -> None:
    x, y = CENTRE
    for turn in range(8):
        angle = turn * pi / 4
        pen.ellipse((x + 30 * cos(angle) - 4, y + 30 * sin(angle) - 4, x + 30 * cos(angle) + 4,
                     y + 30 * sin(angle) + 4), fill=palette.DIM)  # fmt: skip


def _lost_microphone(pen: Pen) -> None:
    """The visit goes on without it; whoever looks sees that it is missing."""
    pen.rounded_rectangle((286, 90, 312, 122), 6, fill=palette.RED, outline=palette.CREAM)
    pen.rounded_rectangle((295, 95, 303, 108), 4, fill=palette.CREAM)
    pen.line((299, 108, 299, 117), fill=palette.CREAM, width=2)
    pen.line((289, 118, 309, 94), fill=palette.CREAM, width=2)


PAINTERS: dict[State, Callable[[View, Pen], None]] = {
    State.RECOVERING: _hourglass, State.ATTRACT: _attract, State.LANGUAGE: _languages, State.LEVEL_CHECK: _meter,
    State.COUNTDOWN: _numeral, State.RECORDING: _recording, State.NOT_HEARD: _sign, State.LISTEN: _waveform,
    State.DISCARD: _waveform, State.SAVING: _hourglass, State.LOAD_DISC: _blank, State.DOES_NOT_FIT: _waveform,
    State.CUTTING: _cutting, State.CANCEL: _cutting, State.TAKE_DISC: _finished, State.FORGET: _finished,
    State.THANKS: _finished, State.STILL_THERE: _numeral, State.CLOSED: _sign, State.OUT_OF_BLANKS: _sign,
    State.SWARF_FULL: _sign, State.NO_MICROPHONE: _sign, State.NO_SPACE: _sign, State.FAULT: _sign,
    State.STOPPED: _sign, State.MAINTENANCE: _sign, State.CODE: _code, State.ATTENDANT: _menu,
}  # fmt: skip
