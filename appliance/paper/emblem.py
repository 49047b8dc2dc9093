"""The booth's emblem: a letter that lies in the middle of its own groove, and somewhere in the groove a voice."""

from __future__ import annotations

from math import cos, exp, pi, sin

from appliance.paper.setting import Box

Points = list[tuple[float, float]]
TURNS, OUTER, INNER = 5, 0.5, 0.3  # radii in sizes of the emblem
A_TURN = 180  # points
VOICE_AT, VOICE_WIDE, WAVES = 2.6, 0.22, 30  # turns from the outside; turns; a turn


def groove(box: Box) -> Points:
    """From outside to inside."""
    size = min(box.width, box.height)
    pitch = (OUTER - INNER) / TURNS
    points = []
    for step in range(TURNS * A_TURN + 1):
        turn = step / A_TURN
        loud = exp(-(((turn - VOICE_AT) / VOICE_WIDE) ** 2))
        radius = size * (OUTER - pitch * turn + 0.4 * pitch * loud * sin(2 * pi * WAVES * turn))
        points.append(_polar(box, radius, pi / 2 - 2 * pi * turn))
    return points


def envelope(box: Box) -> tuple[Points, Points]:
    """Its edge, closed, and its flap."""
    size = min(box.width, box.height)
    x, y = box.left + box.width / 2, box.bottom + box.height / 2
    half, tall = 0.21 * size, 0.14 * size
    edge = [
        (x - half, y - tall),
        (x + half, y - tall),
        (x + half, y + tall),
        (x - half, y + tall),
        (x - half, y - tall),
    ]
    return edge, [(x - half, y + tall), (x, y - 0.2 * tall), (x + half, y + tall)]


def _polar(box: Box, radius: float, angle: float) -> tuple[float, float]:
    return box.left + box.width / 2 + radius * cos(angle), box.bottom + box.height / 2 + radius * sin(angle)
