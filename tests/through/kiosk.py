"""`audioletter kiosk` as it is, but for what it asks the world for: time. Started by `world.World`."""

import functools
import os
import sys
from pathlib import Path

from appliance import orders
from appliance.commands import main
from appliance.compose import booth, handles
from appliance.kiosk import loop
from appliance.kiosk.cutter import Cutter
from tests.through.wire import HERE, KIOSK, SLEEP, STATE, TOLD, ModelClock, Outside

CHILD = ('-m', 'tests.through.child')
ANSWERED_S = 20.0  # by the archivist, on the computer's own clock


class ToldCutter(Cutter):
    """The world is told of each order, so that it waits until the child has heard it."""

    def __init__(self, **how):
        super().__init__(CHILD, **how)

    def _tell(self, order):
        super()._tell(orders.Ping(MODEL.now_s()) if isinstance(order, orders.Ping) else order)
        if self._pipe is not None:
            OUTSIDE.ask(TOLD)

    def _warm(self):
        new = self._pipe is None
        pipe = super()._warm()
        if new:
            for _ in self._switches:
                OUTSIDE.ask(TOLD)
        return pipe


def start(kiosk):
    OUTSIDE.ask(HERE, KIOSK)
    begin(kiosk)


def rest(kiosk):
    """As long as a turn of a real booth takes, with all that its disk was asked for done."""
    if kiosk.parts.archivist.busy:
        kiosk.parts.archivist.wait(ANSWERED_S)
    OUTSIDE.ask(STATE, more=f'{kiosk.booth.state.value}|{kiosk.booth.reason}'.encode())
    OUTSIDE.ask(SLEEP, round(loop.REST_S * 1e6))


if __name__ == '__main__':
    OUTSIDE, begin = Outside(os.environ['THROUGH_SOCKET']), loop.Kiosk.start
    MODEL = ModelClock(OUTSIDE)
    script, letter = (Path(os.environ[name]) for name in ('THROUGH_SCRIPT', 'THROUGH_LETTER'))
    booth.Choice = functools.partial(booth.Choice, clock=MODEL, threads=False, header=booth.Header(board=bool))
    booth.Cutter = ToldCutter
    loop.FRAME_S = 2.0  # who draws all pictures in time is asked elsewhere
    loop.Kiosk.start, loop.Kiosk.rest = start, rest
    handles.demonstration, handles.sample_file = script.read_text, lambda: letter
    sys.exit(main(sys.argv[1:]))
