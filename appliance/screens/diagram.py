"""The workflow as a picture: a card for each state with the ways out of it, the main way down the first columns."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from PIL import Image, ImageDraw

from appliance.files import whole_file
from appliance.screens import palette
from appliance.screens.lettering import Box, font, put
from appliance.workflow.values import Kind, State
from appliance.workflow.ways import targets, ways_between

S = State
COLUMNS: tuple[tuple[str, tuple[State, ...]], ...] = (
    ('a visit', (S.ATTRACT, S.LANGUAGE, S.LEVEL_CHECK, S.COUNTDOWN, S.RECORDING)),
    ('', (S.LISTEN, S.SAVING, S.LOAD_DISC, S.CUTTING, S.TAKE_DISC, S.THANKS)),
    ('questions', (S.STILL_THERE, S.DISCARD, S.CANCEL, S.FORGET, S.NOT_HEARD, S.DOES_NOT_FIT)),
    ('what came between', (S.STOPPED, S.FAULT, S.NO_MICROPHONE, S.NO_SPACE)),
    ('the booth itself', (S.RECOVERING, S.CLOSED, S.OUT_OF_BLANKS, S.SWARF_FULL, S.MAINTENANCE, S.CODE, S.ATTENDANT)),
)
WIDE, GAP, EDGE, ROW, HEAD = 360, 34, 30, 19, 34
COMMON = 0.5  # a way that leads out of more than this share of all states is told once, at the foot
Ways = dict[State, list[tuple[str, str]]]


def draw_workflow(file: Path) -> None:
    """Write the diagram as PNG; StorageError when that cannot be."""
    out, common = _ways_out()
    heights = [sum(_height(out[state]) + GAP for state in states) for _, states in COLUMNS]
    size = (EDGE + len(COLUMNS) * (WIDE + GAP), EDGE + 40 + max(heights) + ROW * (len(common) + 2))
    image = Image.new('RGB', size, palette.GROUND)
    pen = ImageDraw.Draw(image)
    for number, (title, states) in enumerate(COLUMNS):
        left, top = EDGE + number * (WIDE + GAP), EDGE + 40
        put(pen, Box(left, EDGE - 10, WIDE, 36), title, palette.DIM, 24)
        for place, state in enumerate(states):
            height = _height(out[state])
            _card(pen, Box(left, top, WIDE, height), state, out[state])
            if number < 2 and place + 1 < len(states):
                _arrow(pen, left + WIDE // 2, top + height, top + height + GAP)
            top += height + GAP
    foot = size[1] - ROW * (len(common) + 1)
    for place, (event, target) in enumerate(common):
        text = f'from almost everywhere:  {event}  >  {target}'
        pen.text((EDGE, foot + ROW * place), text, fill=palette.CREAM, font=font(15, bold=False))
    with whole_file(file) as part:
        image.save(part, format='PNG')


def _ways_out() -> tuple[Ways, list[tuple[str, str]]]:
    """Of each state its own ways, and the ways that nearly all have in common."""
    between = ways_between()
    ways: Ways = {
        state: [(kind.value, ' / '.join(to)) for kind in Kind if (to := targets(between, state, kind))]
        for state in State
    }
    count = Counter(way for all_ways in ways.values() for way in all_ways)
    common = sorted(way for way, states in count.items() if states > COMMON * len(State))
    return {state: [way for way in all_ways if way not in common] for state, all_ways in ways.items()}, common


def _height(ways: list[tuple[str, str]]) -> int:
    return HEAD + ROW * len(ways) + 12


def _card(pen: ImageDraw.ImageDraw, box: Box, state: State, ways: list[tuple[str, str]]) -> None:
    right, bottom = box.left + box.width, box.top + box.height
    pen.rounded_rectangle((box.left, box.top, right, bottom), 10, fill=palette.PAD, outline=palette.DIM)
    pen.rounded_rectangle((box.left, box.top, right, box.top + HEAD - 4), 10, fill=palette.RED)
    put(pen, Box(box.left, box.top, box.width, HEAD - 4), state.value, palette.CREAM, 20)
    for place, (event, target) in enumerate(ways):
        y = box.top + HEAD + ROW * place + 2
        put_left(pen, (box.left + 10, y), event, 132)
        put_left(pen, (box.left + 148, y), f'> {target}', box.width - 156)


def put_left(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, width: int) -> None:
    """One line from the left, in type that fits."""
    size = next((s for s in range(15, 8, -1) if font(s, bold=False).getlength(text) <= width), 8)
    pen.text(at, text, fill=palette.CREAM, font=font(size, bold=False))


def _arrow(pen: ImageDraw.ImageDraw, x: int, top: int, bottom: int) -> None:
    pen.line((x, top, x, bottom - 8), fill=palette.CREAM, width=3)
    pen.polygon(((x - 7, bottom - 10), (x + 7, bottom - 10), (x, bottom)), fill=palette.CREAM)
