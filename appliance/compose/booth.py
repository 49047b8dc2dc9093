"""Where a booth is put together: each part virtual or real as asked for, never the one in place of the other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from appliance.booth.cards.reader import CardReader
from appliance.booth.controls import GpioControls, pi_gpio
from appliance.booth.doors import Controls, Display, Microphone, Speaker
from appliance.booth.lcd import Lcd, needs_luma, pi_spi
from appliance.booth.wiring import bounce_s, controls_wiring, lcd_wiring, sound_card
from appliance.clock import Clock, RealClock, wall_is_trusted, wall_s
from appliance.config import Config
from appliance.config.changes import HostFile
from appliance.config.places import Folders
from appliance.errors import AudioLetterError, OptionError
from appliance.kiosk.archivist import Archivist
from appliance.kiosk.cutter import Cutter
from appliance.kiosk.live import Parts, Settings, keeping_of
from appliance.kiosk.loop import Kiosk
from appliance.machine import Machine, load_disc
from appliance.message import Disk, Stores
from appliance.orders import Order
from appliance.virtual.booth.controls import VirtualControls
from appliance.virtual.booth.disk import FillingDisk
from appliance.virtual.booth.display import VirtualDisplay
from appliance.virtual.booth.sound import VirtualMicrophone, VirtualSpeaker

log = logging.getLogger('audioletter')
REAL_PARTS = ('controls', 'lcd', 'sound')
PACE = 4.0  # times as fast as a real cut, where somebody looks on


def real_sound(machine: Machine) -> tuple[Microphone, Speaker]:
    """The card that the machine file names."""
    from appliance.booth.soundcard import sound_card as parts_of

    card = sound_card(machine)
    return parts_of(card.input, card.output, card.latency_ms / 1000)


def real_board(machine: Machine) -> object:
    """The board of this computer; MachineRefusesError if it is none, or not the machine file's."""
    from appliance.pi.real import fitting_board

    return fitting_board(machine)


@dataclass(frozen=True, slots=True)
class Header:
    """What real parts hang on: RPi.GPIO's functions, spidev's device, the sound card, and for a real machine the board
    itself, which raises if it is none; asked for only by a real part.

    What is handed in here (recorded wires, say) is what the drivers get; nothing is put in its place.
    """

    gpio: Callable[[], Any] = pi_gpio
    spi: Callable[[], Any] = pi_spi
    sound: Callable[[Machine], tuple[Microphone, Speaker]] = real_sound
    board: Callable[[Machine], object] = real_board


@dataclass(frozen=True, slots=True)
class Choice:
    """Which parts are real, how fast the virtual lathe cuts (None: as fast as it can), and by which clock."""

    real: frozenset[str] = frozenset()
    pace: float | None = PACE
    clock: Clock = field(default_factory=RealClock)
    threads: bool = True
    wall: Callable[[], float] = wall_s
    trusts: Callable[[], bool] = wall_is_trusted  # whether anybody has set that clock
    header: Header = field(default_factory=Header)

    def __post_init__(self) -> None:
        unknown = sorted(self.real - set(REAL_PARTS))
        if unknown:
            known = ', '.join(REAL_PARTS)
            raise OptionError(f'there is no part {unknown[0]!r}', where='--real', remedy=f'known are {known}')


@dataclass(frozen=True, slots=True)
class Virtual:
    """The virtual parts of a booth; None where the part is real."""

    controls: VirtualControls | None
    display: VirtualDisplay | None
    microphone: VirtualMicrophone
    speaker: VirtualSpeaker
    disk: FillingDisk
    sound: tuple[Microphone, Speaker] | None = None  # the real card; it too outlives a supervisor


