"""Small runs of a virtual Pi, made by hand: (frame, gpio, level) edges and words, cut in blocks of any size."""

from itertools import pairwise

import numpy as np

from appliance.machine import load_disc, load_machine
from appliance.virtual.executed import Executed

MACHINE = load_machine('virtual')
DISC = load_disc('xray-25')
PINS = MACHINE.pins
LEVELS = np.zeros(54, np.uint8)
LEVELS[PINS.enable] = 1  # active low: off
ON = [(0, PINS.enable, 0), (0, PINS.platter_dir, 1), (0, PINS.carriage_dir, 1), (0, PINS.bridge_enable, 1)]


def steps(pin, frames):
    """Pulses of one frame at `frames`."""
    return [edge for frame in frames for edge in ((int(frame), pin, 1), (int(frame) + 1, pin, 0))]


def blocks(edges, words, cuts=()):
    """The run as executed blocks that begin at 0 and at every frame of `cuts`."""
    rows = np.array(sorted(edges, key=lambda edge: edge[0]), np.int64).reshape(-1, 3)
    marks = [0, *cuts, len(words)]
    for start, end in pairwise(marks):
        mine = rows[(rows[:, 0] >= start) & (rows[:, 0] < end)]
        gpio, level = mine[:, 1].astype(np.uint8), mine[:, 2].astype(np.uint8)
        yield Executed(start, words[start:end], mine[:, 0].copy(), gpio, level)


def short_cut(frames=120_000):
    """(edges, words) of 0.6 s: the platter turns slowly, the carriage creeps, a tone is cut from 0.15 to 0.4 s."""
    level = np.round(312.5 + 150 * np.sin(2 * np.pi * np.arange(frames) / 250)).astype(np.uint16)
    words = np.stack([level, 625 - level], axis=1)
    edges = [
        *ON,
        *steps(PINS.platter_step, range(2000, frames - 10, 517)),
        *steps(PINS.carriage_step, range(2003, frames - 10, 131)),
        (30_050, PINS.head_lift, 1),
        (80_010, PINS.head_lift, 0),
        (frames - 5, PINS.enable, 1),
    ]
    return edges, words
