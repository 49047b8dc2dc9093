"""A picture that shows what is wrong with an LCD: a side that is cut off, upside down, colours that are exchanged."""

from __future__ import annotations

from PIL import Image, ImageDraw

from appliance.screens.lettering import Box, put
from appliance.screens.view import HEIGHT, WIDTH

BARS = (('red', '#ff0000'), ('green', '#00ff00'), ('blue', '#0000ff'))
GREYS = 16
BAR, RAMP = 90, 40  # heights
# What whoever looks must find, in words.
SEEN = (
    'a white line along all four edges',
    'red, green and blue from left to right, each with its name',
    f'{GREYS} greys from black to white, none of them coloured',
    'UP is at the top, and no line is torn',
)


def pattern() -> Image.Image:
    """RGB, 320 x 240."""
    image = Image.new('RGB', (WIDTH, HEIGHT), '#000000')
    pen = ImageDraw.Draw(image)
    put(pen, Box(0, 8, WIDTH, 50), 'UP', '#ffffff', 40)
    wide = WIDTH // len(BARS)
    for place, (name, colour) in enumerate(BARS):
        box = Box(place * wide, 64, wide, BAR)
        pen.rectangle((box.left, box.top, box.left + wide - 1, box.top + BAR - 1), fill=colour)
        put(pen, box, name, '#ffffff' if name == 'blue' else '#000000', 24)
    for place in range(GREYS):
        left, grey = place * WIDTH // GREYS, round(255 * place / (GREYS - 1))
        pen.rectangle((left, 170, left + WIDTH // GREYS - 1, 170 + RAMP - 1), fill=(grey, grey, grey))
    pen.rectangle((0, 0, WIDTH - 1, HEIGHT - 1), outline='#ffffff')
    return image
