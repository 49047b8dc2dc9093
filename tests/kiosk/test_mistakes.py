"""Mistakes of the program: one in a screen costs a picture; one that makes the booth deaf or forgetful ends it."""

import logging
import threading

import pytest

from appliance.booth.doors import Inputs
from appliance.clock import RealClock
from appliance.compose.booth import Choice, Plan
from appliance.compose.handles import VirtualBooth
from appliance.config import load_config
from appliance.config.places import Folders
from appliance.errors import StorageError
from appliance.kiosk import loop, painter
from appliance.kiosk.archivist import Archivist, Job
from appliance.kiosk.painter import Painter
from appliance.machine import load_machine
from appliance.screens.view import View
from appliance.virtual.booth.display import VirtualDisplay
from appliance.workflow.values import State
from tests.kiosk.booth_rig import Rig

WAIT_S = 60.0


@pytest.fixture
def archivist():
    archivist = Archivist(list)
    yield archivist
    archivist.close()


def test_a_mistake_in_a_job_is_raised_where_its_answer_is_taken_and_the_thread_goes_on(archivist):
    archivist.give(Job('keep the letter', lambda stores: stores.no_such_thing()))
    archivist.give(Job('note', lambda stores: stores.append(1)))
    assert archivist.wait(WAIT_S)
    with pytest.raises(AttributeError, match='no_such_thing'):
        archivist.poll()
    assert list(archivist.poll()) == []
    assert not archivist.busy


def test_what_fails_is_told_to_the_host_once(archivist, caplog):
    def fail(stores):
        raise StorageError('cannot erase letter no. 7 (no)', where='letters')

    for _ in range(3):
        archivist.give(Job('look after the letters', fail))
    assert archivist.wait(WAIT_S)
    assert [record.getMessage() for record in caplog.records] == [
        'look after the letters: letters: cannot erase letter no. 7 (no)'
    ]


def test_the_painter_outlives_a_screen_that_cannot_be_drawn(monkeypatch):
    broke, draw = [], painter.draw

    def half_broken(view):
        if view.state is State.THANKS:
            raise AttributeError('no such font')
        return draw(view)

    monkeypatch.setattr(painter, 'draw', half_broken)
    display = VirtualDisplay()
    drawer = Painter(display, threads=True, broke=broke.append)
    drawer.show(View(state=State.THANKS))
    drawer.stop()
    assert [str(error) for error in broke] == ['no such font']
    drawer = Painter(display, threads=True, broke=broke.append)
    drawer.show(View(state=State.ATTRACT))
    drawer.stop()
    assert display.frame()[0] == 1


def test_a_visit_goes_on_beside_a_screen_that_has_no_words(tmp_path, monkeypatch, caplog):
    rig, wording = Rig(tmp_path), loop.wording

    def half_broken(view):
        if view.state is State.LEVEL_CHECK:
            raise KeyError('level check')
        return wording(view)

    monkeypatch.setattr(loop, 'wording', half_broken)
    with caplog.at_level(logging.ERROR):
        rig.to_listen()
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1
    rig.close()


def test_a_booth_that_cannot_see_its_lid_any_more_ends_and_says_why(tmp_path):
    folders = Folders(tmp_path / 'data', tmp_path / 'run')
    for folder in (folders.data, folders.run):
        folder.mkdir()
    config, _ = load_config(system=tmp_path)
    booth = VirtualBooth(Plan(config, load_machine(), 'virtual', folders, Choice(clock=RealClock())))
    controls = booth._parts.controls
    read = controls.read

    def broken() -> Inputs:
        if threading.current_thread().name == 'poller':
            raise ZeroDivisionError
        return read()

    controls.read = broken
    booth.start()
    assert booth.over.wait(WAIT_S)
    booth.close()
    assert isinstance(booth.failure, ZeroDivisionError)
