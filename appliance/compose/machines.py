"""The one place that chooses between the virtual machine and the real one, and never falls back."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from appliance.compose.bed import Bed
from appliance.compose.real.bed import RealBed
from appliance.compose.real.shop import RealShop, look_over
from appliance.compose.real.site import Site
from appliance.compose.real.site import watch_over as real_watch
from appliance.compose.shop import Bench, Keeping
from appliance.compose.virtual.bed import VirtualBed
from appliance.compose.virtual.shop import VirtualShop
from appliance.cut import Quiet, Request
from appliance.cut.prepare import Stopwatch, prepare_take
from appliance.errors import MachineRefusesError
from appliance.files import Scratch
from appliance.interlock.watch import Watch
from appliance.machine import SAMPLE_RATE_HZ, Disc, Machine, check_pair, disc_names, load_disc, load_machine
from appliance.sound.reading import Take
from appliance.virtual.interlock import VirtualInterlock

Shop = VirtualShop | RealShop


def workshop(machine: Machine, disc: Disc, folder: Path, keeping: Keeping, bench: Bench | None = None) -> Shop:
    """The shop for one cut on `machine`; raises MachineRefusesError for one that this computer cannot drive."""
    kind = VirtualShop if machine.machine.kind == 'virtual' else RealShop
    return kind(machine, disc, folder, keeping, bench or Bench())


@dataclass(frozen=True, slots=True)
class Around:
    """Of a virtual machine its lid and stop button; of a real one how long whoever watches over it is believed to be
    alive, and where its parts are found (None: this computer)."""

    interlock: VirtualInterlock
    alive_s: Callable[[], float] = lambda: math.inf
    site: Site | None = None


def bed_of(machine: Machine, around: Around) -> Bed:
    """Nothing is asked of the machine yet."""
    if machine.machine.kind == 'virtual':
        return VirtualBed(machine, around.interlock)
    return RealBed(machine, around.alive_s, around.site)


def watch_over(real: str, around: Around) -> Watch | VirtualInterlock:
    """Who looks at the interlock of `real` between two orders; at the virtual one for '', which is no real machine."""
    return real_watch(load_machine(real), around.site or Site()) if real else around.interlock


def try_out(machine: Machine) -> str:
    """Cut a moment of silence on `machine` and say what was seen; raises what a cut would raise. A real machine is only
    asked whether it could: nothing moves because somebody wants to know how it is."""
    if machine.machine.kind == 'real':
        return look_over(machine)
    with tempfile.TemporaryDirectory(prefix='audioletter-') as name:
        folder = Path(name)
        disc = _first_disc(machine)
        silence = Scratch(folder)
        silence.append(np.zeros(SAMPLE_RATE_HZ // 10))
        take = Take('silence', silence, SAMPLE_RATE_HZ, 1)
        made = prepare_take(Request(folder, disc, machine), take, folder, Stopwatch(Quiet()))
        outcome = workshop(machine, disc, folder, Keeping()).cut(made.timeline, made.facts, Quiet())
    return (
        f'{outcome.frames} frames executed, torque margin {made.timeline.torque.margin:.1f}, '
        'at the end the head is up and the power off'
    )


def _first_disc(machine: Machine) -> Disc:
    """Some disc that this machine reaches all of."""
    for disc in map(load_disc, disc_names()):
        try:
            check_pair(machine, disc)
        except MachineRefusesError:
            continue
        return disc
    raise MachineRefusesError('its carriage reaches no disc', where=machine.machine.name, remedy='correct its radii')
