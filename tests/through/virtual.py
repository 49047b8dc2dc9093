"""A whole virtual booth, nothing of it stood in for: its supervisor is frozen or killed in the middle of a cut."""

import contextlib
import os
import select
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.through.failures import CUT, VISIT, memory
from tests.through.world import ROOT

PATIENCE_S = 120.0  # for something to be told: more is a failure
DEEDS = {'virtual booth, supervisor frozen': 'SIGSTOP', 'virtual booth, supervisor killed': 'SIGKILL'}
VIRTUAL_MOMENTS = ('homing', 'spin-up', 'lead-in', 'programme', 'run-out', 'spin-down')


@dataclass
class Booth:
    """What it tells is read by `until`; `signs` and `lets` are in ms of the machine's time."""

    folder: Path
    process: subprocess.Popen
    open: list  # what its child tells, and its log
    log: list = field(default_factory=list)
    signs: list = field(default_factory=list)
    lets: list = field(default_factory=list)  # (ms, power, head)

    def until(self, *wanted):
        """Until a line of its child, or of its log, has all of these in it; that line."""
        while self.open:
            ready, _, _ = select.select(self.open, [], [], PATIENCE_S)
            assert ready, f'waited in vain for {wanted}: {self.log}'
            words = ready[0].readline().decode()
            kind, *numbers = words.split() or ['']
            if not kind:
                self.open.remove(ready[0])
            elif ready[0] is self.process.stderr:
                self.log.append(words)
            elif kind == 'sign':
                self.signs.append(float(numbers[0]))
            elif kind == 'let':
                self.lets.append((float(numbers[0]), numbers[1] == '1', numbers[2] == '1'))
            if all(word in words for word in wanted):
                return words
        raise AssertionError(f'it ended before {wanted}: {self.log}')


@contextmanager
def virtual_booth(letter, moment, deed):
    """A booth that cuts as fast as it can; at that moment, just after a sign of its life, `deed` is done to its
    supervisor."""
    with memory() as folder:
        told = os.open(_fifo(folder), os.O_RDONLY | os.O_NONBLOCK)  # nobody else has opened it yet
        os.set_blocking(told, True)
        process = _started(folder, letter, moment, deed)
        try:
            with os.fdopen(told, 'rb', buffering=0) as told:
                yield Booth(folder, process, [told, process.stderr])
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def _fifo(folder):
    os.mkfifo(folder / 'told')
    return folder / 'told'


def _started(folder, letter, moment, deed):
    (folder / 'visit.txt').write_text(VISIT + CUT)
    (folder / 'host.toml').write_text('[voice]\nprompts = false\n[timeouts]\ncountdown_s = 1.0\n')
    words = ('kiosk', '--config', str(folder / 'host.toml'), '--data', str(folder / 'data'), '--run',
             str(folder / 'run'), '--no-page', '--show', '--pace', '1000')  # fmt: skip
    outside = {'THROUGH_SCRIPT': str(folder / 'visit.txt'), 'THROUGH_LETTER': str(letter), 'THROUGH_MOMENT': moment,
               'THROUGH_DEED': deed, 'THROUGH_TOLD': str(folder / 'told')}  # fmt: skip
    return subprocess.Popen(
        (sys.executable, '-m', 'tests.through.watched_kiosk', *words), cwd=ROOT, env=os.environ | outside,
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, bufsize=0, start_new_session=True,
    )  # fmt: skip


def off_after(booth):
    """What is seen after the deed: how long after the last sign of life power went, and the head; ms."""
    done_ms = float(booth.until('done ').split()[1])
    off = []
    while not off:
        booth.until('let ')
        off = [ms for ms, power, head in booth.lets if ms > done_ms and not power and not head]
    head_ms = next(ms for ms, _, head in booth.lets if ms > done_ms and not head)
    return off[0] - booth.signs[-1], head_ms - booth.signs[-1]
