"""What the cutter says, as events for the booth and jobs for the ledger."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from appliance import orders
from appliance.kiosk.cutter import DIED
from appliance.kiosk.effects import RESULTS_S, Doer
from appliance.kiosk.voice import DISC
from appliance.workflow.values import Booth, Event, Held, Kind

Events = tuple[Event, ...]
log = logging.getLogger('audioletter')


class Answers:
    """One method a message. What answers an order of an earlier take is noted, and moves nothing."""

    def __init__(self, doer: Doer) -> None:
        self._doer = doer
        self._methods: dict[type, Callable[[Any, Booth], Events]] = {
            orders.Facts: self._facts,
            orders.Refused: self._refused,
            orders.Previewed: self._previewed,
            orders.Progress: self._progress,
            orders.Done: self._is_done,
            orders.Mastered: self._mastered,
            orders.Finished: self._finished,
            orders.Stopped: self._stopped,
            orders.Fault: self._fault,
        }

    def take(self, message: Any, booth: Booth) -> Events:
        if isinstance(message, orders.Refused | orders.Fault):
            log.warning('%s: %s', message.key, message.text)
        return self._methods[type(message)](message, booth)

    def _facts(self, facts: orders.Facts, booth: Booth) -> Events:
        live = self._doer.live
        if facts.take != booth.take or live.take is None:
            return ()
        live.facts = facts
        self._doer.owes(None)
        if facts.anew:
            log.warning('letter no. %d is planned anew: %s', booth.letter, facts.anew)
        if self._doer.preview is None and booth.held is not Held.KEPT:
            self._doer.parts.cutter.preview(live.take.path.parent)
        return (Event(Kind.FITS, number=round(1000 * (facts.total_s + facts.homing_s)), take=facts.take),)

    def _refused(self, refused: orders.Refused, booth: Booth) -> Events:
        """Before a blank was spent: a cut that did not begin, the plan, or only that the disc can be heard before."""
        if not refused.take:
            event = Event(Kind.CUT_FAULT, refused.key, 1, booth.take)
            return self._ended('refused', refused.key, event) if self._doer.cutting else ()
        if refused.take != booth.take:
            return ()
        if self._doer.live.facts is not None:
            self._doer.hear_as_spoken()
            return ()
        self._doer.owes(None)
        return (Event(Kind.DOES_NOT_FIT, refused.key, take=refused.take),)

    def _previewed(self, previewed: orders.Previewed, booth: Booth) -> Events:
        doer = self._doer
        if doer.live.take is not None and previewed.wav.parent == doer.live.take.path.parent:
            doer.preview = previewed.wav
            if doer.live.wants_disc:
                doer.live.wants_disc = False
                doer.voice.play(previewed.wav, DISC)
                doer.voice.go()
        return ()

    def _progress(self, progress: orders.Progress, booth: Booth) -> Events:
        self._doer.live.progress = progress
        self._doer.live.groove.add(progress.points)
        return ()

    def _is_done(self, done: orders.Done, booth: Booth) -> Events:
        number = self._doer.cutting
        self._doer.disc_done = True
        self._doer.owes(RESULTS_S)
        if self._doer.stopping:  # too late to be stopped, and the visitor has been told that it was
            self._doer.give_note('note the cut', lambda stores: stores.cut_ended(number, 'stopped', 'visitor'))
            return ()
        self._doer.give_note('note the cut', lambda stores: stores.cut_done(number, done.report))
        return (Event(Kind.CUT_DONE, take=booth.take),)

    def _mastered(self, mastered: orders.Mastered, booth: Booth) -> Events:
        number = self._doer.cutting
        if number:
            self._doer.give_note('note the master', lambda stores: stores.mastered(number, mastered.digest))
        return ()

    def _finished(self, finished: orders.Finished, booth: Booth) -> Events:
        number = self._doer.cutting
        self._doer.live.finished = number
        self._doer.results_are_made()
        return self._doer.may_go_on()

    def _stopped(self, stopped: orders.Stopped, booth: Booth) -> Events:
        return self._ended('stopped', stopped.key, Event(Kind.CUT_STOPPED, stopped.key, take=booth.take))

    def _fault(self, fault: orders.Fault, booth: Booth) -> Events:
        events = self._broken(fault, booth)
        if fault.key == DIED:
            self._doer.prepare_again(booth)
        return events

    def _broken(self, fault: orders.Fault, booth: Booth) -> Events:
        if self._doer.disc_done:  # only picture or sound are missing; the disc is good
            self._doer.results_are_made()
            return self._doer.may_go_on() if fault.key != DIED else ()
        if self._doer.cutting:
            return self._ended('fault', fault.key, Event(Kind.CUT_FAULT, fault.key, take=booth.take))
        if self._doer.live.take is not None and self._doer.live.facts is None:
            self._doer.owes(None)
            return (Event(Kind.DOES_NOT_FIT, 'plan', take=booth.take),)
        return ()

    def _ended(self, how: str, key: str, event: Event) -> Events:
        """The ledger hears how; the booth does too, unless it has given the cut up itself."""
        asked = self._doer.stopping
        self._doer.cut_has_ended(how, key)
        return () if asked else (event,)
