"""The child that prints: the same order is the same file, and the booth carries none of its weight."""

import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from appliance.errors import MachineRefusesError, OptionError
from appliance.paper import press as printing
from appliance.paper.orders import DaySheet, Label, Slip, packed, unpacked
from appliance.paper.press import press
from tests.paper import readers
from tests.paper.orders import CROWDED, DAY, EAST, HOUSE, LETTER, SOLID

ORDERS = [Label(EAST, HOUSE, 'ja', 2), Slip(LETTER, HOUSE, 'ru'), DaySheet(DAY, HOUSE, 'en')]


def printed(order):
    return press(order, threading.Event())


@pytest.mark.parametrize('order', [*ORDERS, DaySheet(CROWDED, HOUSE, 'qps'), Slip(SOLID, HOUSE, 'en')])
def test_an_order_comes_out_of_the_pipe_as_it_went_in(order):
    assert unpacked(packed(order)) == order


@pytest.mark.parametrize('order', ORDERS)
def test_the_same_order_is_the_same_file(order):
    pdf = printed(order)
    assert pdf.startswith(b'%PDF-')
    assert printed(order) == pdf


def test_a_file_is_dated_by_its_letter():
    told = readers.tool('pdfinfo', '-isodates', '-', given=printed(Slip(LETTER, HOUSE, 'de'))).decode()
    assert '2026-11-27T' in told
    assert 'Brief Nr. 217' in told
    for odd in (-1.0, 1e300):
        assert printed(Slip(replace(LETTER, at_s=odd), HOUSE, 'de'))


def test_what_cannot_be_printed_is_told_as_here():
    with pytest.raises(
        OptionError, match=r'^post\.font: no font here has ع \(U\+0639\); name a TrueType font that does$'
    ):
        printed(Slip(replace(LETTER, recipient=('ع',)), HOUSE, 'en'))


def test_a_child_that_fails_by_itself_is_one_sentence(monkeypatch):
    monkeypatch.setattr(printing, 'CHILD', ('-c', 'raise SystemError("broken")'))
    with pytest.raises(MachineRefusesError, match='child that prints has failed: SystemError: broken'):
        printed(ORDERS[1])


def test_what_is_wanted_no_more_ends_the_child(monkeypatch, tmp_path):
    """A child that would never end."""
    mark = tmp_path / 'begun'
    script = f'import pathlib, signal; pathlib.Path({str(mark)!r}).touch(); signal.pause()'
    monkeypatch.setattr(printing, 'CHILD', ('-c', script))
    cancelled = threading.Event()
    threading.Thread(target=lambda: (wait_for(mark), cancelled.set()), daemon=True).start()
    with pytest.raises(MachineRefusesError, match='given up'):
        press(ORDERS[1], cancelled)


def wait_for(path):
    while not path.exists():
        threading.Event().wait(0.01)


def test_whoever_only_asks_for_paper_imports_none_of_its_libraries():
    script = 'import sys, appliance.paper.press, appliance.paper.orders; print(*sys.modules)'
    modules = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True, check=True).stdout.split()
    assert not {'reportlab', 'segno', 'PIL', 'numpy'} & set(modules)
