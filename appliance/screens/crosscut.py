"""A groove in cross-section, and from above as a loupe shows it: good, too shallow, too deep. True in proportion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, hypot, pi, radians, sin, sqrt, tan

from PIL import Image, ImageDraw

from appliance.machine import Disc
from appliance.screens import palette
from appliance.screens.lettering import Box, font, put, wrap
from appliance.words.checks import DEPTHS

SHALLOW = 0.45  # of the right width
DEEP = 1.15  # of the distance from groove to groove: nothing is left between
SIZE, DRAWN = (1200, 1030), Box(30, 110, 720, 285)
ROW, TEXT, LINE = 305, 770, 30
ACROSS, HEADROOM, UNDER = 6.0, 2.2, 1.6  # drawn: so many grooves, radii of the needle, depths of a good groove
FINE = 3  # drawn so much larger first: edges come out smooth
WALL, RIM = '#5d7f9a', '#dfeaf4'
AMBER = '#e0b04a'  # the needle
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """What is drawn, in um."""

    pitch_um: float
    width_um: float
    needle_um: float
    film_um: float
    half_rad: float  # of the angle between both walls

    @property
    def depth_um(self) -> float:
        return self.width_um / 2 / tan(self.half_rad)

    @property
    def needle_over_um(self) -> float:
        """Centre of the needle's tip over the surface: on both walls, or on the edges of one too narrow."""
        if self.width_um / 2 >= self.needle_um * cos(self.half_rad):
            return self.needle_um / sin(self.half_rad) - self.depth_um
        return sqrt(self.needle_um**2 - (self.width_um / 2) ** 2)

    def surface(self, wide_um: float) -> Iterator[Point]:
        """From left to right: along, and down from the surface. Grooves that overlap leave ridges under it."""
        centre = self.pitch_um / 2
        ridge = max(self.width_um / 2 - self.pitch_um / 2, 0.0) / tan(self.half_rad)
        half = min(self.width_um, self.pitch_um) / 2
        yield 0.0, ridge
        while centre - self.pitch_um < wide_um:
            yield from ((centre - half, ridge), (centre, self.depth_um), (centre + half, ridge))
            centre += self.pitch_um


def shapes(disc: Disc, included_angle_deg: float) -> dict[str, Shape]:
    """One for each of DEPTHS."""
    kind, half = disc.groove, radians(included_angle_deg / 2)
    pitch = kind.width_um + kind.land_um
    widths = {'good': kind.width_um, 'shallow': SHALLOW * kind.width_um, 'deep': DEEP * pitch}
    return {name: Shape(pitch, width, kind.stylus_um, disc.thickness_um, half) for name, width in widths.items()}


def draw_grooves(disc: Disc, included_angle_deg: float) -> Image.Image:
    """A sheet for whoever looks through a loupe at a scrap of this disc."""
    image = Image.new('RGB', SIZE, palette.GROUND)
    pen = ImageDraw.Draw(image)
    found = shapes(disc, included_angle_deg)
    good = found['good']
    scale = DRAWN.width / (ACROSS * good.pitch_um)
    pen.text((30, 22), f'Depth of the groove on {disc.name}', fill=palette.CREAM, font=font(36))
    what = f'{good.width_um:g} µm wide, {good.depth_um:.0f} µm deep, {disc.groove.land_um:g} µm of land'
    pen.text((30, 68), f'{what}; above as a loupe shows it, below cut through', fill=palette.DIM, font=font(22))
    for number, (name, depth) in enumerate(DEPTHS.items()):
        top = DRAWN.top + number * ROW
        image.paste(section(found[name], (DRAWN.width, DRAWN.height), scale), (DRAWN.left, top))
        pen.text((TEXT, top - 4), depth.title, fill=palette.CREAM, font=font(30))
        lines = [*wrap(depth.look, SIZE[0] - TEXT - 24, 22, bold=False), '', *wrap(depth.action, 400, 22)]
        for place, line in enumerate(lines):
            here = (TEXT, top + 42 + LINE * place)
            pen.text(here, line, fill=palette.CREAM, font=font(22, bold=line in lines[-2:]))
    return image


