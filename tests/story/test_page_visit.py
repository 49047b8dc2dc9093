"""A whole visit in a browser, over everything there is: page, supervisor, stores, cutter, virtual lathe.

The command itself is started, and a headless Chromium presses what a visitor would press. Time is real here: nothing is
waited for but what the page shows.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

pytest.importorskip('aiohttp', reason='needs aiohttp (the extra kiosk)')
playwright = pytest.importorskip('playwright.sync_api', reason='needs playwright')
pesq = pytest.importorskip('pesq', reason='needs pesq')
SHM = Path('/dev/shm')
pytestmark = pytest.mark.skipif(not os.access(SHM, os.W_OK), reason='needs a folder in memory, /dev/shm')
SPEECH_S = 9.0
WAIT_MS = 30_000


@pytest.fixture
def speech(tmp_path):
    samples, rate_hz = soundfile.read(str(resources.files('appliance') / 'samples' / 'letter.flac'))
    soundfile.write(tmp_path / 'speech.flac', samples[: round(SPEECH_S * rate_hz)], rate_hz)
    return tmp_path / 'speech.flac'


@pytest.fixture
def booth(tmp_path):
    """The address of a booth that was started as a host would start it."""
    run = SHM / f'audioletter-test-{os.getpid()}'
    words = ['--no-browser', '--port', '0', '--pace', '20', '--data', str(tmp_path / 'data'), '--run', str(run)]
    process = subprocess.Popen(
        (sys.executable, '-m', 'appliance', 'kiosk', *words),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    yield re.search(r'http://\S+', process.stdout.readline()).group()
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    shutil.rmtree(run, ignore_errors=True)
    assert process.returncode == 128 + signal.SIGTERM
    assert 'Traceback' not in told


@pytest.fixture
def page(browser, booth):
    context = browser.new_context(viewport={'width': 1400, 'height': 1000})
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    errors = []
    page.on('pageerror', lambda error: errors.append(error))
    page.goto(booth)
    yield page
    context.close()
    assert not errors


def shows(page, state):
    playwright.expect(page).to_have_title(re.compile(rf'{state}$'), timeout=WAIT_MS)


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


def test_a_visitor_speaks_cuts_and_takes_home_what_was_spoken(page, speech, tmp_path):
    playwright.expect(page.locator('#said')).to_contain_text('Audio letters')
    assert lit_pixels(page) > 1000
    page.click('#record')
    shows(page, 'language')
    page.click('#record')
    shows(page, 'level check')
    with page.expect_file_chooser() as chooser:
        page.click('#choose')
    chooser.value.set_files(speech)
    playwright.expect(page.locator('#voice-said')).to_contain_text('speech.flac')
    page.keyboard.press('r')
    shows(page, 'recording')
    page.wait_for_timeout(1000 * (SPEECH_S + 1.0))  # the visitor speaks
    page.click('#record')
    shows(page, 'listen')
    page.click('#record')
    shows(page, 'load disc')
    page.keyboard.press('l')
    page.keyboard.press('b')
    page.keyboard.press('l')
    playwright.expect(page.locator('#record')).to_have_class(re.compile('lit'), timeout=WAIT_MS)
    page.click('#record')
    shows(page, 'cutting')
    shows(page, 'take disc')
    page.keyboard.press('l')
    page.keyboard.press('b')
    shows(page, 'thanks')
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
