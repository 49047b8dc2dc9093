"""Runs on the emulated PC: the commands for sticks on FAT as a real kernel has it, and on sticks that misbehave.

vda is a stick with room, vdb one without, vdc one that is locked, vdd one that is pulled out.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

from appliance.config.places import MOUNTS
from appliance.desk.book import Facts, Line, Table
from appliance.errors import AudioLetterError
from tests.maintenance.rig import CommandRig
from tests.maintenance.stick_rig import with_a_letter

RUN, MEDIA = Path('/run'), Path('/run/media')
BIG = 8 << 20  # bytes of a letter's disc, so that there is time to pull a stick out
SPARE = 8 << 20  # what is asked for beside the letters, and a little
STEP_S = 0.03


def say(what, **more):
    print('PINS ' + json.dumps({'what': what, **more}), flush=True)


def plug(name, device, options='rw'):
    (MEDIA / name).mkdir(parents=True, exist_ok=True)
    subprocess.run(['/bin/mount', '-t', 'vfat', '-o', options, f'/dev/{device}', MEDIA / name], check=True)
    return MEDIA / name


def away(name, *how):
    subprocess.run(['/bin/umount', *how, MEDIA / name], check=True)


def real(rig):
    """The kernel's own list of what is mounted."""
    places = replace(rig.kiosk.settings.config.places, stick=str(MEDIA))
    rig.kiosk.settings = replace(rig.kiosk.settings, config=replace(rig.kiosk.settings.config, places=places))
    rig.desk.program = replace(rig.desk.program, mounts=MOUNTS)
    return rig


def does(rig, words, **how):
    """What it says, or why not."""
    lines, facts, tables = [], {}, []
    try:
        for said in rig.run(words, **how):
            if isinstance(said, Line):
                lines.append(said.text)
            elif isinstance(said, Facts):
                facts |= said.facts
            elif isinstance(said, Table):
                tables.append([list(row) for row in said.rows])
    except AudioLetterError as error:
        say(words, failed=type(error).__name__, line=error.line)
    else:
        say(words, lines=lines, facts=facts, tables=tables)


def once_opened(name, do):
    """Does it in the moment a file of that name in a half-written backup is opened: no earlier and no later, however
    slow the computer. (Python tells its auditors before the system is asked, PEP 578.)"""
    begun = []

    def audited(event, words):
        if event == 'open' and not begun and str(words[0]).endswith(f'/{name}') and '.part/' in str(words[0]):
            begun.append(name)
            do()

    sys.addaudithook(audited)


def meanwhile(holds, do):
    """Another thread that does it as soon as it holds."""

    def wait():
        over = threading.Event()
        while not holds():
            over.wait(STEP_S)
        do()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def written(folder):
    """Bytes that lie there now; what comes and goes meanwhile may count or not."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                size += os.stat(f'{place}/{name}').st_size
    return size


def well(rig):
    letter = rig.folders.data / 'letters/000001'
    (letter / 'a:b?c*.wav').write_bytes(b'no name for FAT')
    plug('KINGSTON', 'vda')
    does(rig, 'stick')
    does(rig, 'backup')
    does(rig, 'backup verify')
    does(rig, 'copy 1')
    plug('SMALL', 'vdb')
    does(rig, 'backup')
    does(rig, 'backup --stick SMALL')
    plug('LOCKED', 'vdc', 'ro')
    does(rig, 'backup --stick LOCKED')
    does(rig, 'copy 1 --stick LOCKED')
    away('SMALL')
    away('LOCKED')
    say('letter', digest=hashlib.sha256((letter / 'letter.wav').read_bytes()).hexdigest())


def brought_back():
    with CommandRig(RUN / 'other') as rig:
        rig.maintain()
        does(real(rig), 'restore')
        there = rig.folders.data / 'letters/000001/letter.wav'
        say('restored', digest=hashlib.sha256(there.read_bytes()).hexdigest())


def filled(rig):
    """Somebody else fills it while it is written: it has room enough when that begins, and none for the large file."""
    point = MEDIA / 'KINGSTON'
    (rig.folders.data / 'letters/000001/disc-1/groove.npz').write_bytes(bytes(BIG))
    spare = shutil.disk_usage(point).free - written(rig.folders.data / 'letters') - SPARE
    (point / 'HOLIDAY.AVI').write_bytes(bytes(spare))

    def fill():
        with contextlib.suppress(OSError), (point / 'HOLIDAY2.AVI').open('wb', buffering=0) as file:
            while file.write(bytes(1 << 20)):
                pass

    once_opened('groove.npz', fill)
    does(rig, 'backup --stick KINGSTON')
    for film in point.glob('*.AVI'):
        film.unlink()
    does(rig, 'stick')
    away('KINGSTON')


def pulled(rig):
    """The device goes, as the kernel sees it when a stick is pulled; then the system takes its mount away."""
    point = plug('PULLED', 'vdd')
    device = Path('/sys/block/vdd/device').resolve()

    def pull():
        (device.parent / 'remove').write_text('1')

    thread = meanwhile(lambda: written(point) > BIG // 8, pull)
    does(rig, 'backup')
    thread.join()
    away('PULLED', '-l')
    does(rig, 'stick')
    say('left', names=sorted(path.name for path in MEDIA.rglob('*')))


def main():
    MEDIA.mkdir()
    (RUN / 'one').mkdir()
    (RUN / 'other').mkdir()
    with with_a_letter(RUN / 'one') as rig:
        well(real(rig))
        brought_back()
        filled(rig)
        pulled(rig)
    say('ended')


if __name__ == '__main__':
    main()