def section(shape: Shape, size: tuple[int, int], scale: float) -> Image.Image:
    """The view from above, and under it the film cut through, with the needle in its second groove. `scale`: pixels a
    um; the film is drawn as thick as it is, as far as there is room."""
    width, height = FINE * size[0], FINE * size[1]
    fine = FINE * scale
    image = Image.new('RGB', (width, height), palette.GROUND)
    pen = ImageDraw.Draw(image)
    under_um = min(shape.film_um, UNDER * shape.pitch_um)
    top = height - under_um * fine
    surface = [(x * fine, top + y * fine) for x, y in shape.surface(width / fine)]
    pen.polygon([(0, top), *surface, (surface[-1][0], height), (0, height)], fill=palette.FILM)
    pen.line(surface, fill=RIM, width=2 * FINE)
    strip = top - HEADROOM * shape.needle_um * fine
    _from_above(pen, shape, fine, (width, strip - 4 * FINE))
    centre = (1.5 * shape.pitch_um * fine, top - shape.needle_over_um * fine)
    _needle(pen, centre, shape.needle_um * fine, strip)
    return image.resize(size, Image.Resampling.LANCZOS)


def _from_above(pen: ImageDraw.ImageDraw, shape: Shape, scale: float, size: Point) -> None:
    """Land is dark film; of each groove the wall that faces the lamp is bright. Torn edges where no land is left."""
    wide, height = size
    pen.rectangle((0, 0, wide, height), fill=palette.FILM)
    half, centre = min(shape.width_um, shape.pitch_um) / 2 * scale, shape.pitch_um / 2 * scale
    while centre - half < wide:
        pen.rectangle((centre - half, 0, centre, height), fill=WALL)
        pen.rectangle((centre, 0, centre + half, height), fill=palette.GROOVE)
        if shape.width_um > shape.pitch_um:
            edge = [
                (centre + half + 5 * FINE * sin(1.7 * k) * cos(0.6 * k + centre), k * height / 24) for k in range(25)
            ]
            pen.line(edge, fill=palette.GROUND, width=2 * FINE)
        centre += shape.pitch_um * scale


def _needle(pen: ImageDraw.ImageDraw, centre: Point, radius: float, top: float) -> None:
    """A round tip on a cone."""
    x, y = centre
    lean = radians(20)
    side = (radius * cos(lean), -radius * sin(lean))
    up = max(y - radius - top, 0.0)
    flare = up * tan(lean) if hypot(*side) else 0.0
    pen.polygon(
        [
            (x - side[0], y + side[1]),
            (x - side[0] - flare, top),
            (x + side[0] + flare, top),
            (x + side[0], y + side[1]),
        ],
        fill=AMBER,
    )
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=AMBER)


def draw_small(size: tuple[int, int]) -> Image.Image:
    """All three beside one another, for the LCD; of a coarse groove, which is the booth's usual one."""
    image = Image.new('RGB', size, palette.GROUND)
    pen, wide = ImageDraw.Draw(image), size[0] // len(DEPTHS)
    width_um, pitch_um = 150.0, 170.0
    widths = {'good': width_um, 'shallow': SHALLOW * width_um, 'deep': DEEP * pitch_um}
    for number, (name, depth) in enumerate(DEPTHS.items()):
        left = number * wide
        shape = Shape(pitch_um, widths[name], 63.5, 180.0, pi / 4)
        image.paste(section(shape, (wide - 8, 150), (wide - 8) / (2.4 * pitch_um)), (left + 4, 38))
        put(pen, Box(left + 2, 6, wide - 4, 28), depth.title, palette.CREAM, 18)
    put(pen, Box(8, 192, size[0] - 16, 44), DEPTHS['good'].look, palette.CREAM, 15, bold=False)
    return image
