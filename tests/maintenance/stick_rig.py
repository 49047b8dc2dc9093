"""A booth with one letter and its disc, and folders that stand for what is plugged in."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import replace

import soundfile

from appliance.desk.book import Facts, Line
from appliance.workflow.values import State
from tests.maintenance.rig import CommandRig

NAME = 'backup-2027-01-15'  # of the rig's day


class Sticks:
    """Folders that stand for what is plugged in, and the system's list of them."""

    def __init__(self, rig, root):
        self.rig, self.media, self.list = rig, root / 'media', root / 'mountinfo'
        self.media.mkdir()
        self.mounted = {}
        places = replace(rig.kiosk.settings.config.places, stick=str(self.media))
        config = replace(rig.kiosk.settings.config, places=places)
        rig.kiosk.settings = replace(rig.kiosk.settings, config=config)
        rig.desk.program = replace(rig.desk.program, mounts=self.list)
        self.write()

    def plug(self, name='KINGSTON', kind='vfat', options='rw'):
        (self.media / name).mkdir(exist_ok=True)
        self.mounted[name] = (kind, options)
        self.write()
        return self.media / name

    def pull(self, name='KINGSTON'):
        """As the system leaves it: the point is empty, or gone with what was mounted there."""
        shutil.rmtree(self.media / name)
        del self.mounted[name]
        self.write()

    def write(self):
        lines = ['22 1 179:2 / / rw,relatime shared:1 - ext4 /dev/root rw']
        for name, (kind, options) in self.mounted.items():
            point = str(self.media / name).replace(' ', '\\040')
            lines.append(f'90 22 8:1 / {point} {options},nosuid shared:2 - {kind} /dev/sda1 {options}')
        self.list.write_text('\n'.join(lines) + '\n', encoding='utf-8')


@contextlib.contextmanager
def with_a_letter(folder):
    """Number 1, cut and handed over."""
    with CommandRig(folder) as rig:
        rig.sticks = Sticks(rig, folder)
        rig.to_load_disc()
        rig.set('blank', True)
        rig.press()
        rig.until(State.TAKE_DISC)
        rig.set('blank', False)
        rig.until(State.ATTRACT)
        results = rig.folders.data / 'letters/000001/disc-1'
        soundfile.write(results / 'playback.wav', [0.0] * 4800, 48_000)
        (results / 'disc.png').write_bytes(b'\x89PNG picture')
        yield rig


def lines(said):
    return [one.text for one in said if isinstance(one, Line)]


def facts(said):
    return {name: value for one in said if isinstance(one, Facts) for name, value in one.facts.items()}


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
