"""What the page shows and what a hand does there: headless Chromium on a booth that only remembers."""

import base64
import io
import wave

import numpy as np
import pytest

pytest.importorskip('aiohttp')

from PIL import Image

from appliance.panel import Disc, Platter
from appliance.workflow.values import Event, Kind

LCD = "document.getElementById('lcd').toDataURL('image/png').split(',')[1]"
GROOVE = """([x, y, size]) => { const groove = document.getElementById('groove');
    const data = groove.getContext('2d').getImageData(x, y, size, size).data;
    let ink = 0; for (let i = 3; i < data.length; i += 4) ink += data[i]; return ink; }"""


def until(page, what):
    """The page draws on until that holds. (Playwright's own waiting is kept out by the page's policy: no eval.)"""
    for _ in range(1200):
        if page.evaluate(what):
            return
        page.evaluate('new Promise((drawn) => requestAnimationFrame(drawn))')
    raise AssertionError(f'not so: {what}')


def frames(page):
    return int(page.get_attribute('#lcd', 'data-frames') or 0)


def lcd(page):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(page.evaluate(LCD)))).convert('RGBA'))


def test_the_screen_is_the_frame_buffer_pixel_for_pixel(page, booth, rng):
    until(page, "document.getElementById('lcd').dataset.frames >= 1")
    for rows in (slice(0, 240), slice(100, 101), slice(239, 240), slice(3, 7)):
        pixels = np.frombuffer(booth.frame, np.uint8).reshape(240, 320, 3).copy()
        pixels[rows] = rng.integers(0, 256, pixels[rows].shape)
        seen = frames(page)
        booth.picture(pixels)
        until(page, f"document.getElementById('lcd').dataset.frames > {seen}")
        shown = lcd(page)
        assert np.array_equal(shown[..., :3], pixels)
        assert (shown[..., 3] == 255).all()


def test_the_screen_is_dark_when_its_light_is_off(page, booth):
    booth.lit_on = False
    page.wait_for_selector('#lcd.dark')
    booth.lit_on = True
    page.wait_for_selector('#lcd:not(.dark)')


@pytest.mark.parametrize(('button', 'name'), [('record', 'record'), ('left', 'left'), ('right', 'right')])
def test_a_button_is_down_as_long_as_the_mouse_holds_it(page, booth, button, name):
    page.hover(f'#{button}')
    page.mouse.down()
    booth.wait('set', name, True)
    page.mouse.move(5, 5)  # the finger slides off, and is still down
    assert booth.calls == [('set', name, True)]
    page.mouse.up()
    booth.wait('set', name, False)
    assert booth.calls == [('set', name, True), ('set', name, False)]


@pytest.mark.parametrize(
    ('key', 'name'), [('r', 'record'), ('R', 'record'), ('ArrowLeft', 'left'), ('ArrowRight', 'right')]
)
def test_a_key_that_is_held_is_a_button_that_is_held(page, booth, key, name):
    page.keyboard.down(key)
    page.keyboard.down(key)  # as a keyboard repeats it
    booth.wait('set', name, True)
    page.keyboard.up(key)
    booth.wait('set', name, False)
    assert booth.calls == [('set', name, True), ('set', name, False)]


@pytest.mark.parametrize('key', ['Enter', ' '])
def test_a_button_in_focus_is_held_by_the_keys_that_press_buttons(page, booth, key):
    page.focus('#record')
    page.keyboard.down(key)
    booth.wait('set', 'record', True)
    page.keyboard.up(key)
    booth.wait('set', 'record', False)
    assert booth.calls == [('set', 'record', True), ('set', 'record', False)]


def test_of_a_storm_of_presses_none_sticks(page, booth):
    page.evaluate("""() => { const button = document.getElementById('record');
        for (let i = 0; i < 41; i += 1) for (const kind of ['pointerdown', 'pointerup'])
            button.dispatchEvent(new PointerEvent(kind, { pointerId: 9, pointerType: 'touch', bubbles: true })); }""")
    booth.wait('set', 'record', False)
    page.click('#left')  # queued behind nothing: comes while the storm is still played
    page.wait_for_selector('#record:not(.down)')
    with booth.done:
        assert booth.done.wait_for(lambda: booth.calls.count(('set', 'record', False)) >= 4, 60)
    page.keyboard.press('Escape')
    booth.wait('set', 'stop_pressed', True)
    until(page, "!document.getElementById('record').classList.contains('down')")
    storm = [on for _, name, on in booth.calls if name == 'record']
    assert storm[:8] == [True, False] * 4
    assert booth.on['record'] is False


def test_a_click_that_no_finger_made_is_a_short_press(page, booth):
    page.evaluate("document.getElementById('left').click()")  # as a screen reader does
    booth.wait('set', 'left', False)
    assert booth.calls == [('set', 'left', True), ('set', 'left', False)]


