"""`audioletter cut` keeps its contract: files, keys, exit codes, one line on stderr, nothing half-written."""

import errno
import json
import os
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.commands import main
from appliance.machine import machine_path

REPORT_KEYS = {
    'letter_s', 'speed_rpm', 'curve', 'level_db', 'radius_start_mm', 'radius_end_mm', 'turns', 'min_land_um',
    'pitch_um', 'underruns', 'frames', 'steps', 'limits', 'why', 'timings_s', 'peak_memory_mb',
}  # fmt: skip
CUT = ['cut', '--disc', 'xray-17']  # the smallest: the shortest way home
RESULTS = {'report.json', 'groove.npz', 'disc.png', 'playback.wav'}
FACTS = {
    'pins', 'enable_active', 'bridge_enable_active', 'lift_down', 'platter_steps_per_turn', 'platter_gear',
    'platter_forward_level', 'carriage_mm_per_step', 'carriage_inward_level', 'radius_at_start_mm', 'pulse_at',
    'bridge_v', 'filter', 'head', 'speed_rpm', 'curve_us', 'cm_s_per_unit', 'message_frame', 'message_end_frame',
    'message_offset_s', 'head_down_frame', 'head_up_frame', 'groove_width_um', 'land_um', 'disc', 'material', 'machine',
}  # fmt: skip


