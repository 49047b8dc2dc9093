"""kill -9 while letters are kept and forgotten, at instants that nobody has chosen."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import soundfile

from appliance.message.ledger import FILE
from tests.message.store_rig import Rig

ROOT = Path(__file__).parents[2]
FEW_KILLS, KILLS = 8, 24


def killed_after(root, seed, lines, seconds):
    """What the program has said before it was killed: so many lines, however slow it is, and what came after them."""
    child = subprocess.Popen(
        [sys.executable, '-m', 'tests.message.keeper', str(root), str(seed)],
        cwd=ROOT,
        env=os.environ | {'PYTHONPATH': str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    said = []
    try:
        assert child.stdout.readline().startswith('ready')
        said = [child.stdout.readline() for _ in range(lines)]
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
    finally:
        child.kill()
        said += child.communicate()[0].splitlines(keepends=True)
    assert child.returncode == -9, 'it ended by itself'
    return [(line.split()[0], *map(int, line.split()[1:])) for line in said if line[-1:] == '\n']


def checksum(letter):
    sound, _ = soundfile.read(letter.wav, dtype='int32')
    return zlib.crc32((sound >> 8).tobytes())


def test_every_letter_that_was_kept_is_there_after_kill_9(tmp_path, lot):
    kills = lot(FEW_KILLS, KILLS)
    random = np.random.default_rng(11)
    kept, begun, gone = {}, set(), set()
    kill = open_takes = 0
    while kill < kills or not open_takes:  # one in two meets a take that is not kept yet
        kill += 1
        lines, seconds = int(random.integers(0, 9)), float(random.uniform(0.0, 0.1))
        for word, number, of in killed_after(tmp_path, 1000 * kill, lines, seconds):
            assert word != 'kept' or number not in kept, 'a number was given twice'
            kept |= {number: of} if word == 'kept' else {}
            begun |= {number} if word == 'forgets' else set()
            gone |= {number} if word == 'forgotten' else set()
        rig = Rig(tmp_path)
        told = rig.stores.recover()
        assert told.cause == ''
        open_takes += told.take is not None
        there = {letter.number: letter for letter in rig.stores.letters(10_000)}
        assert kept.keys() - begun <= there.keys(), 'a kept letter is lost'
        assert not gone & there.keys()
        for number, letter in there.items():
            assert letter.state == 'kept'
            assert number not in kept or checksum(letter) == kept[number]
        assert not list(rig.data.rglob('*.part'))
        if told.take is not None:  # the visitor is still there, and keeps it
            letter = rig.stores.keep()
            assert letter.number not in kept.keys() | gone, 'a number was given twice'
            kept[letter.number] = checksum(letter)
        rig.stores.discard()
        rig.stores.close()
        with contextlib.closing(sqlite3.connect(rig.data / FILE)) as db:
            assert db.execute('PRAGMA integrity_check').fetchall() == [('ok',)]
    assert len(kept) >= kills // 2, 'the program was killed before it did anything'
    assert gone
