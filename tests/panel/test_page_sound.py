"""The page's ear and mouth: the browser's microphone to the booth, the booth's speaker to the browser."""

import math

import numpy as np
import pytest

pytest.importorskip('aiohttp')

RATE = 48_000

EAR = """async ([rate, hz, seconds]) => {
    const context = new OfflineAudioContext(1, rate * seconds, rate);
    await context.audioWorklet.addModule('worklets.js');
    const ear = new AudioWorkletNode(context, 'ear', { numberOfOutputs: 1 }), blocks = [];
    ear.port.onmessage = ({ data }) => blocks.push(...data);
    const tone = context.createOscillator();
    tone.frequency.value = hz;
    tone.connect(ear).connect(context.destination);
    tone.start();
    await context.startRendering();
    while (blocks.length < 47000 * seconds) await new Promise((drawn) => requestAnimationFrame(drawn));
    return blocks; }"""

MOUTH = """async ([blocks, seconds]) => {
    const context = new OfflineAudioContext(1, 48000 * seconds, 48000);
    await context.audioWorklet.addModule('worklets.js');
    const mouth = new AudioWorkletNode(context, 'mouth', { numberOfInputs: 0, outputChannelCount: [1] });
    mouth.connect(context.destination);
    let taken = 0;
    const all = new Promise((done) => { mouth.port.onmessage = () => { if (++taken === blocks.length) done(); }; });
    for (const block of blocks) mouth.port.postMessage(Float32Array.from(block));
    await all;
    return Array.from((await context.startRendering()).getChannelData(0)); }"""


@pytest.mark.parametrize(('rate', 'least_db'), [(48_000, 80), (44_100, 60), (96_000, 60), (16_000, 60)])
def test_a_tone_in_the_microphone_is_that_tone_at_48_khz(page, rate, least_db):
    """Whatever rate the browser's own sound has; the oracle is the sine that fits best at the frequency asked."""
    heard = np.array(page.evaluate(EAR, [rate, 1000, 1]))
    assert len(heard) == pytest.approx(RATE, abs=2000)
    heard = heard[2000:-2000]
    angle = 2 * math.pi * 1000 / RATE * np.arange(len(heard))
    basis = np.column_stack([np.sin(angle), np.cos(angle)])
    parts, *_ = np.linalg.lstsq(basis, heard, rcond=None)
    wrong = heard - basis @ parts
    assert math.hypot(*parts) == pytest.approx(1, abs=0.01)
    assert 10 * math.log10(np.mean(heard**2) / np.mean(wrong**2)) > least_db


def test_the_microphone_of_the_browser_is_heard_until_it_is_switched_off(page, booth):
    page.click('#mic')
    booth.wait('feed')
    page.get_by_text('The booth hears your microphone.').wait_for()
    with booth.done:  # Chromium's make-believe microphone beeps once a second
        assert booth.done.wait_for(lambda: sum(map(len, booth.fed)) > 2 * RATE, 60)
    heard = np.concatenate(booth.fed)
    assert heard.dtype == np.float32
    assert 0.05 < np.abs(heard).max() <= 1
    page.click('#mic')
    page.get_by_text('Your microphone is off.').wait_for()
    assert page.get_attribute('#mic', 'aria-pressed') == 'false'


def test_of_two_pages_the_one_that_began_last_is_heard(page, booth, browser, url):
    page.click('#mic')
    booth.wait('feed')
    context = browser.new_context(permissions=['microphone'])
    other = context.new_page()
    other.goto(url)
    other.wait_for_selector('body[data-state]')
    other.click('#mic')
    page.get_by_text('Another page speaks into the booth now.').wait_for()
    assert page.get_attribute('#mic', 'aria-pressed') == 'false'
    context.close()


def test_a_microphone_that_another_page_has_replaced_is_not_called_heard(page, booth, browser, url):
    page.click('#mic')
    booth.wait('feed')
    other = browser.new_page()
    other.goto(url)
    other.wait_for_selector('body[data-state]')
    other.click('#sample')
    page.get_by_text('The booth hears something else now').wait_for()
    assert page.get_attribute('#mic', 'aria-pressed') == 'false'
    other.close()


