"""For whom the page is: any width, keyboard alone, screen readers, weak eyes; several pages at once, and a slow one."""

import asyncio
import io
import json
import struct
import zlib

import numpy as np
import pytest

aiohttp = pytest.importorskip('aiohttp')

from fakebooth import FakeBooth, apart, served  # noqa: E402
from PIL import Image  # noqa: E402

WORDS = """() => Array.from(document.querySelectorAll('body *')).filter((node) =>
    Array.from(node.childNodes).some((child) => child.nodeType === 3 && child.textContent.trim())
    && node.checkVisibility() && !node.closest('.hidden, .skip, noscript, option')
).map((node) => { const range = document.createRange();
    const text = Array.from(node.childNodes).find((child) => child.nodeType === 3 && child.textContent.trim());
    range.selectNodeContents(text); const box = range.getBoundingClientRect();
    return { text: node.textContent.trim().slice(0, 40), colour: getComputedStyle(node).color,
        size: parseFloat(getComputedStyle(node).fontSize),
        box: [box.left + scrollX, box.top + scrollY, box.right + scrollX, box.bottom + scrollY] }; })"""


def luminance(colours):
    """WCAG 2.2, "relative luminance", of an array of RGB bytes."""
    parts = np.asarray(colours) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)


@pytest.mark.parametrize('state', ['at rest', 'stopped, shown, ill'])
def test_all_text_stands_out_seven_to_one_from_every_pixel_behind_it(browser, booth, url, state):
    if state != 'at rest':
        booth.on.update(lid_closed=False, stop_pressed=True)
        booth.shows, booth.ill['stall'] = True, True
    context = browser.new_context(viewport={'width': 1280, 'height': 900}, bypass_csp=True, reduced_motion='reduce')
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector('#faults button >> nth=5', state='attached')
    page.evaluate("document.querySelector('details').open = true")
    words = page.evaluate(WORDS)
    page.add_style_tag(content='* { color: transparent !important; text-shadow: none !important; }')
    behind = np.asarray(Image.open(io.BytesIO(page.screenshot(full_page=True))).convert('RGB'))
    context.close()
    assert len(words) > 40
    low = {}
    for word in words:
        left, top, right, bottom = (round(edge) for edge in word['box'])
        ground = luminance(behind[top:bottom, left:right].reshape(-1, 3))
        ink = luminance([int(part) for part in word['colour'][4:-1].split(',')[:3]])
        ratio = float(((np.maximum(ground, ink) + 0.05) / (np.minimum(ground, ink) + 0.05)).min())
        if ratio < 7:
            low[word['text']] = round(ratio, 1)
        assert word['size'] >= 14, word
    assert low == {}


@pytest.mark.parametrize('width', [360, 768, 1600])
def test_it_fits_every_width(page, booth, width):
    page.set_viewport_size({'width': width, 'height': 760})
    page.evaluate("document.querySelector('details').open = true")
    assert page.evaluate('document.documentElement.scrollWidth') == width
    for id in ('record', 'left', 'right', 'stop', 'lid', 'blank', 'mic', 'sample', 'show'):
        box = page.locator(f'#{id}').bounding_box()
        assert min(box['width'], box['height']) >= 44, id  # WCAG 2.2, "target size (enhanced)"
        assert box['x'] >= 0, id
        assert box['x'] + box['width'] <= width, id


@pytest.mark.parametrize(
    ('width', 'height'), [(1024, 600), (1024, 540), (800, 480), (1280, 640), (1366, 650), (1440, 760), (1920, 950)]
)
def test_a_laptop_shows_screen_and_buttons_together(page, booth, width, height):
    """What is left of its display by the browser's own bars: who reads "Begin" sees the button that does it."""
    page.set_viewport_size({'width': width, 'height': height})
    for id in ('lcd', 'left', 'record', 'right'):
        box = page.locator(f'#{id}').bounding_box()
        assert box['y'] >= 0, id
        assert box['y'] + box['height'] <= height, id
    assert page.locator('#lcd').bounding_box()['width'] >= 320
    bezel = page.locator('.bezel').bounding_box()
    assert page.locator('#lcd').bounding_box()['width'] > 0.8 * bezel['width']
    left = page.locator('#left').bounding_box()
    beside = bezel['x'] + bezel['width'] <= left['x'] or bezel['y'] + bezel['height'] <= left['y']
    assert beside, 'a pad lies over the bezel'


def test_everything_is_reached_by_the_keyboard_and_has_a_name(page, booth):
    page.evaluate("document.querySelector('details').open = true")
    page.wait_for_selector('#faults button >> nth=5')
    wanted = page.locator('button:visible, input:visible, summary').count()
    seen = []
    for _ in range(wanted + 1):  # and the link that skips to the button
        page.keyboard.press('Tab')
        seen.append(
            page.evaluate("""() => { const at = document.activeElement, style = getComputedStyle(at);
            return [at.id || at.textContent.trim(), style.outlineStyle, parseFloat(style.outlineWidth)]; }""")
        )
    assert len({name for name, *_ in seen}) == wanted + 1
    assert {style for _, style, _ in seen} == {'solid'}
    assert min(width for *_, width in seen) >= 3
    tree = page.locator('body').aria_snapshot()
    assert 'button "Record button, lit: Begin"' in tree
    assert 'button "Left pad"' in tree
    assert 'button "Open the lid' in tree
    assert 'slider "Speaker"' in tree
    assert '- button\n' not in tree  # none without a name


