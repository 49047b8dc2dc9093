"""An outside player: reads trace.npz and nothing else, and hears the message with its own physics.

It shares no code with the appliance. The head and its filter are a linear system (l_f di_l/dt = u - v_c,
c_f dv_c/dt = i_l - i, l di/dt = v_c - r i - bl v, m dv/dt = bl i - c v - k x, dx/dt = v), so it is taken apart into
its five modes and each is driven by the exact integral over every pulse; motors are ideal.
"""

import json
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter


@dataclass
class Heard:
    """What the player found: 200 kHz series from the first frame on; `trace` is what it read."""

    facts: dict
    x_um: np.ndarray
    v_m_s: np.ndarray
    radius_mm: np.ndarray
    turns: np.ndarray
    trace: dict


def head_matrix(facts):
    """State (i_l, v_c, i, v, x), driven by u."""
    head, coil = facts['head'], facts['filter']
    k = head['mass_kg'] * (2 * np.pi * head['f0_hz']) ** 2
    c = np.sqrt(k * head['mass_kg']) / head['q'] + (head.get('cut_ns_per_m') or 0.0)
    a = np.zeros((5, 5))
    a[0, 1] = -1 / coil['l_h']
    a[1, 0], a[1, 2] = 1 / coil['c_f'], -1 / coil['c_f']
    a[2, 1], a[2, 2], a[2, 3] = 1 / head['l_h'], -head['r_ohm'] / head['l_h'], -head['bl_n_per_a'] / head['l_h']
    a[3, 2], a[3, 3], a[3, 4] = head['bl_n_per_a'] / head['mass_kg'], -c / head['mass_kg'], -k / head['mass_kg']
    a[4, 3] = 1
    return a, np.array([1 / coil['l_h'], 0, 0, 0, 0])


def level_per_frame(trace, facts, gpio, frames):
    """The level of one pin in every frame."""
    mine = trace['edge_gpio'] == gpio
    out = np.full(frames, int(trace['initial_levels'][gpio]), np.int8)
    for frame, level in zip(trace['edge_frame'][mine], trace['edge_level'][mine], strict=True):
        out[max(frame, 0) :] = level
    return out


def head_motion(trace, facts):
    """Position (m) and speed (m/s) of the stylus at the start of every frame."""
    frame_s = 1 / float(trace['frame_rate_hz'])
    clock_s = frame_s / int(trace['pwm_range'])
    a, b = head_matrix(facts)
    on = level_per_frame(trace, facts, facts['pins']['bridge_enable'], len(trace['pwm']))
    alive = on == facts['bridge_enable_active']
    widths, modes = np.linalg.eig(a)
    weights = np.linalg.solve(modes, b.astype(complex))
    x, v = np.zeros(len(alive)), np.zeros(len(alive))
    table = np.arange(int(trace['pwm_range']) + 1) * clock_s
    for lam, mode, weight in zip(widths, modes.T, weights, strict=True):
        if facts['pulse_at'] == 'start':
            response = np.exp(lam * frame_s) * (1 - np.exp(-lam * table)) / lam
        else:
            response = (np.exp(lam * table) - 1) / lam
        push = facts['bridge_v'] * weight * (response[trace['pwm'][:, 0]] - response[trace['pwm'][:, 1]]) * alive
        z = lfilter([0, 1], [1, -np.exp(lam * frame_s)], push)
        v += (mode[3] * z).real
        x += (mode[4] * z).real
    return x, v


def steps_at(trace, facts, axis, up_level, frames):
    """Net steps of an axis in every frame: rising edges, signed by the direction pin."""
    step, direction = facts['pins'][f'{axis}_step'], facts['pins'][f'{axis}_dir']
    way = int(trace['initial_levels'][direction])
    count = np.zeros(frames + 1)
    for frame, gpio, level in zip(trace['edge_frame'], trace['edge_gpio'], trace['edge_level'], strict=True):
        if gpio == direction:
            way = level
        elif gpio == step and level == 1:
            count[min(max(frame, 0), frames)] += 1 if way == up_level else -1
    return np.cumsum(count)[:frames]


def read(path):
    """Everything the trace says."""
    with np.load(path, allow_pickle=False) as archive:
        trace = {name: archive[name] for name in archive.files}
    facts = json.loads(str(trace['facts']))
    frames = len(trace['pwm'])
    x, v = head_motion(trace, facts)
    inward = steps_at(trace, facts, 'carriage', facts['carriage_inward_level'], frames)
    forward = steps_at(trace, facts, 'platter', facts['platter_forward_level'], frames)
    radius = facts['radius_at_start_mm'] - inward * facts['carriage_mm_per_step']
    return Heard(facts, x * 1e6, v, radius, forward / facts['platter_steps_per_turn'], trace)


