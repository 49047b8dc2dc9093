"""Each C model of the virtual lathe alone, driven by hand: (frame, gpio, level) edges, and words."""

import dataclasses

import numpy as np

from appliance.machine import load_machine
from appliance.native import ffi, lib
from appliance.virtual.executed import Executed
from appliance.virtual.head import Head, head_settings
from appliance.virtual.motors import carriage_settings, platter_settings
from appliance.virtual.native_model import Edges, Motion

FRAME_S = 5e-6
MACHINE = load_machine('virtual')
PINS = MACHINE.pins
LEVELS = np.zeros(54, np.uint8)
LEVELS[PINS.enable] = 1  # active low: off
ON = [(0, PINS.enable, 0), (0, PINS.platter_dir, 1), (0, PINS.carriage_dir, 1), (0, PINS.bridge_enable, 1)]


def changed(room, **values):
    return dataclasses.replace(MACHINE, **{room: dataclasses.replace(getattr(MACHINE, room), **values)})


def block(edges, frames=None, words=None):
    """An executed block from (frame, gpio, level) rows."""
    rows = np.array(sorted(edges, key=lambda edge: edge[0]), np.int64).reshape(-1, 3)
    words = np.full((frames, 2), 312, np.uint16) if words is None else words
    return Executed(0, words, rows[:, 0], rows[:, 1].astype(np.uint8), rows[:, 2].astype(np.uint8))


def steps(pin, frames):
    return [edge for frame in frames for edge in ((int(frame), pin, 1), (int(frame) + 1, pin, 0))]


def run_head(machine, words, edges=ON, taps=None):
    settings = head_settings(machine)
    if taps is not None:
        settings.struct.taps = taps
    head = Head(settings, LEVELS)
    one = block(edges, words=words)
    return head.run(one, Edges(one)), head


def run_platter(machine, edges, frames):
    motion = Motion(platter_settings(machine), LEVELS, ffi.new('struct platter_state *'), lib.platter_begin)
    one = block(edges, frames)
    return motion.run(one, Edges(one), lib.platter_run, np.float64), motion.state


def run_carriage(machine, edges, frames):
    settings = carriage_settings(machine, 100.0)
    motion = Motion(settings, LEVELS, ffi.new('struct carriage_state *'), lib.carriage_begin)
    one = block(edges, frames)
    return motion.run(one, Edges(one), lib.carriage_run, np.float64), motion.state
