"""What sheets look like: one table of materials, by eye from photographs of such discs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

Colour = tuple[float, float, float]  # linear light, 1 = white


class Grain(Enum):
    """What is to be seen in a bare sheet."""

    PLAIN = 'plain'
    RADIOGRAPH = 'radiograph'
    CLOUDS = 'clouds'
    BRUSHED = 'brushed'


@dataclass(frozen=True, slots=True)
class Sheet:
    """`thin` and `thick`: the sheet where it is clearest and densest. `cut`: how much of that is left in a groove, and
    `haze` what its rough walls add; `shine` scales the lamps on the walls, `gloss` their soft reflection in the sheet.
    """

    thin: Colour
    thick: Colour
    cut: float
    haze: Colour
    shine: float
    gloss: float
    ink: Colour
    grain: Grain = Grain.PLAIN
    scissors: bool = False


DARK_INK = (0.03, 0.04, 0.08)
NO_HAZE = (0.0, 0.0, 0.0)

SHEETS: Mapping[str, Sheet] = MappingProxyType(
    {
        'xray': Sheet(
            thin=(0.40, 0.53, 0.62),
            thick=(0.0035, 0.0065, 0.0120),
            cut=1.0,
            haze=(0.0100, 0.0135, 0.0190),
            shine=0.72,
            gloss=0.006,
            ink=(0.62, 0.66, 0.66),
            grain=Grain.RADIOGRAPH,
            scissors=True,
        ),
        'pvc': Sheet((0.50, 0.50, 0.475), (0.385, 0.39, 0.38), 0.60, NO_HAZE, 0.52, 0.10, DARK_INK, Grain.CLOUDS),
        'polycarbonate': Sheet((0.44, 0.58, 0.66), (0.40, 0.55, 0.64), 0.60, NO_HAZE, 0.66, 0.10, DARK_INK),
        'acetate': Sheet(
            thin=(0.0050, 0.0048, 0.0050),
            thick=(0.0050, 0.0048, 0.0050),
            cut=0.7,
            haze=(0.0050, 0.0050, 0.0055),
            shine=0.85,
            gloss=0.050,
            ink=(0.50, 0.42, 0.25),
        ),
        'aluminium': Sheet((0.44, 0.45, 0.46), (0.27, 0.28, 0.29), 0.42, NO_HAZE, 0.85, 0.16, DARK_INK, Grain.BRUSHED),
    }
)
NEUTRAL = Sheet((0.34, 0.34, 0.33), (0.28, 0.28, 0.28), 0.60, NO_HAZE, 0.70, 0.08, DARK_INK)


def sheet_of(material: str) -> Sheet:
    """The sheet of a material; a neutral grey one for a material nobody described."""
    return SHEETS.get(material, NEUTRAL)
