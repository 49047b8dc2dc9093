"""What the host wants beside the visits: orders for the machine while it is in maintenance, and things that only the
loop's thread may do. Asked from any thread; the loop does what is asked in its turn and waits for none of it.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from appliance.errors import AudioLetterError, CutFaultError, MachineRefusesError
from appliance.hands.orders import Moving
from appliance.kiosk.cutter import DIED, Cutter
from appliance.orders import Errand, ErrandSaid, Fault
from appliance.workflow.values import Booth, State

A_TURN = 8  # at most so much is done in one turn of the loop


class Running:
    """One errand, for the thread that wanted it: what the machine says arrives in `said`."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.said: queue.SimpleQueue[ErrandSaid] = queue.SimpleQueue()


class Errands:
    """`ask`, `begin` and `end` from any thread; `turn`, `take` and `close` from the loop's."""

    def __init__(self, cutter: Cutter) -> None:
        self.cutter = cutter
        self._asked: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._numbers = 0
        self._going: Running | None = None
        self._moving: Moving | None = None
        self._ending: set[int] = set()  # nobody listens to them any more, and the machine still comes to rest
        self._over = False
        self._served = True  # no errand before the loop has turned

    @property
    def moving(self) -> Moving | None:
        """What moves now."""
        return self._moving if self._going is not None else None

    @property
    def busy(self) -> bool:
        """Something is asked for, or the machine is on an errand, or comes to rest after one: it needs power for that,
        and has it only while it hears of the loop."""
        return self._going is not None or bool(self._ending) or not self._asked.empty()

    def ask(self, do: Callable[[], Any]) -> Future[Any]:
        """Do it in the loop's thread; what it raises is the asker's affair."""
        answer: Future[Any] = Future()
        self._asked.put((do, answer))
        if self._over:
            answer.cancel()
        return answer

    def begin(self, order: Any) -> Future[Running]:
        """An order for the machine; MachineRefusesError where it has other things to do."""
        return self.ask(lambda: self._begin(order))

    def end(self, running: Running) -> None:
        """At once, whatever it is doing."""
        self.ask(lambda: self._end(running, MachineRefusesError('it was stopped')))

    # -- the loop's side -------------------------------------------------------------------------------------------

    def turn(self, booth: Booth) -> None:
        """What was asked for since. Whatever ends maintenance, ends what the machine does for it."""
        self._served = booth.state is not State.MAINTENANCE
        if self._going is not None and self._served:
            self._end(self._going, MachineRefusesError('maintenance has ended, and what the machine did for it'))
        for _ in range(A_TURN):
            if self._asked.empty():
                return
            do, answer = self._asked.get()
            _do(do, answer)

    def stop(self) -> None:
        """Whatever the machine does for the host."""
        if self._going is not None:
            self._end(self._going, MachineRefusesError('it was stopped'))

    def take(self, message: Any) -> bool:
        """Whether it is about an errand, and nobody else's affair."""
        if isinstance(message, Fault) and message.key == DIED:
            if self._going is not None:
                self._end(self._going, CutFaultError(message.text, key=message.key))
            self._ending.clear()
            return False
        if not isinstance(message, ErrandSaid):
            return False
        if message.last:
            self._ending.discard(message.number)
        if self._going is not None and message.number == self._going.number:
            self._going.said.put(message)
            self._moving = message.what if isinstance(message.what, Moving) else None
            if message.last:
                self._going = None
        return True

    def close(self) -> None:
        """Nothing more is done; who waits is told so."""
        self._over = True
        if self._going is not None:
            self._end(self._going, MachineRefusesError('the booth is being closed'))
        while not self._asked.empty():
            self._asked.get()[1].cancel()

    def _begin(self, order: Any) -> Running:
        if self._served:
            raise MachineRefusesError(
                'the booth is not in maintenance', remedy='maintain takes it out of service first'
            )
        if self._going is not None:
            raise MachineRefusesError('the machine is on another errand', remedy='wait for it, or stop it')
        self._numbers += 1
        self._going, self._moving = Running(self._numbers), None
        self.cutter.errand(Errand(self._numbers, order))
        return self._going

    def _end(self, running: Running, why: AudioLetterError) -> None:
        if running is self._going:
            self._going = None
            self._ending.add(running.number)
            self.cutter.end_errand(running.number)
            running.said.put(ErrandSaid(running.number, why, last=True))


def _do(do: Callable[[], Any], answer: Future[Any]) -> None:
    if not answer.set_running_or_notify_cancel():
        return
    try:
        result = do()
    except Exception as error:  # raised in the thread that has asked
        answer.set_exception(error)
    else:
        answer.set_result(result)
