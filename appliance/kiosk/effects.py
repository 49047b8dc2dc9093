"""The doer: does what the workflow says, with the parts of the booth. Answers come back as events, never at once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from appliance.config import Config
from appliance.errors import AudioLetterError
from appliance.kiosk.archivist import Job, why
from appliance.kiosk.live import Groove, Live, Parts, Settings
from appliance.kiosk.voice import DISC, TAKE, Voice
from appliance.message import COPIES, Letter, OpenTake, Stores, Take
from appliance.workflow.values import Act, Booth, Effect, Event, Kind

SETTLE_S = 0.1  # between the end of the tone and the first sample of a take
log = logging.getLogger('audioletter')
ATTENDANT = 'attendant'  # who, in the ledger, before the name of a token or 'sequence'
STOP_S = 20.0  # for the cutter to say how a cut that was stopped has ended
PLAN_S = 600.0  # to master and plan a letter, on the slowest Pi with everything else beside it
RESULTS_S = 600.0  # to make picture and sound of a disc


class Recording:
    """One take from its first block to its end; begun and ended by the archivist, in this order."""

    def __init__(self, take: int) -> None:
        self.take = take
        self.sink: OpenTake | None = None
        self.ended = False


class Doer:
    """One method an effect. `now_s` is set by the loop before each turn."""

    def __init__(self, parts: Parts, settings: Settings, live: Live, voice: Voice) -> None:
        self.parts, self.settings, self.live, self.voice = parts, settings, live, voice
        self.recording: Recording | None = None
        self.record_at_s: float | None = None  # when the tone before a take is over
        self.preview: Path | None = None
        self._letter = 0  # that the effects in hand are about
        self.stopping = False  # a cut was told to stop and has not said how it ended
        self.letters_changed = True
        self.disc_done = False  # what is cut now is a disc already; picture and sound follow
        self.cutting = 0  # number of the letter in the machine, until its results are made
        self._after_results: list[Callable[[], None]] = []
        self._next_cut: Callable[[], None] | None = None  # asked for while the one before has not ended
        self._unbegun = False  # and was stopped before it began
        self.adopt: Callable[[Config], object] = lambda config: None  # settings that were changed at the booth
        self._before = Booth()  # as it was before the effects in hand
        self._now_s = 0.0
        self._owed_s: float | None = None  # by when the cutter must have answered
        self._methods: dict[Act, Callable[[str, Booth], None]] = {
            act: getattr(self, f'_{act.name.lower()}') for act in Act
        }  # fmt: skip

    def do(self, effects: tuple[Effect, ...], booth: Booth, letter: int, now_s: float) -> None:
        """All effects of one event; `booth` is what it has become, `letter` the one it is about."""
        self._letter, self._now_s = letter, now_s
        for effect in effects:
            self._methods[effect.act](effect.text, booth)
        self._before = booth
        lasts_s = self.voice.go()
        if self.record_at_s == 0.0:  # asked for just now
            self.record_at_s = now_s + lasts_s + SETTLE_S

    def turn(self, now_s: float) -> None:
        """What is due by now: a take; the end of a cutter that owes an answer and does not give it."""
        self._now_s = now_s
        self._record_if_due(now_s)
        if self._owed_s is not None and now_s >= self._owed_s:
            self._owed_s = None
            self.parts.cutter.give_up()

    def owes(self, seconds: float | None) -> None:
        """The cutter owes an answer within `seconds`; None: it has given it."""
        self._owed_s = None if seconds is None else self._now_s + seconds

    def _record_if_due(self, now_s: float) -> None:
        """The take begins when the tone is over: it is not to be on the disc."""
        recording = self.recording
        if self.record_at_s and now_s >= self.record_at_s and recording and recording.sink and not recording.ended:
            self.record_at_s = None
            self.parts.microphone.record(recording.sink)

    def use(self, letter: Letter) -> None:
        """A kept letter is to be cut: after a crash, or once more."""
        self.live.take = Take(letter.wav, letter.seconds, True, ())
        self.live.master = letter.master
        self._count(letter.number)

    def _count(self, number: int, *, taken: bool = False) -> None:
        """Which disc it is, of several that the host wants, for the screen; `taken`: the one that was cut is gone."""

        def counted(place: tuple[int, int]) -> tuple[Event, ...]:
            self.live.place = (number, *place)
            return self.may_go_on() if taken else ()

        self.give(Job('count the discs', lambda stores: stores.discs.place(number, taken=taken), counted))

    def may_go_on(self) -> tuple[Event, ...]:
        """Of several discs the next one, as soon as the machine has done all for the one before."""
        facts = self.live.facts
        if facts is None or self.cutting:
            return ()
        return (Event(Kind.FITS, number=round(1000 * (facts.total_s + facts.homing_s)), take=facts.take),)

    def give(self, job: Job[Stores]) -> None:
        self.parts.archivist.give(job)

    def give_note(self, name: str, do: Callable[[Stores], object]) -> None:
        """A job that nobody waits for; if it fails, letters cannot be kept now."""
        self.letters_changed = True
        self.give(Job(name, do, failed=lambda error: (Event(Kind.SPACE_LOW, why(error)),)))

    # -- microphone and take -----------------------------------------------------------------------------------------

    def _hear(self, text: str, booth: Booth) -> None:
        self.parts.microphone.open()

    def _deafen(self, text: str, booth: Booth) -> None:
        self.parts.microphone.close()

    def _record(self, text: str, booth: Booth) -> None:
        recording = self.recording = Recording(booth.take)
        self.record_at_s = 0.0

        def begin(stores: Stores) -> None:
            recording.sink = stores.begin_take()

        def refused(error: AudioLetterError) -> tuple[Event, ...]:
            return Event(Kind.SPACE_LOW, why(error)), Event(Kind.TAKE_FULL, take=recording.take)

        self.give(Job('begin a take', begin, failed=refused))

    def _end_recording(self, text: str, booth: Booth) -> None:
        """The microphone gives its last block first; then the take is closed and judged."""
        recording, self.recording, self.record_at_s = self.recording, None, None
        self.parts.microphone.end()
        if recording is None:
            return
        recording.ended = True
        if lost := self.parts.microphone.heard().lost_blocks:
            log.warning('%d blocks of sound were lost in this take', lost)
        empty = (Event(Kind.TAKE_EMPTY, take=recording.take),)

        def end(stores: Stores) -> Take | None:
            return recording.sink.end() if recording.sink else None

        def ended(take: Take | None) -> tuple[Event, ...]:
            if take is None or not take.voice:
                return empty
            self.live.take = take
            return (Event(Kind.TAKE_HEARD, number=round(1000 * take.seconds), take=recording.take),)

        self.give(Job('end the take', end, ended, lambda error: empty))

    def _wipe_take(self, text: str, booth: Booth) -> None:
        self._let_go()
        self.give_note('forget the take', lambda stores: stores.discard())

    def _hold_take(self, text: str, booth: Booth) -> None:
        self._let_go()
        self.give_note('hold the take', lambda stores: stores.hold())

    def _let_go(self) -> None:
        """Nothing of the take is heard, planned or shown any more."""
        if self.recording is not None:
            self._end_recording('', Booth())
        self.voice.quiet()
        self.parts.cutter.forget()
        if not self.cutting:
            self.owes(None)  # what is forgotten need not be planned
        self.preview, self.live.wants_disc = None, False
        self.live.take, self.live.facts, self.live.master = None, None, None
        self.live.playing, self.live.played_s = '', 0.0

    # -- sound -------------------------------------------------------------------------------------------------------

    def _play_take(self, text: str, booth: Booth) -> None:
        self.live.wants_disc = False
        if self.live.take is not None:
            self.voice.play(self.live.take.path, TAKE)

    def _play_disc(self, text: str, booth: Booth) -> None:
        """What is not made yet is heard as soon as it is."""
        if self.preview is None:
            self.live.wants_disc = True
        else:
            self.voice.play(self.preview, DISC)

    def _quiet(self, text: str, booth: Booth) -> None:
        self.live.wants_disc = False
        self.voice.quiet()

    def _say(self, text: str, booth: Booth) -> None:
        self.voice.say(text, self.settings.config.voice.languages[booth.language])

    def _tone(self, text: str, booth: Booth) -> None:
        self.voice.tone(text)

    # -- store -------------------------------------------------------------------------------------------------------

    def _keep(self, text: str, booth: Booth) -> None:
        take, language = booth.take, self.settings.config.voice.languages[booth.language]

        def failed(error: AudioLetterError) -> tuple[Event, ...]:
            return (Event(Kind.KEEP_FAILED, why(error), take=take),)

        def keep(stores: Stores) -> int:
            return stores.keep(language).number

        self.give(Job('keep the letter', keep, lambda number: (Event(Kind.KEPT, number=number, take=take),), failed))

    def _prepare(self, text: str, booth: Booth) -> None:
        if self.live.take is not None:
            self.live.facts = None
            self.owes(PLAN_S)
            order = replace(self.settings.order, take=booth.take)
            self.parts.cutter.prepare(self.live.take.path, order, self.live.master)

    def prepare_again(self, booth: Booth) -> None:
        """For a new cutter, which knows of nothing; once only, since what killed the one before may have been this."""
        if self.live.facts is not None:
            self.preview = None
            self._prepare('', booth)

    def hear_as_spoken(self) -> None:
        """Whoever waits to hear the disc, which cannot be made heard, hears the take."""
        if self.live.wants_disc:
            self._play_take('', Booth())
            self.voice.go()

    def _handed_over(self, text: str, booth: Booth) -> None:
        number, more = self._letter, text == 'more'
        self._when_finished(lambda: self.give_note('hand over', lambda stores: stores.handed_over(number, more=more)))
        if more:
            self._count(number, taken=True)

    def _forget_letter(self, text: str, booth: Booth) -> None:
        """At once; and once more when picture and sound, which may just be made, are there."""
        number = self._letter

        def forget() -> None:
            self.give_note('forget the letter', lambda stores: stores.forget(number))

        forgotten = (Event(Kind.FORGOTTEN, take=booth.take),)
        self.give(Job('forget the letter', lambda stores: stores.forget(number), lambda result: forgotten))
        if self.cutting:
            self._after_results.append(forget)

    def _note(self, text: str, booth: Booth) -> None:
        """In the language that the visitor had chosen, which is forgotten by now."""
        language = self.settings.config.voice.languages[self._before.language]
        what = f'{COPIES}{text}' if self._before.copies else text
        self.give_note('note the visit', lambda stores: stores.note(what, language))

    # -- attendant and host ------------------------------------------------------------------------------------------

    def _find_letter(self, text: str, booth: Booth) -> None:
        self.look_up(0, 0, f'{ATTENDANT} {booth.attendant}')

    def look_up(self, number: int, copies: int, who: str = 'host') -> None:
        """The letter that is to be cut again; 0: the last. `copies` that were ordered; 0: one, which is ordered here.
        Answered by AGAIN, with `live.again` set, or NO_LETTER."""
        none = (Event(Kind.NO_LETTER),)

        def find(stores: Stores) -> Letter | None:
            letter = stores.again(number)
            if letter is not None and not copies:
                stores.order_discs(letter.number, 1, who)
            return letter

        def found(letter: Letter | None) -> tuple[Event, ...]:
            self.live.again = letter
            return none if letter is None else (Event(Kind.AGAIN, number=letter.number, copies=max(copies, 1)),)

        self.give(Job('find the letter', find, found, lambda error: none))

    def found(self, number: int) -> bool:
        return self.live.again is not None and self.live.again.number == number

    def begin_again(self, *, begun: bool) -> None:
        """Its sound takes the place of a take, where the workflow let it."""
        letter, self.live.again = self.live.again, None
        if begun and letter is not None:
            number = letter.number
            self.use(letter)
            self.give_note('wait for the disc', lambda stores: stores.wait_for_disc(number))

    def _next_blank(self, text: str, booth: Booth) -> None:
        who = booth.attendant
        self.give_note('note the blank', lambda stores: stores.next_blank(who))

    def _volume(self, text: str, booth: Booth) -> None:
        """At once; and so that it stays, where settings can be written."""
        self.voice.change_volume(float(text))
        file, volume_db, who = self.settings.file, self.voice.volume_db, f'{ATTENDANT} {booth.attendant}'
        if file is None:
            return

        def write(stores: Stores) -> Config:
            file.set('voice.volume_db', f'{volume_db:g}', who, stores.wall_s())
            return file.load()[0]

        def written(config: Config) -> tuple[Event, ...]:
            self.adopt(config)
            return ()

        self.give(Job('write the volume down', write, written))

    def _deed(self, text: str, booth: Booth) -> None:
        log.warning('attendant: %s', text)
        who, _, what = text.partition(': ')
        self.give_note('note the deed', lambda stores: stores.deed(f'{ATTENDANT} {who}', what, 'done'))

    # -- cut ---------------------------------------------------------------------------------------------------------

    def _cut(self, text: str, booth: Booth) -> None:
        if self.cutting:  # the one before has not ended yet; its answers are not this one's
            self._next_cut = lambda: self._cut(text, booth)
            return
        number, take, facts = booth.letter, booth.take, self.live.facts
        self.live.groove, self.live.progress, self.cutting = Groove(), None, number

        def begin(stores: Stores) -> tuple[Path, str]:
            if facts is not None:
                stores.planned(number, asdict(facts))
            return stores.begin_cut(number), stores.discs.mark()

        def begun(disc: tuple[Path, str]) -> tuple[Event, ...]:
            if self.cutting == number and self.stopping:  # a stop that the cutter would have heard before the cut
                self.cut_has_ended('stopped', 'visitor')
            elif self.cutting == number:
                self.parts.cutter.cut(*disc)
            return ()

        def failed(error: AudioLetterError) -> tuple[Event, ...]:
            self.results_are_made()
            return Event(Kind.CUT_FAULT, why(error), 1, take), Event(Kind.SPACE_LOW, why(error))

        self.give(Job('begin the cut', begin, begun, failed))
        self._count(number)

    def _stop_cut(self, text: str, booth: Booth) -> None:
        """Also the one that has not begun: nothing is cut for which nobody has pressed since."""
        self._unbegun, self._next_cut = self._next_cut is not None, None
        self.stopping = bool(self.cutting)
        if self.cutting:
            self.owes(STOP_S)
        self.parts.cutter.stop(text)

    def cut_has_ended(self, how: str, key: str) -> None:
        """Other than well; the ledger hears how."""
        number, live, worn_s = self.cutting, self.live, 0.0
        if live.facts is not None and live.progress is not None and live.groove.points:  # the stylus was down
            worn_s = live.facts.letter_s * live.progress.part
        self.give_note('note the cut', lambda stores: stores.cut_ended(number, how, key, worn_s))
        self.results_are_made()

    def _spoiled(self, text: str, booth: Booth) -> None:
        number, unbegun, self._unbegun = self._letter, self._unbegun, False
        if not unbegun:  # or the disc before it, which its owner has, would be called spoiled
            self.give_note('note the blank', lambda stores: stores.spoiled(number, text))

    def _when_finished(self, act: Callable[[], None]) -> None:
        """What deletes a letter waits until its picture and sound are made: nobody writes into a folder that goes."""
        if self.cutting:
            self._after_results.append(act)
        else:
            act()

    def results_are_made(self) -> None:
        """Or will never be: the machine is done with the letter."""
        self.cutting, self.disc_done, self.stopping, self.letters_changed = 0, False, False, True
        self.owes(None)
        waiting, self._after_results = self._after_results, []
        for act in waiting:
            act()
        next_cut, self._next_cut = self._next_cut, None
        if next_cut is not None:
            next_cut()
