"""The lathe: a score in, a disc out, over any door.

Three threads at most: the feeder runs the C engine (the GIL is free meanwhile), the producer pumps samples into its
ring, and on a real Pi a watcher looks at the interlock. Nothing is raised while a disc turns: what goes wrong ends the
cut as a state, a mistake of the program too, for nobody would see its thread die.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.errors import MachineRefusesError, NativeError, key_of
from appliance.interlock.link import Link
from appliance.lathe.api import Progress, Readiness, State
from appliance.lathe.native_score import NativeScore, check_score, native_score, step_ms
from appliance.lathe.settings import Knobs, engine_settings
from appliance.machine.model import FRAME_RATE_HZ, FRAMES_PER_SAMPLE, Machine
from appliance.native import check, ffi, lib
from appliance.timeline.score import Score
from appliance.urgency import come_first, keep_to_isolated

log = logging.getLogger('audioletter')
WATCH_S = 0.02  # between two looks at the interlock
ENDING_FRAMES = FRAME_RATE_HZ // 2  # before its end, in which the interlock is told that the heartbeat will cease
PATIENCE_S = 0.05  # longest wait without a look whether the cut is over
KILLED = 'the feeder died; the chain has ended by itself'
STATES = {
    'ENGINE_FILLING': State.CUTTING,
    'ENGINE_CUTTING': State.CUTTING,
    'ENGINE_STOPPING': State.STOPPING,
    'ENGINE_DONE': State.DONE,
    'ENGINE_STOPPED': State.STOPPED,
    'ENGINE_FAULT': State.FAULT,
    'ENGINE_DEAD': State.FAULT,
}
OVER = (State.DONE, State.STOPPED, State.FAULT)


class EngineLathe:
    """Implements `api.Lathe`. `door` is a `struct door *` that outlives the lathe."""

    def __init__(self, machine: Machine, door: Any, link: Link, knobs: Knobs | None = None) -> None:
        self._machine = machine
        self._door = door
        self._link = link
        self._knobs = knobs or Knobs()
        self._states = {getattr(lib, name): state for name, state in STATES.items()}
        self._engine: Any = None
        self._score: NativeScore | None = None
        self._up_frame = 0  # from which the head stays up; 0: it was never to go down
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._cause = ''
        self._key = ''
        self._failed = False
        self._offered = threading.Event()  # samples came, or their end
        self._taken = threading.Event()  # the feeder may have made room
        self._over = threading.Event()

    def ready(self) -> Readiness:
        if self._engine is not None:
            return Readiness(False, 'this run has begun; close it and begin another')
        status = self._link.status()
        return Readiness(True) if status.closed else Readiness(False, status.cause, status.key)

    def start(self, score: Score) -> None:
        readiness = self.ready()
        if not readiness.ready:
            raise MachineRefusesError(readiness.reason, where='lathe', key=readiness.key)
        check_score(self._machine, score)
        longest_step_ms = step_ms(self._machine, score)
        engine = ffi.new('struct engine *')
        self._score = native_score(self._machine, score)
        settings = engine_settings(self._machine, score.frames, self._knobs)
        try:
            check(lib.engine_begin(engine, settings, self._score.struct, self._door))
        except NativeError as error:
            raise MachineRefusesError(error.what, where='lathe', remedy='correct the machine file') from error
        permitted = self._link.permit(longest_step_ms)
        if not permitted.closed:
            raise MachineRefusesError(permitted.cause, where='lathe', key=permitted.key)
        marks = score.marks
        self._up_frame = marks.head_up_frame if marks.head_down_frame < marks.head_up_frame else 0
        self._engine = engine
        threads = [
            threading.Thread(target=self._feed, name='feeder', daemon=True),
            threading.Thread(target=self._produce, args=(score,), name='producer', daemon=True),
        ]
        if not self._knobs.turns:
            threads.append(threading.Thread(target=self._watch, name='watcher', daemon=True))
        for thread in threads:
            thread.start()
            self._threads.append(thread)  # `close` waits for those alone that could be started

    def progress(self) -> Progress:
        if self._engine is None:
            return Progress(State.READY, 0, 0)
        look = self._look()
        state = self._states[look.state]
        cause, key = self._cause, self._key
        if state is State.STOPPED and self._failed:
            state = State.FAULT
        if look.state == lib.ENGINE_DEAD:
            cause, key = KILLED, 'underrun'
        elif look.cause != ffi.NULL:
            cause, key = ffi.string(look.cause).decode(), 'underrun' if look.underruns else 'lathe'
        told = state in (State.STOPPING, State.STOPPED, State.FAULT)
        return Progress(
            state=state,
            frame=look.frame,
            frames=look.end_frame,
            queued_ms=look.queued_frames / FRAME_RATE_HZ * 1e3,
            underruns=look.underruns,
            cause=cause if told else '',
            key=key if told else '',
        )

    def steps(self) -> tuple[int, int]:
        """Rising step edges given out so far: platter, carriage."""
        if self._engine is None:
            return 0, 0
        look = self._look()
        return look.pulses[0], look.pulses[1]

    @property
    def position(self) -> int:
        """Frame at which the feeder has last found the DMA engine, its lead included; asking it costs nothing."""
        return 0 if self._engine is None else int(self._engine.position)

    def places(self) -> tuple[int, int]:
        """Where platter and carriage are by the steps given out so far, from where they stood."""
        if self._engine is None:
            return 0, 0
        look = self._look()
        return look.steps[0], look.steps[1]

    def stop(self, cause: str, key: str = 'visitor') -> None:
        self._stop(cause, key, failed=False)

    def fail(self, cause: str, key: str = 'lathe') -> None:
        """As `stop`, but the cut ends as a fault."""
        self._stop(cause, key, failed=True)

    def kill_feeder(self) -> None:
        """For a drill: the feeder ends before the next segment but one, and nobody tells the chain."""
        if self._engine is not None:
            self._engine.set.kill_at_segment = self._engine.chain.built + 2

    def wait(self, timeout_s: float | None = None) -> bool:
        """Until the cut is over; False if it is not by then."""
        return self._over.wait(timeout_s)

    @property
    def died(self) -> bool:
        """Whether the feeder was killed: the chain goes on to its end alone."""
        return self._engine is not None and bool(self._look().state == lib.ENGINE_DEAD)

    def close(self) -> None:
        if self._engine is None:
            return
        self._stop('closed before the cut was over', 'power', failed=False, at_once=True)
        for thread in self._threads:
            thread.join()
        self._threads = []
        lib.engine_off(self._engine)
        self._sure(self._link.revoke)

    def _look(self) -> Any:
        look = ffi.new('struct engine_look *')
        lib.engine_look(self._engine, look)
        return look

    def _stop(self, cause: str, key: str, *, failed: bool, at_once: bool = False) -> None:
        with self._lock:
            if self._engine is None or self._over.is_set():
                return
            if not self._cause:
                self._cause, self._key, self._failed = cause, key, failed
            try:
                self._link.ending()
            except Exception:
                log.exception('the interlock was not told that the cut ends; it is stopped all the same')
            lib.engine_request_stop(self._engine, at_once)
            self._offered.set()

    def _sure(self, do: Callable[[], object]) -> None:
        """What it raises ends the cut as a fault, at once."""
        try:
            do()
        except Exception as error:
            log.exception('a mistake in a thread of the cut, which ends')
            self._stop(str(error) or type(error).__name__, key_of(error), failed=True, at_once=True)

    def _check_interlock(self) -> None:
        status = self._link.status()
        if status.closed:
            self._tell_what_may_cease()
        else:  # then nothing has power, or nobody knows: a ramp would move nothing
            self._stop(status.cause, status.key, failed=False, at_once=True)

    def _tell_what_may_cease(self) -> None:
        """Not while the head is down, however short the way to the end is from there."""
        at = self.position
        if at < self._up_frame:
            return
        if self._engine.end_frame - at < ENDING_FRAMES:
            self._link.ending()
        elif self._up_frame:
            self._link.parking()

    def _watch(self) -> None:
        """A permit that is late costs a disc."""
        if self._knobs.realtime:
            self._sure(come_first)
        while not self._over.wait(WATCH_S):
            self._sure(self._check_interlock)

    def _go_realtime(self) -> None:
        keep_to_isolated()
        refused = lib.engine_go_realtime()
        if refused != ffi.NULL:
            log.warning('%s; a busy computer may spoil a disc', ffi.string(refused).decode())

    def _feed(self) -> None:
        if self._knobs.realtime:
            self._sure(self._go_realtime)
        result = lib.ENGINE_SLEEP
        while result != lib.ENGINE_OVER:
            self._offered.clear()
            result = lib.engine_run(self._engine, self._knobs.turns)
            if not self._taken.is_set():
                self._taken.set()
            self._sure(self._check_interlock)
            if result == lib.ENGINE_INPUT:
                self._offered.wait(PATIENCE_S)
        if not self.died:
            self._sure(self._link.revoke)
        self._over.set()
        self._taken.set()

    def _produce(self, score: Score) -> None:
        """The drive may fail in any way its disk and its author like: that ends the cut, not the program."""
        try:
            samples = 0
            for block in score.drive():
                self._offer(np.ascontiguousarray(block, dtype=np.float32))
                samples += len(block)
                if self._over.is_set():
                    return
            if samples < score.frames // FRAMES_PER_SAMPLE:
                self.fail(f'the drive ended after {samples} samples of {score.frames // FRAMES_PER_SAMPLE}')
        except Exception as error:
            self.fail(str(error) or type(error).__name__, key_of(error))
        lib.engine_end_input(self._engine)
        self._offered.set()

    def _offer(self, block: NDArray[np.float32]) -> None:
        taken = ffi.new('size_t *')
        while len(block) and not self._over.is_set():
            self._taken.clear()
            lib.engine_offer(self._engine, ffi.from_buffer('float[]', block), len(block), taken)
            block = block[taken[0] :]
            self._offered.set()
            if len(block):
                self._taken.wait(PATIENCE_S)
