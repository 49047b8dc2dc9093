"""A booth on recorded wires: the whole supervisor with the real drivers, and a visitor whose fingers move pins.

Nothing is pressed on `Inputs`: a step of a script becomes a level on a pin, with the chatter of its contact. After each
turn that brought a new view, the bytes that went over SPI must have made that very picture on the glass.
"""

from pathlib import Path

from appliance.compose.booth import Choice, Header, Plan
from appliance.compose.handles import VirtualBooth, sample_file
from appliance.compose.headless import LONGEST_S, WORK_S
from appliance.compose.script import Player, parse
from appliance.config import load_config
from appliance.config.places import Folders
from appliance.kiosk.loop import TURN_S
from appliance.screens import draw
from appliance.screens.wording import wording
from appliance.virtual.booth.sound import VirtualSpeaker
from tests.booth.rig import Rig
from tests.story.carded import HandMicrophone


class Fingers:
    """Hands for a script: controls and sensors are pins, all else is as in any booth."""

    def __init__(self, booth, rig):
        self._booth, self._rig = booth, rig

    def set(self, name, on):
        self._rig.set(name, on)

    def __getattr__(self, name):
        return getattr(self._booth, name)


class WiredBooth:
    """Plays scripts, and looks at the glass and the lamp all the while."""

    def __init__(self, folder, machine, seed=0, tape=None):
        """`tape`: what a real microphone hears from its card, again and again; without, the microphone is virtual."""
        self.rig = Rig(machine, seed=seed)
        config, _ = load_config(system=folder)
        folders = Folders(folder / 'data', folder / 'run')
        for place in (folders.data, folders.run):
            place.mkdir()
        clock = self.rig.clock
        self.microphone = None if tape is None else HandMicrophone(clock, tape)
        card = (self.microphone, VirtualSpeaker(clock))
        header = Header(lambda: self.rig.header, lambda: self.rig.bus, lambda machine: card)
        real = frozenset({'controls', 'lcd'} | ({'sound'} if self.microphone else set()))
        choice = Choice(real, None, self.rig.clock, threads=False, header=header)
        self.plan = Plan(config, machine, 'virtual', folders, choice)
        self.booth = VirtualBooth(self.plan)
        self.kiosk = self.booth.kiosk
        self.seen = []  # states, as the glass showed them
        self.pictures = 0  # that were compared
        self._view = None
        self.kiosk.start()

    def play(self, text):
        player = Player(parse(text, 'visit.txt'), Fingers(self.booth, self.rig), lambda said: None, sample_file())
        while not player.over:
            self.turn()
            player.turn(self.rig.clock.now_s(), self.kiosk.booth.state)
        self.turn()

    def turn(self):
        kiosk = self.kiosk
        kiosk.turn()
        self.look()
        if kiosk.waits:
            kiosk.wait(WORK_S)
        for _ in range(round((WORK_S if kiosk.waits else TURN_S) / TURN_S)):
            self.rig.clock.rest(TURN_S)
            if self.microphone:  # its card holds no more than 40 ms
                self.microphone.turn()
        assert self.rig.clock.now_s() < LONGEST_S

    def look(self):
        """The glass shows the view of this moment, the light is on unless it is dark, the lamp says what works."""
        view = self.kiosk.view
        if view is self._view or self.rig.bus.broken:
            return
        self._view = view
        self.pictures += 1
        assert self.rig.shows(draw(view)), (view.state, self.kiosk.parts.display.cause)
        assert self.rig.lit() is not view.dark
        assert self.rig.lamp() is bool(wording(view).go), view.state
        if not self.seen or self.seen[-1] is not view.state:
            self.seen.append(view.state)

    def letters(self):
        """The recordings that were kept."""
        return sorted(Path(self.plan.folders.data).glob('letters/*/*.wav'))
