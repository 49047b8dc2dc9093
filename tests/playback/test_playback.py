"""Playback against messages whose groove is known in closed form."""

import contextlib
import resource
import signal
import tracemalloc

import numpy as np
import pytest
import soundfile
from scipy.optimize import brentq

from appliance.errors import GrooveFileError, OptionError, StorageError
from appliance.playback import Listening, listen, play
from appliance.playback.groovefile import GrooveWriter
from appliance.playback.pickup import Motion

RIAA = [3180, 318, 75]
RATE_HZ = 48_000


def record(f_hz, curve_us):
    """The recording curve, from its definition."""

    def network(f):
        s = 2j * np.pi * f * 1e-6
        t1, t2, t3 = curve_us
        return (s if t1 is None else 1 + s * t1) * (1 + s * (t3 or 0)) / (1 + s * t2)

    return network(f_hz) / abs(network(1000.0)) if curve_us else 1.0


class Message:
    """A chord in closed form; full scale is `cm_s` at 1 kHz."""

    def __init__(self, partials, curve_us=RIAA, cm_s=5.0):
        self.partials, self.curve_us, self.cm_s = partials, curve_us, cm_s

    def sound(self, t_s):
        return sum((a * np.cos(2 * np.pi * f * t_s + p) for f, a, p in self.partials), np.zeros(len(t_s)))

    def groove_um(self, t_s):
        y = np.zeros(len(t_s))
        for f, a, p in self.partials:
            wave = a * np.exp(1j * (2 * np.pi * f * t_s + p)) * record(f, self.curve_us) / (2j * np.pi * f)
            y += (self.cm_s * 1e4 * wave).real
        return y


class Deck:
    """The lathe that cuts: `late(t)` is by how many seconds the platter is late, `radius(t)` where the carriage is."""

    speed_rpm = 78.26
    lead_s = 0.3

    def __init__(self, late=lambda t: 0.0 * t, radius=lambda t: 118.0 - 0.3 * t):
        self.late, self.radius = late, radius


def cut(path, message, seconds=2.0, deck=None, **facts):
    """A groove with 0.3 s before the message and 0.3 s behind it."""
    deck = deck or Deck()
    facts = {
        'speed_rpm': deck.speed_rpm, 'curve_us': message.curve_us, 'cm_s_per_unit': message.cm_s, 'material': 'xray',
        'stylus_um': 63.5, 'message_frame': 1000 + round(deck.lead_s * 200_000), 'message_offset_s': 0.0,
        'message_end_frame': 1000 + round((deck.lead_s + seconds) * 200_000) - 4,
    } | facts  # fmt: skip
    writer = GrooveWriter(path, {name: value for name, value in facts.items() if value != 'missing'}, path.parent)
    writer.start_frame = 1000
    total = seconds + 2 * deck.lead_s
    writer.displacement(message.groove_um(np.arange(round(total * 50_000)) / 50_000 - deck.lead_s))
    slow = np.arange(round(total * 2000)) / 2000 - deck.lead_s
    angle = deck.speed_rpm * np.pi / 30 * (slow - deck.late(slow))
    writer.motion(angle, deck.radius(slow) * np.ones(len(slow)), np.full(len(slow), 75.0))
    writer.close()
    return path


def heard(groove, **how):
    out = groove.with_suffix('.wav')
    told = listen(groove, out, Listening(**how))
    sound, rate = soundfile.read(out)
    assert rate == RATE_HZ
    assert len(sound) == told.samples
    return sound, told


CHORD = [
    (103.7, 0.1, 0.3), (317.3, 0.1, 1.0), (1013.9, 0.1, 2.0), (2718.3, 0.08, 3.0), (5123.1, 0.05, 4.0),
    (6871.7, 0.05, 5.0),
]  # fmt: skip
SILENCE = Message([])
FINE = {'stylus_um': 2.0, 'film': 'none'}


