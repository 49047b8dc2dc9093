"""The preview: the disc as it will sound, cut on the virtual lathe in the child, and given up for any other order."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from scipy.signal import butter, sosfiltfilt

import appliance
from appliance.orders import Facts, Forget, Order, Prepare, Previewed, Progress, Refused, Stop
from tests.kiosk.test_cutter import cutter, until

__all__ = ['cutter']
pytestmark = pytest.mark.timeout(600)  # as in test_cutter
SAMPLE = Path(appliance.__file__).parent / 'samples' / 'letter.flac'
SPEECH_HZ = (300, 3400)
RATE_HZ = 48_000


@pytest.fixture(scope='module')
def spoken(tmp_path_factory):
    """Eight seconds of the shipped letter, then two without a voice, as the booth keeps a take."""
    sound, rate_hz = soundfile.read(SAMPLE, frames=8 * soundfile.info(SAMPLE).samplerate)
    wav = tmp_path_factory.mktemp('take') / 'take.wav'
    sound = np.concatenate([soxr.resample(sound, rate_hz, RATE_HZ), np.zeros(2 * RATE_HZ)])
    soundfile.write(wav, sound, RATE_HZ, 'PCM_24')
    return wav


def asked(cutter, wav, order='xray-25'):
    cutter.prepare(wav, Order(order))
    until(cutter, Facts)
    folder = wav.parent / 'heard'
    folder.mkdir(exist_ok=True)
    cutter.preview(folder)
    return folder


def likeness(a, b):
    """The greatest correlation in the speech band, and by how many samples b is later."""
    band = butter(4, SPEECH_HZ, 'bandpass', fs=RATE_HZ, output='sos')
    a, b = (sosfiltfilt(band, sound) for sound in (a, b))
    size = 1 << int(np.ceil(np.log2(len(a) + len(b))))
    together = np.fft.irfft(np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size)))
    at = int(np.argmax(together))
    return together[at] / np.sqrt(np.sum(a**2) * np.sum(b**2)), at - size if at > size // 2 else at


def test_the_preview_is_the_take_with_the_noise_of_its_film(cutter, spoken):
    folder = asked(cutter, spoken)
    said = until(cutter, Previewed, Refused)
    assert said == [Previewed(folder / 'preview.wav')]
    assert [path.name for path in folder.iterdir()] == ['preview.wav']
    take, rate_hz = soundfile.read(spoken)
    heard, heard_hz = soundfile.read(folder / 'preview.wav')
    assert (heard_hz, len(heard)) == (rate_hz, len(take))
    alike, late = likeness(take, heard)
    assert alike > 0.9
    assert abs(late) <= RATE_HZ // 1000
    rest = heard[-RATE_HZ:]
    assert -70 < 10 * np.log10(np.mean(rest**2)) < -25  # of a second in which nobody speaks


def test_a_preview_comes_again_and_a_cut_after_it_is_whole(cutter, spoken, tmp_path):
    folder = asked(cutter, spoken)
    until(cutter, Previewed)
    first = (folder / 'preview.wav').read_bytes()
    cutter.preview(folder)
    until(cutter, Previewed)
    assert (folder / 'preview.wav').read_bytes() == first
    cutter.cut(tmp_path / 'disc')
    until(cutter, Progress)
    cutter.stop('enough')


@pytest.mark.parametrize(('deed', 'wait_s'), [
    ('cut', 0.0), ('forget', 0.2), ('prepare', 0.0), ('stop', 0.2),
    *(pytest.param(*pair, marks=pytest.mark.with_all)
      for pair in [('cut', 0.2), ('forget', 0.0), ('prepare', 0.2), ('stop', 0.0)]),
])  # fmt: skip
def test_any_other_order_gives_the_preview_up(cutter, spoken, tmp_path, deed, wait_s):
    folder = asked(cutter, spoken)
    assert not cutter.wait(wait_s)
    if deed == 'cut':
        cutter.cut(tmp_path / 'disc')
        said = until(cutter, Progress)
    else:
        other = {'forget': Forget(), 'prepare': Prepare(tmp_path / 'none.wav', Order('xray-25')), 'stop': Stop('no')}
        cutter._tell(other[deed])
        said = until(cutter, Refused) if deed == 'prepare' else []
        cutter.prepare(tmp_path / 'none.wav', Order('xray-25'))  # answered in turn: nothing is said of the preview
        said += until(cutter, Refused)
    assert not any(isinstance(message, Previewed) for message in said)
    assert list(folder.iterdir()) == []


def test_what_is_forgotten_cannot_be_heard_any_more(cutter, spoken, tmp_path):
    folder = asked(cutter, spoken)
    until(cutter, Previewed)
    cutter.forget()
    cutter.preview(folder)
    assert until(cutter, Previewed, Refused)[-1].key == 'plan'
    assert list(folder.iterdir()) == []


def test_a_preview_with_no_place_to_lie_is_refused(cutter, spoken, tmp_path):
    cutter.prepare(spoken, Order('xray-25'))
    until(cutter, Facts)
    cutter.preview(tmp_path / 'no' / 'folder')
    assert until(cutter, Previewed, Refused)[-1].key == 'storage'
