"""The wires as a picture: both headers as they lie before whoever solders, each pin with its wire in its colour."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from appliance.files import whole_file
from appliance.machine.header import PI, PICO
from appliance.machine.model import Machine
from appliance.screens.lettering import font
from appliance.wires.table import Wire, wires_of

PAPER, INK, FAINT, BOARD, BLACK = '#fbf8f0', '#1c1712', '#6b6256', '#e4ded0', '#222222'
PAINT = {
    'brown': '#7a4420', 'orange': '#f08018', 'yellow': '#f2d21e', 'green': '#2f9e44', 'blue': '#2466c9',
    'violet': '#8a3fbf', 'grey': '#8d8d8d', 'white': '#ffffff', 'pink': '#f48fb8', 'turquoise': '#25b8b0',
}  # fmt: skip
POWER = {'3.3 V': '#c8201a', '5 V': '#c8201a', '3.3 V out': '#c8201a', 'VSYS': '#c8201a', 'VBUS': '#c8201a',
         'ground': BLACK, 'analogue ground': BLACK}  # fmt: skip
ROW, TOP, EDGE = 50, 190, 40
LABEL, STUB, PIN = 470, 70, 15  # widths: of a label, of the piece of wire before it, radius of a pin
MIDDLE = {'pi': 70, 'pico': 300}  # from one column of pins to the other
SIZES = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7)  # of the type, until a label fits


def draw_wiring(machine: Machine, file: Path) -> None:
    """Write it as PNG; StorageError when that cannot be."""
    wires = wires_of(machine)
    boards = ['pi'] if machine.interlock is None else ['pi', 'pico']
    width = sum(_width(board) for board in boards) + EDGE * (len(boards) - 1)
    image = Image.new('RGB', (width, TOP + 20 * ROW + 70), PAPER)
    pen = ImageDraw.Draw(image)
    pen.text((EDGE, 28), f'Wiring of the machine {machine.machine.name}', fill=INK, font=font(36))
    left = 0
    for board in boards:
        _board(pen, board, left, wires)
        left += _width(board) + EDGE
    foot = 'Made from the machine file. Red: supply. Black: ground. A pin without a wire stays free.'
    pen.text((EDGE, TOP + 20 * ROW + 18), foot, fill=FAINT, font=font(20, bold=False))
    with whole_file(file) as part:
        image.save(part, format='PNG')


def _width(board: str) -> int:
    return 2 * (EDGE + LABEL + STUB) + MIDDLE[board]


def _board(pen: ImageDraw.ImageDraw, board: str, left: int, wires: tuple[Wire, ...]) -> None:
    """The Pi's pins are counted to and fro, the Pico's down one side and up the other."""
    first = left + EDGE + LABEL + STUB
    second = first + MIDDLE[board]
    box = (first - 34, TOP - 30, second + 34, TOP + 20 * ROW - 12)
    pen.rounded_rectangle(box, 14, fill=BOARD, outline=FAINT, width=2)
    title = 'Raspberry Pi, 40-pin header' if board == 'pi' else 'Raspberry Pi Pico, the interlock'
    note = 'from above, pin 1 at the end of the SD card' if board == 'pi' else 'from above, USB at the top'
    middle = (first + second) // 2
    pen.text((middle, TOP - 82), title, fill=INK, font=font(24), anchor='mm')
    pen.text((middle, TOP - 52), note, fill=FAINT, font=font(18, bold=False), anchor='mm')
    for number, name in enumerate(PI if board == 'pi' else PICO, 1):
        if board == 'pi':
            row, right = (number - 1) // 2, number % 2 == 0
        else:
            row, right = (number - 1, False) if number <= 20 else (40 - number, True)
        at = (second if right else first, TOP + row * ROW + ROW // 2 - 20)
        here = [wire for wire in wires if number == (wire.pin if board == 'pi' else wire.pico_pin)]
        _pin(pen, at, right, f'{number}', name)
        _ends(pen, at, right, board, name, here)


def _pin(pen: ImageDraw.ImageDraw, at: tuple[int, int], right: bool, number: str, name: str) -> None:
    x, y = at
    pen.ellipse((x - PIN, y - PIN, x + PIN, y + PIN), fill=POWER.get(name, PAPER), outline=INK, width=2)
    pen.text((x, y), number, fill=PAPER if name in POWER else INK, font=font(15), anchor='mm')


def _ends(pen: ImageDraw.ImageDraw, at: tuple[int, int], right: bool, board: str, name: str, here: list[Wire]) -> None:
    """The pieces of wire that leave a pin, and their names; two share the height of one."""
    x, y = at
    way = 1 if right else -1
    if not here:
        pen.text((x + way * (PIN + 32), y), name, fill=FAINT,
                 font=font(17, bold=False), anchor='lm' if right else 'rm')  # fmt: skip
    for place, wire in enumerate(here):
        level = y + round((place - (len(here) - 1) / 2) * ROW / 2)
        start, end = x + way * (PIN + 1), x + way * (PIN + STUB)
        points = ((start, y), (start + way * 18, level), (end, level))
        pen.line(points, fill=INK, width=10, joint='curve')
        pen.line(points, fill=PAINT[wire.colour], width=6, joint='curve')
        _label(pen, (end + way * 10, level), right, _words(wire, board, name), len(here) > 1)


def _words(wire: Wire, board: str, name: str) -> tuple[str, str]:
    """Its name, and where it comes from or goes to."""
    to = wire.to
    if board == 'pico' and wire.gpio is not None:
        to = f'Pi, GPIO {wire.gpio}, pin {wire.pin}'
    elif wire.pico is not None and board == 'pi':
        to = f'{wire.to.split(",")[0]}, GP {wire.pico}, pin {wire.pico_pin}'
    key = wire.also if board == 'pico' and wire.also else wire.key
    return key, f'{name}, {wire.colour}: {to}'


def _label(pen: ImageDraw.ImageDraw, at: tuple[int, int], right: bool, words: tuple[str, str], one_line: bool) -> None:
    x, y = at
    key, to = words
    anchor = 'l' if right else 'r'
    room = LABEL - 20
    if one_line:
        text = f'{key}   {to}'
        pen.text(
            (x, y), text, fill=INK, font=font(_fitting(text, 17, room, bold=False), bold=False), anchor=f'{anchor}m'
        )
        return
    pen.text((x, y - 1), key, fill=INK, font=font(20), anchor=f'{anchor}d')
    pen.text((x, y - 1), to, fill=INK, font=font(_fitting(to, 17, room, bold=False), bold=False), anchor=f'{anchor}a')


def _fitting(text: str, size: int, width: int, *, bold: bool) -> int:
    sizes = [round(size * share) for share in SIZES]
    return next((one for one in sizes if font(one, bold=bold).getlength(text) <= width), sizes[-1])
