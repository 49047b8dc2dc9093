"""The real microphone on a card that is turned by hand: every thread's work is done in the turn of a test."""

from appliance.booth.microphone import SounddeviceMicrophone
from appliance.booth.sound_system import SoundSystem
from appliance.compose.instruments import PacedLibrary
from appliance.virtual.booth.paced import PacedCard


class HandCard(PacedCard):
    """Gives what is due when it is turned, between `start` and `stop`."""

    on = False

    def start(self):
        self._began_s, self.given, self.on = self._clock.now_s(), 0, True

    def stop(self):
        self.on = False


class HandLibrary(PacedLibrary):
    card = HandCard


class HandSystem(SoundSystem):
    def start(self):
        """Turned by the test."""


class HandMicrophone(SounddeviceMicrophone):
    """`turn` does what its threads and PortAudio's would have done by now."""

    def __init__(self, clock, tape):
        self.library = HandLibrary(clock, tape)
        self.system = HandSystem(lambda: self.library, lambda: '', clock.now_s)
        super().__init__(self.system)

    def turn(self):
        self.system.turn()
        for card in self.library.cards:
            if card.on:
                card.turn()
        self.pump()
