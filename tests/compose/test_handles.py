"""The handles of a virtual booth that is opened, killed and closed."""

from appliance.clock import RealClock
from appliance.compose.booth import Choice, Plan
from appliance.compose.handles import VirtualBooth
from appliance.config import load_config
from appliance.config.places import Folders
from appliance.machine import load_machine


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
