"""The handles of a virtual booth that is opened, killed and closed."""

from appliance.clock import RealClock
from appliance.compose.booth import Choice, Plan
from appliance.compose.handles import VirtualBooth
from appliance.config import load_config
from appliance.config.changes import FILE, HostFile
from appliance.config.places import Folders
from appliance.machine import load_machine


def test_after_a_power_cut_the_settings_are_those_that_were_written(tmp_path):
    """Also those that need a start; where they are spoiled meanwhile, those before go on."""
    folders = Folders(tmp_path / 'data', tmp_path / 'run')
    for folder in (folders.data, folders.run):
        folder.mkdir()
    file = HostFile(tmp_path / FILE, (tmp_path,))
    booth = VirtualBooth(Plan(file.load()[0], load_machine(), 'virtual', folders, Choice(clock=RealClock()), file))
    booth.start()
    try:
        file.set('policy.retakes', '7', 'anna', 0.0)
        file.set('attendant.reader', '/dev/input/event9', 'anna', 0.0)
        file.set('places.data', '/elsewhere', 'anna', 0.0)
        assert booth.kiosk.rules.retakes == 2
        booth.power_cut()
        assert booth.kiosk.rules.retakes == 7
        assert booth.kiosk.parts.reader is not None
        assert booth.kiosk.settings.config.places.data == '', 'the folder is locked for this program'
        (tmp_path / FILE).write_text('[policy')
        booth.power_cut()
        assert booth.kiosk.rules.retakes == 7
    finally:
        booth.close()


def test_a_power_cut_does_not_open_a_booth_that_is_closed(tmp_path):
    folders = Folders(tmp_path / 'data', tmp_path / 'run')
    for folder in (folders.data, folders.run):
        folder.mkdir()
    config, _ = load_config(system=tmp_path)
    booth = VirtualBooth(Plan(config, load_machine(), 'virtual', folders, Choice(clock=RealClock())))
    booth.start()
    booth.close()
    supervisor = booth.kiosk
    booth.power_cut()
    again, opened = booth.kiosk, booth._runner.alive
    if opened:
        booth._runner.stop()
        again.close()
    assert not opened
    assert again is supervisor
