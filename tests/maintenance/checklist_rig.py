"""A booth with a sound card in a room and a machine that is well, for the checklist; and the hands of whoever helps."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import replace

import numpy as np
import soundfile

from appliance.desk.book import Facts, Line
from appliance.errors import CutFaultError, MachineRefusesError
from appliance.hands.orders import Home, Moved, Spin, Spun
from appliance.maintenance.checks.findings import Finding
from tests.maintenance.rig import CommandRig

QUIET = 0.001  # of a room, -60 dB
MORE_S = 0.04  # between two turns: nothing here is so quick that it matters


def answers(order):
    """A machine that is well."""
    if isinstance(order, Home):
        return [Moved(order.axis, -3.0, 130.0, 100)]
    if isinstance(order, Spin):
        return [Spun(order.speed_rpm, order.speed_rpm, order.turns, 0.01, 5.0, 5.0)]
    return [CutFaultError('a test cut was not expected')]


class RealSound:
    """Stands for a sound card in a room: it hears noise, and what the speaker plays."""

    def __init__(self, rig):
        self.rig, self.noise, self.hears = rig, QUIET, True
        self.lot = np.random.default_rng(1)
        microphone, speaker = rig.virtual.microphone, rig.virtual.speaker
        take, play = microphone._next, speaker.play
        self.tape = np.zeros(0, np.float32)

        def heard():
            block = take() + self.noise * self.lot.standard_normal(480).astype(np.float32)
            tone, self.tape = self.tape[:480], self.tape[480:]
            block[: len(tone)] += 0.1 * tone
            return block

        def played(files, gain_db=0.0):
            play(files, gain_db)
            self.tape = soundfile.read(files[0], dtype='float32')[0] if files and self.hears else self.tape[:0]

        microphone._next, speaker.play = heard, played
        rig.desk.program = replace(rig.desk.program, real=frozenset({'sound'}))


@contextlib.contextmanager
def well(folder, more_s=MORE_S):
    """A booth in which nothing is the matter."""
    with CommandRig(folder) as rig:
        rig.cutter.replies = answers
        rig.sound = RealSound(rig)
        rig.desk.program = replace(rig.desk.program, thermal=folder / 'thermal')
        warm(rig, 51_000)
        turn = rig.turn

        def quickly():
            rig.clock.rest(more_s)
            return turn()

        rig.turn = quickly
        few_blanks(rig, 40)
        yield rig


def kept(rig, do):
    answer = rig.kiosk.parts.archivist.ask('a test', do)
    while not answer.done():
        rig.turn()
    answer.result()


def warm(rig, millidegrees):
    zone = rig.desk.program.thermal / 'thermal_zone0'
    zone.mkdir(parents=True, exist_ok=True)
    (zone / 'type').write_text('cpu-thermal\n', encoding='ascii')
    (zone / 'temp').write_text(f'{millidegrees}\n', encoding='ascii')


def run(rig, words='checklist --json', **how):
    """Rows by their check, and how it ended."""
    error, rows = None, []
    command = rig.catalogue.commands['checklist']

    @functools.wraps(command.run)
    def keeping(*args, **options):
        for said in command.run(*args, **options):
            rows.append(said)
            if rig.hook is not None:
                rig.hook(said)
            yield said

    rig.hook = how.pop('hook', None)
    rig.catalogue.commands['checklist'] = replace(command, run=keeping)
    try:
        rig.run(words, **how)
    except MachineRefusesError as refused:
        error = refused
    finally:
        rig.catalogue.commands['checklist'] = command
    rig.said = rows
    found = {
        row.facts['check']: Finding(row.facts['result'], row.facts['saw'], row.facts['action'])
        for row in rows
        if isinstance(row, Facts) and 'check' in row.facts
    }
    return found, error


def not_well(found):
    return {name: one.result for name, one in found.items() if one.result in ('look', 'bad')}


def few_blanks(rig, count=2):
    kept(rig, lambda stores: stores.counters.set_blanks(count, 'anna'))


ACTS = {'left pad': 'left', 'right pad': 'right', 'the button': 'record'}


class Hands:
    """Does what it is told, unless it is among `idle`."""

    def __init__(self, rig, idle=()):
        self.rig, self.idle = rig, idle

    def hook(self, said):
        text = said.text if isinstance(said, Line) else ''
        controls = self.rig.virtual.controls
        if any(word in text for word in self.idle):
            return
        for words, name in ACTS.items():
            if words in text and 'press' in text and 'stop' not in text:
                controls.set(name, True)
                controls.set(name, False)
        switches = {'press the stop': ('stop_pressed', True), 'pull the stop': ('stop_pressed', False),
                    'open the lid': ('lid_closed', False), 'close the lid': ('lid_closed', True)}  # fmt: skip
        for words, (name, level) in switches.items():
            if words == text[: len(words)]:
                controls.set(name, level)
