"""The real engine's code in front of registers that somebody else has modelled: QEMU's Raspberry Pi 3, Debian's kernel.

Whatever reaches the pins is seen from outside the emulated computer, and must be what the score asks for, write by
write. QEMU's DMA engine knows no DREQ, so this says nothing of time. What is answered in the board's place: guest.c.
"""

import struct
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from appliance.lathe.settings import Knobs, engine_settings, off, pwm_settings
from appliance.machine import load_machine
from appliance.native import ffi, lib
from appliance.pi.board import read_board
from appliance.pi.memory import Record
from appliance.pi.reserved import set_apart
from appliance.pi.rivals import refuse_rivals
from appliance.timeline.axes import carriage_settings, platter_settings
from tests.emulated.debian import EmulationError, missing
from tests.emulated.emulator import TOOLS, Emulator, booth_tree, build_program, fetch_kernel
from tests.native.engine_rig import score
from tests.native.motion_twin import DIR, STEP, Piece, ideal_steps, pulses

FRAMES = 200_000  # a second: all of it is queued before the DMA engine starts, which then does not stop
RAMP_S = 0.2
# Offsets typed from BCM2711 ARM Peripherals 5.2 by another hand.
SET0, SET1, BETWEEN, CLR0 = 0x1C, 0x20, 0x24, 0x28
GO = 0x30F80001


def small_machine():
    reference = load_machine('virtual')
    return replace(
        reference,
        platter=replace(reference.platter, ramp_s=RAMP_S),
        cut=replace(reference.cut, lookahead_ms=FRAMES / 200 + 20),
    )


