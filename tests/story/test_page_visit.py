"""A whole visit in a browser, over everything there is: page, supervisor, stores, cutter, virtual lathe.

The command itself is started, and a headless Chromium presses what a visitor would press. Time is real here: nothing is
waited for but what the page shows.
"""

import re
from importlib import resources

import numpy as np
import pytest
import soundfile
import soxr

from tests.story.hosted import WAIT_MS, Hosted, needs_memory, playwright

pesq = pytest.importorskip('pesq', reason='needs pesq')
pytestmark = [needs_memory, pytest.mark.timeout(900)]
SPEECH_S = 9.0


@pytest.fixture
def speech(tmp_path):
    samples, rate_hz = soundfile.read(str(resources.files('appliance') / 'samples' / 'letter.flac'))
    soundfile.write(tmp_path / 'speech.flac', samples[: round(SPEECH_S * rate_hz)], rate_hz)
    return tmp_path / 'speech.flac'


@pytest.fixture
def booth(browser, tmp_path):
    with Hosted(tmp_path, browser, pace=20.0) as booth:
        yield booth


def lit_pixels(page):
    """How many pixels of the page's LCD are not of its ground colour."""
    script = """() => { const lcd = document.getElementById('lcd');
        const pixels = lcd.getContext('2d').getImageData(0, 0, 320, 240).data;
        let lit = 0; for (let i = 0; i < pixels.length; i += 4) lit += pixels[i] + pixels[i + 1] > 160; return lit; }"""
    return page.evaluate(script)


def score(spoken, heard):
    """PESQ-WB of two files, the second moved to where the first is found in it."""
    rate_hz = 16_000
    first, second = (soxr.resample(*soundfile.read(file), rate_hz) for file in (spoken, heard))
    size = 1 << 20
    match = np.fft.irfft(np.conj(np.fft.rfft(first, size)) * np.fft.rfft(second, size))
    moved = np.roll(np.pad(second, (0, size - len(second))), -int(np.argmax(match)))[: len(first)]
    return pesq.pesq(rate_hz, first, moved, 'wb')


def test_a_visitor_speaks_cuts_and_takes_home_what_was_spoken(booth, speech, tmp_path):
    page = booth.page
    booth.says('Audio letters')
    assert lit_pixels(page) > 1000
    booth.kept(speech, SPEECH_S + 1.0)
    booth.lay()
    playwright.expect(page.locator('#record')).to_have_class(re.compile('lit'), timeout=WAIT_MS)
    page.keyboard.press('r')
    booth.shows('take disc')
    booth.take()
    booth.shows('attract')
    clean = page.locator('a[href$="/clean?save"]')
    clean.wait_for()
    with page.expect_download() as download:
        clean.click()
    download.value.save_as(tmp_path / 'clean.wav')
    with page.expect_download() as download:
        page.click('a[href$="/sound?save"]')
    download.value.save_as(tmp_path / 'sound.wav')
    assert score(speech, tmp_path / 'clean.wav') >= 3.5
    assert soundfile.info(tmp_path / 'sound.wav').samplerate == 48_000
