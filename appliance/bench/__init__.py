"""Measures the program itself: the C core and whole commands (`core`), the screens and their bus (`screens`),
and what starting costs (`start`)."""

from appliance.bench.core import (
    ROOT,
    TARGETS,
    Target,
    count_feeder,
    hash_whole,
    measure_cut,
    missing_tools,
)
from appliance.bench.screens import measure_screens, moving
from appliance.bench.start import count_start, measure_start_s

__all__ = [
    'ROOT', 'TARGETS', 'Target', 'count_feeder', 'count_start', 'hash_whole', 'measure_cut', 'measure_screens',
    'measure_start_s', 'missing_tools', 'moving',
]  # fmt: skip
