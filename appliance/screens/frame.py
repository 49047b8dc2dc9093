"""What all screens share: title, line, and the foot that says what each control does. Cached, for it seldom changes."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw

from appliance.screens import palette
from appliance.screens.lettering import Box, put, set_text
from appliance.screens.view import HEIGHT, WIDTH
from appliance.words.texts import Texts

TITLE = Box(8, 5, 304, 36)
LINE = Box(8, 42, 304, 42)
FOOT_LEFT = Box(6, 201, 92, 34)
FOOT_GO = Box(103, 198, 114, 40)
FOOT_RIGHT = Box(222, 201, 92, 34)
TITLE_SIZE, LINE_SIZE, LABEL_SIZE = 28, 18, 18
ROUND = 8


@lru_cache(maxsize=64)
def frame(texts: Texts) -> Image.Image:
    """Title, line and foot on the ground; the caller draws on a copy."""
    image = Image.new('RGB', (WIDTH, HEIGHT), palette.GROUND)
    draw = ImageDraw.Draw(image)
    put(draw, TITLE, texts.title, palette.CREAM, TITLE_SIZE)
    put(draw, LINE, texts.line, palette.CREAM, LINE_SIZE, bold=False)
    draw.line((20, 194, 300, 194), fill='#4a3b28')
    for box, label in ((FOOT_LEFT, texts.left), (FOOT_RIGHT, texts.right)):
        if label:
            draw.rounded_rectangle(_edges(box), ROUND, fill=palette.PAD, outline=palette.DIM)
            put(draw, _inside(box), label, palette.CREAM, LABEL_SIZE)
    if texts.go:
        draw.rounded_rectangle(_edges(FOOT_GO), FOOT_GO.height // 2, fill=palette.RED, outline=palette.CREAM, width=2)
        put(draw, _inside(FOOT_GO), texts.go, palette.CREAM, LABEL_SIZE)
    return image


def misfits(texts: Texts) -> list[str]:
    """The texts that would not fit their places: none, in a language that is ready."""
    places = ((texts.title, TITLE, True), (texts.line, LINE, False), (texts.left, _inside(FOOT_LEFT), True),
              (texts.go, _inside(FOOT_GO), True), (texts.right, _inside(FOOT_RIGHT), True))  # fmt: skip
    return [text for text, box, bold in places if not set_text(text, box.width, box.height, 28, bold=bold).fits]


def _edges(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.left + box.width - 1, box.top + box.height - 1


def _inside(box: Box) -> Box:
    margin = 12 if box is FOOT_GO else 4
    return Box(box.left + margin, box.top + 2, box.width - 2 * margin, box.height - 4)
