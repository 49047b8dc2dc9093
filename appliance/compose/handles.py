"""The handles of a virtual booth: whatever a page, a script or a test may touch, look at and listen to.

Every method may be called from any thread. Nothing of the workflow is decided here: hands press, ears hear, eyes look.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from appliance.booth.doors import Inputs
from appliance.compose.booth import Plan, Runner, Virtual
from appliance.compose.script import Player, parse
from appliance.compose.shop import FAULTS as CUT_FAULTS
from appliance.compose.shop import GROOVE, PICTURE, SOUND
from appliance.errors import AudioLetterError, OptionError
from appliance.kiosk.house.standby import MISSING
from appliance.kiosk.live import Point
from appliance.kiosk.loop import Kiosk
from appliance.message import Letter
from appliance.message.takes import PREFIX
from appliance.screens.view import HEIGHT, WIDTH
from appliance.screens.wording import chosen, which, wording
from appliance.workflow.values import Event, State

log = logging.getLogger('audioletter')
REPORT, CLEAN = 'report.json', 'playback-clean.wav'
LATHE_FAULTS = CUT_FAULTS
FAULTS = ('microphone', 'full disk', MISSING, *LATHE_FAULTS, 'power cut')


def _disc(letter: Letter) -> Disc:
    def there(name: str) -> Path | None:
        file = letter.results / name if letter.results else None
        return file if file is not None and file.is_file() else None

    groove = there(GROOVE)
    return Disc(
        letter.number,
        letter.seconds,
        letter.speed_rpm,
        sound=there(SOUND),
        clean=groove and groove.with_name(CLEAN),
        picture=there(PICTURE),
        groove=groove,
        report=there(REPORT),
    )


def sample_file() -> Path:
    """The shipped letter."""
    return Path(str(resources.files('appliance') / 'samples' / 'letter.flac'))


def demonstration() -> str:
    """The script of a whole visit with the shipped letter."""
    return (resources.files('appliance') / 'samples' / 'visit.txt').read_text(encoding='utf-8')


@dataclass(frozen=True, slots=True)
class Platter:
    """What turns, as executed: 0 rad is where it was switched on, and the angle grows without being wrapped."""

    angle_rad: float = 0.0
    radius_mm: float = 0.0  # of the stylus
    rpm: float = 0.0
    head_down: bool = False
    part: float = 0.0  # of the cut, 0..1
    left_s: float = 0.0
    disc_radius_mm: float = 125.0
    label_radius_mm: float = 50.0


@dataclass(frozen=True, slots=True)
class Disc:
    """A letter that was cut, or could not be; what there is of it."""

    number: int
    seconds: float
    speed_rpm: float
    sound: Path | None = None  # what the disc sounds like
    clean: Path | None = None  # the same without the film's noise; may have to be made first
    picture: Path | None = None
    groove: Path | None = None
    report: Path | None = None


class VirtualBooth:
    """A whole booth of virtual parts with its supervisor, which can be killed and comes back."""

    def __init__(self, plan: Plan, watch: Callable[[Kiosk], None] = lambda kiosk: None) -> None:
        """`watch` is called after each turn of the supervisor, in its thread."""
        self._watch = watch
        self._plan = plan
        self._parts: Virtual = plan.virtual()
        self._lock = threading.Lock()
        self._playing = threading.Lock()  # one groove at a time
        self._player: Player | None = None
        self._closed = self._ended = False
        self._faults = dict.fromkeys(FAULTS, False)
        self.over = threading.Event()  # a mistake of the program has ended the supervisor
        self._runner = self._make()

    # -- the supervisor ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._runner.start()

    def close(self) -> None:
        """Everything given is done, then the supervisor ends, and no power cut brings another."""
        with self._lock:
            self._closed = True
        self._runner.stop()
        self._runner.kiosk.close()

    def wait(self) -> int:
        """Until the supervisor ends; raises what ended it."""
        self.over.wait()
        if not self._ended:
            self._runner.join()
        return 0

    def end(self) -> None:
        """Whoever waits for its end is to close it: it is switched off."""
        self._ended = True
        self.over.set()

    def restart(self) -> None:
        """Everything given is done and the supervisor ends in good order; then it boots again."""
        with self._lock:
            if self._closed:
                return
            self._runner.stop()
            self._runner.kiosk.close()
            self._parts = self._plan.again(self._parts)
            self._runner = self._make()
            self._runner.start()

    @property
    def kiosk(self) -> Kiosk:
        return self._runner.kiosk

    @property
    def failure(self) -> BaseException | None:
        """A mistake of the program that has ended the supervisor."""
        return self._runner.failure

    def power_cut(self) -> None:
        """The supervisor and the cutter are gone at once, and so is what was only in memory; then it boots again."""
        with self._lock:
            if self._closed:
                return
            self._runner.stop()
            self._runner.kiosk.drop()
            for take in self._plan.folders.run.glob(f'{PREFIX}*'):
                shutil.rmtree(take, ignore_errors=True)
            self._runner = self._make()
            self._runner.start()

    def _make(self) -> Runner:
        self._plan = self._plan.started_anew()
        runner = Runner(self._plan.kiosk(self._parts), self._beside, self.over.set)
        if self._faults[MISSING]:  # whoever comes back does not find it either
            runner.kiosk.inject(MISSING)
        return runner

    def _beside(self, kiosk: Kiosk) -> None:
        """A visit that is being shown goes on by a turn."""
        self._watch(kiosk)
        player = self._player
        if player is None:
            return
        try:
            player.turn(kiosk.parts.clock.now_s(), kiosk.booth.state)
        except AudioLetterError as error:
            log.warning('what was being shown has broken off: %s', error.line)
            self._player = None
        if player.over:
            self._player = None

    # -- hands -------------------------------------------------------------------------------------------------------

    def set(self, name: str, on: bool) -> None:
        """A control or sensor of `Inputs`; does nothing where the controls are real."""
        if self._parts.controls is not None:
            self._parts.controls.set(name, on)

    def speak(self, file: Path | None) -> None:
        """Into the microphone, from now on; None: silence. OptionError for a file that is no sound."""
        self._parts.microphone.speak(file)

    def feed(self, block: NDArray[np.float32]) -> None:
        """Somebody else's microphone: mono at 48 kHz."""
        self._parts.microphone.feed(block)

    def fault(self, name: str, on: bool) -> None:
        """Break or mend something; OptionError for what cannot be broken."""
        if name not in FAULTS:
            raise OptionError(f'there is no fault {name!r}', remedy=f'known are {", ".join(FAULTS)}')
        if name == 'power cut':
            if on:
                threading.Thread(target=self.power_cut, name='power cut').start()
            return
        self._faults[name] = on and name not in LATHE_FAULTS
        if name == 'microphone':
            self._parts.microphone.plug(not on)
        elif name == 'full disk':
            self._parts.disk.full = on
        elif name == MISSING or on:
            self.kiosk.inject(name, on)

    def faults(self) -> dict[str, bool]:
        return dict(self._faults)

    def tell(self, event: Event) -> None:
        """As the host."""
        self.kiosk.tell(event)

    def show(self) -> None:
        """A whole visit with the shipped letter, played by itself; a second call while it goes on changes nothing."""
        if self._player is None:
            self._player = Player(parse(demonstration(), 'visit.txt'), self, lambda text: None, sample_file())

    def showing(self) -> bool:
        return self._player is not None

    # -- eyes --------------------------------------------------------------------------------------------------------

    def inputs(self) -> Inputs:
        controls = self._parts.controls
        return Inputs() if controls is None else controls.now()

    def lamp(self) -> bool:
        controls = self._parts.controls
        return controls is not None and controls.lit

    def screen(self) -> tuple[int, bytes]:
        display = self._parts.display
        return (0, bytes(WIDTH * HEIGHT * 3)) if display is None else display.frame()

    def lit(self) -> bool:
        display = self._parts.display
        return display is None or display.lit

    def words(self) -> tuple[str, ...]:
        """Language, title, line and the labels of left pad, button and right pad; of a list, the row that is chosen; of
        several discs, which one."""
        view = self.kiosk.view
        texts = wording(view)
        line = ': '.join(text for text in (which(view), texts.line or chosen(view)) if text)
        return view.language, texts.title, line, texts.left, texts.go, texts.right

    def state(self) -> str:
        return self.kiosk.booth.state.value

    def platter(self) -> Platter:
        live, disc = self.kiosk.live, self.kiosk.settings.disc
        radii = (disc.diameter_mm / 2, disc.label_radius_mm)
        now = live.progress
        if now is None:
            return Platter(0.0, disc.diameter_mm / 2, 0.0, False, 0.0, 0.0, *radii)
        turning = self.kiosk.booth.state in (State.CUTTING, State.CANCEL)
        rpm, left_s = (now.rpm, now.left_s) if turning else (0.0, 0.0)
        return Platter(now.angle_rad, now.radius_mm, rpm, turning and now.head_down, now.part, left_s, *radii)

    def groove(self, disc: object, after: int) -> tuple[object, int, tuple[Point, ...]]:
        """Which it is, how many points there are, and those since the first `after` of them; of another than `disc`,
        all."""
        groove = self.kiosk.live.groove
        count = len(groove.points)
        return groove, count, tuple(groove.points[after if groove is disc else 0 : count])

    # -- ears and results --------------------------------------------------------------------------------------------

    def heard(self, after: int) -> tuple[int, bytes]:
        return self._parts.speaker.heard(after)

    def letters(self) -> tuple[Disc, ...]:
        """Newest first; what is not there yet is None."""
        return tuple(_disc(letter) for letter in self.kiosk.live.letters)

    def clean(self, number: int) -> Path | None:
        """What a letter's groove sounds like on a film without noise; made now if need be."""
        from appliance.playback import Listening, listen

        disc = next((disc for disc in self.letters() if disc.number == number), None)
        if disc is None or disc.groove is None or disc.clean is None:
            return None
        with self._playing:
            if not disc.clean.is_file():
                listen(disc.groove, disc.clean, Listening(film='none'))
        return disc.clean

    def sample(self) -> Path:
        return sample_file()

    # -- what a script asks for ----------------------------------------------------------------------------------------

    def ready(self) -> bool:
        """Whether the LCD says what a press of the button does."""
        return bool(wording(self.kiosk.view).go)

    def save_screen(self, file: Path) -> None:
        """The LCD as a picture; OptionError for a name that is none of a picture, or cannot be written."""
        try:
            Image.frombytes('RGB', (WIDTH, HEIGHT), self.screen()[1]).save(file)
        except (OSError, ValueError) as error:
            raise OptionError(f'the screen cannot be saved ({error})', where=str(file), remedy='name a .png') from error

    def results(self, folder: Path) -> bool:
        """The last letter's results, copied; False while they are not all there."""
        kiosk = self.kiosk
        newest = next(iter(kiosk.live.letters), None)
        if newest is None or newest.results is None or kiosk.live.finished != newest.number:
            return False
        folder.mkdir(parents=True, exist_ok=True)
        for name in (GROOVE, PICTURE, SOUND, REPORT):
            shutil.copyfile(newest.results / name, folder / name)
        with contextlib.suppress(OSError):
            shutil.copyfile(newest.wav, folder / 'letter.wav')
        return True
