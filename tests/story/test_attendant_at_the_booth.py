"""The attendant's menu at a running booth, by pads and by card: every row once, and what a screen reader is told."""

import os

import pytest

from tests.booth.test_card_reader import keys
from tests.story.clocked import set_to
from tests.story.hosted import Hosted, needs_memory

pytestmark = [needs_memory, pytest.mark.timeout(900)]
NOON_S = 1_795_780_800.0  # 2026-11-27
ROWS = ('Cut no. 1 again', 'A new blank is in place', 'Close the booth', 'Quieter', 'Louder', 'Call the host',
        'Leave this menu')  # fmt: skip
SEQUENCE = 'left right right left record right'


@pytest.fixture
def booth(browser, tmp_path):
    set_to(tmp_path / 'clock', NOON_S)
    pipe = tmp_path / 'event7'
    os.mkfifo(pipe)
    program = ('-m', 'tests.story.clocked', str(tmp_path / 'clock'))
    hand = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    with Hosted(tmp_path, browser, f'[attendant]\nreader = "{pipe}"\n', program=program) as booth:
        booth.show_card = lambda *names: os.write(hand, keys(*names))
        yield booth
    os.close(hand)


def knock(booth):
    hold = booth.page.keyboard
    hold.down('ArrowRight')
    booth.page.wait_for_timeout(150)
    hold.down('ArrowLeft')
    booth.shows('attendant code')  # both are held until then
    hold.up('ArrowLeft')
    hold.up('ArrowRight')
    for press in SEQUENCE.split():
        booth.page.keyboard.press({'left': 'ArrowLeft', 'right': 'ArrowRight', 'record': 'r'}[press])
        booth.page.wait_for_timeout(120)


def deeds(booth):
    return [row['what'] for row in reversed(booth.rows('deeds')) if row['who'].startswith('attendant')]


@pytest.mark.with_all
def test_every_row_by_the_pads_then_a_disc_once_more_by_card(booth):
    booth('config', 'sequence', *SEQUENCE.split())
    booth('config', 'token', 'anna', '19af')
    booth('blanks', 'set', '9')
    booth.kept()
    booth.cut()
    booth.take()
    booth.shows('attract')
    knock(booth)
    booth.shows('attendant')
    for row, after in zip(ROWS, (None, ROWS[1], 'Open the booth', 'Quieter', 'Louder', 'The host is called', None),
                          strict=True):  # fmt: skip
        booth.says(row)
        if after is not None:
            booth.press()
            booth.says(after)
        if row == 'Close the booth':
            assert booth.facts('status')[0]['open'] == 'closed by the host'
            booth.press()
            booth.says(row)
        if row == 'Call the host':
            assert 'The attendant has called you' in str(booth.facts('status'))
            booth.press()
            booth.says(row)
        if row != ROWS[-1]:
            booth.press('right')
    booth.press()
    booth.shows('attract')
    assert ', '.join(deeds(booth)) == (
        'opened the menu, next blank, closed the booth, opened the booth, quieter, louder, called the host, '
        'took the call back'
    )
    assert booth.facts('blanks', 'show')[0]['blanks'] == 7
    booth.show_card('1', '9', 'a', 'f', 'enter')
    booth.shows('attendant')
    booth.says(ROWS[0])
    booth.press()
    booth.shows('load disc')
    booth.cut()
    booth.take()
    booth.shows('attract')
    assert deeds(booth)[-1] == 'letter no. 1 is to be cut again'
    assert booth.rows('letters', 'list')[0]['discs'] == 2
