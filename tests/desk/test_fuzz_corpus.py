"""What fuzzing has found worth keeping goes through again: no crash, no hang, and no more memory than it is long."""

import tracemalloc
from pathlib import Path

import pytest

from appliance.clock import monotonic_s
from tests.desk import fuzzed

CORPUS = sorted((Path(__file__).parent / 'corpus').iterdir())
LONGEST_S = 2.0  # for one input, on a busy computer
MEMORY_BYTES = 8_000_000


def test_there_is_a_corpus_for_each_target():
    kinds = {path.read_bytes()[:1] for path in CORPUS}
    assert kinds >= set(fuzzed.TARGETS)


def test_each_input_of_the_corpus_is_taken_or_refused():
    fuzzed.catalogue()
    for path in CORPUS:
        began_s = monotonic_s()
        fuzzed.one(path.read_bytes())
        assert monotonic_s() - began_s < LONGEST_S, path.name


def repeated(text, count):
    return text.encode() * count


HEAVY = [
    b'c' + repeated('[', 65_000),
    b'c' + repeated('{"a":', 13_000),
    b'c{"id":1,"do":[' + repeated('"",', 20_000),
    b'c{"id":' + repeated('9', 65_000) + b'}',
    b'w' + repeated('help\n', 13_000),
    b'wlogs\n--since\n' + repeated('9', 60_000),
    b'w' + repeated('--', 30_000),
    b't' + repeated('help ', 13_000),
    b't' + repeated('x', 65_000),
]


@pytest.mark.parametrize('data', HEAVY, ids=lambda data: repr(data[:24]))
def test_what_is_as_long_as_a_line_may_be_costs_little(data):
    fuzzed.one(data)
    tracemalloc.start()
    try:
        began_s = monotonic_s()
        fuzzed.one(data)
        spent_s = monotonic_s() - began_s
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < MEMORY_BYTES
    assert spent_s < 10 * LONGEST_S  # it is slow to count memory