@pytest.mark.parametrize('how', ['blur', 'pagehide'])
def test_nothing_sticks_when_the_window_is_left(page, booth, how):
    page.keyboard.down('r')
    booth.wait('set', 'record', True)
    page.evaluate(f"window.dispatchEvent(new Event('{how}'))")
    booth.wait('set', 'record', False)


def test_nothing_sticks_when_a_touch_is_taken_away_by_the_system(page, booth):
    page.evaluate("""() => {
        const make = (kind) => new PointerEvent(kind, {pointerId: 9, pointerType: 'touch', bubbles: true});
        const button = document.getElementById('right');
        button.dispatchEvent(make('pointerdown'));
        setTimeout(() => button.dispatchEvent(make('pointercancel')), 0); }""")
    booth.wait('set', 'right', False)


def test_nothing_sticks_when_the_page_is_closed(page, booth, browser, url):
    other = browser.new_page()
    other.goto(url)
    other.wait_for_selector('body[data-state]')
    other.hover('#record')
    other.mouse.down()
    booth.wait('set', 'record', True)
    page.keyboard.down('r')  # a second hand, in another page
    page.keyboard.press('l')
    booth.wait('set', 'lid_closed', False)  # so what it did before has been heard too
    other.close()
    page.keyboard.up('r')
    booth.wait('set', 'record', False)
    assert booth.calls.count(('set', 'record', True)) == 1


def test_keys_with_ctrl_and_in_a_slider_are_not_for_the_booth(page, booth):
    page.keyboard.press('Control+b')
    page.focus('#volume')
    page.keyboard.press('ArrowLeft')
    page.click('summary')
    page.uncheck('#keys')
    page.keyboard.press('r')
    page.click('[data-host=close]')
    booth.wait('tell', Event(Kind.CLOSE))
    assert booth.calls == [('tell', Event(Kind.CLOSE))]
    assert page.input_value('#volume') == '79'


def test_a_hand_does_not_reach_through_the_lid(page, booth):
    page.keyboard.press('b')
    assert 'lid is closed' in page.inner_text('#hint')
    page.keyboard.press('l')
    booth.wait('set', 'lid_closed', False)
    until(page, "document.querySelector('#lid').textContent.includes('Close the lid')")
    page.keyboard.press('b')
    booth.wait('set', 'blank', True)
    assert booth.calls == [('set', 'lid_closed', False), ('set', 'blank', True)]
    page.wait_for_selector('#well.loaded:not(.closed)')
    page.click('#blank')
    booth.wait('set', 'blank', False)


def test_a_quick_hand_is_not_undone_by_news_that_is_older_than_it(browser, booth, url):
    context = browser.new_context()
    page, held = context.new_page(), []

    def pass_on(ours):
        served = ours.connect_to_server()
        ours.on_message(lambda said: held.append((served, said)))  # a slow way to the booth; the one back is quick

    page.route_web_socket('**/socket', pass_on)
    page.goto(url)
    page.wait_for_selector('#record.lit')
    page.keyboard.press('l')
    booth.lamp_on = False
    page.wait_for_selector('#record:not(.lit)')  # news, and in it the lid is still closed
    page.keyboard.press('b')
    assert not page.inner_text('#hint')
    page.keyboard.press('l')
    for served, said in held:
        served.send(said)
    booth.wait('set', 'lid_closed', True)
    assert booth.calls == [('set', 'lid_closed', False), ('set', 'blank', True), ('set', 'lid_closed', True)]
    until(page, "document.querySelector('#blank').textContent.includes('Take the disc')")
    booth.on['blank'] = False  # somebody else's hand
    until(page, "document.querySelector('#blank').textContent.includes('Lay a blank')")
    context.close()


def test_the_stop_button_stays_in_until_it_is_pulled_out(page, booth):
    page.keyboard.press('Escape')
    booth.wait('set', 'stop_pressed', True)
    page.wait_for_selector('#stop[aria-pressed=true]')
    page.click('#stop')
    booth.wait('set', 'stop_pressed', False)


def test_the_lamp_in_the_button(page, booth):
    booth.lamp_on = False
    page.wait_for_selector('#record:not(.lit)')
    booth.lamp_on = True
    page.wait_for_selector('#record.lit')


def test_a_new_disc_begins_empty_and_the_groove_grows_from_the_rim(page, booth):
    groove = "document.getElementById('groove').dataset.points"
    booth.spiral(2, 1.0, 120.0)
    until(page, f'{groove} == {len(booth.points)}')
    middle, edge = [520, 520, 200], [1180, 560, 60]  # the head cuts at 3 o'clock
    assert page.evaluate(GROOVE, edge) > 0
    assert page.evaluate(GROOVE, middle) == 0
    booth.points = booth.points + [(0.1 * i + 20, 60.0) for i in range(100)]
    until(page, f'{groove} == {len(booth.points)}')
    booth.lay((0.0, 30.0), (1.0, 30.0))
    until(page, f'{groove} == 2')
    assert page.evaluate(GROOVE, edge) == 0


