"""What the cutter says, as events for the booth and jobs for the ledger."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from appliance.kiosk import cutter
from appliance.kiosk.effects import Doer
from appliance.kiosk.voice import DISC
from appliance.workflow.values import Booth, Event, Kind

Events = tuple[Event, ...]
log = logging.getLogger('audioletter')


class Answers:
    """One method a message. What answers an order of an earlier take is noted, and moves nothing."""

    def __init__(self, doer: Doer) -> None:
        self._doer = doer
        self._methods: dict[type, Callable[[Any, Booth], Events]] = {
            cutter.Facts: self._facts,
            cutter.Refused: self._refused,
            cutter.Previewed: self._previewed,
            cutter.Progress: self._progress,
            cutter.Done: self._is_done,
            cutter.Finished: self._finished,
            cutter.Stopped: self._stopped,
            cutter.Fault: self._fault,
        }

    def take(self, message: Any, booth: Booth) -> Events:
        if isinstance(message, cutter.Refused | cutter.Fault):
            log.warning('%s: %s', message.key, message.text)
        return self._methods[type(message)](message, booth)

    def _facts(self, facts: cutter.Facts, booth: Booth) -> Events:
        live = self._doer.live
        if facts.take != booth.take or live.take is None:
            return ()
        live.facts = facts
        self._doer.parts.cutter.preview(live.take.path.parent)
        return (Event(Kind.FITS, number=round(1000 * (facts.total_s + facts.homing_s)), take=facts.take),)

    def _refused(self, refused: cutter.Refused, booth: Booth) -> Events:
        """Before a blank was spent: the plan, or a cut that did not begin."""
        if self._doer.cutting:
            return self._ended('refused', refused.key, Event(Kind.CUT_FAULT, refused.key, take=booth.take))
        if refused.take != booth.take or self._doer.live.facts is not None:
            return ()  # of another take, or the preview alone
        return (Event(Kind.DOES_NOT_FIT, refused.key, take=refused.take),)

    def _previewed(self, previewed: cutter.Previewed, booth: Booth) -> Events:
        doer = self._doer
        if doer.live.take is not None and previewed.wav.parent == doer.live.take.path.parent:
            doer.preview = previewed.wav
            if doer.wants_disc:
                doer.wants_disc = False
                doer.voice.play(previewed.wav, DISC)
                doer.voice.go()
        return ()

    def _progress(self, progress: cutter.Progress, booth: Booth) -> Events:
        self._doer.live.progress = progress
        self._doer.live.groove.add(progress.points)
        return ()

    def _is_done(self, done: cutter.Done, booth: Booth) -> Events:
        if self._doer.stopping:  # too late to be stopped, and the visitor has been told that it was
            return ()
        self._doer.disc_done = True
        number = self._doer.cutting
        self._doer.give_note('note the cut', lambda stores: stores.cut_done(number, done.report))
        return (Event(Kind.CUT_DONE, take=booth.take),)

    def _finished(self, finished: cutter.Finished, booth: Booth) -> Events:
        number = self._doer.cutting
        self._doer.live.finished = number
        self._doer.results_are_made()
        return ()

    def _stopped(self, stopped: cutter.Stopped, booth: Booth) -> Events:
        return self._ended('stopped', stopped.key, Event(Kind.CUT_STOPPED, stopped.key, take=booth.take))

    def _fault(self, fault: cutter.Fault, booth: Booth) -> Events:
        if self._doer.disc_done:  # only picture or sound are missing; the disc is good
            self._doer.results_are_made()
            return ()
        if not self._doer.cutting:
            if booth.take and self._doer.live.facts is None and self._doer.live.take is not None:
                return (Event(Kind.DOES_NOT_FIT, 'plan', take=booth.take),)
            return ()
        return self._ended('fault', fault.key, Event(Kind.CUT_FAULT, fault.key, take=booth.take))

    def _ended(self, how: str, key: str, event: Event) -> Events:
        """The ledger hears how; the booth does too, unless it has given the cut up itself."""
        number, asked = self._doer.cutting, self._doer.stopping
        self._doer.give_note('note the cut', lambda stores: stores.cut_ended(number, how, key))
        self._doer.results_are_made()
        return () if asked else (event,)