def written(machine, played):
    """The file that guest.c reads."""
    settings = engine_settings(machine, played.frames, Knobs(wait_for_input=True))
    axes = (platter_settings(machine).struct(), carriage_settings(machine).struct())
    samples = np.concatenate(list(played.drive())).astype(np.float32)
    sizes = [
        ffi.sizeof(f'struct {name}') for name in ('engine_settings', 'motion_settings', 'motion_segment', 'pin_edge')
    ]
    memory = 4 * (64 + (FRAMES // settings.segment_frames + 8) * settings.slot_words)
    head = struct.pack('<4Q', *sizes)
    head += struct.pack('<5Q', len(played.platter), len(played.carriage), len(played.events), len(samples),
                        memory + -memory % 4096)  # fmt: skip
    head += (
        machine.machine.chip.encode().ljust(16, b'\0')
        + bytes(ffi.buffer(settings))
        + bytes(ffi.buffer(pwm_settings(machine)))
    )
    head += bytes(-len(head) % 8) + b''.join(bytes(ffi.buffer(axis)) for axis in axes)
    return head + b''.join(each.tobytes() for each in (played.platter, played.carriage, played.events, samples))


def planned(machine, played):
    """{frame: (set, clear)}: the score read by hand, in exact fractions and one frame at a time."""
    edges = [tuple(int(x) for x in event) for event in played.events]
    bits = (lib.MOTION_POSITION_BITS, lib.MOTION_VELOCITY_BITS, lib.MOTION_ACCEL_BITS, lib.MOTION_JERK_BITS)
    for settings, segments in (
        (platter_settings(machine), played.platter),
        (carriage_settings(machine), played.carriage),
    ):
        use = settings.struct()
        rules = {
            name: getattr(use, name)
            for name in ('high_frames', 'low_frames', 'setup_frames', 'hold_frames', 'forward_high')
        }
        pieces = [
            Piece(
                int(row[0]),
                int(row[1]),
                tuple(Fraction(int(x), 2**b) for x, b in zip(list(row)[2:], bits, strict=True)),
            )
            for row in segments
        ]
        pins = {STEP: use.step_mask, DIR: use.dir_mask, 0: 0}
        edges += [(at, pins[up], pins[down]) for at, up, down in pulses(ideal_steps(pieces, played.frames), rules)]
    beat, every = 1 << machine.pins.heartbeat, round(machine.cut.heartbeat_ms * 200)
    edges += [
        (at, 0 if i % 2 else beat, beat if i % 2 else 0) for i, at in enumerate(range(every, played.frames, every))
    ]
    merged = {}
    for frame, up, down in edges:
        if frame < played.frames:
            merged[frame] = tuple(a | b for a, b in zip(merged.get(frame, (0, 0)), (up, down), strict=True))
    return merged


def as_writes(up, down):
    """What the DMA engine does to the pins for one edge: both registers, and the two between, or one of them."""
    if up and down:
        return [(SET0, up), (SET1, 0), (BETWEEN, 0), (CLR0, down)]
    return [(SET0, up)] if up else [(CLR0, down)]


@pytest.fixture(scope='module')
def kernel(tmp_path_factory):
    if packages := missing(TOOLS):
        pytest.skip(f'needs the packages {" ".join(packages)}')
    try:
        debian = fetch_kernel()
    except EmulationError as error:
        pytest.skip(f'needs a kernel from Debian: {error}')
    return replace(debian, tree=booth_tree(debian, tmp_path_factory.mktemp('tree')))


@pytest.fixture(scope='module')
def program(kernel, tmp_path_factory):
    return build_program(tmp_path_factory.mktemp('program') / 'init')


@pytest.fixture(scope='module')
def emulated(kernel, program, tmp_path_factory):
    machine = small_machine()
    played = score(machine, FRAMES, head=(90_002, 120_002))
    with Emulator(kernel, program, written(machine, played), tmp_path_factory.mktemp('board')) as emulator:
        seen = emulator.play()
    took = f'up in {seen.boot_s:.1f} s, played in {seen.play_s:.1f} s'
    print(f'\nLinux {seen.kernel}: {took}, {len(seen.writes)} writes; {seen.told}')
    return machine, played, seen


@pytest.mark.timeout(900)
def test_what_the_emulated_dma_engine_does_to_the_pins_is_what_the_score_asks_for(emulated):
    machine, played, seen = emulated
    assert (seen.told['state'], seen.told['wrong'], seen.told['strays']) == (lib.ENGINE_DONE, '', 0)
    starts = [i for i, w in enumerate(seen.writes) if w.device == 'bcm2835-dma' and w.value == GO]
    assert len(starts) == 1
    done = []
    for write in seen.writes[starts[0] + 1 :]:  # the DMA engine has finished before the processor goes on
        if 'gpio' not in write.device:
            break
        done.append((write.address & 0xFF, write.value))
    edges, rest = planned(machine, played), off(machine)
    wanted = [write for frame in sorted(edges) for write in as_writes(*edges[frame])]
    idle = as_writes(rest.set, rest.clear)
    by_the_engine = [(CLR0, rest.clear), (SET0, rest.set)]  # as it stops
    assert len(done) == len(wanted) + len(idle) + len(by_the_engine)
    assert done == wanted + idle + by_the_engine


def test_priority_and_locked_memory_are_given_to_whoever_may_have_them(emulated):
    _, _, seen = emulated
    assert seen.told['realtime'] == ''


def test_the_engine_counts_the_steps_that_were_seen(emulated):
    machine, _, seen = emulated
    pins = machine.pins
    for made, gpio in zip(seen.told['steps'], (pins.platter_step, pins.carriage_step), strict=True):
        rises = [w for w in seen.writes if 'gpio' in w.device and w.address & 0xFF == SET0 and w.value >> gpio & 1]
        assert made == len(rises) > 100


def test_at_the_end_the_pins_are_as_off_says(emulated):
    machine, _, seen = emulated
    rest = off(machine)
    assert seen.levels & (rest.set | rest.clear) == rest.set
    assert seen.levels & (1 << machine.pins.leg_a | 1 << machine.pins.leg_b) == 0


def test_the_board_is_known_by_the_files_of_a_real_kernel(emulated, tmp_path):
    """It has every channel of its mask but ours, has left the PWM alone, and neither uses nor maps the memory of
    chains: in that memory the chain lay that was played."""
    _, _, seen = emulated
    for name, content in seen.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    board = read_board(tmp_path)
    assert (board.chip, board.arm_base, board.dma_mask) == ('bcm2837', 0x3F000000, 0x3F35)
    assert board.model.startswith('Raspberry Pi 3 Model B')
    assert len(list(tmp_path.glob('sys/class/dma/*'))) == 10
    assert refuse_rivals(board, 14, tmp_path) == ''
    assert set_apart(tmp_path, 0xC0000000).claim(1 << 21).bus == 0xCA000000
    assert '0a000000-0a3fffff : reserved' in seen.files['proc/iomem'].decode()
    assert Record(tmp_path, tmp_path).boot.count('-') == 4


@pytest.mark.timeout(900)
def test_a_kernel_that_keeps_its_registers_to_itself_is_told_of(kernel, program, tmp_path):
    """Debian's does, unless its line says otherwise; nothing has been written then."""
    machine = small_machine()
    with Emulator(kernel, program, written(machine, score(machine, FRAMES)), tmp_path, line='') as emulator:
        seen = emulator.play()
    assert 'iomem=relaxed' in seen.told['wrong']
    assert not [write for write in seen.writes if 'gpio' in write.device or 'dma' in write.device]
