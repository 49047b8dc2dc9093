"""The C core of the spiral: what it refuses, how fast it closes in, and that it stays inside its work space."""

import numpy as np
import pytest

from appliance.errors import NativeError
from appliance.groove.spiral import BASIS
from appliance.native import check, ffi, lib

TURN, PER_KNOT = 200, 10
FRACTION = np.linspace(0, 1, PER_KNOT + 1)[:, None]
BASES = np.ascontiguousarray(FRACTION ** np.arange(4) @ BASIS).ravel()


def problem(demand, turn=TURN, per_knot=PER_KNOT, penalty=0.7e-4):
    """A problem over `demand`, with what keeps its arrays alive."""
    demand = np.ascontiguousarray(demand, np.float64)
    held = (demand, BASES)
    made = ffi.new('struct spiral_problem *')
    made.demand, made.basis = (ffi.from_buffer('double[]', array) for array in held)
    made.nodes, made.turn, made.per_knot = len(demand), turn, per_knot
    made.step, made.bend, made.penalty = 38.3, 29.4, penalty
    return made, held


def tightened(demand, spare=0):
    """The coefficients from a straight guess, the report, and the numbers laid behind the work space."""
    made, held = problem(demand)
    doubles = lib.spiral_work(made)
    work = np.full(doubles + 100, -7.5)
    coefficients = np.linspace(0, 1, (len(held[0]) - 1) // PER_KNOT + 3) * demand.max() * len(demand) / TURN
    report = ffi.new('struct spiral_report *')
    room = ffi.from_buffer('double[]', work, require_writable=True)
    into = ffi.from_buffer('double[]', coefficients, require_writable=True)
    check(lib.spiral_tighten(made, into, room, doubles - spare, report))
    return coefficients, report, work[doubles:]


def rough(turns, seed=3):
    demand = np.random.default_rng(seed).uniform(120, 300, turns * TURN + 1)
    demand[:TURN] = 0
    return demand


@pytest.mark.parametrize('turns', [2, 5, 40])
def test_it_closes_in_within_thirty_rounds_and_leaves_no_rule_broken(turns):
    coefficients, report, behind = tightened(rough(turns))
    assert report.converged
    assert report.iterations <= 30
    assert 0 <= report.gap_um < 1e-3 * coefficients[-2]
    assert report.miss_um < 1e-3
    assert np.all(np.diff(coefficients) > -1e-3)
    assert np.all(np.diff(coefficients) < 38.3 + 1e-3)
    assert np.all(behind == -7.5), 'wrote past its work space'


def test_what_cannot_be_met_does_not_converge_and_ends():
    demand = rough(6)
    demand[700] = 38.3 * TURN / PER_KNOT + 50
    _, report, _ = tightened(demand)
    assert not report.converged
    assert report.iterations <= 60


@pytest.mark.parametrize(
    ('nodes', 'turn', 'per_knot'),
    [(2 * TURN - 9, TURN, PER_KNOT), (5 * TURN + 3, TURN, PER_KNOT), (5 * TURN + 1, 205, PER_KNOT), (0, TURN, PER_KNOT),
     (1001, TURN, 0), (1001, 0, PER_KNOT), (1001, 30, PER_KNOT)],
)  # fmt: skip
def test_a_shape_it_cannot_solve_needs_no_work_space_and_is_refused(nodes, turn, per_knot):
    made, held = problem(np.zeros(max(nodes, 1)), turn, per_knot)
    made.nodes = nodes
    assert lib.spiral_work(made) == 0
    buffer = ffi.new('double[4000]')
    with pytest.raises(NativeError, match='cannot be tightened'):
        check(lib.spiral_tighten(made, buffer, buffer, 4000, ffi.new('struct spiral_report *')))
    assert held


def test_too_little_work_space_is_refused():
    with pytest.raises(NativeError, match='too little work space'):
        tightened(rough(5), spare=1)


def test_least_refuses_steps_of_nothing():
    numbers = ffi.new('double[8]')
    for turn, step in ((0, 1.0), (4, 0.0), (4, float('nan'))):
        with pytest.raises(NativeError, match='above zero'):
            check(lib.spiral_least(numbers, 8, turn, step, numbers))


def test_least_refuses_a_demand_that_is_no_number():
    demand = ffi.new('double[8]', [0, 1, float('nan'), 0, 0, 0, 0, 0])
    with pytest.raises(NativeError, match='further apart'):
        check(lib.spiral_least(demand, 8, 4, 5.0, ffi.new('double[8]')))