def test_what_the_screen_says_is_read_out_but_not_each_second(page, booth):
    said = page.locator('#said')
    said.get_by_text('Audio letters. Speak a letter and take it home on a disc (R Begin)').wait_for(state='attached')
    booth.texts = ('ru', 'Говорите', 'Осталось 60 с', '', 'Готово', '')
    said.get_by_text('Осталось 60 с').wait_for(state='attached')
    assert said.get_attribute('lang') == 'ru'
    booth.texts = ('ru', 'Говорите', 'Осталось 59 с', '', 'Готово', '')
    booth.now = 'recording'
    page.wait_for_selector('body[data-state=recording]')
    assert '60' in said.text_content()
    assert page.get_attribute('#lcd', 'aria-label') == 'Говорите. Осталось 59 с'
    booth.texts = ('ru', 'Говорите', 'Немного тише', '', 'Готово', '')
    said.get_by_text('Немного тише').wait_for(state='attached')
    assert said.get_attribute('aria-live') == 'polite'
    booth.texts = ('ru', 'Выбросить?', 'Оно будет забыто', '', '', '')
    said.get_by_text('Выбросить? Оно будет забыто').wait_for(state='attached')


def test_every_word_of_the_booth_is_marked_as_of_its_language(page, booth):
    booth.texts = ('de', 'Ihr Brief', 'Möchten Sie ihn behalten?', 'Nein', 'Behalten', 'Hören')
    page.locator('#said').get_by_text('Ihr Brief').wait_for(state='attached')
    tree = page.locator('body').aria_snapshot()
    for name in ('Left pad: Nein', 'Record button, lit: Behalten', 'Right pad: Hören'):
        assert f'button "{name}"' in tree
    for word in ('Nein', 'Behalten', 'Hören', 'Ihr Brief. Möchten Sie ihn behalten?'):
        own = page.evaluate(
            """(word) => Array.from(document.querySelectorAll('.panel *')).filter((node) =>
            node.getAttribute('aria-label') === word || (!node.children.length && node.textContent.startsWith(word))
            ).map((node) => node.closest('[lang]').lang)""",
            word,
        )
        assert own
        assert set(own) == {'de'}, word


def test_who_does_not_like_motion_sees_none(browser, booth, url):
    page = browser.new_page(reduced_motion='reduce')
    page.goto(url)
    booth.on['blank'] = True
    booth.spiral(3)
    page.wait_for_selector('.well.turning.loaded')
    page.evaluate('new Promise((drawn) => setTimeout(() => requestAnimationFrame(drawn)))')
    assert page.evaluate("document.getElementById('turn').style.transform") == 'rotate(0rad)'
    page.close()


def test_a_page_says_when_the_booth_is_gone_and_finds_it_again(browser, scratch):
    """The page is told to meet another booth at another port, as if the program had been started again."""
    page = browser.new_page()
    with served(FakeBooth(), scratch) as url:
        page.goto(url)
        page.wait_for_selector('body[data-state=attract]')
    page.wait_for_selector('#lost:visible')
    assert 'does not answer' in page.inner_text('#lost')
    with served(FakeBooth(), scratch, int(url.rstrip('/').rsplit(':', 1)[1])):
        page.wait_for_selector('#lost', state='hidden')
        page.wait_for_selector('body:not(.lost)')
    page.close()


def test_two_pages_show_the_same_booth(page, booth, browser, url):
    other = browser.new_page()
    other.goto(url)
    page.keyboard.press('l')
    other.wait_for_selector('#well:not(.closed)')
    page.wait_for_selector('#well:not(.closed)')
    other.close()


def test_a_page_that_takes_nothing_misses_frames_and_holds_nobody_up(booth, url, rng):
    """One socket is never read while sixty frames of noise pass (14 MB); the other sees the last of them at once."""
    last = rng.integers(0, 256, (240, 320, 3), np.uint8)

    async def frame(live, rows):
        while True:
            message = await live.receive(timeout=60)
            assert not live.closed, live.close_code
            if message.type is aiohttp.WSMsgType.BINARY and message.data[0] == 1:
                _, first, count = struct.unpack_from('<BHH', message.data)
                rows[first : first + count] = np.frombuffer(zlib.decompress(message.data[5:]), np.uint8).reshape(
                    -1, 320, 3
                )
                return

    async def go():
        headers = {'Origin': url.rstrip('/')}
        async with aiohttp.ClientSession() as client:
            slow = await client.ws_connect(url + 'socket', headers=headers)
            async with client.ws_connect(url + 'socket', headers=headers) as quick:
                rows = np.zeros((240, 320, 3), np.uint8)
                await frame(quick, rows)
                for _ in range(60):
                    booth.picture(rng.integers(0, 256, (240, 320, 3)))
                    await frame(quick, rows)
                booth.picture(last)
                while not np.array_equal(rows, last):
                    await frame(quick, rows)
                await quick.send_str(json.dumps({'t': 'show'}))
                await asyncio.to_thread(booth.wait, 'show')
            late, count = np.zeros((240, 320, 3), np.uint8), 0
            while not np.array_equal(late, last):
                await frame(slow, late)
                count += 1
            await slow.close()
            return count

    assert apart(asyncio.run, go()) < 50  # what the kernel held for it, and the present
