"""The spiral against a linear programme, against the rules it must keep, and against the speed of the least one."""

import numpy as np
import pytest
from scipy.interpolate import BSpline
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack

from appliance.errors import DoesNotFitError
from appliance.groove.demand import Demand, measure
from appliance.groove.spiral import (
    LEAST_BINS,
    Limits,
    Spiral,
    at_nodes,
    keeps,
    least_apart,
    least_corners,
    least_spiral,
    smooth_spiral,
)

TURN_S = 60 / 78.26
COARSE = Limits(170.0, 1000.0, 20_000.0, 1200.0 / TURN_S, 0.08)
FINE = Limits(75.0, 1000.0, 20_000.0, 1200.0 / TURN_S, 0.08)


def differences(count, stencil):
    """Rows sum stencil[k] x[i + k], as a sparse matrix."""
    rows = count - len(stencil) + 1
    i = np.repeat(np.arange(rows), len(stencil))
    j = i + np.tile(np.arange(len(stencil)), rows)
    return coo_array((np.tile(stencil, rows).astype(float), (i, j)), shape=(rows, count))


def linear_programme(wanted, turn, step, bend=None):
    """The least sum of travel under demand, speed and (bend: second difference) acceleration, by HiGHS."""
    n = len(wanted)
    apart = coo_array(
        (np.r_[np.ones(n - turn), -np.ones(n - turn)], (np.tile(np.arange(n - turn), 2), np.r_[turn:n, 0 : n - turn])),
        shape=(n - turn, n),
    )
    slope = differences(n, [-1, 1])
    rows = [-apart, slope]
    most = [-wanted[turn:], np.full(n - 1, step)]
    if bend is not None:
        curve = differences(n, [1, -2, 1])
        rows += [curve, -curve]
        most += [np.full(n - 2, bend)] * 2
    rows.append(-slope)
    most.append(np.zeros(n - 1))
    floor = np.concatenate([np.maximum(wanted[:turn], 0), np.zeros(n - turn)])
    cost = np.ones(n) if bend is None else np.eye(1, n, n - 1)[0]
    found = linprog(cost, vstack(rows).tocsr(), np.concatenate(most), bounds=np.stack([floor, np.full(n, np.inf)], 1))
    assert found.status == 0
    return found.x


@pytest.mark.parametrize('seed', range(4))
def test_least_corners_are_the_optimum_of_the_linear_programme(seed):
    rng = np.random.default_rng(seed)
    turn, step = 20, 10.0
    wanted = rng.uniform(20, 180, 130)
    wanted[:turn] = np.minimum(wanted[:turn], np.arange(turn) * step) * rng.uniform(0, 1)
    assert np.abs(least_corners(wanted, turn, step) - linear_programme(wanted, turn, step)).max() < 1e-6


def test_least_corners_refuse_what_the_carriage_cannot_do():
    wanted = np.full(60, 50.0)
    wanted[:20] = 0
    wanted[45] = 201.0
    with pytest.raises(DoesNotFitError, match='further apart'):
        least_corners(wanted, 20, 10.0)
    wanted[45] = 200.0
    assert least_corners(wanted, 20, 10.0)[45] - least_corners(wanted, 20, 10.0)[25] == pytest.approx(200.0)


@pytest.mark.parametrize(
    ('plan', 'limits', 'most'),
    [(smooth_spiral, COARSE, 5.0), (smooth_spiral, FINE, 6.0), (least_spiral, COARSE, 0.8), (least_spiral, FINE, 1.0)],
)
def test_travel_is_little_above_the_least_with_no_bound_on_acceleration(speech, plan, limits, most):
    demand = measure(speech(20.0), TURN_S)
    wanted = at_nodes(least_apart(demand, 1.0, limits))
    at = round((demand.message_s - demand.start_s) / demand.bin_s)
    least = least_corners(wanted, demand.bins_per_turn, limits.max_speed_um_s * demand.bin_s)[at]
    end = plan(demand, 1.0, limits).travel_um(demand.start_s + at * demand.bin_s)
    assert least <= end < least * (1 + most / 100)


@pytest.mark.parametrize(('plan', 'most'), [(smooth_spiral, 4.0), (least_spiral, 0.5)])
def test_travel_is_near_the_linear_programme_with_acceleration(speech, plan, most):
    demand = measure(speech(4.6), TURN_S)
    wanted = at_nodes(least_apart(demand, 1.0, COARSE))
    best = linear_programme(wanted, demand.bins_per_turn, 1000 * demand.bin_s, 20_000 * demand.bin_s**2)
    spiral = plan(demand, 1.0, COARSE)
    assert best[-1] - 0.1 <= spiral.travel_um(spiral.end_s) < best[-1] * (1 + most / 100)


def hard_cases():
    rng = np.random.default_rng(5)
    yield 'white', rng.uniform(-100, 120, 2000)
    spikes = np.zeros(2000)
    spikes[rng.integers(300, 2000, 8)] = 400.0
    yield 'spikes', spikes
    yield 'loud between silence', np.repeat([0.0, 150.0, 0.0, 150.0, -50.0], 400)
    yield 'constant', np.full(2000, 20.0)
    yield 'two turns and a half', rng.uniform(-50, 60, 500)
    yield 'one knot', np.zeros(60)


