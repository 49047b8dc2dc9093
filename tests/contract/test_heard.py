"""What the recipient hears: the shipped letter, cut with nothing chosen, judged by ITU-T P.862.2 and by STOI."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from pesq import pesq
from pystoi import stoi

import appliance
from appliance.commands import main

SAMPLE = Path(appliance.__file__).parent / 'samples' / 'letter.flac'
RATE_HZ = 16000  # of wide-band PESQ


@pytest.fixture(scope='module')
def groove(tmp_path_factory):
    out = tmp_path_factory.mktemp('letter')
    assert main(['cut', str(SAMPLE), '--out', str(out)]) == 0
    return out / 'groove.npz'


def at_16_khz(path):
    samples, rate = soundfile.read(path)
    return soxr.resample(samples, rate, RATE_HZ, 'VHQ')


def heard(groove, film):
    """(spoken, heard) at 16 kHz, sample for sample."""
    out = groove.with_name(f'{film}.wav')
    assert main(['listen', str(groove), '--film', film, '--out', str(out)]) == 0
    spoken, got = at_16_khz(SAMPLE), at_16_khz(out)
    length = min(len(spoken), len(got))
    assert abs(len(spoken) - len(got)) < RATE_HZ // 10
    return spoken[:length], got[:length]


def test_on_noiseless_film_the_letter_is_as_good_as_spoken(groove):
    spoken, got = heard(groove, 'none')
    assert pesq(RATE_HZ, spoken, got, 'wb') >= 4.0
    assert stoi(spoken, got, RATE_HZ) >= 0.98


def test_on_x_ray_film_every_word_is_understood(groove):
    spoken, got = heard(groove, 'xray')
    assert stoi(spoken, got, RATE_HZ) >= 0.90
    assert pesq(RATE_HZ, spoken, got, 'wb') < 4.0  # and the film is heard


def test_the_first_sample_is_where_it_was(groove):
    spoken, got = heard(groove, 'none')
    size = 1 << int(np.ceil(np.log2(2 * len(spoken))))
    together = np.fft.irfft(np.fft.rfft(got, size) * np.conj(np.fft.rfft(spoken, size)))
    late = int(np.argmax(together))
    assert min(late, size - late) <= RATE_HZ / 1000
