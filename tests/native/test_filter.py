"""Recursive filters against scipy, which nothing in the appliance imports."""

import numpy as np
import pytest
from scipy import signal

from appliance.errors import NativeError
from appliance.native import check, ffi, lib


def pointer(array):
    return ffi.cast('double *', ffi.from_buffer(array))


class Cascade:
    def __init__(self, sos):
        self.sections = len(sos)
        self.biquads = ffi.new('struct biquad[]', [(b0, b1, b2, a1, a2) for b0, b1, b2, _, a1, a2 in sos])
        self.state = ffi.new('struct biquad_state[]', self.sections)

    def run(self, block):
        out = np.array(block, np.float64)
        check(lib.filter_biquads(self.biquads, self.state, self.sections, pointer(out), len(out)))
        return out


def test_a_cascade_is_scipys_however_it_is_cut_into_blocks() -> None:
    sos = signal.butter(6, [100, 8000], 'bandpass', fs=48_000, output='sos')
    x = np.random.default_rng(1).standard_normal(5000)
    cascade = Cascade(sos)
    got = np.concatenate([cascade.run(part) for part in np.split(x, [1, 700, 700, 4096])])
    np.testing.assert_allclose(got, signal.sosfilt(sos, x), rtol=0, atol=1e-12)


def test_no_sections_pass_everything_and_silence_stays() -> None:
    assert np.array_equal(Cascade([]).run([1, 2, 3]), [1, 2, 3])
    assert np.all(Cascade(signal.butter(2, 0.1, output='sos')).run(np.zeros(100)) == 0)


def one_pole(state, keep, hold, samples):
    out, keep = np.array(samples, np.float64), np.asarray(keep, np.float64)
    check(lib.filter_one_pole(state, pointer(keep), hold, pointer(out), len(out)))
    return out


def test_one_pole_is_scipys_while_its_corner_stands() -> None:
    x = np.random.default_rng(2).standard_normal(999)
    state = ffi.new('double *')
    got = np.concatenate([one_pole(state, [0.7] * 10, 100, part) for part in np.split(x, [333])])
    np.testing.assert_allclose(got, signal.lfilter([0.3], [1, -0.7], x), rtol=0, atol=1e-12)


def test_each_corner_of_one_pole_holds_for_its_samples() -> None:
    x = np.ones(48)
    got = one_pole(ffi.new('double *'), [1.0, 0.0], 24, x)
    assert np.array_equal(got, np.repeat([0.0, 1.0], 24))


@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_what_is_not_a_number_is_refused_and_the_state_kept(bad) -> None:
    cascade = Cascade([[1, 0.1, 0, 1, -0.5, 0]])
    cascade.run([1.0])
    before = cascade.state[0].z1
    with pytest.raises(NativeError, match='not a number'):
        cascade.run([0, bad, 0, 0, 0, 0])
    assert cascade.state[0].z1 == before
    state = ffi.new('double *', 0.25)
    with pytest.raises(NativeError, match='not a number'):
        one_pole(state, [0.5], 6, [0, bad, 0, 0, 0, 0])
    assert state[0] == 0.25
    with pytest.raises(NativeError, match='at least one sample'):
        one_pole(state, [0.5], 0, [0.0])