@dataclass(frozen=True, slots=True)
class Plan:
    """All that it takes to make a supervisor, once or again after it was killed."""

    config: Config
    machine: Machine
    machine_file: str
    folders: Folders
    choice: Choice
    file: HostFile | None = None  # where the host's changes are written; None: they last until the end
    held: tuple[int, ...] = ()  # open files of the folders' lock: the cutter holds them too

    def virtual(self) -> Virtual:
        """The virtual parts: they stay as they are when the supervisor is killed, as hardware does."""
        real, clock = self.choice.real, self.choice.clock
        return Virtual(
            controls=None if 'controls' in real else VirtualControls(),
            display=None if 'lcd' in real else VirtualDisplay(),
            microphone=VirtualMicrophone(clock),
            speaker=VirtualSpeaker(clock),
            disk=FillingDisk(),
            sound=self.choice.header.sound(self.machine) if 'sound' in real else None,
        )

    def again(self, virtual: Virtual) -> Virtual:
        """After a supervisor that has closed everything: a real sound card is opened anew."""
        return replace(virtual, sound=self.choice.header.sound(self.machine) if 'sound' in self.choice.real else None)

    def kiosk(self, virtual: Virtual) -> Kiosk:
        """A supervisor on these parts."""
        return self.supervisor(self.parts(virtual))

    def parts(self, virtual: Virtual) -> Parts:
        """The virtual ones, and what is real beside them."""
        choice = self.choice
        if self.machine.machine.kind == 'real':
            choice.header.board(self.machine)  # before a visitor speaks to a booth that can cut nothing
        stores = self._stores(virtual.disk)
        display = virtual.display or self._lcd()  # before the pins of the controls are taken: it may refuse
        microphone, speaker = virtual.sound or (virtual.microphone, virtual.speaker)
        microphone.tune(self.config.voice.microphone_gain_db)
        real = self.machine_file if self.machine.machine.kind == 'real' else ''
        return Parts(
            controls=virtual.controls or self._controls(),
            display=display,
            microphone=microphone,
            speaker=speaker,
            cutter=Cutter(held=self.held, run=self.folders.run, real=real),
            archivist=Archivist(stores),
            clock=choice.clock,
            wall=choice.wall,
            trusts=choice.trusts,
            reader=CardReader(Path(device), choice.clock) if (device := self.config.attendant.reader) else None,
        )

    def supervisor(self, parts: Parts) -> Kiosk:
        """A supervisor on whatever parts."""
        config, choice = self.config, self.choice
        policy = config.policy
        order = Order(policy.disc, policy.speed, policy.curve, self.machine_file, choice.pace)
        settings = Settings(
            config, load_disc(policy.disc), order, bounce_s(self.machine), threads=choice.threads, file=self.file
        )
        return Kiosk(parts, settings)

    def started_anew(self) -> Plan:
        """With the settings as they are written now: what a computer reads that has just been switched on. Where they
        are spoiled, those that hold go on."""
        try:
            config = self.file.load()[0] if self.file else self.config
        except AudioLetterError as error:
            log.warning('settings: %s', error.line)
            return self
        places = replace(config.places, data=self.config.places.data, run=self.config.places.run)
        return replace(self, config=replace(config, places=places))

    def _stores(self, disk: Disk) -> Callable[[], Stores]:
        choice = self.choice
        keeping = keeping_of(self.config)
        folders = (self.folders.data, self.folders.run)
        clocks = (choice.wall, choice.clock.now_s)
        return lambda: Stores(folders, keeping, (disk, Disk()), clocks, choice.trusts)

    def _controls(self) -> Controls:
        return GpioControls(controls_wiring(self.machine), self.choice.header.gpio())

    def _lcd(self) -> Display:
        needs_luma()
        header = self.choice.header
        return Lcd(lcd_wiring(self.machine), header.spi(), header.gpio(), self.choice.clock.now_s)


class Runner:
    """Turns a kiosk in a thread of its own until it is stopped; `kill` ends it as a power cut would."""

    def __init__(self, kiosk: Kiosk, beside: Callable[[Kiosk], None], failed: Callable[[], None]) -> None:
        """`beside`: called after each turn, in the same thread; `failed`: when a mistake of the program ends it."""
        self._failed = failed
        self.kiosk = kiosk
        self.failure: BaseException | None = None
        self._beside = beside
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name='kiosk')

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def join(self) -> None:
        """Until it ends by itself; raises what ended it."""
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def stop(self) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self.kiosk.start()
            while not self._over.is_set():
                self.kiosk.turn()
                self._beside(self.kiosk)
                self.kiosk.rest()
        except BaseException as error:
            self.failure = error
            self._failed()
