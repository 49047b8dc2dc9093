"""Where pieces lie on sheets of paper. Pure."""

from __future__ import annotations

from typing import NamedTuple

from appliance.errors import OptionError

MARGIN_MM = 5.0  # what a usual printer leaves white
GAP_MM = 6.0  # room for two cut marks


class Place(NamedTuple):
    """Lower left corner of a piece, from that of its page; pages from 0."""

    page: int
    left: float
    bottom: float


def lay_out(pieces: list[tuple[float, float]], page: tuple[float, float]) -> list[Place]:
    """Widths and heights, in their order, in rows from the top; a piece that fits no page is an OptionError."""
    width, height = page
    number, left, top, tallest = 0, MARGIN_MM, height - MARGIN_MM, 0.0
    places = []
    for wide, tall in pieces:
        if wide > width - 2 * MARGIN_MM + 1e-6 or tall > height - 2 * MARGIN_MM + 1e-6:
            what = f'a piece of {wide:g} x {tall:g} mm does not fit a page of {width:g} x {height:g} mm'
            raise OptionError(what, where='post.paper', remedy='choose a larger paper')
        if left + wide > width - MARGIN_MM + 1e-6:
            left, top, tallest = MARGIN_MM, top - tallest - GAP_MM, 0.0
        if top - tall < MARGIN_MM - 1e-6:
            number, left, top, tallest = number + 1, MARGIN_MM, height - MARGIN_MM, 0.0
        places.append(Place(number, left, top - tall))
        left, tallest = left + wide + GAP_MM, max(tallest, tall)
    return places
