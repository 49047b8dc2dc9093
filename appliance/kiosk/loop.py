"""The supervisor's loop: what happens becomes events, the workflow decides, the doer does it, the LCD shows it.

`turn` never waits. Sound, disk, mastering and cutting go on in threads and in a child; their answers are events too.
"""

from __future__ import annotations

import contextlib
import logging
import queue
from dataclasses import dataclass, replace

from appliance.config import Config
from appliance.config.hours import week_of
from appliance.config.rules import rules_of
from appliance.errors import AudioLetterError
from appliance.kiosk.answers import Answers
from appliance.kiosk.archivist import Job, why
from appliance.kiosk.effects import Doer
from appliance.kiosk.errands import Errands
from appliance.kiosk.house.cards import Cards
from appliance.kiosk.house.sign import DoorSign
from appliance.kiosk.house.standby import MISSING, Standby
from appliance.kiosk.house.vigil import vigil_over
from appliance.kiosk.live import Live, Parts, Settings
from appliance.kiosk.painter import Painter
from appliance.kiosk.poller import Poller
from appliance.kiosk.senses import Cues, Ears
from appliance.kiosk.view import view
from appliance.kiosk.voice import Voice
from appliance.message import Letter, Recovered, Room, Stores
from appliance.message.host.deeds import BOOTH
from appliance.screens.view import View
from appliance.screens.wording import wording
from appliance.workflow.reduce import step
from appliance.workflow.turn import SERVED
from appliance.workflow.values import Booth, Event, Held, Kind, Plan, State

TURN_S = 0.005  # where the loop reads the controls itself
REST_S = 0.02  # where others do: what they tell wakes it at once, all else may wait so long
PING_S = 0.02  # between two signs of life for whoever cuts: in every turn of a real booth
FRAME_S = 0.1  # between two pictures while nothing happens: ten a second
HEALTH_S = 5.0  # between two looks at disk and blanks
SIGN_S = 2.0  # between two looks at the door sign
BLINK_S = 0.5  # the lamp, while the host is called
PARTS = ('controls', 'display', 'microphone', 'speaker')  # whose causes the host reads
CLOSE_S = 10.0  # for what the archivist still has to do
log = logging.getLogger('audioletter')


@dataclass(frozen=True, slots=True)
class Health:
    """What the stores say of themselves."""

    room: Room
    blanks: int | None
    letters: tuple[Letter, ...]
    discs: int = 0  # good ones of today


