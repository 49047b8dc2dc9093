"""The head as the equations stand, and players, for the tests of this room: nothing of ours but the machine file."""

import numpy as np
from scipy import signal

RATE_HZ = 50_000


def head_system(machine) -> signal.StateSpace:
    """States iL, vC, i, v, x; input the bridge voltage; outputs x in m and i in A."""
    h, lc = machine.head, machine.filter
    k = h.mass_kg * (2 * np.pi * h.f0_hz) ** 2
    c = np.sqrt(k * h.mass_kg) / h.q + h.cut_ns_per_m
    a = [
        [0, -1 / lc.l_h, 0, 0, 0],
        [1 / lc.c_f, 0, -1 / lc.c_f, 0, 0],
        [0, 1 / h.l_h, -h.r_ohm / h.l_h, -h.bl_n_per_a / h.l_h, 0],
        [0, 0, h.bl_n_per_a / h.mass_kg, -c / h.mass_kg, -k / h.mass_kg],
        [0, 0, 0, 1, 0],
    ]
    return signal.StateSpace(a, [[1 / lc.l_h], [0], [0], [0], [0]], [[0, 0, 0, 0, 1], [0, 0, 1, 0, 0]], [[0], [0]])


def displacement_m(machine, drive: np.ndarray, over: int = 32) -> np.ndarray:
    """Integrate the head's equations through time on a drive at 50 kHz (band-limited interpolation, then straight
    lines between samples 0.6 us apart, each mode of the system in closed form)."""
    system = head_system(machine)
    u = signal.resample(drive, len(drive) * over) * machine.bridge.supply_v
    a, b, c, d, _ = signal.cont2discrete((system.A, system.B, system.C[:1], system.D[:1]), 1 / (RATE_HZ * over), 'foh')
    poles, modes = np.linalg.eig(a)
    inputs, outputs = np.linalg.solve(modes, b)[:, 0], (c @ modes)[0]
    x = d[0, 0] * u
    for pole, into, out in zip(poles, inputs, outputs, strict=True):
        x = x + (out * into * signal.lfilter([0, 1], [1, -pole], u.astype(complex))).real
    return x[::over]


def played(curve_us: list[float], y_m: np.ndarray) -> np.ndarray:
    """The voltage of a velocity pickup behind the exact analogue reproduction curve, 1 for 1 m/s at 1 kHz."""
    shelf, turnover, treble = (t * 1e-6 for t in curve_us)
    f_hz = np.fft.rfftfreq(len(y_m), 1 / RATE_HZ)
    s = 2j * np.pi * f_hz

    def curve(s):
        return (1 + s * turnover) / ((1 + s * shelf) * (1 + s * treble))

    return np.fft.irfft(np.fft.rfft(y_m) * s * curve(s) / abs(curve(2j * np.pi * 1000)), len(y_m))


def between(x: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """Only what lies between two frequencies."""
    spectrum = np.fft.rfft(x)
    f_hz = np.fft.rfftfreq(len(x), 1 / RATE_HZ)
    return np.fft.irfft(np.where((f_hz >= low_hz) & (f_hz <= high_hz), spectrum, 0), len(x))


def babble(seconds: float, seed: int = 0, rms: float = 0.1) -> np.ndarray:
    """Noise with the long-term spectrum of speech (falling 9 dB per octave from 500 Hz) in syllables, at 50 kHz."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE_HZ)
    f_hz = np.fft.rfftfreq(n, 1 / RATE_HZ)
    shape = (f_hz > 80) * (f_hz < 8000) / (1 + (f_hz / 500) ** 2) ** 0.75
    x = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * shape, n)
    x = x * (0.05 + np.abs(np.sin(2 * np.pi * 2.1 * np.arange(n) / RATE_HZ)) ** 2)
    return x * rms / np.std(x)
