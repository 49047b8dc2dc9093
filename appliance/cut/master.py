"""The master and the plan of a letter, kept beside it: a second copy is cut of the same, not of one that is like it.

What is kept is what the lathe is given: the drive of the head (float32 at 50 kHz, 200 kB a second: 22 MB for the
longest letter, half of what a disc's own groove file takes), the pieces of the path, and the figures of the report.
The request and the values that were chosen would be smaller and are not enough: the first disc was mastered from the
take in memory, whose last bits the 24-bit letter does not have, and another NumPy or another processor rounds
otherwise. The displacement is not kept: nothing behind the plan reads it. The score is not kept either: it follows from
drive, plan and machine alone, without a rounding that another build could do otherwise (integers of frames and steps),
and is checked anew against the machine's limits each time.

A master is for one machine and one disc, as they were: it carries the mark of both, and is refused for any other.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from dataclasses import asdict, astuple, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from appliance.cut.choice import Chosen
from appliance.cut.facts import facts
from appliance.cut.prepare import Prepared, prepare
from appliance.cut.values import Request, Watch
from appliance.errors import GrooveFileError, MachineRefusesError
from appliance.files import Scratch
from appliance.groove.plan import Pitch, Plan
from appliance.machine import Disc, Machine, check_pair
from appliance.machine.model import SAMPLE_RATE_HZ
from appliance.message import Master
from appliance.npz import NpzReader, Streamed, write_npz
from appliance.sound.curves import Curve
from appliance.sound.programme import Limits, Programme
from appliance.sound.reading import Take
from appliance.timeline.build import build

VERSION = 1
PATH = ('knot_s', 'coefficients')  # of the plan: arrays
APART = ('displacement_um', 'drive', 'curve', 'limits')  # of the programme: kept apart, or not at all


def mark_of(machine: Machine, disc: Disc) -> str:
    """Tells one machine with one disc from every other, by all that their files say."""
    told = json.dumps([asdict(machine), asdict(disc)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def digest_of(path: Path) -> str:
    """Of a file; '' where there is none that can be read."""
    try:
        with path.open('rb') as file:
            return hashlib.file_digest(file, 'sha256').hexdigest()
    except OSError:
        return ''


def keep_master(made: Prepared, path: Path) -> str:
    """Write it; it appears whole or not at all. Returns its digest."""
    plan, programme = made.chosen.plan, made.chosen.programme
    drive = programme.drive
    told = {
        'version': VERSION,
        'made for': mark_of(made.request.machine, made.request.disc),
        'why': made.chosen.why,
        'original_s': made.facts['original_s'],
        'request': {'speed': made.request.speed, 'curve': made.request.curve},
        'plan': {name: value for name, value in asdict(plan).items() if name not in PATH},
        'programme': {
            field.name: getattr(programme, field.name) for field in fields(programme) if field.name not in APART
        },
        'curve': astuple(programme.curve),
        'limits': programme.limits.as_dict(),
    }
    members: dict[str, Any] = {
        'told': np.frombuffer(json.dumps(told).encode(), np.uint8),
        'knot_s': plan.knot_s,
        'coefficients': plan.coefficients,
        'drive': Streamed('<f4', (drive.samples,), drive.blocks()),
    }
    write_npz(path, members)
    return digest_of(path)


def prepare_again(request: Request, kept: Master, folder: Path, watch: Watch) -> Prepared:
    """A letter that has a disc: of the same master and plan, or planned anew with the reason why; raises as `prepare`.
    What would be refused anew is refused, whatever was cut before."""
    watch.stage('read')
    try:
        return take_up(kept, request, folder)
    except (GrooveFileError, MachineRefusesError) as error:
        return replace(prepare(request, folder, watch), anew=error.what)


def take_up(kept: Master, request: Request, folder: Path) -> Prepared:
    """What was kept, ready to be cut on `request`'s machine and disc; its speed and curve are those of the first disc.
    Scratch files lie in `folder`.

    GrooveFileError for a file that is not what was written, MachineRefusesError for one that was made for another
    machine or disc; then the letter must be planned anew.
    """
    path = kept.path
    if digest_of(path) != kept.digest:
        raise GrooveFileError('the master that was kept is not what it was', where=str(path), remedy='plan anew')
    with closing(NpzReader(path)) as file:
        told = json.loads(bytes(file.array('told')))
        if told['version'] != VERSION:
            raise GrooveFileError(f'a master of version {told["version"]}', where=str(path), remedy='plan anew')
        if told['made for'] != mark_of(request.machine, request.disc):
            raise MachineRefusesError('machine or disc have changed since the first disc', remedy='plan anew')
        check_pair(request.machine, request.disc)
        made = _prepared(told, file, replace(request, **told['request']), folder)
    return replace(made, master=kept.digest)


def _prepared(told: dict[str, Any], kept: NpzReader, request: Request, folder: Path) -> Prepared:
    drive, nothing = Scratch(folder), Scratch(folder)
    for block in kept.blocks('drive'):
        drive.append(block)
    pitch = Pitch(**told['plan'].pop('pitch_um'))
    path: dict[str, Any] = {name: kept.array(name) for name in PATH}
    plan = Plan(**told['plan'], **path, pitch_um=pitch)
    curve, limits = Curve(*told['curve']), Limits(**told['limits'])
    programme = Programme(displacement_um=nothing, drive=drive, curve=curve, limits=limits, **told['programme'])
    chosen = Chosen(programme, plan, told['why'])
    timeline = build(plan, request.machine, drive, programme.lead)
    known = facts(request.machine, request.disc, chosen, timeline.score, told['original_s'])
    take = Take(str(request.file), nothing, SAMPLE_RATE_HZ, 1)
    return Prepared(request, take, chosen, timeline, known, {})