def playback_curve(curve_us, f_hz):
    """Velocity in, sound out: the inverse of the recording curve, 1 at 1 kHz."""

    def record(f):
        s = 2j * np.pi * f
        bass, turnover, treble = [None if t is None else t * 1e-6 for t in (list(curve_us) + [None] * 3)[:3]]
        out = np.ones_like(s)
        if turnover is not None:
            out = out * s * turnover / (1 + s * turnover) if bass is None else out * (1 + s * bass) / (1 + s * turnover)
        if treble is not None:
            out = out * (1 + s * treble)
        return out

    one = record(np.array([1000.0]))[0]
    return 1 / (record(np.where(f_hz == 0, 1e-3, f_hz)) / abs(one))


def compare(heard, message, rate_hz, band_hz=(100.0, 7000.0)):
    """SNR (dB), gain error (dB) and delay (us) of what is heard against `message`, one gain and one delay fitted."""
    facts, rate = heard.facts, 200_000
    first = facts['message_frame']
    pad = rate // 2
    start = max(first - pad, 0)
    length = rate * int(np.ceil(len(message) / rate_hz + 2 * pad / rate))  # whole seconds: every rate has these bins
    f = np.fft.rfftfreq(length, 1 / rate)
    got = velocity_spectrum(heard.x_um[start : start + length], f, rate) * 1e-4 / facts['cm_s_per_unit']
    got = got * playback_curve(facts['curve_us'], f) * np.exp(2j * np.pi * f * (first - start) / rate)
    want = spectrum_at(message, rate_hz, f, rate)
    keep = (f >= band_hz[0]) & (f <= band_hz[1])
    f, got, want = f[keep], got[keep], want[keep]
    delay = 0.0
    for _ in range(6):
        turned = got * np.exp(2j * np.pi * f * delay)
        gain = np.vdot(want, turned).real / np.vdot(want, want).real
        slope = gain * -2j * np.pi * f * want
        delay += np.vdot(slope, turned - gain * want).real / np.vdot(slope, slope).real
    error = got * np.exp(2j * np.pi * f * delay) - gain * want
    snr_db = 10 * np.log10(np.sum(abs(gain * want) ** 2) / np.sum(abs(error) ** 2))
    return snr_db, 20 * np.log10(abs(gain)), delay * 1e6


def velocity_spectrum(x_um, f, rate):
    """The spectrum of the speed (um/s), from positions at the frames' starts.

    Not from speeds there: the pulses make the head tremble at the frame rate, in step with the samples, and a sampled
    speed shows that as sound (-44 dB at 100 Hz with a stiff, light head). In the position it is rate / f times less.
    """
    faded = np.zeros(round(rate / f[1]))
    faded[: len(x_um)] = x_um
    ramp = np.sin(np.linspace(0, np.pi / 2, rate // 5)) ** 2
    faded[: len(ramp)] *= ramp
    faded[-len(ramp) :] *= ramp[::-1]
    return np.fft.rfft(faded) * 2j * np.pi * f


def spectrum_at(message, rate_hz, f, rate):
    """The Fourier transform of the message, as if sampled at `rate`, at the frequencies f (0, step, 2 step ...)."""
    padded = np.zeros(round(rate_hz / f[1]))
    padded[: len(message)] = message
    exact = np.fft.rfft(padded) * (rate / rate_hz)
    out = np.zeros(len(f), complex)
    reach = min(len(exact), len(f))
    out[:reach] = exact[:reach]
    return out


def lands_um(heard):
    """Land between each moment and one turn before, from head-down to the message's end, every 20 us."""
    facts = heard.facts
    turn = 60 / facts['speed_rpm'] * 200_000
    frames = np.arange(facts['head_down_frame'] + int(np.ceil(turn)), facts['message_end_frame'], 4)
    edge = heard.radius_mm * 1000 + heard.x_um
    before = np.interp(frames - turn, np.arange(len(edge)), edge)
    return before - edge[frames] - facts['groove_width_um']


def speed_error(heard):
    """Relative error of the platter's mean speed over the message."""
    facts = heard.facts
    first, last = facts['message_frame'], facts['message_end_frame']
    turns = heard.turns[last] - heard.turns[first]
    return turns / ((last - first) / 200_000 * facts['speed_rpm'] / 60) - 1
