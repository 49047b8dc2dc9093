"""A booth that runs as a host has started it: its page in a browser, and the shell at its socket."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shell.commanded import Shell

playwright = pytest.importorskip('playwright.sync_api', reason='needs playwright')
pytest.importorskip('aiohttp', reason='needs aiohttp (the extra kiosk)')
SHM = Path('/dev/shm')
WAIT_MS = 120_000
# On a busy computer everything takes longer, and nobody is to be called away meanwhile.
PATIENT = """[timeouts]
cut_margin = 2.0
language_s = 300.0
level_s = 300.0
silence_s = 300.0
listen_s = 300.0
load_disc_s = 300.0
take_disc_s = 300.0
attendant_s = 300.0
"""
ROOT = Path(__file__).parents[2]
needs_memory = pytest.mark.skipif(not os.access(SHM, os.W_OK), reason='needs a folder in memory, /dev/shm')


class Hosted:
    """One booth; use as a context. `config`: TOML of the host."""

    def __init__(self, folder, browser, config='', pace=5.0, program=('-m', 'appliance')):
        self.data, self.run = folder / 'data', SHM / f'audioletter-hosted-{os.getpid()}'
        self.config, self.told = folder / 'config', ''
        self.config.mkdir()
        (self.config / '00-patient.toml').write_text(PATIENT, encoding='utf-8')
        (self.config / '10-host.toml').write_text(config, encoding='utf-8')
        self._words = ['--no-browser', '--port', '0', '--pace', str(pace), '--data', str(self.data), '--run',
                       str(self.run), '--config', str(self.config)]  # fmt: skip
        self._program = (sys.executable, *program)
        self._browser, self._shell = browser, Shell(self.run)
        self._context, self._wrong = None, []  # mistakes of the page's own scripts

    def __enter__(self):
        self._log = (self.config.parent / 'told').open('w+', encoding='utf-8')
        try:
            self.start()
            self._context = self._browser.new_context(viewport={'width': 1400, 'height': 1000})
            self.page = self._context.new_page()
            self.page.set_default_timeout(WAIT_MS)
            self.page.on('pageerror', lambda error: self._wrong.append(error))
            self.page.goto(self.address)
            self.shows('attract')
        except BaseException:
            self.__exit__(Exception)
            raise
        return self

    def __exit__(self, kind, *error):
        try:
            if self._context:
                self._context.close()
            self.end()
        finally:
            shutil.rmtree(self.run, ignore_errors=True)
            self._log.seek(0)
            self.told = self._log.read()
            self._log.close()
        assert kind is not None or ('Traceback' not in self.told and not self._wrong), self._wrong

    def start(self, environ=None):
        self._process = subprocess.Popen(
            (*self._program, 'kiosk', *self._words), env={**os.environ, **(environ or {})},
            stdout=subprocess.PIPE, stderr=self._log, text=True, cwd=ROOT,
        )  # fmt: skip
        found = re.search(r'http://\S+', self._process.stdout.readline())
        assert found, f'the booth has not started: {(self.config.parent / "told").read_text(encoding="utf-8")}'
        self.address = found.group()

    def end(self):
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=60)
        assert self._process.returncode == 128 + signal.SIGTERM

    def again(self):
        """Ended in good order, and started anew; the page is opened anew too."""
        self.end()
        self.start()
        self.page.goto(self.address)

    # -- at the booth ------------------------------------------------------------------------------------------------

    def shows(self, *states):
        """The page is in one of these states, or comes to be in one."""
        names = '|'.join('^Audio Letters' if state == 'attract' else state for state in states)
        wanted = re.compile(rf'({names})$')
        playwright.expect(self.page).to_have_title(wanted, timeout=WAIT_MS)

    def says(self, text):
        """What the screen says, as a screen reader reads it."""
        playwright.expect(self.page.locator('#said')).to_contain_text(text, timeout=WAIT_MS)

    def press(self, name='record'):
        self.page.click(f'#{name}')

    def lay(self):
        for key in 'lbl':
            self.page.keyboard.press(key)

    take = lay  # the same three levers

    def speak(self, file=None):
        """The sample letter, or a file."""
        if file is None:
            self.page.click('#sample')
            return
        with self.page.expect_file_chooser() as chooser:
            self.page.click('#choose')
        chooser.value.set_files(file)
        playwright.expect(self.page.locator('#voice-said')).to_contain_text(Path(file).name)

    def kept(self, file=None, seconds=4.0):
        """A visitor's letter, up to the disc that is asked for."""
        self.press()
        self.shows('language')
        self.rest_of_visit(file, seconds)

    def rest_of_visit(self, file=None, seconds=4.0):
        """From the language on."""
        self.begin_take(file)
        self.page.wait_for_timeout(1000 * seconds)  # the visitor speaks: so long or, on a busy computer, longer
        self.end_take()

    def begin_take(self, file=None):
        """From the language to the recording."""
        self.press()
        self.shows('level check')
        self.speak(file)
        self.press()
        self.shows('recording')

    def end_take(self):
        """From the recording to the disc that is asked for."""
        self.press()
        self.shows('listen')
        self.press()
        self.shows('load disc')

    def begin_cut(self):
        """From the disc that is asked for to the press that spends it."""
        self.lay()
        self.says('It takes')  # so many minutes: it may be pressed
        self.press()

    def cut(self):
        """From the disc that is asked for to the disc to be taken."""
        self.begin_cut()
        self.shows('take disc')

    def lcd(self, file):
        """The LCD's own pixels as PNG."""
        import base64

        url = self.page.evaluate("document.getElementById('lcd').toDataURL('image/png')")
        Path(file).write_bytes(base64.b64decode(url.partition(',')[2]))

    # -- at the desk -------------------------------------------------------------------------------------------------

    def __call__(self, *words, code=0, stdin=b''):
        """A command; its finished process."""
        done = self._shell(*words, stdin=stdin)
        assert code is None or done.returncode == code, (words, done.stdout, done.stderr)
        return done

    def facts(self, *words):
        """What it says, as JSON: lists of rows and of facts as they come."""
        return [json.loads(line) for line in self(*words, '--json').stdout.splitlines()]

    def rows(self, *words):
        """Of its only table."""
        (rows,) = [said for said in self.facts(*words) if isinstance(said, list)]
        return rows

    def until(self, holds):
        """Asked again and again by commands, each of which takes its time; the test's own limit ends it."""
        while not holds():
            self.page.wait_for_timeout(100)

    def begin(self, *words, stdin=None):
        """A command that goes on beside the test."""
        from tests.shell.commanded import COMMAND

        return subprocess.Popen([*COMMAND, '--run', str(self.run), *words], stdin=stdin or subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
