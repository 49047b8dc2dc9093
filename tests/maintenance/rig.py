"""A virtual booth on a stepped clock, and commands run against it as a session would, without a socket.

    def test_status(tmp_path):
        with CommandRig(tmp_path) as rig:
            rig.to_recording()                          # hands of the visitor: tests.kiosk.booth_rig.Rig
            (facts,) = rig.run('status')
            with pytest.raises(MachineRefusesError): rig.run('letters forget 1', answer=False)

The command runs in a thread of its own, as in the booth; this thread turns the kiosk until it has ended. The cutter is
the noting one of `booth_rig`: what it is told is in `rig.cutter.told`, what it is to say is put into `rig.cutter.says`
(`ErrandSaid` for an errand). `rig.replies` is called with each errand and returns what it says.
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Iterable
from typing import Any

from appliance.desk.book import Call, Program, Said
from appliance.desk.catalogue import Catalogue, run, syntax
from appliance.desk.journal import Journal
from appliance.desk.running import Around, KioskDesk
from appliance.maintenance import commands
from appliance.orders import ErrandSaid
from appliance.workflow.values import Event, Kind, State
from tests.kiosk.booth_rig import Rig, ToldCutter

NOW_S = 1_800_000_000.0  # in January 2027
TURN_WAIT_S = 0.001  # of this computer's time between two turns of the kiosk
HANGS_S = 300.0  # of the booth's time, which goes on beside others' work: a command that takes longer has hung


class RepliesCutter(ToldCutter):
    """Answers errands with what `replies` gives for the order."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: Callable[[Any], Iterable[Any]] | None = None

    def errand(self, errand: Any) -> None:
        super().errand(errand)
        if self.replies is not None:
            self.says += [ErrandSaid(errand.number, said) for said in self.replies(errand.order)]
            self.says.append(ErrandSaid(errand.number, None, last=True))


class NotedSystem:
    """Implements `book.System`: what is asked of the computer is noted."""

    virtual = True

    def __init__(self) -> None:
        self.asked: list[str] = []

    def reboot(self) -> None:
        self.asked.append('reboot')

    def power_off(self) -> None:
        self.asked.append('power off')


class CommandRig(Rig):
    """A booth, a host at its desk, and the visitor's hands."""

    def __init__(self, folder: Any, **policy: object) -> None:
        super().__init__(folder, **policy)
        self.catalogue = Catalogue(commands())
        self.wall_s, self.width = NOW_S, 80
        self.system, self.journal = NotedSystem(), Journal()
        around = Around(self.folders, lambda: self.wall_s, self.system, Program('1.2.3'), self.journal)
        self.desk = KioskDesk(lambda: self.kiosk, around)
        self.asked: list[str] = []  # questions, as they came
        cutter = RepliesCutter()
        cutter.told, cutter.says = self.cutter.told, self.cutter.says
        self._use(cutter)

    def _use(self, cutter: RepliesCutter) -> None:
        from dataclasses import replace

        self.cutter = cutter
        self.kiosk.parts = replace(self.kiosk.parts, cutter=cutter)
        self.kiosk._doer.parts = self.kiosk.parts
        self.kiosk.errands.cutter = cutter

    def __enter__(self) -> CommandRig:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def maintain(self) -> None:
        """From attract."""
        self.kiosk.tell(Event(Kind.MAINTAIN))
        self.until(State.MAINTENANCE)

    def run(
        self,
        words: str | list[str],
        *,
        answer: bool = True,
        read: bytes = b'',
        who: str = 'anna',
        cancel_after_s: float | None = None,
    ) -> list[Said]:
        """What the command says; raises what it raises. `cancel_after_s`, on the booth's clock: Ctrl-C then."""
        command, rest = self.catalogue.find(shlex.split(words) if isinstance(words, str) else words)
        bound = syntax(command).bind(rest)
        said: list[Said] = []
        failed: list[BaseException] = []

        def ask(question: str) -> bool:
            self.asked.append(question)
            return answer

        call = Call(self.desk, who, json=bound.json, width=self.width, ask=ask, read=lambda: read)

        def work() -> None:
            try:
                said.extend(run(command, call, bound))
            except BaseException as error:
                failed.append(error)

        self._until_done(threading.Thread(target=work, daemon=True), call.cancelled, cancel_after_s)
        if failed:
            raise failed[0]
        for do in call.afterwards:
            do()
        return said

    def _until_done(self, thread: threading.Thread, cancelled: threading.Event, after_s: float | None) -> None:
        began_s = self.clock.now_s()
        thread.start()
        while thread.is_alive():
            self.turn()
            thread.join(TURN_WAIT_S)
            spent_s = self.clock.now_s() - began_s
            if after_s is not None and spent_s >= after_s:
                cancelled.set()
            assert spent_s < (after_s or 0.0) + HANGS_S, 'the command does not end'
