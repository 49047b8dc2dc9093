"""The firmware after weeks: clocks that wrap, and a heap that is no larger for all it has heard."""

import subprocess
import sys

import pytest
from pico_rig import HEAP, Bench, micropython
from test_vectors import Logic

from appliance.interlock import guard
from appliance.interlock.firmware import files, lay_out
from appliance.interlock.wire import Lines, line
from appliance.machine import load_machine

PERIOD_MS = 1 << 30  # in which MicroPython's ticks_ms comes round: twelve days and a half
WRAP_US = 1 << 32  # of the lower half of an RP2040's timer: 71 minutes and a half, 4 294 967 ms


def cut(turn, write, ms):
    """Power for so long: permits each 100 ms, heartbeats each 2.5 ms, a platter at 78 rpm. Whether it stayed."""
    write(line('A', 77, 1, 6400, 2500, 300))
    beat_us = steps = since = 0
    seq, on = 1, []
    out = turn(ms=2)
    for at in range(0, ms, 2):
        if at % 100 == 0:
            seq += 1
            write(line('P', 77, seq, 250, 0))
        beat_us, steps = beat_us + 2000, steps + 6400 * 78.26 / 60 * 0.002
        beats, whole = int(beat_us // 2500), int(steps)
        beat_us, steps, since = beat_us % 2500, steps % 1, since + int(steps)
        out = turn(ms=2, beats=beats, steps=whole, turns=int(since >= 6400), relay_contact=out['relay'])
        since -= 6400 * (since >= 6400)
        on.append(out['relay'])
    return on


@pytest.mark.parametrize('before_ms', [1000, 1, 0])
def test_a_cut_goes_on_while_the_ticks_come_round(tmp_path, before_ms):
    """As MicroPython counts them, in MicroPython."""
    bench = Bench(tmp_path, ticks_ms=PERIOD_MS - 160 - before_ms)
    for _ in range(80):
        bench.turn(ms=2)
    on = cut(bench.turn, bench.write, 2000)
    assert all(on), f'off after {2 * on.index(0)} ms'
    last = [numbers for kind, numbers in Lines().take(bench.read()) if kind == 'S'][-1]
    assert (last[2], last[3]) == (guard.CUTTING, guard.WELL)
    bench.close()


@pytest.mark.parametrize('jump_ms', [-(WRAP_US // 1000), WRAP_US // 1000, -1, 41, PERIOD_MS // 2 - 1])
def test_a_clock_that_jumps_takes_the_power_and_the_interlock_is_back_at_once(jump_ms):
    """Were the ticks made of 32 bits of microseconds they would jump back each 71 minutes. Whatever they do: off in
    that turn, told in time, and ready to be seen to; also when it happens while nothing has power."""
    logic = Logic()

    def turn(**order):
        logic.turn(**{'beats': 0, 'steps': 0, 'turns': 0, 'relay_contact': 0} | order)
        return {'relay': int(logic._outputs[0])}

    for _ in range(40):
        turn(ms=2)
    assert all(cut(turn, logic.hear, 400))
    out = turn(ms=jump_ms, beats=1, relay_contact=1)
    assert out['relay'] == 0
    assert logic.seen()[:2] == (guard.TRIPPED, guard.LOOP_LATE)
    turn(ms=jump_ms)
    logic.wrote = b''
    for _ in range(60):
        turn(ms=2)
    assert [kind for kind, _ in Lines().take(logic.wrote)].count('S') >= 1, 'it goes on telling'
    logic.hear(line('R', 77, 10, 1))
    turn(ms=2)
    assert logic.seen()[:2] == (guard.SAFE, guard.WELL)
    logic.hear(line('A', 77, 11, 6400, 2500, 0))
    assert turn(ms=2)['relay'] == 1


SOAK = """
import gc
from appliance.interlock.guard import Guard, Limits, Seen
from appliance.interlock.loop import Voice, turn
from appliance.interlock.wire import line

class Board:
    said, wrote, power, beat = None, 0, False, 0
    def look(self, seen):
        seen.stop_out = seen.stop_agrees = seen.lid_closed = True
        seen.head_dc, seen.driver_dc, seen.supply_mv, seen.current_ma = 250, 260, 24000, 300
        seen.relay_closed = self.power
        self.beat += 2000
        seen.beats, self.beat = divmod(self.beat, 2500)
        return 2
    def read(self):
        said, self.said = self.said, None
        return said
    def write(self, data):
        self.wrote += len(data)
        return True
    def drive(self, power, head):
        self.power = power

board, guard, voice, seen = Board(), Guard(Limits(600, 900, 20000, 28000, 4000), 77, 1), Voice(), Seen()
noise = (b'$P,77,1,2,3*0000\\n', b'x' * 150, b'\\n\\n', b'$' + b'9' * 90 + b'\\n', bytes(range(128, 200)), b'$P,77,')
count, seq, free = COUNT, 0, []
for number in range(count):
    seq = (seq + 1) % 65536
    kind = number % 10
    if kind == 0: board.said = line('H', 3)
    elif kind == 1: board.said = line('R', 77, seq, guard.trips)
    elif kind == 2: board.said = line('A', 77, seq, 6400, 2500, 0)
    elif kind == 7: board.said = noise[number // 10 % len(noise)]
    elif kind == 8: board.said = b'\\n'
    elif kind == 9: board.said = line('O', 77, seq)
    else: board.said = line('P', 77, seq, 250, 0)
    turn(board, guard, voice, seen)
    for _ in range(30 if kind == 9 else 0):
        turn(board, guard, voice, seen)
    if number % (count // 10) == count // 10 - 1:
        gc.collect()
        free.append(gc.mem_free())
print(*free)
print(board.wrote, guard.trips)
"""


def test_a_hundred_thousand_lines_leave_the_heap_as_it_was(tmp_path, lot):
    """Right ones, wrong ones, and none at all; with as much memory as a Pico has, in a real MicroPython."""
    flash = tmp_path / 'flash'
    lay_out(files(load_machine(), 'virtual'), flash)
    code = f'import sys; sys.path[:] = [{str(flash)!r}, ".frozen"]; COUNT = {lot(5_000, 100_000)}\n{SOAK}'
    ran = subprocess.run(
        [micropython(), '-X', f'heapsize={HEAP}', '-c', code], capture_output=True, text=True, timeout=600, check=False
    )
    assert ran.returncode == 0, ran.stderr
    free, (wrote, _) = ([int(word) for word in row.split()] for row in ran.stdout.splitlines())
    assert wrote > 10_000
    assert min(free[1:]) >= free[0] - SLACK, f'bytes free after each tenth: {free}'
    print(f'bytes free after each tenth: {free}', file=sys.stderr)


SLACK = 256  # bytes: a line that is half heard
