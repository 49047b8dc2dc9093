"""Where everything lies: the disc on the table, in pixels and millimetres."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass

from appliance.playback.groovefile import Groove

PIXELS = 2000
MARGIN = 0.055  # of the picture's side, left free around the disc
HOLE_MM = 7.24  # IEC 60098, centre hole


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn, and how large; `seed` follows from the groove's facts, so that two letters differ."""

    pixels: int
    mm_per_pixel: float
    disc_radius_mm: float
    label_radius_mm: float
    material: str
    title: str
    subtitle: str
    seed: int

    @classmethod
    def of(cls, groove: Groove) -> Scene:
        """The scene for `groove`; GrooveFileError when its facts do not say how large the disc is."""
        facts = groove.facts
        diameter_mm = groove.number('diameter_mm', least=20.0)
        told = json.dumps(facts, sort_keys=True, ensure_ascii=True) + f' {groove.samples}'
        return cls(
            pixels=PIXELS,
            mm_per_pixel=diameter_mm / (PIXELS * (1.0 - 2.0 * MARGIN)),
            disc_radius_mm=diameter_mm / 2.0,
            label_radius_mm=groove.number('label_radius_mm'),
            material=groove.text('material'),
            title=groove.text('disc'),
            subtitle=f'{groove.number("speed_rpm"):g} rpm',
            seed=zlib.crc32(told.encode()),
        )