def snr_db(sound, wanted, edge=0):
    inner = slice(edge, len(sound) - edge)
    return 10 * np.log10(np.mean(wanted[inner] ** 2) / np.mean((sound - wanted)[inner] ** 2))


def level(sound, f_hz):
    """Complex amplitude of a tone."""
    window = np.hanning(len(sound))
    return 2 * np.sum(window * sound * np.exp(-2j * np.pi * f_hz * clock(sound))) / np.sum(window)


def clock(sound):
    return np.arange(len(sound)) / RATE_HZ


@pytest.mark.parametrize('curve_us', [RIAA, [], [None, 318, 100], [3180, 450, None]])
def test_a_message_comes_back_at_its_own_level_and_time(tmp_path, curve_us) -> None:
    message = Message(CHORD, curve_us, cm_s=4.0)
    sound, told = heard(cut(tmp_path / 'g.npz', message), **FINE)
    assert told.gain == 1.0
    assert told.samples == 2 * RATE_HZ
    assert snr_db(sound, message.sound(clock(sound))) > 98
    for f_hz, a, phase in CHORD:
        ratio = level(sound, f_hz) / (a * np.exp(1j * phase))
        assert abs(20 * np.log10(abs(ratio))) < 1e-4
        assert abs(np.angle(ratio)) < 2 * np.pi * f_hz * 1e-9  # a nanosecond


def test_the_band_is_flat_to_fifteen_kilohertz(tmp_path) -> None:
    partials = [(f, 0.02, 0.0) for f in (60.0, 100.0, 7000.0, 12_000.0, 15_000.0)]
    sound, _ = heard(cut(tmp_path / 'g.npz', Message(partials, cm_s=2.0)), **FINE)
    for f_hz, a, _phase in partials:
        assert abs(20 * np.log10(abs(level(sound, f_hz)) / a)) < 1e-3


def test_wow_and_a_wrong_speed_are_heard(tmp_path) -> None:
    # The platter is 1 % slow and wobbles 7 times a second by 0.2 %: what was cut at t is heard at tau = t - late(t),
    # and its velocity is dt / dtau times what it was.
    def late(t):
        return 0.01 * t + 0.002 / (2 * np.pi * 7) * (np.sin(2 * np.pi * 7 * t + 1) - np.sin(1.0))

    def slow(t):
        return 0.01 + 0.002 * np.cos(2 * np.pi * 7 * t + 1)

    message = Message([(1000.0, 0.5, 0.0), (3150.0, 0.2, 1.0)], curve_us=[])
    sound, _ = heard(cut(tmp_path / 'g.npz', message, deck=Deck(late=late)), **FINE)
    sound = sound[:RATE_HZ:16]
    tau = np.arange(len(sound)) * 16 / RATE_HZ
    at = np.array([brentq(lambda t, tau=tau: t - late(t) - tau, -1, 3, xtol=1e-13) for tau in tau])
    assert snr_db(sound, message.sound(at) / (1 - slow(at))) > 98
    assert snr_db(sound, message.sound(tau)) < 10


