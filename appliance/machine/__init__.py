"""One TOML file describes a machine, one each disc: everything physical lives there, with units in the key names.

`load_machine` and `load_disc` read and check them; `model` holds the frozen values that all other rooms work with.

    machines/, discs/   the files that come with the program; a disc has a coarse and a fine groove (`NAME-fine`)
    load                TOML -> Machine, Disc; a file over its `base`; unknown keys refused
    limits              the range of every number
    checks              what must hold between numbers, and between a machine and a disc
    panel_checks        what must hold between the pins of lathe, panel and LCD

Units are the last part of each key: mm, um, s, ms, ns, hz, rpm, db, v, ohm, h (henry), f (farad), nm (newton metre).
"""

from appliance.machine.checks import check_pair
from appliance.machine.load import disc_names, load_disc, load_machine, machine_names, machine_path
from appliance.machine.model import (
    FRAME_RATE_HZ,
    FRAMES_PER_SAMPLE,
    SAMPLE_RATE_HZ,
    Disc,
    GrooveKind,
    Machine,
    bit,
)

__all__ = [
    'FRAMES_PER_SAMPLE',
    'FRAME_RATE_HZ',
    'SAMPLE_RATE_HZ',
    'Disc',
    'GrooveKind',
    'Machine',
    'bit',
    'check_pair',
    'disc_names',
    'load_disc',
    'load_machine',
    'machine_names',
    'machine_path',
]