def test_the_groove_lies_where_the_stylus_is(page, booth):
    """At platter angle a the disc stands turned by a: what was cut then must come to lie under the head again."""
    booth.lay((0.0, 100.0), (0.6, 100.0))
    booth.turning = Platter(0.6, 100.0, 0.0, True)
    until(page, "document.getElementById('groove').dataset.points == 2")
    until(page, "document.getElementById('turn').style.transform.includes('0.6rad')")
    ink = page.evaluate("""() => {
        const pen = document.getElementById('groove').getContext('2d');
        const { data, width } = pen.getImageData(0, 0, 1240, 1240), places = [];
        for (let i = 3, at = 0; i < data.length; i += 4, at += 1) {
            if (data[i] > 90) places.push([at % width - 620, Math.floor(at / width) - 620]);
        }
        return places; }""")
    x, y = np.array(ink).T
    turned = np.arctan2(y, x) + 0.6  # CSS turns clockwise, y points down
    assert np.hypot(x, y) == pytest.approx(np.full(len(x), 100 * 620 / 125), abs=3)
    assert (turned.min(), turned.max()) == pytest.approx((0.0, 0.6), abs=0.02)


def test_the_whole_visit_and_the_mishaps(page, booth):
    page.click('#show')
    booth.wait('show')
    page.wait_for_selector('#show[aria-disabled=true]')
    page.click('#show', force=True)
    page.click('summary')
    for name, label in (('microphone', 'Microphone unplugged'), ('power cut', 'Power cut')):
        page.click(f'#faults >> text={label}')
        booth.wait('fault', name, True)
        page.click(f'#faults button[aria-pressed=true]:has-text("{label}")')
        booth.wait('fault', name, False)
    assert booth.calls.count(('show',)) == 1


def test_the_letters_that_were_cut(page, booth, tmp_path):
    wav, png = tmp_path / 'a.wav', tmp_path / 'a.png'
    with wave.open(str(wav), 'wb') as file:
        file.setparams((1, 2, 48_000, 0, 'NONE', ''))
        file.writeframes(bytes(2 * 48_000))
    Image.new('RGB', (8, 8)).save(png)
    booth.discs = (Disc(12, 65.4, 78.26, sound=wav, picture=png),)
    page.wait_for_selector('.letter')
    assert 'Letter no. 12' in page.inner_text('.letter')
    assert '1:05' in page.inner_text('.letter')
    assert page.locator('.letter a.brass').all_inner_texts() == ['Sound (WAV)', 'Picture (PNG)']
    until(page, "document.querySelector('.letter img').naturalWidth == 8")
    with page.expect_download() as download:
        page.click('text=Sound (WAV)')
    assert download.value.suggested_filename == 'audio-letter-12.wav'
    assert download.value.path().read_bytes() == wav.read_bytes()
    page.evaluate("document.querySelector('.letter audio').play()")
    until(page, "document.querySelector('.letter audio').duration == 1")
    playing = page.query_selector('.letter')
    booth.discs = (Disc(13, 2.0, 0.0), *booth.discs)
    until(page, "document.querySelectorAll('.letter').length == 2")
    assert page.locator('.letter h3').all_inner_texts() == ['Letter no. 13', 'Letter no. 12']
    assert playing.evaluate('node => node.isConnected')  # what plays is not torn away
    booth.discs = ()
    page.wait_for_selector('#no-letters:visible')
    booth.discs = (Disc(14, 65.0, 78.26),)  # kept, and being cut
    page.get_by_text('No disc of it yet.').wait_for()


def test_a_file_is_chosen_or_dropped(page, booth, scratch, wrong):
    page.set_input_files('#file', {'name': 'v.wav', 'mimeType': 'audio/wav', 'buffer': b'chosen'})
    until(page, "document.getElementById('voice-said').textContent == 'The booth hears v.wav.'")
    page.evaluate("""() => { const data = new DataTransfer(); data.items.add(new File(['no sound'], 'x.txt'));
        window.dispatchEvent(new DragEvent('drop', {dataTransfer: data})); }""")
    until(page, "document.getElementById('voice-said').textContent == 'x.txt: the recording holds no sound.'")
    assert booth.spoken == [b'chosen', b'no sound']
    assert [line for line in wrong if '422' in line] == wrong  # Chromium notes that answer by itself
    wrong.clear()
    page.click('#sample')
    booth.wait('speak', booth.shipped)
    assert list(scratch.iterdir()) == []
