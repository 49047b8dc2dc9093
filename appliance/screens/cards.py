"""Test cards: what the host wants to see on the LCD in place of everything else."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw

from appliance.screens.crosscut import draw_small
from appliance.screens.lettering import Box, put
from appliance.screens.palette import DARK
from appliance.screens.view import HEIGHT, WIDTH

BARS = ('#ff0000', '#00ff00', '#0000ff')
STEPS = 16
WHITE = '#ffffff'


def pattern() -> Image.Image:
    """A frame at the very edge (a picture that is moved or turned is seen), pure colours, and a row of greys."""
    image = Image.new('RGB', (WIDTH, HEIGHT), DARK)
    pen = ImageDraw.Draw(image)
    wide = WIDTH // len(BARS)
    for number, colour in enumerate(BARS):
        pen.rectangle((20 + number * (wide - 12), 50, 20 + (number + 1) * (wide - 12) - 6, 140), fill=colour)
    for number in range(STEPS):
        grey = 255 * number // (STEPS - 1)
        left = 16 + number * 18
        pen.rectangle((left, 160, left + 17, 200), fill=(grey, grey, grey))
    pen.rectangle((0, 0, WIDTH - 1, HEIGHT - 1), outline=WHITE)
    put(pen, Box(20, 10, 280, 34), 'audioletter', WHITE, 24)
    return image


def groove() -> Image.Image:
    """What to look for on a scrap."""
    return draw_small((WIDTH, HEIGHT))


CARDS: dict[str, Callable[[], Image.Image]] = {'pattern': pattern, 'groove': groove}
