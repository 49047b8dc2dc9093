"""A test cut: the whole way of a letter, with a signal for its voice and a ring for its disc."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from appliance.clock import Clock, RealClock
from appliance.compose.bed import Bed
from appliance.compose.machines import Shop, workshop
from appliance.compose.shop import GROOVE, PICTURE, SOUND, TRACE, Keeping
from appliance.cut import Outcome, Prepared, Request, prepare
from appliance.errors import CutFaultError, DoesNotFitError, OptionError
from appliance.files import whole_file
from appliance.hands.band import locked_mm, narrow, next_mm, reserve, ring
from appliance.hands.figures import Test, figures, sentence
from appliance.hands.orders import Moving, Setup, TestCut, Tested
from appliance.hands.signals import LEVELS_DB, write
from appliance.machine import FRAME_RATE_HZ, load_disc
from appliance.playback.play import Listening, listen
from appliance.timeline.score import Score

MADE = '.part'
PLAIN = ', or leave out --plain'  # at the end of what `appliance.sound.refusal` says
SIGNAL = 'signal.wav'
FORETOLD = 'cut to its end; look at it and play it: of what follows nothing was measured on the disc, it is foretold. '
CLEAN = 'clean.wav'  # heard on noiseless film, for the figures alone


class Trial:
    """One test cut. `stop` and `inject` may be called from any other thread at any moment, also before it begins."""

    def __init__(self, bed: Bed, tell: Callable[[Moving], None], setup: Setup, clock: Clock | None = None) -> None:
        self.stopped = False
        self._bed, self._tell = bed, tell
        self._bench = bed.bench(setup.pace, clock or RealClock())
        self._trace = setup.trace
        self._lock = threading.Lock()
        self._shop: Shop | None = None
        self._stop: tuple[str, str] | None = None
        self._what = ''
        self._score: Score | None = None  # that is being cut
        self._cut_s = 0.0

    def stop(self, cause: str, key: str = 'visitor') -> None:
        with self._lock:
            self._stop = self._stop or (cause, key)
            if self._shop is not None:
                self._shop.stop(cause, key)

    def inject(self, fault: str) -> None:
        shop = self._shop
        if shop is not None:
            shop.inject(fault)

    def carry_out(self, order: TestCut) -> Tested:
        """Raises as a cut does; then nothing is left but the ring that was taken."""
        if order.folder.exists():
            raise OptionError('there are results already', where=str(order.folder), remedy='name another')
        for left in order.folder.parent.glob(f'*{MADE}'):  # by a child that was killed: there is one at a time
            shutil.rmtree(left, ignore_errors=True)
        part = order.folder.with_name(order.folder.name + MADE)
        part.mkdir(parents=True)
        try:
            return self._cut(order, part)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    # what a cut watches
    def stage(self, name: str) -> None:
        self.part(0.0)

    def part(self, done: float) -> None:
        """While it is prepared nothing has to be stopped but this."""
        shop = self._shop
        if shop is None:
            if self._stop:
                self.stopped = True
                raise CutFaultError(self._stop[0], where=self._what, remedy='try again', key=self._stop[1])
            return
        seen = shop.look()
        homing = ': homing' if shop.homing else ''
        if seen.head_down and self._score is not None:  # lifted, it cuts no more, whatever is still to come
            self._cut_s = _cut_s(self._score, done)
        self._tell(Moving(self._what + homing, done, seen.radius_mm or None, seen.rpm, seen.head_down, self._cut_s))

    def _cut(self, order: TestCut, part: Path) -> Tested:
        self._what = f'test cut: {order.kind}, {order.seconds:g} s'
        level_db = LEVELS_DB[order.kind] if order.level_db is None else order.level_db
        whole = load_disc(order.disc)
        write(part / SIGNAL, order.kind, order.seconds)
        machine, disc = narrow(self._bed.machine), ring(whole, order.from_mm)
        request = Request(part / SIGNAL, disc, machine, order.speed, order.curve, plain=True, level_db=level_db)
        widest = self._prepared(request, part)  # to know where it ends
        locked = locked_mm(whole, widest.chosen.plan.radius_end_mm)
        made = self._prepared(replace(request, disc=ring(whole, order.from_mm, locked)), part)
        free_mm = next_mm(locked, whole)
        reserve(order.folder.parent, whole, free_mm)
        outcome = self._engrave(made, part)
        report = {'disc': whole.name, 'level_db': level_db, **self._measure(order, made, outcome, part)}
        report['next_mm'] = round(free_mm, 3)
        with whole_file(part / 'report.json') as file:
            file.write_text(json.dumps(report, indent=2) + '\n', encoding='utf-8')
        for name in (SIGNAL, CLEAN):
            (part / name).unlink()
        part.replace(order.folder)
        return Tested(order.folder, report)

    def _prepared(self, request: Request, part: Path) -> Prepared:
        """What is too loud, or too long for what is left of the scrap, is told as a test's: its ways out
        are not those of a letter."""
        try:
            return prepare(request, part, self)
        except DoesNotFitError as error:
            louder = error.remedy.removesuffix(PLAIN)
            remedy = louder if louder != error.remedy else 'lay a fresh scrap, or test for less time'
            raise DoesNotFitError(error.what, where=self._what, remedy=remedy, key=error.key) from error

    def _engrave(self, made: Prepared, part: Path) -> Outcome:
        keeping = Keeping(trace=bool(self._trace))
        shop = workshop(made.request.machine, made.request.disc, part, keeping, self._bench)
        self._score = made.timeline.score
        with self._lock:
            self._shop = shop
            if self._stop:
                shop.stop(*self._stop)
        try:
            return shop.cut(made.timeline, made.facts, self)
        finally:
            self.stopped = shop.stopped
            with self._lock:
                self._shop = None
            if self._trace and (part / TRACE).exists():
                shutil.move(part / TRACE, self._trace)

    def _measure(self, order: TestCut, made: Prepared, outcome: Outcome, part: Path) -> dict[str, Any]:
        """Picture and sound are made on the way."""
        from appliance.picture import draw
        from appliance.playback.groovefile import Groove

        seed, measured, plan = made.request.machine.machine.seed, outcome.measured, made.chosen.plan
        clean, _ = _heard(part / GROOVE, part / CLEAN, Listening(film='none', seed=seed))
        on_film, gain = _heard(part / GROOVE, part / SOUND, Listening(seed=seed))
        with closing(Groove.open(part / GROOVE)) as groove:
            draw(groove, part / PICTURE)
        test = Test(order.kind, order.seconds, made.level_db, measured.speed_error_percent)
        found = figures(test, clean, on_film)
        return {
            'kind': order.kind,
            'says': FORETOLD * outcome.foretold + sentence(order.kind, found),
            'foretold': outcome.foretold,
            'ok': all(figure.ok for figure in found),
            'figures': [asdict(figure) | {'ok': figure.ok} for figure in found],
            'seconds': order.seconds,
            'speed_rpm': made.speed_rpm,
            'curve': order.curve,
            'radius_start_mm': round(plan.radius_start_mm, 3),
            'radius_end_mm': round(plan.radius_end_mm, 3),
            'groove': asdict(measured),
            'playback_gain': round(gain, 6),  # of the sound that is kept: less than 1 where it would have clipped
            'head_down_s': round(_cut_s(made.timeline.score, 1.0), 2),
        }


def _cut_s(score: Score, done: float) -> float:
    """For how long the stylus is down in that part of it."""
    marks = score.marks
    until_frame = min(done * score.frames, marks.head_up_frame)
    return max(until_frame - marks.head_down_frame, 0.0) / FRAME_RATE_HZ


def _heard(groove: Path, sound: Path, how: Listening) -> tuple[NDArray[np.float64], float]:
    """The playback, 1.0 as full scale was cut, and the gain that the file has."""
    played = listen(groove, sound, how)
    return np.asarray(soundfile.read(sound, dtype='float64')[0] / played.gain, np.float64), played.gain
