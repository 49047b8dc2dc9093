"""The desk of a running kiosk: what commands ask for, done where it belongs."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from appliance.booth.doors import Sink
from appliance.config import Config
from appliance.config.places import Folders
from appliance.desk.book import Look, Program, Sensed, System
from appliance.desk.journal import Journal
from appliance.errors import AudioLetterError, CutFaultError, MachineRefusesError
from appliance.kiosk.errands import Running
from appliance.kiosk.live import Settings
from appliance.kiosk.loop import Kiosk
from appliance.message import Stores
from appliance.orders import Fault, Refused, Stopped
from appliance.screens.view import Card
from appliance.workflow.turn import SERVED
from appliance.workflow.values import Event, State

T = TypeVar('T')
DEED_S = 5.0
LISTEN_S = 0.05  # between two looks whether an errand is still wanted


@dataclass(frozen=True, slots=True)
class Around:
    """What stays when the kiosk is another."""

    folders: Folders
    wall_s: Callable[[], float]
    system: System
    program: Program
    journal: Journal


class KioskDesk:
    """Implements `book.Desk`. `kiosk`: the one that runs now; another takes its place after a power cut."""

    def __init__(self, kiosk: Callable[[], Kiosk], around: Around) -> None:
        self._kiosk = kiosk
        self.folders = around.folders
        self.wall_s = around.wall_s
        self.system = around.system
        self.program = around.program
        self.journal = around.journal

    @property
    def settings(self) -> Settings:
        return self._kiosk().settings

    def now_s(self) -> float:
        return self._kiosk().parts.clock.now_s()

    def look(self) -> Look:
        """Of frozen values, each as the loop has left it last."""
        kiosk = self._kiosk()
        live = kiosk.live
        return Look(
            booth=kiosk.booth,
            now_s=kiosk.parts.clock.now_s(),
            heard=live.heard,
            facts=live.facts,
            progress=live.progress,
            moving=live.moving,
            playing=live.playing,
            letters=live.letters,
            causes={name: cause for name, cause in list(kiosk.causes.items()) if cause},
        )

    def tell(self, event: Event) -> None:
        self._kiosk().tell(event)

    def stores(self, name: str, do: Callable[[Stores], T]) -> T:
        answer: Future[T] = self._kiosk().parts.archivist.ask(name, do)
        return _answer(answer)

    def deed(self, who: str, what: str, how: str) -> None:
        """A disk that hangs is waited for so long, and then it is noted as soon as it can be."""
        asked = self._kiosk().parts.archivist.ask('note a deed', lambda stores: stores.deed(who, what, how))
        with contextlib.suppress(TimeoutError):
            _answer(asked, DEED_S)

    def lathe(self, order: Any, cancelled: threading.Event) -> Iterator[Any]:
        """What is not heard to its end is stopped too."""
        errands = self._kiosk().errands
        running: Running = _answer(errands.begin(order))
        try:
            yield from _said(running, cancelled)
        finally:
            errands.end(running)  # does nothing where it has ended by itself

    def play(self, files: tuple[Path, ...], gain_db: float = 0.0) -> None:
        kiosk = self._kiosk()

        def play() -> None:
            if kiosk.booth.state in SERVED:
                raise MachineRefusesError('a visitor is being served', remedy='close the booth first')
            kiosk.parts.speaker.stop()
            if files:
                kiosk.parts.speaker.play(files, gain_db)

        _answer(kiosk.errands.ask(play))

    def adopt(self, config: Config) -> bool:
        kiosk = self._kiosk()
        adopted: Future[bool] = kiosk.errands.ask(lambda: kiosk.adopt(config))
        return _answer(adopted)

    def sense(self) -> Sensed:
        kiosk = self._kiosk()
        return Sensed(kiosk.parts.controls.read(), kiosk.lit)

    def card(self, name: Card) -> None:
        kiosk = self._kiosk()

        def show() -> None:
            kiosk.live.card = name

        _answer(kiosk.errands.ask(show))

    def listen(self, sink: Sink | None) -> None:
        """Never into the take of a visitor who has come meanwhile, and never out of it."""
        kiosk = self._kiosk()

        def listen() -> None:
            served, microphone = kiosk.booth.state is not State.MAINTENANCE, kiosk.parts.microphone
            if served and sink is not None:
                raise MachineRefusesError('the booth is not in maintenance', remedy='maintain takes it out of service')
            if sink is not None:
                microphone.open()
                microphone.record(sink)
            elif not served:
                microphone.end()
                microphone.close()

        _answer(kiosk.errands.ask(listen))


def _said(running: Running, cancelled: threading.Event) -> Iterator[Any]:
    while not cancelled.is_set():
        with contextlib.suppress(queue.Empty):
            said = running.said.get(timeout=LISTEN_S)
            if isinstance(said.what, AudioLetterError):
                raise said.what
            if isinstance(said.what, Refused):
                raise MachineRefusesError(said.what.text, key=said.what.key)
            if isinstance(said.what, Fault):
                raise CutFaultError(said.what.text, key=said.what.key)
            if isinstance(said.what, Stopped):
                raise CutFaultError(f'it was stopped: {said.what.cause}', key=said.what.key)
            if said.what is not None:
                yield said.what
            if said.last:
                return


def _answer(future: Future[T], timeout_s: float | None = None) -> T:
    try:
        return future.result(timeout_s)
    except CancelledError:
        raise MachineRefusesError('the booth has just ended', remedy='ask again when it is up') from None