class Kiosk:
    """One supervisor. `tell`, `inject` and `errands` are for any thread; all else belongs to the loop's."""

    def __init__(self, parts: Parts, settings: Settings) -> None:
        self.parts, self.settings = parts, settings
        self.rules = rules_of(settings.config)
        self.booth, self.live = Booth(), Live()
        self.view: View = view(self.booth, self.live, settings, self.rules, parts.clock.now_s())
        self._inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._woken_by: list[Event] = []
        self._injected: queue.SimpleQueue[tuple[str, bool]] = queue.SimpleQueue()
        self._voice = Voice(parts.speaker, settings.config.voice)
        self._doer = Doer(parts, settings, self.live, self._voice)
        self._doer.adopt = self.adopt
        self._answers = Answers(self._doer)
        self.errands = Errands(parts.cutter)
        self._ears = Ears(settings.config.timeouts.silence_s)
        self._cues = Cues()
        self._standby = Standby(parts.cutter, self._note)
        self._wanted: Config | None = None  # other settings, as soon as nobody is served
        self._sign = _sign(settings.config)
        self._sign_s, self._discs = 0.0, 0
        self._cards = Cards(parts.reader, parts.archivist) if parts.reader else None
        self._painter = Painter(parts.display, threads=settings.threads, broke=self._screen_broke)
        self._poller = Poller(parts.controls, settings.bounce_s, parts.clock, self.tell)
        self._vigil = vigil_over(parts, self._painter, self._poller)
        self._health_s, self._frame_s, self._ping_s = 0.0, 0.0, 0.0
        self._health: tuple[bool, bool] | None = None  # room, blanks, as told last
        self.lit: bool | None = None
        self.causes: dict[str, str] = {}  # of the parts, as told last
        self._broken = ''  # what was wrong with a screen, as told last

    def tell(self, event: Event) -> None:
        """Something has happened."""
        self._inbox.put(event)

    def inject(self, fault: str, on: bool = True) -> None:
        """A fault of the virtual machine, or its end, at the next turn."""
        self._injected.put((fault, on))

    def adopt(self, config: Config) -> bool:
        """Other settings, told in the loop's thread: the volume now, all else as soon as nobody is served. Whether that
        is now. What needs a start of the program keeps what it had."""
        self._voice.adopt(replace(self.settings.config.voice, volume_db=config.voice.volume_db))
        self._wanted = config
        return self._adopt_when_free()

    def _adopt_when_free(self) -> bool:
        if self._wanted is None or self.booth.held is not Held.NOTHING or self.booth.state in SERVED:
            return False
        config, self._wanted = self._wanted, None
        self.settings = self._doer.settings = settings = self.settings.with_config(config)
        self.rules = rules_of(settings.config)
        self._voice.adopt(settings.config.voice)
        self.parts.microphone.tune(settings.config.voice.microphone_gain_db)
        self._ears.silence_s = settings.config.timeouts.silence_s
        self._sign, self._sign_s, self._health_s = _sign(settings.config), 0.0, 0.0
        if self.booth.language >= self.rules.languages:
            self.booth = replace(self.booth, language=0)
        self.parts.archivist.give(Job('keep letters as is wished now', lambda stores: stores.keep_by(settings.keeping)))
        return True

    def start(self) -> None:
        """Sensors first, so that what was left by a crash comes back into the booth as it is now."""
        self.parts.cutter.warm()
        self._poller.poll()
        self._take_all(self._heard_events())
        self.parts.archivist.give(Job('recover', lambda stores: stores.recover(), self._recovered, self._not_recovered))
        if self.settings.threads:
            self._poller.start()

    def turn(self) -> None:
        """Everything that has happened since the last one."""
        now_s = self.parts.clock.now_s()
        self._poller.check()
        if not self._poller.alone:
            self._poller.poll()
        self._take_all(self._heard_events())
        while not self._injected.empty():
            fault, on = self._injected.get()
            if fault == MISSING:
                self._standby.miss(on)
            elif on:
                self.parts.cutter.inject(fault)
        self.errands.turn(self.booth)
        self.live.moving = self.errands.moving
        for message in self.parts.cutter.poll():
            if not (self.errands.take(message) or self._standby.take(message)):
                self._take_all(self._answers.take(message, self.booth))
        self._take_all(tuple(self.parts.archivist.poll()))
        if self.booth.until_s is not None and now_s >= self.booth.until_s:
            self._take(Event(Kind.TIME_UP))
        self._doer.turn(now_s)
        self._watch_over(now_s)
        self._cue(now_s)
        self._adopt_when_free()
        self._keep_house(now_s)
        self._look_after_itself(now_s)
        if now_s >= self._frame_s:
            self._show(now_s)

    def _watch_over(self, now_s: float) -> None:
        """Whatever moves a real machine has power only while it hears of this loop again and again (`compose.real`)."""
        if self._moves and now_s >= self._ping_s:
            self._ping_s = now_s + PING_S
            self.parts.cutter.ping()

    @property
    def _moves(self) -> bool:
        """Whether the machine does, or is about to."""
        return self._doer.cutting > 0 or self.errands.busy

    def rest(self) -> None:
        """Between two turns, on the computer's own clock: until something is told, and not for long. A cutter that asks
        meanwhile whether anybody is there need not wait for the next turn."""
        rests = round(REST_S / TURN_S) if self._poller.alone else 1
        if self._moves:
            while rests > 1 and self._inbox.empty():
                self.parts.cutter.answer(TURN_S)
                rests -= 1
        with contextlib.suppress(queue.Empty):
            self._woken_by.append(self._inbox.get(timeout=rests * TURN_S))

    @property
    def waits(self) -> bool:
        """For the archivist, or for the cutter: time that passes for no visitor's sake."""
        planning = self.booth.plan is Plan.PENDING
        busy = self.parts.archivist.busy or planning or self.live.wants_disc or self._doer.cutting > 0
        return busy or self._standby.waits

    def wait(self, seconds: float) -> None:
        """Until one of them has answered, at most so long on the computer's own clock."""
        if self.parts.archivist.busy:
            self.parts.archivist.wait(seconds)
        else:
            self.parts.cutter.wait(seconds)

    def stuck(self) -> str:
        """The part that has work and does not do it; '' while all is well. For whoever ends a booth that hangs."""
        self.parts.cutter.ping()
        return self._vigil.look(self.parts.clock.now_s())

    def drop(self) -> None:
        """As a power cut would: nothing is ended, nothing is written, nobody is told. What is hardware stays."""
        self._poller.close()
        self._painter.stop()
        self.errands.close()
        self.parts.cutter.kill()
        self.parts.archivist.drop()
        self.parts.microphone.close()
        self.parts.speaker.stop()
        if self._cards is not None:
            self._cards.close()

    def close(self) -> None:
        """Everything given is done; the machine stands, nothing is heard, the screen keeps its last picture."""
        self._poller.close()
        self.errands.close()
        self.parts.microphone.end()
        self.parts.microphone.close()
        self.parts.speaker.close()
        self.parts.cutter.close()
        self.parts.archivist.wait(CLOSE_S)
        self.parts.archivist.close()
        self._painter.stop()
        self.parts.display.close()
        self.parts.controls.lamp(False)
        self.parts.controls.close()
        if self._cards is not None:
            self._cards.close()

    # -- events ----------------------------------------------------------------------------------------------------

    def _heard_events(self) -> tuple[Event, ...]:
        """Controls and host first, then the microphone, then what was played."""
        told, self._woken_by = self._woken_by, []
        while not self._inbox.empty():
            told.append(self._inbox.get())
        self._take_all(tuple(told))
        self.live.heard = self.parts.microphone.heard()
        self.live.playing, self.live.played_s = self._voice.place()
        heard = self._ears.take(self.live.heard, self.booth, self.rules, speaking=self._voice.speaking)
        return (*heard, Event(Kind.PLAYED)) if self._voice.ended() else heard

    def _take_all(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self._take(event)

    def _take(self, event: Event) -> None:
        """One event through the workflow."""
        now_s = self.parts.clock.now_s()
        self._mirror(event)
        before = self.booth
        if event.kind is Kind.AGAIN and not self._doer.found(event.number):
            self._doer.look_up(event.number, event.copies)  # and it is told again
            return
        self.booth, effects = step(before, event, now_s, self.rules)
        if event.kind is Kind.AGAIN:
            self._doer.begin_again(begun=before.held is Held.NOTHING and self.booth.held is Held.KEPT)
        about = event.number if event.kind is Kind.RECOVERED and event.text else 0
        self._doer.do(effects, self.booth, self.booth.letter or before.letter or about, now_s)
        if replace(self.booth, until_s=None) != replace(before, until_s=None):
            self._frame_s = now_s  # what a press does is seen at once; a deadline that moves can wait for its frame
        if self.booth.state is not before.state:
            # which key of the sequence it was is nobody's affair
            what = 'sequence' if before.state is State.CODE else event.kind.value
            log.info('%s: %s -> %s', what, before.state.value, self.booth.state.value)
        if event.kind in (Kind.FAULT, Kind.CUT_FAULT, Kind.CUT_STOPPED, Kind.KEEP_FAILED, Kind.DOES_NOT_FIT):
            log.warning('%s: %s', event.kind.value, event.text)

    def _mirror(self, event: Event) -> None:
        """The virtual machine's interlock has the same lid and stop button; what the host stops is stopped at once."""
        if event.kind in (Kind.LID_OPENED, Kind.LID_CLOSED):
            self.parts.cutter.switch('lid_closed', event.kind is Kind.LID_CLOSED)
        elif event.kind in (Kind.STOP_PRESSED, Kind.STOP_RELEASED):
            self.parts.cutter.switch('stop_pressed', event.kind is Kind.STOP_PRESSED)
        elif event.kind is Kind.HOST_STOP:
            self.errands.stop()
            if self.booth.state not in SERVED:
                self.parts.speaker.stop()

    def _cue(self, now_s: float) -> None:
        tone = self._cues.take(self.booth, self.live.heard, self.rules, now_s)
        if tone:
            self._voice.tone(tone)
            self._voice.go()

    # -- boot and health -------------------------------------------------------------------------------------------

    def _recovered(self, found: Recovered) -> tuple[Event, ...]:
        """What a crash has left, most urgent first."""
        if found.cause:
            log.warning('recovery: %s', found.cause)
        for text, letter in (('cut', found.cutting), ('done', found.finished), ('kept', found.kept)):
            if letter is not None:
                self._doer.use(letter)
                return (Event(Kind.RECOVERED, text, letter.number, copies=found.copies),)
        if found.take is not None:
            self.live.take = found.take
            return (Event(Kind.RECOVERED, number=max(round(1000 * found.take.seconds), 1)),)
        return (Event(Kind.RECOVERED),)

    def _keep_house(self, now_s: float) -> None:
        """Who shows a card; opening hours and discs of today."""
        self._take_all(self._standby.look(self.booth.ready, now_s))
        if self._cards is not None:
            self._cards.poll(self.settings.config.attendant.tokens, now_s)
        if self.booth.state is State.RECOVERING or now_s < self._sign_s:
            return
        self._sign_s = now_s + SIGN_S
        self._take_all(self._sign.look(self._at_s(), self._discs, self.booth.ready))
        self.live.opens = self._sign.opens

    def _at_s(self) -> float | None:
        """Seconds since 1970, if anybody has set the clock."""
        return self.parts.wall() if self.parts.trusts() else None

    def _not_recovered(self, error: AudioLetterError) -> tuple[Event, ...]:
        return Event(Kind.SPACE_LOW, why(error)), Event(Kind.RECOVERED)

    def _look_after_itself(self, now_s: float) -> None:
        """Room on the disk, blanks, letters to show: asked for now and then, and after each letter."""
        if self._doer.letters_changed:
            self._doer.letters_changed, self._health_s = False, now_s
        if self.booth.state is State.RECOVERING or now_s < self._health_s or self.parts.archivist.busy:
            return
        self._health_s = now_s + HEALTH_S

        free = self.booth.held is Held.NOTHING and not self._doer.cutting

        def look(stores: Stores) -> Health:
            stores.retire()
            if free:  # room for the next letter, before anybody begins to speak it
                stores.set_aside()
            return Health(stores.room(), stores.blanks(), stores.letters(), stores.discs.good_today())

        self.parts.archivist.give(Job('look after the letters', look, self._healthy, self._not_healthy))

    def _tell_causes(self) -> None:
        """The host reads why a part is not well, and when it is again; once each."""
        parts = self.parts
        causes = {name: str(getattr(getattr(parts, name), 'cause', '')) for name in PARTS}
        causes['clock'] = self._sign.cause
        causes['interlock'], causes['firmware'] = self._standby.cause, self._standby.firmware
        causes['card reader'] = self._cards.cause if self._cards else ''
        for name, cause in causes.items():
            if cause != self.causes.get(name, ''):
                self.causes[name] = cause
                log.warning('%s: %s', name, cause or 'well again')

    def _note(self, what: str, how: str) -> None:
        """The booth's own deed: the ledger knows of it when the log is gone."""
        self.parts.archivist.give(Job(f'note: {what}', lambda stores: stores.deed(BOOTH, what, how)))

    def _not_healthy(self, error: AudioLetterError) -> tuple[Event, ...]:
        return (Event(Kind.SPACE_LOW, why(error)),)

    def _healthy(self, health: Health) -> tuple[Event, ...]:
        """Told when it has changed."""
        self.live.letters = health.letters
        self._discs, self._sign_s = health.discs, 0.0
        blanks = health.blanks is None or health.blanks > 0
        before, self._health = self._health, (health.room.ok, blanks)
        events = []
        known = (self.booth.ready.space, self.booth.ready.no_space)
        if before is None or before[0] is not health.room.ok or known != (health.room.ok, health.room.cause):
            events.append(Event(Kind.SPACE_OK if health.room.ok else Kind.SPACE_LOW, health.room.cause))
        if before is None or before[1] is not blanks:
            events.append(Event(Kind.BLANKS_IN if blanks else Kind.BLANKS_OUT))
        return tuple(events)

    # -- screen and lamp -------------------------------------------------------------------------------------------

    def _show(self, now_s: float) -> None:
        """A mistake in one screen does not end the visit: the picture before it stays."""
        self._frame_s = now_s + FRAME_S
        try:
            self.view = view(self.booth, self.live, self.settings, self.rules, now_s)
            lit = bool(wording(self.view).go)  # lit where a press means something: where the screen says what
            lit ^= self.booth.called and int(now_s / BLINK_S) % 2 == 1
        except Exception as error:
            self._screen_broke(error)
            return
        self._painter.show(self.view)
        self._tell_causes()
        if lit is not self.lit:
            self.lit = lit
            self.parts.controls.lamp(lit)

    def _screen_broke(self, error: Exception) -> None:
        """Told once, however often it is drawn."""
        if repr(error) != self._broken:
            self._broken = repr(error)
            log.error('the screen %r cannot be drawn', self.booth.state.value, exc_info=error)


def _sign(config: Config) -> DoorSign:
    return DoorSign(week_of(config.hours, 'hours'), config.policy.discs_a_day)