def test_who_takes_the_wish_for_a_microphone_back_is_not_listened_to(page, booth):
    """A browser may ask for minutes whether it may; whoever says yes after all has changed his mind here."""
    page.evaluate("""() => { const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (what) => {
            await new Promise((allowed) => { window.allow = allowed; });
            window.stream = await ask(what);
            return window.stream; }; }""")
    page.click('#mic')
    page.click('#mic')
    page.get_by_text('Your microphone is off.').wait_for()
    page.evaluate('window.allow()')
    for _ in range(1200):
        if page.evaluate("window.stream?.getTracks()[0].readyState === 'ended'"):
            break
        page.evaluate('new Promise((drawn) => requestAnimationFrame(drawn))')
    assert page.evaluate('window.stream.getTracks()[0].readyState') == 'ended'
    assert page.inner_text('#voice-said') == 'Your microphone is off.'
    assert page.get_attribute('#mic', 'aria-pressed') == 'false'
    assert ('feed',) not in booth.calls


def test_without_a_microphone_the_page_says_what_else_there_is(browser, booth, url):
    page = browser.new_page()
    page.add_init_script("""navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('', 'NotFoundError'))""")
    page.goto(url)
    page.wait_for_selector('body[data-state]')
    page.click('#mic')
    page.get_by_text('This computer has no microphone.').wait_for()
    assert ('feed',) not in booth.calls
    page.close()


def test_the_speaker_plays_every_sample_once_in_order(page, rng):
    sound = np.round(rng.uniform(-1, 1, 14_400), 4)
    played = np.array(page.evaluate(MOUTH, [sound.reshape(-1, 1600).tolist(), 0.5]))
    assert played[: len(sound)] == pytest.approx(sound, abs=1e-6)
    assert not played[len(sound) :].any()


def test_the_speaker_waits_for_a_little_in_store_and_forgets_what_is_late(page, rng):
    played = np.array(page.evaluate(MOUTH, [[[0.5] * 3840], 0.25]))  # a tick of the countdown, and nothing after it
    assert np.flatnonzero(played)[[0, -1]] == pytest.approx([RATE / 10, RATE / 10 + 3840], abs=256)
    assert played.sum() == 0.5 * 3840
    sound = np.round(rng.uniform(-1, 1, 48_000), 4)
    played = np.array(page.evaluate(MOUTH, [sound.reshape(-1, 1600).tolist(), 1]))
    count = np.flatnonzero(played)[-1] + 1
    assert count <= 24_000
    assert played[:count] == pytest.approx(sound[-count:], abs=1e-6)  # the newest


def test_a_page_plays_from_the_moment_it_is_touched_not_what_was_before(page, booth):
    """What comes over the socket is counted where it arrives."""
    booth.pcm = np.full(RATE, 5, '<i2').tobytes()
    page.evaluate("""async () => { const { Link } = await import('/link.js'); window.sound = 0; window.first = null;
        const link = new Link(); link.on[2] = (data) => { const pcm = new Int16Array(data.slice(1));
            window.first ??= pcm[0]; window.sound += pcm.length; };
        link.opened = () => { link.tell('hear', { on: true }); link.tell('silence'); };
        link.open(); }""")
    booth.wait('speak', None)
    seen = booth.asked
    with booth.done:
        assert booth.done.wait_for(lambda: booth.asked > seen + 1, 60)
    booth.pcm += np.full(4800, 7, '<i2').tobytes()
    for _ in range(600):
        if page.evaluate('window.sound') == 4800:
            break
        page.evaluate('new Promise((drawn) => requestAnimationFrame(drawn))')
    assert page.evaluate('[window.sound, window.first]') == [4800, 7]


def test_a_page_that_was_touched_while_the_booth_was_away_plays_from_the_next_touch_on(browser, booth, url):
    page = browser.new_page()
    page.add_init_script("""const { prototype } = AudioWorklet, add = prototype.addModule; let away = true;
        prototype.addModule = function (...all) {
            if (!away) return add.apply(this, all);
            away = false;
            return Promise.reject(new TypeError('the booth is away')); };""")
    page.goto(url)
    page.wait_for_selector('body[data-state]')
    for _ in range(1200):
        page.keyboard.press('x')
        if booth.asked:
            break
        page.evaluate('new Promise((drawn) => requestAnimationFrame(drawn))')
    assert booth.asked
    page.close()


def test_the_volume_and_mute(page, booth):
    page.keyboard.press('m')
    page.wait_for_selector('#mute[aria-pressed=true]')
    page.click('#mute')
    page.wait_for_selector('#mute[aria-pressed=false]')
    assert booth.calls == []