def speechlike(seconds, rate, seed=1):
    """Bursts of coloured noise with pauses, about -18 dBFS rms."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    noise = np.convolve(rng.standard_normal(len(t)), np.hanning(9), 'same')
    voiced = sum(np.sin(2 * np.pi * 130 * k * t) / k for k in range(1, 12))
    out = (noise + voiced) * (0.5 - 0.5 * np.cos(2 * np.pi * 2.2 * t)) ** 2
    return 0.12 * out / np.sqrt(np.mean(out**2))


def recording(path, samples, rate=16000, **how):
    soundfile.write(path, samples, rate, **how)
    return str(path)


@pytest.fixture(scope='module')
def voice(tmp_path_factory):
    return recording(tmp_path_factory.mktemp('voice') / 'voice.wav', speechlike(1.5, 16000))


@pytest.fixture(scope='module')
def letter(voice, tmp_path_factory):
    """One cut with all its results, seed 7, for all tests that only look at what it leaves."""
    out = tmp_path_factory.mktemp('letter') / 'letter'
    assert main([*CUT, voice, '--out', str(out), '--trace', '--seed', '7']) == 0
    return out


def left_in(folder):
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def refused(capsys, code, words, *fragments):
    """Run, expect the exit code and one line on stderr with all fragments."""
    assert main([*map(str, words)]) == code
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    for fragment in fragments:
        assert fragment in lines[0]


def test_a_cut_leaves_report_groove_picture_and_sound(letter):
    report = json.loads((letter / 'report.json').read_text())
    assert report.keys() >= REPORT_KEYS
    assert report['pitch_um'].keys() == {'min', 'mean', 'max'}
    assert report['steps'].keys() == {'platter', 'carriage'}
    assert report['underruns'] == 0
    assert report['min_land_um'] >= 20.0
    assert left_in(letter) == RESULTS | {'trace.npz'}
    sound, rate = soundfile.read(letter / 'playback.wav', always_2d=True)
    assert (rate, sound.shape[1]) == (48000, 1)
    assert len(sound) / rate == pytest.approx(1.5, abs=0.1)


def test_the_trace_says_all_that_the_contract_asks(letter):
    with np.load(letter / 'trace.npz', allow_pickle=False) as trace:
        facts = json.loads(str(trace['facts']))
        pwm, frames, levels = trace['pwm'], trace['edge_frame'], trace['edge_level']
        assert pwm.dtype == np.uint16
        assert pwm.shape[1] == 2
        assert (frames.dtype, trace['edge_gpio'].dtype, levels.dtype) == (np.int64, np.uint8, np.uint8)
        assert np.all(np.diff(frames) >= 0)
        assert trace['initial_levels'].shape == (54,)
        assert (int(trace['frame_rate_hz']), int(trace['pwm_range'])) == (200_000, 625)
        final = trace['initial_levels'].copy()
        for gpio, level in zip(trace['edge_gpio'], levels, strict=True):
            final[gpio] = level
    assert facts.keys() >= FACTS
    pins = facts['pins']
    assert final[pins['enable']] != facts['enable_active']
    assert final[pins['bridge_enable']] != facts['bridge_enable_active']
    assert final[pins['head_lift']] != facts['lift_down']
    assert final[pins['platter_step']] == final[pins['carriage_step']] == 0


def test_the_same_seed_gives_the_same_bytes_and_json_says_what_the_report_does(letter, voice, tmp_path, capsys):
    assert main([*CUT, voice, '--out', str(tmp_path), '--trace', '--seed', '7', '--json']) == 0
    assert (tmp_path / 'trace.npz').read_bytes() == (letter / 'trace.npz').read_bytes()
    assert json.loads(capsys.readouterr().out) == json.loads((tmp_path / 'report.json').read_text())


def test_another_seed_gives_other_bytes(letter, voice, tmp_path):
    assert main([*CUT, voice, '--out', str(tmp_path), '--trace', '--seed', '8']) == 0
    assert (tmp_path / 'trace.npz').read_bytes() != (letter / 'trace.npz').read_bytes()


@pytest.mark.parametrize(
    ('name', 'rate', 'channels', 'how'),
    [
        ('a.wav', 8000, 1, {}),
        ('c.wav', 48000, 8, {'subtype': 'FLOAT'}),
        ('d.flac', 44100, 2, {}),
        # How each is read is in tests/sound/test_reading.py.
        *(
            pytest.param(*row, marks=pytest.mark.with_all)
            for row in [('b.wav', 192000, 1, {'subtype': 'PCM_24'}), ('e.ogg', 22050, 1, {}), ('f.mp3', 44100, 1, {})]
        ),
    ],
)
def test_any_recording_that_libsndfile_reads_is_cut(tmp_path, name, rate, channels, how):
    samples = np.repeat(speechlike(0.6, rate)[:, None], channels, axis=1)
    assert main([*CUT, recording(tmp_path / name, samples, rate, **how)]) == 0


@pytest.mark.parametrize(
    ('samples', 'words'),
    [
        ([0.5], ['--plain']),
        ([0.0], ['--plain', '--out', 'out']),
        ([0.0] * 8000, []),
        pytest.param([0.5], ['--out', 'out'], marks=pytest.mark.with_all),
    ],
)
def test_one_sample_and_silence_are_fine(tmp_path, monkeypatch, samples, words):
    monkeypatch.chdir(tmp_path)
    assert main([*CUT, recording(tmp_path / 'quiet.wav', np.array(samples), subtype='FLOAT'), *words]) == 0


def test_bad_recordings_are_exit_2_with_a_fault_and_no_report(tmp_path, capsys, voice):
    whole = Path(voice).read_bytes()
    bad = {
        'missing.wav': (None, 'missing.wav'),
        'empty.wav': (b'', 'empty.wav'),
        'text.wav': (b'hello, this is no sound at all' * 9, 'text.wav'),
        'cut-off.wav': (whole[: len(whole) // 2], 'cut-off.wav'),
        'header-only.wav': (whole[:44], 'header-only.wav'),
    }
    for name, (content, word) in bad.items():
        path, out = tmp_path / name, tmp_path / f'{name}-out'
        if content is not None:
            path.write_bytes(content)
        refused(capsys, 2, [*CUT, path, '--out', out], word)
        assert left_in(out) == {'fault.json'}
        assert json.loads((out / 'fault.json').read_text())['exit_code'] == 2


def test_nan_infinity_and_no_samples_are_refused_by_place(tmp_path, capsys):
    for value in (np.nan, np.inf):
        samples = np.zeros(16000)
        samples[8000] = value
        refused(capsys, 2, [*CUT, recording(tmp_path / 'n.wav', samples, subtype='FLOAT')], 'n.wav', '0.5')
    refused(capsys, 2, [*CUT, recording(tmp_path / 'z.wav', np.zeros(0))], 'z.wav')


@pytest.mark.parametrize(
    ('words', 'fragment'),
    [
        (['--disc', 'xray-26'], 'xray-25'),
        (['--speed', '16'], '--speed'),
        (['--curve', 'raai'], 'riaa'),
        (['--level', 'nan'], '--level'),
        (['--level', '99'], '20'),
        (['--seed', '-1'], '--seed'),
        (['--seed', 'x'], '--seed'),
        (['--machine', 'no-such.toml'], 'no-such.toml'),
        (['--trace'], '--out'),
        (['--frobnicate'], '--frobnicate'),
    ],
)
def test_wrong_options_are_exit_2(voice, capsys, words, fragment):
    refused(capsys, 2, [*CUT, voice, *words], fragment)


def test_one_bad_value_in_a_machine_file_is_named(voice, tmp_path, capsys):
    mine = tmp_path / 'mine.toml'
    mine.write_text(machine_path('virtual').read_text().replace('mass_kg = 1.0e-3', 'mass_kg = -1.0'))
    refused(capsys, 2, [*CUT, voice, '--machine', mine], str(mine), 'head.mass_kg', '-1', '1e-06')


def test_a_folder_that_cannot_be_written_is_exit_2(voice, tmp_path, capsys):
    (tmp_path / 'file').write_text('not a folder')
    refused(capsys, 2, [*CUT, voice, '--out', tmp_path / 'file'], 'file')
    refused(capsys, 2, [*CUT, voice, '--out', tmp_path / 'file' / 'below'], 'below')
    assert (tmp_path / 'file').read_text() == 'not a folder'


def test_too_long_for_the_asked_speed_is_exit_3_before_anything_moves(tmp_path, capsys):
    path = recording(tmp_path / 'long.wav', speechlike(200, 8000), 8000)
    refused(capsys, 3, [*CUT, path, '--disc', 'xray-17', '--speed', '78', '--out', tmp_path / 'o'], '78', 'xray-17')
    assert left_in(tmp_path / 'o') == {'fault.json'}


def test_plain_refuses_what_would_pass_a_limit(tmp_path, capsys):
    t = np.arange(16000) / 16000
    path = recording(tmp_path / 'loud.wav', 0.9 * np.sin(2 * np.pi * 60 * t))
    refused(capsys, 3, [*CUT, path, '--plain', '--level', '20'], 'loud.wav')


@pytest.mark.parametrize('room', [0, 3, 40])
def test_a_full_disk_is_exit_4_and_leaves_nothing_half_written(voice, tmp_path, capsys, monkeypatch, room):
    """The disk takes `room` more blocks of scratch data, then it is full."""
    real, left = os.pwrite, [room]

    def pwrite(descriptor, data, offset):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, 'No space left on device')
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, 'pwrite', pwrite)
    refused(capsys, 4, [*CUT, voice, '--out', tmp_path / 'o', '--trace'], 'No space left')
    assert left_in(tmp_path / 'o') == {'fault.json'}


def test_a_second_cut_into_the_same_folder_replaces_the_first_with_its_trace(letter, voice, tmp_path):
    out = shutil.copytree(letter, tmp_path / 'letter')
    assert main([*CUT, str(tmp_path / 'gone.wav'), '--out', str(out)]) == 2
    assert left_in(out).isdisjoint({'report.json'})
    assert main([*CUT, voice, '--out', str(out)]) == 0
    assert left_in(out) == RESULTS


def test_a_wav_header_may_promise_the_impossible(tmp_path, capsys):
    """An endless stream's header says 4 GiB: what is there is not what it says."""
    path = tmp_path / 'stream.wav'
    recording(path, speechlike(0.5, 16000))
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = struct.pack('<I', 0xFFFFFFFF)
    path.write_bytes(data)
    code = main([*CUT, str(path)])
    assert code in (0, 2)  # libsndfile knows this one as "read to the end"
