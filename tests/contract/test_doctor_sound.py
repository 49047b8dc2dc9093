"""`doctor sound` over a fake sounddevice in the command's own process: what is chosen, heard and said."""

import json
import re
import sys
import threading

import numpy as np
import pytest
import soundfile
import soxr

from appliance.commands import main
from tests.booth.fake_sound import FakeSound, FakeStream


class Driven(FakeSound):
    """A card that gives and takes blocks by itself, faster than a real one."""

    def __init__(self, voice, **cards):
        super().__init__(channels=1, **cards)
        self.voice, self.at, self.ended = voice, 0, threading.Event()

    def InputStream(self, **given):  # noqa: N802
        return Running(self, 'input', given)

    def OutputStream(self, **given):  # noqa: N802
        return Running(self, 'output', given)


class Running(FakeStream):
    def start(self):
        super().start()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while self.active and not self.library.ended.wait(0.005):
            if self.way == 'output':
                self.fetch(4800)
            else:
                at = self.library.at
                self.library.at += 4800
                self.give(self.library.voice[at : at + 4800])


@pytest.fixture(scope='module')
def voice():
    from importlib import resources

    samples, rate_hz = soundfile.read(str(resources.files('appliance') / 'samples' / 'letter.flac'), dtype='float32')
    return soxr.resample(samples, rate_hz, 48_000)


def told(capsys, monkeypatch, library, *words):
    monkeypatch.setitem(sys.modules, 'sounddevice', library)
    code = main(['doctor', 'sound', '--seconds', '3', *words])
    if library is not None:
        library.ended.set()
    return code, capsys.readouterr().out


def hearing(out):
    return next(one for one in json.loads(out)['checks'] if one['check'] == 'hearing')


def test_a_voice_is_measured_and_all_is_well(capsys, monkeypatch, voice):
    words = voice[48_000:144_000]  # over and over: whichever seconds are heard, the loudest is among them
    card = Driven(np.tile(words, 40), Mic=None, Other=None)
    code, out = told(capsys, monkeypatch, card, '--json', '--device', 'Other')
    assert code == 0, out
    listed = json.loads(out)['devices']
    assert [row['name'] for row in listed if row['chosen'] and row['way'] == 'input'] == ['Other']
    peak_db = float(re.search(r'peak (\S+) dB', hearing(out)['saw'])[1])
    assert abs(peak_db - 20 * np.log10(np.abs(words).max())) < 0.1
    assert 'voice' in hearing(out)['saw']


def test_a_muted_microphone_is_said_with_the_remedy(capsys, monkeypatch, voice):
    code, out = told(capsys, monkeypatch, Driven(0 * voice, Mic=None), '--json')
    assert code == 3
    assert 'alsamixer' in hearing(out)['remedy']


def test_clipping_is_said_with_the_remedy(capsys, monkeypatch, voice):
    code, out = told(capsys, monkeypatch, Driven(np.clip(30 * voice, -1, 1), Mic=None), '--json')
    assert code == 3
    assert 'gain down' in hearing(out)['remedy']


def test_no_card_at_all(capsys, monkeypatch, voice):
    code, out = told(capsys, monkeypatch, Driven(voice))
    assert code == 3
    assert 'there is no input at all' in out
    assert 'plug one in' in out


def test_a_name_that_is_not_there_names_what_is(capsys, monkeypatch, voice):
    code, out = told(capsys, monkeypatch, Driven(voice, Mic=None), '--device', 'Blue')
    assert code == 3
    assert "no input is named 'Blue'; there are Mic" in out


def test_without_the_library_it_is_said_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, 'sounddevice', None)
    assert main(['doctor', 'sound']) == 3
    assert 'sounddevice' in capsys.readouterr().err
