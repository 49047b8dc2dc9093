"""Bundles made by the tool, on a booth that is a folder: its disk can lose its power before any step."""

import errno
import hashlib
import importlib.util
import json
import os
import sqlite3
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / 'boot' / 'update'))  # as it is in the one file that a booth has

import bundle as bundles  # noqa: E402
import disk as disks  # noqa: E402
import unit  # noqa: E402, F401  (for its tests)
import updater  # noqa: E402


def load(name, path):
    """A program of the tree as a module."""
    loader = SourceFileLoader(name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    sys.modules[name] = module
    loader.exec_module(module)
    return module


codes = load('booth_update_main', ROOT / 'boot' / 'update' / '__main__.py')
make_bundle = load('make_bundle', ROOT / 'tools' / 'make_bundle')


class PowerCut(BaseException):
    """From here on nothing is done any more."""


class CutDisk(disks.Disk):
    """Real, until so many changes have been made; what then begins is not done (`after`: is done)."""

    def __init__(self, cut=None, after=False):
        self.steps, self._cut, self._after = 0, cut, after

    def _step(self, do):
        self.steps += 1
        if self.steps == self._cut:
            if self._after:
                do()
            raise PowerCut
        do()


class FullDisk(CutDisk):
    """One change is refused, and the program goes on."""

    def __init__(self, cut, number=errno.ENOSPC):
        super().__init__(cut)
        self._number = number

    def _step(self, do):
        self.steps += 1
        if self.steps == self._cut:
            raise OSError(self._number, os.strerror(self._number))
        do()


def counted(name):
    plain = getattr(disks.Disk, name)
    return lambda self, *words: self._step(lambda: plain(self, *words))


for each in ('make', 'write', 'copy', 'link', 'rename', 'remove', 'all_settled'):
    setattr(CutDisk, each, counted(each))


class FakeSystem:
    """`sick`: versions that never become well. `served`: whether a visitor is there."""

    def __init__(self, booth):
        self.booth, self.sick, self.served = booth, set(), False
        self.ran = []  # versions, in the order in which they were started
        self.migrates = {}  # version -> layout it gives the ledger

    def busy(self):
        return 'a visitor is being served' if self.served else ''

    def stop(self):
        self.ran.append('stop')

    def start(self):
        version = self.booth.version()
        self.ran.append(version)
        if version in self.migrates:
            self.booth.ledger(self.migrates[version], f'by {version}')

    def well(self):
        return self.booth.version() not in self.sick


class Booth:
    """A booth with 1.0.0 from its image."""

    def __init__(self, folder):
        self.folder = folder
        self.places = bundles.Places(
            folder / 'versions', folder / 'factory', folder / 'signers', folder / 'data', 'aarch64', '3.11'
        )
        for each in (self.places.versions, self.places.factory, self.places.data):
            each.mkdir(parents=True)
        (self.places.factory / 'VERSION').write_text('1.0.0\n')
        self.system = FakeSystem(self)
        self.key = self._key('release')
        words = self.key.with_suffix('.pub').read_text().split()[:2]
        self.places.signers.write_text(f'audioletter namespaces="audioletter-update" {" ".join(words)}\n')
        self.updater().settle()

    def _key(self, name):
        file = self.folder / name
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file], check=True)
        return file

    def updater(self, disk=None):
        return updater.Updater(self.places, disk or disks.Disk(), self.system)

    def version(self):
        """Of what `current` leads to; the power may go at any time, so it must lead to something whole."""
        current = self.places.versions / 'current'
        version = (current / 'VERSION').read_text().strip()
        assert version == '1.0.0' or (current / 'bin' / 'audioletter').read_text() == version * 100
        return version

    def bundle(self, version, key=None, **facts):
        """As the tool packs and signs it."""
        tree = self.folder / 'made' / version
        if not tree.exists():
            (tree / 'bin').mkdir(parents=True)
            (tree / 'VERSION').write_text(f'{version}\n')
            (tree / 'bin' / 'audioletter').write_text(version * 100)
            (tree / 'bin' / 'audioletter').chmod(0o755)
        file = self.folder / f'{version}.update'
        make_bundle.pack(tree, version, key or self.key, file)
        return self.signed_anew(file, facts) if facts else file

    def signed_anew(self, file, facts):
        head, _, rest = file.read_bytes().partition(b'\n')
        size, signed = map(int, head.split()[2:])
        manifest = json.dumps(json.loads(rest[:size]) | facts).encode()
        words = ['ssh-keygen', '-q', '-Y', 'sign', '-n', 'audioletter-update', '-f', self.key]
        signature = subprocess.run(words, input=manifest, stdout=subprocess.PIPE, check=True).stdout
        head = b'audioletter-update 2 %d %d\n' % (len(manifest), len(signature))
        file.write_bytes(head + manifest + signature + rest[size + signed :])
        return file

    def with_payload(self, version, payload):
        """Signed by us, with a tar of the test's own."""
        file = self.bundle(version)
        head, _, rest = file.read_bytes().partition(b'\n')
        size, signed = map(int, head.split()[2:])
        file.write_bytes(head + b'\n' + rest[: size + signed] + payload)
        size = make_bundle.BLOCK
        digests = [hashlib.sha256(payload[at : at + size]).hexdigest() for at in range(0, len(payload), size)]
        return self.signed_anew(file, {'bytes': len(payload), 'blocks': digests})

    def ledger(self, layout, text):
        """A ledger in a layout, with one letter more."""
        with sqlite3.connect(self.places.data / 'ledger.sqlite') as db:
            db.execute('CREATE TABLE IF NOT EXISTS letters (text)')
            db.execute('INSERT INTO letters VALUES (?)', (text,))
            db.execute(f'PRAGMA user_version = {layout}')
        db.close()

    def letters(self):
        db = sqlite3.connect(self.places.data / 'ledger.sqlite')
        try:
            layout = db.execute('PRAGMA user_version').fetchone()[0]
            return layout, [row[0] for row in db.execute('SELECT text FROM letters')]
        finally:
            db.close()

    def left_over(self):
        return sorted(path.name for path in self.places.versions.iterdir())


def refused(booth, bundle):
    """Why; and nothing has changed."""
    before = booth.left_over()
    with pytest.raises(bundles.RefusedError) as told:
        booth.updater().look(bundle)
    assert booth.left_over() == before
    assert booth.version() == '1.0.0'
    return str(told.value)