def test_sample_zero_is_the_originals(tmp_path) -> None:
    # 0.8 s were trimmed before the message, of which the lead-in covers 0.3 s; the original went on after it.
    message = Message(CHORD)
    groove = cut(tmp_path / 'g.npz', message, message_offset_s=0.8, original_s=3.0)
    sound, told = heard(groove, **FINE)
    assert told.samples == 3 * RATE_HZ
    kept = slice(RATE_HZ * 8 // 10, RATE_HZ * 28 // 10)
    assert snr_db(sound[kept], message.sound(clock(sound)[kept] - 0.8)) > 98
    assert np.abs(sound[: RATE_HZ // 4]).max() < 1e-6
    _, told = heard(cut(tmp_path / 'h.npz', message, message_offset_s=0.8), **FINE)
    assert told.samples == RATE_HZ * 28 // 10


def test_the_one_gain_keeps_loud_grooves_from_clipping(tmp_path) -> None:
    message = Message([(1000.0, 2.0, 0.0)])
    sound, told = heard(cut(tmp_path / 'g.npz', message), **FINE)
    assert told.peak == pytest.approx(2.0, rel=1e-3)
    assert np.abs(sound).max() == pytest.approx(0.99, rel=1e-6)
    assert snr_db(sound / told.gain, message.sound(clock(sound))) > 98


@pytest.mark.parametrize(('radius_mm', 'stylus_um'), [(118, 63.5), (55, 63.5), (55, 18.0)])
def test_the_needle_distorts_as_the_series_says(tmp_path, radius_mm, stylus_um) -> None:
    # D3 = 3/16 q^2, q = 2 pi f rho v / V^2 (field notes "lathe", 3)
    v, f_hz = 0.03, 2000.0
    deck = Deck(radius=lambda t: radius_mm)
    groove = cut(tmp_path / 'g.npz', Message([(f_hz, v / 0.05, 0.0)], [], 5.0), deck=deck, stylus_um=stylus_um)
    sound, _ = heard(groove, film='none')
    speed = radius_mm * 1e-3 * 78.26 * np.pi / 30
    q = 2 * np.pi * f_hz * stylus_um * 1e-6 * v / speed**2
    assert abs(level(sound, 3 * f_hz) / level(sound, f_hz)) == pytest.approx(3 / 16 * q**2, rel=0.1)


def test_the_carriage_is_heard_too(tmp_path) -> None:
    deck = Deck(radius=lambda t: 118.0 - 0.3 * t + 1e-4 * np.sin(2 * np.pi * 125 * t))
    sound, _ = heard(cut(tmp_path / 'g.npz', Message([], []), deck=deck), **FINE)
    assert abs(level(sound, 125.0)) == pytest.approx(0.1e-4 * 2 * np.pi * 125 / 5.0, rel=1e-3)


def test_silence_on_a_noiseless_film_is_silent(tmp_path) -> None:
    sound, told = heard(cut(tmp_path / 'g.npz', SILENCE), film='none')
    assert np.all(sound == 0)
    assert told.gain == 1.0


def test_where_the_groove_begins_and_ends_nothing_thumps(tmp_path) -> None:
    sound, _ = heard(cut(tmp_path / 'g.npz', SILENCE, message_offset_s=0.8, original_s=4.0), film='none')
    assert np.all(sound == 0)


def test_wear_dulls_what_is_short_on_the_groove(tmp_path) -> None:
    tones = [(1000.0, 0.1, 0.0), (4000.0, 0.1, 0.0), (8000.0, 0.1, 0.0)]
    groove = cut(tmp_path / 'g.npz', Message(tones), deck=Deck(radius=lambda t: 60.0))
    speed = 0.060 * 78.26 * np.pi / 30
    before = np.full(3, np.inf)
    for plays in (0, 1, 40):
        sound, _ = heard(groove, plays=plays, **FINE)
        gain = np.array([abs(level(sound, f)) / a for f, a, _ in tones])
        wanted = np.exp(-((2 * np.pi * np.array([1000, 4000, 8000]) * 6e-6 / speed) ** 2) * plays / 2)
        np.testing.assert_allclose(20 * np.log10(gain), 20 * np.log10(wanted), rtol=0.09, atol=0.01)
        assert np.all(gain < before)
        before = gain


def hiss(sound):
    """Level of the noise between the clicks, which outweigh it."""
    return float(np.percentile(np.abs(sound), 60))


def test_noise_follows_film_and_plays(tmp_path) -> None:
    groove = cut(tmp_path / 'g.npz', SILENCE)
    level_of = {film: hiss(heard(groove, film=film)[0]) for film in ('lacquer', 'xray', 'xray-worn')}
    assert level_of['lacquer'] * 3 == pytest.approx(level_of['xray'], rel=0.2)
    assert level_of['xray'] * 3 == pytest.approx(level_of['xray-worn'], rel=0.2)
    assert hiss(heard(groove)[0]) == level_of['xray']  # its own material
    played = [hiss(heard(groove, film='lacquer', plays=plays)[0]) for plays in (0, 10, 20)]
    assert played[0] < played[1] / 1.5 < played[2] / 2.25


def test_clicks_alone_are_clipped_and_leave_the_gain_alone(tmp_path) -> None:
    groove = cut(tmp_path / 'g.npz', Message([(1000.0, 0.5, 0.0)]))
    sound, told = heard(groove, film='xray-worn', stylus_um=2.0)
    assert told.gain == 1.0
    assert told.peak < 0.85
    assert 0.98 < np.abs(sound).max() <= 0.99 + 1e-6
    assert abs(level(sound, 1000.0)) == pytest.approx(0.5, rel=0.02)


def test_the_same_seed_is_the_same_file(tmp_path) -> None:
    groove = cut(tmp_path / 'g.npz', SILENCE)
    for name, seed in (('a', 1), ('b', 1), ('c', 2)):
        listen(groove, tmp_path / name, Listening(seed=seed))
    first, second, other = ((tmp_path / name).read_bytes() for name in 'abc')
    assert first == second
    assert first != other


@pytest.mark.parametrize('frames', [-400, -4, 0])
def test_next_to_nothing_is_played_without_fuss(tmp_path, frames) -> None:
    groove = cut(tmp_path / 'g.npz', SILENCE, message_end_frame=61_000 + frames)
    sound, told = heard(groove)
    assert told.samples == len(sound) == (1 if frames == 0 else 0)


def spoilt(path, what):
    """A groove with one value that is not a number, or a platter that slips a pole."""
    message, deck = Message(CHORD), Deck()
    if what == 'displacement':
        message.groove_um = lambda t: np.where(t > 1.5, np.nan, 0.0)
    elif what == 'radius':
        deck.radius = lambda t: np.where(t > 1.5, np.inf, 100.0)
    elif what == 'slip':
        deck.late = lambda t: np.where(t > 1.5, 0.02, 0.0)
    elif what == 'speed':
        deck.late = lambda t: -2.5 * t
    return cut(path, message, deck=deck)


@pytest.mark.parametrize(
    ('what', 'words'),
    [
        ('displacement', 'displacement_um holds a value that cannot be'),
        ('radius', 'radius_mm holds a value that cannot be'),
        ('slip', 'stands still or turns back'),
        ('speed', 'does not turn at the speed'),
    ],
)
def test_a_broken_groove_is_refused_and_leaves_nothing(tmp_path, what, words) -> None:
    groove = spoilt(tmp_path / 'g.npz', what)
    with pytest.raises(GrooveFileError, match=words):
        heard(groove, film='none')
    assert [file.name for file in tmp_path.iterdir()] == ['g.npz']


@pytest.mark.parametrize(
    ('facts', 'words'),
    [
        ({'speed_rpm': 'missing'}, 'no speed_rpm'),
        ({'cm_s_per_unit': 0}, 'no cm_s_per_unit'),
        ({'message_frame': True}, 'no message_frame'),
        ({'material': 7}, 'no material'),
        ({'curve_us': [1, 2]}, 'no curve_us'),
        ({'curve_us': [1, 2, 'x']}, 'not times'),
        ({'original_s': float('nan')}, 'no original_s'),
    ],
)
def test_wrong_facts_are_named(tmp_path, facts, words) -> None:
    with pytest.raises(GrooveFileError, match=words):
        heard(cut(tmp_path / 'g.npz', SILENCE, seconds=0.1, **facts))


def test_a_groove_of_three_points_is_too_short(tmp_path) -> None:
    writer = GrooveWriter(tmp_path / 'g.npz', {'speed_rpm': 78.26, 'material': 'xray', 'stylus_um': 60}, tmp_path)
    writer.facts |= {'message_frame': 0, 'message_offset_s': 0}
    writer.displacement([0, 0])
    writer.motion([0, 1, 2], [100, 100, 100], [0, 0, 0])
    writer.close()
    with pytest.raises(GrooveFileError, match='too short'):
        heard(tmp_path / 'g.npz')


def test_options_out_of_range_are_refused(tmp_path) -> None:
    groove = cut(tmp_path / 'g.npz', SILENCE, seconds=0.1)
    with pytest.raises(OptionError, match=r"--film: there is no film 'shellac'; use none, xray"):
        heard(groove, film='shellac')
    for how in ({'plays': -1}, {'plays': 1001}, {'stylus_um': 1.9}, {'stylus_um': 201.0}):
        with pytest.raises(OptionError, match='between'):
            Listening(**how)
    heard(groove, plays=1000, stylus_um=200.0)
    with pytest.raises(OptionError, match='no such folder'):
        listen(groove, tmp_path / 'none' / 'p.wav')


@contextlib.contextmanager
def files_no_larger_than(size):
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_that_fills_while_playing_leaves_nothing(tmp_path) -> None:
    groove = cut(tmp_path / 'g.npz', SILENCE)
    with files_no_larger_than(100_000), pytest.raises(StorageError, match='scratch'):
        listen(groove, tmp_path / 'p.wav')
    assert [file.name for file in tmp_path.iterdir()] == ['g.npz']


@pytest.mark.parametrize('size', [20, 1000, 96_000 * 3 - 10])
def test_a_disk_that_fills_while_writing_leaves_nothing(tmp_path, monkeypatch, size) -> None:
    whole_file = play.whole_file

    @contextlib.contextmanager
    def on_a_small_disk(path):
        with files_no_larger_than(size), whole_file(path) as part:
            yield part

    monkeypatch.setattr(play, 'whole_file', on_a_small_disk)
    groove = cut(tmp_path / 'g.npz', SILENCE)
    with pytest.raises(StorageError, match=r'p\.wav: cannot write'):
        listen(groove, tmp_path / 'p.wav')
    assert [file.name for file in tmp_path.iterdir()] == ['g.npz']


def test_memory_does_not_grow_with_the_sound(tmp_path) -> None:
    peaks = []
    for seconds in (4.0, 12.0):
        groove = cut(tmp_path / f'{seconds}.npz', SILENCE, seconds=seconds)
        tracemalloc.start()
        listen(groove, tmp_path / 'p.wav')
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 20e6
    assert peaks[1] - peaks[0] < 8 * 2000 * 8 * 6  # the motion of 8 s more, and what is computed from it


def test_half_an_hour_of_platter_is_read_in_little_more_memory_than_it_needs() -> None:
    """Two figures a motion sample are kept; the rest is looked at in parts."""

    class Long:
        motion_rate_hz, motions, samples, frames_per_motion, start_frame = 2000, 3_600_000, 90_000_000, 100, 0

        def number(self, name, **_):
            return {'speed_rpm': 100 / 3}[name]

        def frame(self, _):
            return 200_000

        def angle_rad(self, start=0, count=3_600_000):
            return np.arange(start, min(start + count, self.motions)) * (100 / 3 * np.pi / 30 / 2000)

        def radius_mm(self, start=0, count=3_600_000):
            return 120 - np.arange(start, min(start + count, self.motions)) * 1e-5

    tracemalloc.start()
    motion = Motion(Long())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.1 * 8 * Long.motions
    at = np.array([-5.0, 0.0, 16_384.5, 3_599_990.25, 3_600_100.0])
    np.testing.assert_allclose(motion.radius_um(at), 120_000 - 0.01 * at, rtol=0, atol=1e-6)
    np.testing.assert_allclose(motion.when((at - 2000) / 2000), at, rtol=0, atol=1e-5)