@pytest.mark.parametrize('plan', [smooth_spiral, least_spiral])
@pytest.mark.parametrize(('name', 'excess'), list(hard_cases()), ids=lambda v: v if isinstance(v, str) else '')
def test_every_demand_is_kept_between_the_nodes_too_and_no_limit_passed(plan, name, excess):
    demand = Demand(TURN_S, 200, len(excess) * TURN_S / 200 - 0.2, excess.astype(np.float32))
    spiral = plan(demand, 1.0, COARSE)
    edge = np.linspace(0, 1, 9)
    t = demand.start_s + (np.arange(len(excess))[:, None] + edge) * demand.bin_s
    inside = t >= demand.start_s + TURN_S  # has a turn of the spiral outside it
    apart = spiral.travel_um(t) - spiral.travel_um(t - TURN_S)
    # Between nodes the distance of two turns at 20 mm/s^2 each may sag by 0.073 um, which the guard covers.
    sag = 1e-3 if plan is smooth_spiral else 0.075
    assert np.all((apart - (COARSE.clearance_um + excess[:, None]))[inside] > -sag)
    power = spiral.power()
    assert power[:, 1].min() >= -1e-6
    assert power[:, 1].max() <= COARSE.max_speed_um_s * (1 + 1e-9)
    assert np.abs(2 * power[:, 2]).max() <= COARSE.max_accel_um_s2 * (1 + 1e-9)


def test_the_least_spiral_is_the_tightened_one_whenever_it_is_shorter():
    cases = dict(hard_cases())
    for name, tightened in (('white', True), ('spikes', True), ('constant', False), ('one knot', False)):
        excess = cases[name]
        demand = Demand(TURN_S, 200, len(excess) * TURN_S / 200 - 0.2, excess.astype(np.float32))
        spiral, guess = least_spiral(demand, 1.0, COARSE), smooth_spiral(demand, 1.0, COARSE)
        assert (spiral.knot_s == pytest.approx(LEAST_BINS * TURN_S / 200)) == tightened, name
        assert spiral.travel_um(spiral.end_s) <= guess.travel_um(spiral.end_s)


def test_keeps_notices_a_node_that_is_short(speech):
    demand = measure(speech(4.0), TURN_S)
    wanted = at_nodes(least_apart(demand, 1.0, COARSE))
    spiral = least_spiral(demand, 1.0, COARSE)
    assert keeps(spiral, wanted, 200)
    apart = spiral.travel_um(demand.start_s + 500 * demand.bin_s) - spiral.travel_um(
        demand.start_s + 300 * demand.bin_s
    )
    wanted[500] = float(apart) + 0.02
    assert not keeps(spiral, wanted, 200)


def test_a_tightened_spiral_that_is_short_somewhere_is_not_used(speech, monkeypatch):
    demand = measure(speech(4.0), TURN_S)
    guess = smooth_spiral(demand, 1.0, COARSE)
    assert least_spiral(demand, 1.0, COARSE).knot_s != guess.knot_s
    monkeypatch.setattr('appliance.groove.spiral.keeps', lambda *_: False)
    assert np.array_equal(least_spiral(demand, 1.0, COARSE).coefficients_um, guess.coefficients_um)


@pytest.mark.parametrize('plan', [smooth_spiral, least_spiral])
def test_the_first_turn_keeps_off_the_lead_in(speech, plan):
    demand = measure(speech(2.0), TURN_S)
    spiral = plan(demand, 1.0, COARSE)
    t = demand.start_s + np.arange(200) * demand.bin_s
    lead_in = -COARSE.lead_in_speed_um_s * np.maximum(demand.start_s + TURN_S - t - COARSE.lead_in_ramp_s, 0)
    assert np.all(spiral.travel_um(t) - lead_in >= COARSE.clearance_um + demand.excess_um[:200] - 1e-3)
    assert spiral.travel_um(demand.start_s + TURN_S) < 300  # and wastes no turn doing so


def test_gain_scales_the_excess_alone(speech):
    demand = measure(speech(5.0), TURN_S)
    silent = smooth_spiral(demand, 0.0, COARSE)
    pitch = silent.travel_um(4.0) - silent.travel_um(4.0 - TURN_S)
    assert pitch == pytest.approx(COARSE.clearance_um, abs=1e-6)
    ends = [float(least_spiral(demand, g, COARSE).travel_um(5.0)) for g in (0.25, 0.5, 1.0)]
    assert ends[0] < ends[1] < ends[2]


def test_pieces_are_the_spline_of_an_independent_library():
    c = np.cumsum(np.random.default_rng(1).uniform(0, 10, 30))
    spiral = Spiral(-0.1, 0.02, c)
    oracle = BSpline(-0.1 + 0.02 * (np.arange(34) - 3), c, 3)
    t = np.linspace(-0.1, spiral.end_s - 1e-9, 500)
    assert np.allclose(spiral.travel_um(t), oracle(t), atol=1e-9)
    piece = ((t + 0.1) / 0.02).astype(int)
    u = t + 0.1 - piece * 0.02
    p = spiral.power()[piece]
    assert np.allclose((p * u[:, None] ** np.arange(4)).sum(axis=1), oracle(t), atol=1e-9)


def test_a_slower_carriage_gets_a_wider_kernel(speech):
    demand = measure(speech(5.0), TURN_S)
    gentle = Limits(170.0, 1000.0, 5000.0, 1200.0 / TURN_S, 0.08)
    power = smooth_spiral(demand, 1.0, gentle).power()
    assert np.abs(2 * power[:, 2]).max() <= 5000.0 * (1 + 1e-9)
