"""An edition at a running booth, to its last disc: numbers, counters and day sheet when one is spoiled on the way."""

import io
import sqlite3

import numpy as np
import pypdf
import pytest

from tests.story.hosted import Hosted, needs_memory

pytestmark = [needs_memory, pytest.mark.timeout(900)]
COPIES = 3


@pytest.fixture
def booth(browser, tmp_path):
    with Hosted(tmp_path, browser) as booth:
        yield booth


@pytest.mark.with_all
def test_one_spoiled_in_the_middle_is_cut_again_under_its_own_number(booth):
    booth('blanks', 'set', '20')
    booth.kept()
    assert 'of' not in booth.page.inner_text('#said').partition(':')[0], 'one disc is no edition'
    booth.cut()
    booth.take()
    booth.shows('attract')
    booth('letters', 'cut', '1', '--copies', str(COPIES), '--edition')
    for number, spoiled in ((1, False), (2, True), (2, False), (3, False)):
        booth.shows('load disc')
        booth.says(f'Disc {number} of {COPIES}')
        booth.begin_cut()
        if spoiled:
            booth.shows('cutting')
            booth.says(f'Disc {number} of {COPIES}')
            booth.press('lid')
            booth.shows('stopped')
            booth.page.keyboard.press('b')
            booth.press('lid')
            continue
        booth.shows('take disc')
        booth.says(f'Disc {number} of {COPIES}')
        booth.take()
    booth.shows('attract')
    booth.says('Speak a letter')  # and no number of a disc any more
    with sqlite3.connect(booth.data / 'ledger.sqlite') as ledger:
        discs = ledger.execute("SELECT copy, copies, state = 'done', cause FROM cut ORDER BY id").fetchall()
        order = ledger.execute('SELECT copies, state FROM edition').fetchall()
    assert discs == [(1, 0, 1, ''), (1, 3, 1, ''), (2, 3, 0, 'lid'), (2, 3, 1, ''), (3, 3, 1, '')]
    assert order == [(COPIES, 'done')]
    booth.until(lambda: booth.facts('figures')[0]['handed over'] == 4)  # noted when its picture and sound are made
    (blanks,), (day,) = booth.facts('blanks', 'show'), booth.facts('figures')[:1]
    assert blanks['blanks'] == 15
    wanted = {'discs': 4, 'of these copies': 3, 'spoiled': 1, 'blanks used': 5, 'blanks left': 15}
    assert {name: day[name] for name in wanted} == wanted
    sheet = ' '.join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(booth('daysheet').stdout)).pages)
    assert 'The lid was opened' in sheet
    assert 'no good disc' not in booth('letters', 'void', '1', 'scratched', '--disc', '2/3').stderr.decode()
    booth('letters', 'cut', '1', '--copies', str(COPIES), '--edition')
    booth.shows('load disc')
    booth.says(f'Disc 2 of {COPIES}')  # the number that is free, not the next


@pytest.mark.with_all
def test_a_second_copy_after_a_restart_is_the_first_once_more(booth):
    """One master, one plan, the same words for the engine: the same groove, but for the rounding of a double."""
    booth.kept()
    booth.cut()
    booth.take()
    booth.shows('attract')
    booth.again()
    booth('letters', 'cut', '1')
    booth.shows('load disc')
    booth.cut()
    booth.take()
    booth.shows('attract')
    disc_1, disc_2 = (booth.data / f'letters/000001/disc-{disc}/groove.npz' for disc in (1, 2))
    with np.load(disc_1) as first, np.load(disc_2) as second:
        names = [name for name in first.files if name != 'facts']
        assert 'displacement_um' in names
        for name in names:
            np.testing.assert_allclose(first[name], second[name], rtol=0, atol=1e-9)
