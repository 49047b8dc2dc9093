"""The chain: every block legal for a lite channel, every way ending in silence, nothing but 32-bit stores."""

import ctypes
import mmap
import re
import shlex
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import NativeError
from appliance.native import check, ffi, lib
from tests.native.chain_walk import walk

ROOT = Path(__file__).parents[2]
COMPILER = shlex.split(sysconfig.get_config_var('CC') or 'cc')
BUS = 0xC0100000
SEGMENT, SLOT = 64, 2 * 64 + 400
OFF_SET, OFF_CLEAR = 1 << 5, 1 << 16 | 1 << 17 | 1 << 22 | 1 << 26 | 1 << 6


class Bench:
    """Chain memory with guard words around it, and a chain in it."""

    def __init__(self, slots=6, guard=64):
        self.words = 56 + slots * SLOT
        self.memory = np.full(self.words + 2 * guard, 0xDEADBEEF, np.uint32)
        self.guard = guard
        self.chain = ffi.new('struct chain *')
        inside = ffi.cast('volatile uint32_t *', ffi.from_buffer('uint32_t[]', self.memory)) + guard
        check(lib.chain_begin(self.chain, inside, self.words, BUS, self.settings()))

    @staticmethod
    def settings(**changes):
        values = {'segment_frames': SEGMENT, 'slot_words': SLOT, 'silence': 312}
        return ffi.new('struct chain_settings *', {**values, 'off_set': OFF_SET, 'off_clear': OFF_CLEAR, **changes})

    def build(self, words, edges=()):
        words = np.ascontiguousarray(words, np.uint32)
        frames = len(words) // 2
        check(lib.chain_build(self.chain, ffi.from_buffer('uint32_t[]', words), frames, list(edges), len(edges)))

    def append(self, words, edges=()):
        self.build(words, edges)
        check(lib.chain_link(self.chain))

    def inside(self):
        return self.memory[self.guard : -self.guard].tolist()

    def walk(self):
        return walk(self.inside(), BUS, lib.chain_entry(self.chain))

    def guards_untouched(self):
        return bool(
            (self.memory[: self.guard] == 0xDEADBEEF).all() and (self.memory[-self.guard :] == 0xDEADBEEF).all()
        )


def ramp(first, frames):
    return np.arange(first, first + 2 * frames, dtype=np.uint32) % 625


def test_one_segment_leads_to_off_then_silence():
    bench = Bench()
    bench.append(ramp(0, 8), [(3, 1 << 22, 0), (4, 0, 1 << 22), (6, 1 << 23, 1 << 22)])
    seen = bench.walk()
    assert seen.words == ramp(0, 8).tolist()
    assert seen.edges == [(3, 1 << 22, 0), (4, 0, 1 << 22), (6, 1 << 23, 1 << 22)]
    assert seen.off == (OFF_SET, OFF_CLEAR)
    assert seen.idle_words == [312] * 32


def test_edges_at_the_first_and_the_last_frame():
    bench = Bench()
    bench.append(ramp(0, 4), [(0, 1, 0), (3, 0, 1)])
    assert bench.walk().edges == [(0, 1, 0), (3, 0, 1)]


def test_a_built_segment_is_not_seen_before_it_is_linked():
    bench = Bench()
    bench.append(ramp(0, 8))
    before = bench.walk().words
    old = bench.memory.copy()
    bench.build(ramp(16, 8))
    assert bench.walk().words == before
    built = bench.memory.copy()
    check(lib.chain_link(bench.chain))
    assert np.count_nonzero(bench.memory != built) == 1, 'linking is one store'
    assert np.count_nonzero(built != old) > 16
    assert bench.walk().words == ramp(0, 16).tolist()


