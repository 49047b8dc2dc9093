"""Measures the program itself: the C core and whole commands (`core`), the screens and their bus (`screens`)."""

from appliance.bench.core import (
    ROOT,
    TARGETS,
    Target,
    count_feeder,
    hash_whole,
    measure_cut,
    measure_start_s,
    missing_tools,
)
from appliance.bench.screens import measure_screens, moving

__all__ = [
    'ROOT', 'TARGETS', 'Target', 'count_feeder', 'hash_whole', 'measure_cut', 'measure_screens', 'measure_start_s',
    'missing_tools', 'moving',
]  # fmt: skip
