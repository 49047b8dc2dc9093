"""The counters in programmable I/O: their words, as machine code, in an emulator that knows nothing of us."""

import random
from dataclasses import replace

import pytest
from pio_twin import BOARD, load, programs
from pioemu import State, emulate

from appliance.machine import load_machine

CLOCK_HZ = 125_000_000
ASK = 0x4020  # IN X, 32: what the firmware puts between to read X
WORD = 1 << 32
PROGRAMS = programs()
SHORTEST = 3  # clocks of a level that are always seen: the length of either loop


class Machine:
    """One state machine beside the others, in the memory that all of them share."""

    def __init__(self, name, x=0, source=None):
        found = programs(source)
        self.memory, places = load(found['both_edges'], found['rising'])  # in the order in which board.py makes them
        place = dict(zip(('both_edges', 'rising'), places, strict=True))[name]
        self.first, self.last = (place + at for at in found[name].wrap)
        self.state = State(x_register=x, program_counter=place)
        self.past = set()

    def run(self, clocks, level):
        """`level(clock)` of the pin."""
        end = self.state.clock + clocks
        for _, after in emulate(
            self.memory,
            stop_when=lambda _, state: state.clock >= end,
            initial_state=self.state,
            input_source=level,
            wrap_target=self.first,
            wrap_top=self.last,
        ):
            self.state = replace(after, program_counter=after.program_counter % 32)
            self.past.add(self.state.program_counter)

    def ask(self):
        """X, as the firmware reads it: one instruction between two of the program's (datasheet 3.5.7)."""
        before = replace(self.state, program_counter=0)
        ((_, after),) = emulate(
            [ASK],
            stop_when=lambda _, state: state.clock > before.clock,
            initial_state=before,
            auto_push=True,
            shift_isr_right=False,
        )
        self.state = replace(after, program_counter=self.state.program_counter)
        return self.state.receive_fifo.popleft()


def train(dice, edges, shortest=SHORTEST, longest=40):
    """Clocks at which the level changes, beginning low."""
    at, found = 10, []
    for _ in range(edges):
        at += dice.randrange(shortest, longest)
        found.append(at)
    return found


def level_of(edges):
    """A function of the clock; the emulator asks in order."""
    place = [0]

    def level(clock: int) -> int:
        while place[0] < len(edges) and edges[place[0]] <= clock:
            place[0] += 1
        return place[0] & 1

    return level


def counted(name, edges, x=0, asked=()):
    """Pulses between the first look and the last, by all looks together."""
    machine, level, last, total = Machine(name, x), level_of(edges), x, 0
    for clock in [*asked, edges[-1] + 50 if edges else 200]:
        machine.run(clock - machine.state.clock, level)
        now = machine.ask()
        total += (last - now) % WORD
        last = now
    return total


def wanted(name, edges):
    return len(edges) if name == 'both_edges' else (len(edges) + 1) // 2


def test_the_words_are_those_of_micropythons_own_assembler():
    """Noted from ports/rp2/modules/rp2.py of MicroPython 1.26.1."""
    assert PROGRAMS['rising'].words == [0x2020, 0x20A0, 0x0040]
    assert PROGRAMS['both_edges'].words == [0x20A0, 0x0042, 0x2020, 0x0040]
    assert PROGRAMS['rising'].wrap == [0, 2]
    assert PROGRAMS['both_edges'].wrap == [0, 3]


@pytest.mark.parametrize('name', PROGRAMS)
@pytest.mark.parametrize('seed', range(3))
def test_every_edge_of_a_random_train_is_counted(name, seed):
    edges = train(random.Random(seed), 200)
    assert counted(name, edges) == wanted(name, edges)


@pytest.mark.parametrize('name', PROGRAMS)
def test_reading_loses_and_adds_nothing_whenever_it_comes(name):
    """At every clock of a train, so that it falls on each instruction and on each edge."""
    edges = train(random.Random(3), 9, longest=12)
    for clock in range(5, edges[-1] + 5):
        assert counted(name, edges, asked=[clock]) == wanted(name, edges), clock
    assert counted(name, edges, asked=range(5, edges[-1], 7)) == wanted(name, edges)


@pytest.mark.parametrize('name', PROGRAMS)
@pytest.mark.parametrize('x', [0, 1, 2, 5, 65_536, 65_540, WORD - 1])
def test_it_counts_on_through_zero_and_around_the_half_that_is_read(name, x):
    edges = train(random.Random(x), 60)
    assert counted(name, edges, x) == wanted(name, edges)
    machine, level = Machine(name, x), level_of(edges)
    machine.run(edges[-1] + 50, level)
    assert (x % 65_536 - machine.ask() % 65_536) % 65_536 == wanted(name, edges)


@pytest.mark.parametrize('name', PROGRAMS)
def test_it_never_leaves_its_program(name):
    """Behind its end lies another one, or nothing, which is a jump to nowhere."""
    machine = Machine(name)
    edges = train(random.Random(9), 100)
    machine.run(edges[-1], level_of(edges))
    assert machine.past <= set(range(machine.first, machine.last + 1))


def test_the_shortest_pulses_of_the_machine_are_far_longer_than_what_it_needs():
    """A frame is 5 us; what the file allows a driver is 100 ns."""
    driver = load_machine().driver
    assert min(driver.step_high_ns, driver.step_low_ns) / 4 > SHORTEST / CLOCK_HZ * 1e9
    edges = train(random.Random(5), 500, SHORTEST, SHORTEST + 1)
    assert counted('rising', edges) == 250


def test_a_glitch_counts_once_or_not_at_all():
    """Shorter than its loop, in the middle of a rest: never more than the one pulse that it is."""
    for length in (1, 2):
        for at in range(20, 26):
            assert counted('rising', [at, at + length]) <= 1
            assert counted('both_edges', [at, at + length]) in (0, 2)


def test_a_pin_that_stands_counts_nothing():
    assert counted('rising', []) == counted('both_edges', []) == 0


def test_a_pin_that_is_high_from_the_start_is_no_pulse_for_the_steps():
    assert counted('rising', [0]) == 0


def test_edges_at_once_are_counted_by_each_counter():
    """Heartbeat, steps and index in one memory, all moving in the same clock."""
    edges = train(random.Random(8), 200)
    assert [counted(name, edges) for name in ('both_edges', 'rising', 'rising')] == [200, 100, 100]


def test_a_jump_behind_the_end_would_be_seen():
    """As both programs once were: the first two pulses are counted, and then it is lost in another program."""
    source = BOARD.read_text(encoding='utf-8')
    for name in PROGRAMS:
        head, body = source.split(f'def {name}() -> None:')
        body = body.replace("jmp(x_dec, 'again')\n", "jmp(x_dec, 'next')\n    label('next')\n", 1)
        source = f'{head}def {name}() -> None:{body}'
    edges = train(random.Random(2), 40)
    for name in PROGRAMS:
        machine = Machine(name, source=source)
        machine.run(edges[-1] + 50, level_of(edges))
        assert not machine.past <= set(range(machine.first, machine.last + 1))
        assert -machine.ask() % WORD != wanted(name, edges)