@st.composite
def segments(draw):
    """Words and edges of one segment, as much as its slot may hold."""
    frames = draw(st.integers(1, SEGMENT // 4)) * 4
    at = sorted(draw(st.sets(st.integers(0, frames - 1), max_size=19)))
    pins = [draw(st.tuples(st.integers(0, 2**27 - 1), st.integers(0, 2**27 - 1))) for _ in at]
    return frames, [(f, s & ~c or 1 << 27, c & ~s) for f, (s, c) in zip(at, pins, strict=True)]


@settings(max_examples=60, deadline=None)
@given(st.lists(segments(), min_size=1, max_size=5), st.integers(0, 2**31))
def test_any_segments_make_a_legal_chain(parts, seed):
    bench, rng = Bench(), np.random.default_rng(seed)
    words, edges, frame = [], [], 0
    for frames, own in parts:
        block = rng.integers(0, 626, 2 * frames, dtype=np.uint32)
        shifted = [(frame + f, s, c) for f, s, c in own]
        bench.append(block, shifted)
        words += block.tolist()
        edges += shifted
        frame += frames
        seen = bench.walk()  # whenever the feeder dies, the chain is whole
        assert seen.words == words
        assert seen.edges == edges
    assert bench.chain.blocks == seen.blocks
    assert bench.guards_untouched()


def test_a_slot_is_used_again_only_when_left_by_two():
    bench = Bench(slots=6)
    entries = []
    for i in range(6):
        bench.append(ramp(8 * i, 4))
        entries.append(bench.chain.pending_bus)
    with pytest.raises(NativeError, match='not left'):
        bench.build(ramp(0, 4))
    for seen, room in ((0, False), (1, False), (2, True)):
        place = lib.chain_find(bench.chain, entries[seen])
        assert (place.at, place.segment, place.frame) == (lib.CHAIN_SEGMENT, seen, 4 * seen)
        assert bool(lib.chain_has_room(bench.chain)) is room
    bench.append(ramp(0, 4))
    assert not lib.chain_has_room(bench.chain)


def test_many_turns_of_the_slots_lose_nothing():
    bench = Bench(slots=5)
    played = []
    at = lib.chain_entry(bench.chain)
    for i in range(40):
        bench.append(ramp(8 * i, 4), [(4 * i + 1, 1 << 22, 0), (4 * i + 2, 0, 1 << 22)])
        if i < 2:
            continue
        assert lib.chain_find(bench.chain, at).frame == 4 * (i - 2)  # the DMA engine stays two segments behind
        words = bench.inside()
        while len(played) < 8 * (i - 1):
            block = words[(at - BUS) // 4 :][:8]
            if block[2] == 0x7E20C018:
                played += words[(block[1] - BUS) // 4 :][: block[3] // 4]
            at = block[5]
    assert played == ramp(0, 4 * 38).tolist()


def test_every_address_means_one_place():
    bench = Bench()
    bench.append(ramp(0, 8), [(3, 1, 0), (5, 0, 1)])
    first = lib.chain_entry(bench.chain)
    assert [lib.chain_find(bench.chain, first + 32 * i).frame for i in range(5)] == [0, 3, 3, 5, 5]
    assert lib.chain_find(bench.chain, first + 32 * 5).at == lib.CHAIN_LOST
    assert lib.chain_find(bench.chain, first + 4).at == lib.CHAIN_LOST
    assert lib.chain_find(bench.chain, first - 32).at == lib.CHAIN_LOST
    assert lib.chain_find(bench.chain, BUS - 32).at == lib.CHAIN_LOST
    assert lib.chain_find(bench.chain, BUS + 4 * bench.words).at == lib.CHAIN_LOST
    assert lib.chain_find(bench.chain, BUS).at == lib.CHAIN_IDLE
    assert lib.chain_find(bench.chain, BUS + 32).at == lib.CHAIN_IDLE
    assert lib.chain_find(bench.chain, 0).at == lib.CHAIN_NOWHERE


def test_a_segment_ends_before_the_edge_that_finds_no_place():
    bench = Bench()
    room = (SLOT - 2 * SEGMENT - 8) // 20
    crowd = [(2 * i, 1 << 22, 1 << 23) for i in range(room + 5)]
    frames = lib.chain_fit(bench.chain, crowd, len(crowd), SEGMENT)
    assert frames == 2 * room // 4 * 4
    inside = [edge for edge in crowd if edge[0] < frames]
    bench.append(ramp(0, frames), inside)
    assert bench.walk().edges == inside
    assert lib.chain_fit(bench.chain, [], 0, SEGMENT) == SEGMENT


def test_too_many_edges_are_refused_before_they_spoil_anything():
    bench = Bench()
    crowd = [(i, 1 << 22, 1 << 23) for i in range(25)]
    with pytest.raises(NativeError, match='too many edges'):
        bench.build(ramp(0, SEGMENT), crowd)
    assert bench.guards_untouched()


def test_withheld_pins_are_gone_from_what_is_queued():
    bench = Bench()
    lift, step = 1 << 16, 1 << 22
    bench.append(ramp(0, 8), [(1, lift | step, 0), (2, lift, step), (3, 0, lift), (5, step, lift)])
    bench.append(ramp(16, 8), [(9, lift, 0)])
    lib.chain_withhold(bench.chain, lift, 0)
    assert bench.walk().edges == [(1, step, 0), (2, 0, step), (3, 0, lift), (5, step, lift), (9, 0, 0)]
    lib.chain_withhold(bench.chain, 0, lift)
    assert bench.walk().edges == [(1, step, 0), (2, 0, step), (3, 0, 0), (5, step, 0), (9, 0, 0)]


@pytest.mark.parametrize(
    ('edges', 'frames', 'sentence'),
    [
        ([(2, 1, 0), (2, 2, 0)], 4, 'ascend'),
        ([(3, 1, 0), (2, 2, 0)], 4, 'ascend'),
        ([(4, 1, 0)], 4, 'within their segment'),
        ([(-1, 1, 0)], 4, 'within their segment'),
        ([(1, 3, 1)], 4, 'not both the same'),
        ([(1, 0, 0)], 4, 'some pin'),
        ([], 6, 'multiple of 4'),
        ([], SEGMENT + 4, 'no longer'),
    ],
)
def test_what_cannot_be_built_is_named(edges, frames, sentence):
    with pytest.raises(NativeError, match=sentence):
        Bench().build(ramp(0, frames), edges)


@pytest.mark.parametrize(
    ('changes', 'sentence'),
    [
        ({'segment_frames': 6}, 'multiple of 4'),
        ({'segment_frames': 8192, 'slot_words': 20000}, 'to 8188'),
        ({'slot_words': SLOT + 4}, 'multiple of 8'),
        ({'slot_words': 2 * SEGMENT + 88}, 'leave 96'),
        ({'off_set': 1, 'off_clear': 1}, 'same pin'),
    ],
)
def test_settings_that_cannot_work_are_named(changes, sentence):
    bench = Bench()
    memory = ffi.new('uint32_t[]', 100000)
    with pytest.raises(NativeError, match=sentence):
        check(lib.chain_begin(bench.chain, memory, 100000, BUS, Bench.settings(**changes)))


def test_memory_for_less_than_four_segments_is_refused():
    with pytest.raises(NativeError, match='too small'):
        Bench(slots=3)


def test_memory_that_is_not_aligned_is_refused():
    chain = ffi.new('struct chain *')
    memory = ffi.new('uint32_t[]', 100000)
    with pytest.raises(NativeError, match='aligned'):
        check(lib.chain_begin(chain, memory, 100000, BUS + 16, Bench.settings()))


def test_nothing_is_touched_beyond_the_last_page():
    """The memory ends where a page without access begins: a store beyond it would end this process."""
    page = mmap.PAGESIZE
    libc = ctypes.CDLL(None, use_errno=True)
    area = mmap.mmap(-1, 8 * page)
    base = ctypes.addressof(ctypes.c_char.from_buffer(area))
    assert libc.mprotect(ctypes.c_void_p(base + 7 * page), ctypes.c_size_t(page), 0) == 0
    words = 56 + 4 * SLOT
    start = base + 7 * page - 4 * words
    chain = ffi.new('struct chain *')
    memory = ffi.cast('volatile uint32_t *', start)
    check(lib.chain_begin(chain, memory, words, BUS, Bench.settings()))
    block = np.zeros(2 * SEGMENT, np.uint32)
    for i in range(4):
        edges = [(i * SEGMENT + 2 * k, 1, 2) for k in range(19)]
        check(lib.chain_build(chain, ffi.from_buffer('uint32_t[]', block), SEGMENT, edges, len(edges)))
        check(lib.chain_link(chain))
    assert chain.built == 4


def test_chain_memory_is_only_reached_as_volatile_words():
    """Device memory takes aligned 32-bit accesses alone; C promises those for `volatile uint32_t`, if nobody casts."""
    source = ROOT / 'native' / 'chain.c'
    flags = ['-std=c11', '-Wall', '-Wextra', '-Wcast-qual', '-Wdiscarded-qualifiers', '-Werror', '-fsyntax-only']
    seen = subprocess.run([*COMPILER, *flags, str(source)], capture_output=True, text=True)
    assert seen.returncode == 0, seen.stderr
    assert not re.search(r'\b(memcpy|memmove|memset|bzero)\b', source.read_text(encoding='utf-8').split('*/', 1)[1])
