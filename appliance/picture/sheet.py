"""What sheets look like: one table of materials, by eye from photographs of such discs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Colour = tuple[float, float, float]  # linear light, 1 = the bare light table


@dataclass(frozen=True, slots=True)
class Sheet:
    """`thin` and `thick` are what shines through where the sheet is clearest and densest; `gloss` what it mirrors.

    `ghost`: an old radiograph shows. `brush`: brushed metal. `cut` multiplies what shines through a groove, `haze` is
    added by its rough walls, and `shine` scales the highlight on them.
    """

    thin: Colour
    thick: Colour
    cut: float
    haze: Colour
    shine: float
    ink: Colour
    ghost: bool = False
    brush: bool = False


SHEETS: Mapping[str, Sheet] = MappingProxyType(
    {
        'xray': Sheet(
            thin=(0.36, 0.47, 0.56),
            thick=(0.006, 0.012, 0.024),
            cut=1.10,
            haze=(0.016, 0.021, 0.028),
            shine=0.62,
            ink=(0.80, 0.84, 0.84),
            ghost=True,
        ),
        'pvc': Sheet((0.62, 0.63, 0.61), (0.55, 0.56, 0.55), 0.80, (0.0, 0.0, 0.0), 0.55, (0.06, 0.07, 0.12)),
        'polycarbonate': Sheet((0.68, 0.78, 0.83), (0.60, 0.72, 0.80), 0.78, (0.0, 0.0, 0.0), 0.60, (0.05, 0.08, 0.16)),
        'acetate': Sheet(
            (0.012, 0.011, 0.011), (0.007, 0.007, 0.007), 1.0, (0.010, 0.010, 0.010), 0.80, (0.62, 0.58, 0.48)
        ),
        'aluminium': Sheet(
            (0.46, 0.47, 0.48), (0.40, 0.41, 0.42), 0.62, (0.0, 0.0, 0.0), 0.75, (0.07, 0.07, 0.08), brush=True
        ),
    }
)
NEUTRAL = Sheet((0.42, 0.42, 0.41), (0.36, 0.36, 0.36), 0.75, (0.0, 0.0, 0.0), 0.60, (0.06, 0.06, 0.06))


def sheet_of(material: str) -> Sheet:
    """The sheet of a material; a neutral grey one for a material nobody described."""
    return SHEETS.get(material, NEUTRAL)
