"""The ring of a scrap disc that a test cut takes, so that many find room on one.

Lead-in and run-out are narrow (no player has to find its way there), and the locked groove follows at once. What is
taken is noted before the head goes down: also a test that was broken off has spoiled its ring.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from appliance.errors import DoesNotFitError, OptionError, StorageError
from appliance.files import whole_file
from appliance.machine import Disc, Machine

LEAD_MM = 0.4  # pitch of lead-in and run-out
AROUND_MM = 1.2  # from the message's end to the locked groove: a turn of that pitch, and coming to rest
APART_MM = 0.5  # between two tests
BEGIN_MM = 0.3  # from where the ring begins to where the sound may: the head comes down between
NOTE = 'scrap.json'


def narrow(machine: Machine) -> Machine:
    """The same machine, but for lead-in and run-out."""
    cut = replace(machine.cut, lead_in_pitch_mm=LEAD_MM, run_out_pitch_mm=LEAD_MM, run_out_min_pitch_mm=LEAD_MM)
    return replace(machine, cut=cut)


def ring(disc: Disc, from_mm: float | None, locked_mm: float | None = None) -> Disc:
    """The disc as a test sees it that begins at `from_mm` (None: as far out as there may be a groove). OptionError
    where there is no room at all."""
    outer_mm = disc.lead_in_radius_mm if from_mm is None else from_mm
    if not disc.inner_radius_mm + BEGIN_MM < outer_mm <= disc.lead_in_radius_mm:
        raise OptionError(
            f'a test from radius {outer_mm:.1f} mm',
            where=disc.name,
            remedy=f'between {disc.inner_radius_mm + BEGIN_MM:.1f} and {disc.lead_in_radius_mm:g} mm there is room; '
            'lay a fresh scrap when this one is full',
        )
    return replace(
        disc,
        lead_in_radius_mm=outer_mm,
        programme_radius_mm=min(outer_mm - BEGIN_MM, disc.programme_radius_mm),
        locked_radius_mm=disc.locked_radius_mm if locked_mm is None else locked_mm,
    )


def locked_mm(disc: Disc, message_end_mm: float) -> float:
    """Where the locked groove of a test lies whose sound ends at `message_end_mm`; DoesNotFitError past the disc's."""
    locked = message_end_mm - AROUND_MM
    if locked < disc.locked_radius_mm:
        what = f'the test would end at radius {locked:.1f} mm, past {disc.locked_radius_mm:g} mm'
        raise DoesNotFitError(what, where=disc.name, remedy='lay a fresh scrap, or test for less time')
    return locked


def next_mm(locked: float, disc: Disc) -> float:
    """Where the next test may begin."""
    return locked - APART_MM - disc.groove.width_um / 1000


def reserve(tests: Path, disc: Disc, free_mm: float) -> None:
    """Note that this disc is used up to there; those of other kinds may be laid again. A note that cannot be read is
    written anew: whoever comes so far has said that the scrap is a fresh one."""
    try:
        noted = _noted(tests)
    except StorageError:
        noted = {}
    with whole_file(tests / NOTE) as part:
        part.write_text(json.dumps(noted | {disc.name: round(free_mm, 3)}) + '\n', encoding='utf-8')


def free_mm(tests: Path, disc: str) -> float | None:
    """Where the scrap of that name is free; None: all of it, or nothing is known. StorageError if it cannot be read."""
    return _noted(tests).get(disc)


def _noted(tests: Path) -> dict[str, float]:
    """Radius in mm from which on each kind of disc is free."""
    try:
        noted = json.loads((tests / NOTE).read_text(encoding='utf-8'))
        if 'next_mm' in noted:  # as it was written when it held one disc alone
            noted = {noted['disc']: noted['next_mm']}
        return {name: float(radius_mm) for name, radius_mm in noted.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = 'lay a fresh scrap and say so, or remove the file'
        raise StorageError(f'cannot be read ({error})', where=str(tests / NOTE), remedy=remedy) from error
