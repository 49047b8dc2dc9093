"""One TOML file describes a machine, one each disc: everything physical lives there, with units in the key names.

`load_machine` and `load_disc` read and check them; `model` holds the frozen values that all other rooms work with.
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
