"""Where everything lies: the disc on the table, in pixels and millimetres."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass

from appliance.playback.groovefile import Groove

PIXELS = 2000
MARGIN = 0.05  # of the picture's side, left free around the disc
HOLE_MM = 7.24  # across: IEC 60098, the centre hole


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn, and how large; `seed` follows from the letter, so that two letters differ."""

    pixels: int
    mm_per_pixel: float
    disc_radius_mm: float
    label_radius_mm: float
    speed_rpm: float
    material: str
    legend: str
    seed: int

    @classmethod
    def of(cls, groove: Groove) -> Scene:
        """The scene for `groove`; GrooveFileError when its facts do not say what the disc is."""
        diameter_mm = groove.number('diameter_mm', least=20.0)
        told = [groove.facts.get(name) for name in ('disc', 'number', 'letter_s')]
        return cls(
            pixels=PIXELS,
            mm_per_pixel=diameter_mm / (PIXELS * (1.0 - 2.0 * MARGIN)),
            disc_radius_mm=diameter_mm / 2.0,
            label_radius_mm=groove.number('label_radius_mm'),
            speed_rpm=groove.number('speed_rpm', least=1.0),
            material=groove.text('material'),
            legend=_legend(groove),
            seed=zlib.crc32(json.dumps(told).encode()),
        )

    @property
    def centre(self) -> float:
        """The spindle, in pixels from the middle of the first pixel, across as down."""
        return self.pixels / 2.0 - 0.5


def _legend(groove: Groove) -> str:
    """What is stamped beside the hole: speed, length, and the letter's number if it has one."""
    parts = [f'{groove.number("speed_rpm"):.4g} rpm']
    if 'letter_s' in groove.facts:
        minutes, seconds = divmod(round(groove.number('letter_s')), 60)
        parts.append(f'{minutes}:{seconds:02d}')
    if 'number' in groove.facts:
        parts.insert(0, f'No. {groove.facts["number"]}')
    return '  ·  '.join(parts)
