"""What the visitor sees: pure functions from a `View` to an image of 320 x 240.

`wording` chooses the words, `frame` sets what all screens share, `stages` holds each state's own picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.screens.view import HEIGHT, WIDTH, View

if TYPE_CHECKING:
    from PIL import Image


def draw(view: View) -> Image.Image:
    """The screen of this moment: RGB, WIDTH x HEIGHT. The same view gives the same pixels."""
    from PIL import Image, ImageDraw

    from appliance.screens.cards import CARDS
    from appliance.screens.frame import frame
    from appliance.screens.palette import DARK
    from appliance.screens.stages import stage
    from appliance.screens.wording import wording

    if view.dark:
        return Image.new('RGB', (WIDTH, HEIGHT), DARK)
    if view.card:
        return CARDS[view.card]()
    image = frame(wording(view)).copy()
    stage(view, ImageDraw.Draw(image))
    return image


__all__ = ['HEIGHT', 'WIDTH', 'View', 'draw']
