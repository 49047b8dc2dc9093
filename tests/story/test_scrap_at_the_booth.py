"""Test cuts on a scrap that somebody lays on the platter of a running booth, measured from outside."""

import json
import re

import numpy as np
import pytest
import soundfile

from tests.story.hosted import Hosted, needs_memory

pytestmark = [needs_memory, pytest.mark.timeout(900)]


@pytest.fixture(scope='module')
def booth(browser, tmp_path_factory):
    with Hosted(tmp_path_factory.mktemp('booth'), browser) as booth:
        yield booth


def heard(booth, folder):
    """What the test's groove sounds like, over its middle, and the rate."""
    samples, rate_hz = soundfile.read(next((booth.data / 'tests').glob(folder)) / 'playback.wav')
    return samples[round(1.0 * rate_hz) : round(3.0 * rate_hz)], rate_hz


def peak_hz(samples, rate_hz):
    """Of the strongest tone: parabola through the top of a windowed spectrum."""
    spectrum = np.log(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) + 1e-12)
    top = int(np.argmax(spectrum[10:])) + 10
    before, at, after = spectrum[top - 1 : top + 2]
    return (top + 0.5 * (before - after) / (before - 2 * at + after)) * rate_hz / len(samples)


def test_without_a_disc_it_says_how_to_lay_one(booth):
    booth('maintain')
    told = booth('test', 'tone', '--yes', code=3).stderr.decode()
    assert 'no disc lies on the platter' in told
    assert 'open the lid, lay a scrap disc on the platter, hold it down, close the lid' in told
    booth.press('blank')
    assert booth.page.inner_text('#hint') == 'The lid is closed: open it first.'
    booth('test', 'tone', '--yes', code=3)
    booth('resume')


def test_the_checklist_asks_for_a_scrap_and_cuts_into_it(booth):
    running = booth.begin('checklist', '--scrap', '--yes', '--json')
    for line in running.stdout:
        if 'lay a scrap' in json.loads(line).get('text', ''):
            booth.lay()
        if json.loads(line).get('check') == 'test groove':
            break
    found = json.loads(line)
    running.communicate(timeout=120)
    assert found['result'] == 'ok', found
    samples, rate_hz = heard(booth, '0001-tone')
    assert peak_hz(samples, rate_hz) == pytest.approx(1000.0, rel=1e-3)
    booth.says('A finished disc is still in the machine')


@pytest.mark.parametrize(('kind', 'hz'), [('tone', 1000.0), ('speed', 3150.0)])
def test_a_tone_is_the_tone_that_was_asked_for(booth, kind, hz):
    booth('maintain')
    said = booth('test', kind, '--seconds', '4', '--yes', '--json').stdout
    folder = json.loads(said.splitlines()[-1])['folder']
    samples, rate_hz = heard(booth, re.search(r'[^/]+$', folder).group())
    assert peak_hz(samples, rate_hz) == pytest.approx(hz, rel=1e-3)
