"""Test cards: what the host wants to see on the LCD in place of everything else."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from appliance.screens.crosscut import draw_small
from appliance.screens.pattern import pattern
from appliance.screens.view import HEIGHT, WIDTH


def groove() -> Image.Image:
    """What to look for on a scrap."""
    return draw_small((WIDTH, HEIGHT))


CARDS: dict[str, Callable[[], Image.Image]] = {'pattern': pattern, 'groove': groove}
