"""Demand against a slow plain twin, and against sines whose interpolation is known in closed form."""

import numpy as np
import pytest

from appliance.groove.demand import LEAD_S, SLIP_S, Signal, lagrange, measure, one_turn_before, sliding_min, to_sample

RATE_HZ = 50_000
TURN_S = 60 / 78.26


def tone(f_hz, count, start=0):
    return np.sin(2 * np.pi * f_hz * (np.arange(count) + start) / RATE_HZ)


@pytest.mark.parametrize('turn_s', [60 / 78.26, 60 / 45, 1.8])
def test_one_turn_before_is_the_sine_delayed_by_a_turn_that_is_no_whole_number_of_samples(signal, turn_s):
    for f_hz, peak_um in ((100, 100.0), (1000, 30.0), (4000, 5.0)):  # full level of a cut, and more
        made = signal(peak_um * tone(f_hz, 150_000))
        start, count = 110_000, 20_000
        got = one_turn_before(made, start, count, turn_s)
        true = peak_um * np.sin(2 * np.pi * f_hz * ((start + np.arange(count)) / RATE_HZ - turn_s))
        assert np.abs(got - true).max() < 0.02


def test_lagrange_weights_reproduce_a_fifth_degree_polynomial():
    def value(x):
        return 3 * x**5 - x**4 + 2 * x**2 - 7

    weights = lagrange(-0.37, range(-3, 3))
    assert sum(w * value(p) for w, p in zip(weights, range(-3, 3), strict=True)) == pytest.approx(value(-0.37))


@pytest.mark.parametrize('width', [1, 2, 3, 7, 8, 11])
def test_sliding_min_is_the_least_of_each_window(width):
    x = np.random.default_rng(3).normal(size=100).astype(np.float32)
    assert np.array_equal(sliding_min(x, width), [x[i : i + width].min() for i in range(101 - width)])


def slow_excess(made, demand, i, lag_s, more=0):
    """Greatest y(t) - y(t - T + slip) over bin i, the lag after it and `more` samples around, by a grid of slips."""
    low_s = demand.start_s + i * demand.bin_s
    high_s = low_s + demand.bin_s + lag_s
    k = np.arange(int(np.ceil(low_s * RATE_HZ)) - more, int(high_s * RATE_HZ) + 1 + more)
    x = np.arange(-60_000, made.samples + 10_000)
    y = made.at(-60_000, len(x)).astype(float)
    slips = np.linspace(-SLIP_S, SLIP_S, 41)
    before = np.interp((k[:, None] / RATE_HZ - demand.turn_s + slips) * RATE_HZ, x, y)
    return (np.interp(k, x, y) - before.min(axis=1)).max()


@pytest.mark.parametrize('lag_s', [0.0, 0.0021, 0.00398, 0.009])
def test_excess_is_that_of_a_slow_twin(speech, lag_s):
    made = speech(3.0)
    demand = measure(made, TURN_S, lag_s)
    for i in [*range(0, 700, 13), len(demand.excess_um) - 1]:
        assert demand.excess_um[i] > slow_excess(made, demand, i, lag_s) - 0.05
        assert demand.excess_um[i] < slow_excess(made, demand, i, lag_s, more=1) + 0.05


def test_outward_now_and_inward_a_turn_ago_needs_more_room(signal):
    y = np.zeros(100_000)
    y[60_000:60_100] = -5.0  # inward: walks away from the turn outside it
    now = measure(signal(y), TURN_S).excess_um
    y[60_000:60_100] = 5.0
    out = measure(signal(y), TURN_S).excess_um
    i = int((60_050 / RATE_HZ + LEAD_S) / (TURN_S / 200))
    assert now[i] == 0.0
    assert out[i] == 5.0
    assert now[i + 200] == pytest.approx(5.0, rel=0.1)  # and a turn later its own neighbour must keep off
    assert out[i + 200] == pytest.approx(0.0, abs=0.5)


def test_a_sample_at_the_edge_of_two_bins_counts_in_both(signal):
    y = np.zeros(100_000)
    bin_s = TURN_S / 200
    i = 100
    edge = int((i * bin_s - LEAD_S) * RATE_HZ)  # the last sample that begins before bin i, and the first counted in it
    y[edge] = 5.0
    excess = measure(signal(y), TURN_S).excess_um
    assert excess[i - 1] == excess[i] == 5.0
    assert excess[i - 2] == 0.0
    late = measure(signal(y), TURN_S, lag_s=0.001).excess_um
    assert late[i - 1] == late[i] == 5.0


def test_silence_demands_nothing_whatever_its_length(signal):
    for samples in (1, 7, 50_000):
        demand = measure(signal(np.zeros(samples)), TURN_S, 0.004)
        assert not demand.excess_um.any()
        assert len(demand.excess_um) % 10 == 0
        assert demand.start_s + len(demand.excess_um) * demand.bin_s >= samples / RATE_HZ + 0.1


def test_what_rings_before_the_message_counts(signal):
    made = signal(np.zeros(1000))
    early = Signal(made.displacement_um, 0, 2000)  # the same samples, but the message is said to begin with the lead
    ringing = signal(np.concatenate([np.full(500, 8.0), np.zeros(1500)]), lead=0)
    late = Signal(ringing.displacement_um, 1000, 1000)
    assert measure(early, TURN_S).excess_um.max() == 0.0
    assert measure(late, TURN_S).excess_um.max() == 8.0


def test_memory_is_that_of_blocks_not_of_the_message():
    asked = []

    class Endless:
        def read(self, start, count):
            asked.append(count)
            return np.zeros(count, np.float32)

    measure(Signal(Endless(), 0, 10_000_000), 1.8)
    assert max(asked) < 70_000


def test_to_sample_is_the_sample_at_or_before():
    assert to_sample(np.array([0.0, 1.9e-5, 2e-5, -1e-6])).tolist() == [0, 0, 1, -1]
