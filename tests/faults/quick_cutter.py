"""A cutter's child that thinks of nothing: plans at once, cuts in a few milliseconds, and ends when it is alone."""

import contextlib
import os
import shutil
import sys
import threading
from multiprocessing.connection import Connection

from appliance import orders

PARTS = 20
PART_S = 0.001
LATE_S = 0.05  # before the disc has its name: time enough for the parent to be killed meanwhile


class Quick:
    """Makes the files of a real one, in the same order and by the same names."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.prepared = False

    def prepare(self, order):
        self.prepared = True
        with contextlib.suppress(FileNotFoundError):  # forgotten meanwhile
            (order.wav.parent / 'plan').write_bytes(bytes(1000))
        words = (2.0, 3.0, 78.0, -12.0, 'quick', 100.0, 90.0, order.order.disc, order.order.take)
        self.pipe.send(orders.Facts(*words))

    def preview(self, order):
        sound = order.folder / 'preview.wav'
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(order.folder / 'take.wav', sound)
            self.pipe.send(orders.Previewed(sound))

    def cut(self, order):
        if not self.prepared:
            self.pipe.send(orders.Refused('plan', 'nothing was prepared'))
            return
        part = order.folder.with_name(order.folder.name + '.part')
        part.mkdir()
        for done in range(PARTS):
            (part / 'groove.npz').write_bytes(bytes(1000 * done))
            self.pipe.send(orders.Progress(done / PARTS, 0.0, float(done), 90.0, 78.0, True))
            if self.pipe.poll(PART_S):
                said = self.pipe.recv()
                if isinstance(said, orders.Stop) or said == orders.Switch('lid_closed', False):
                    shutil.rmtree(part)
                    self.pipe.send(orders.Stopped('stopped', getattr(said, 'key', 'lid')))
                    return
        (part / 'report.json').write_text('{}')
        threading.Event().wait(LATE_S)
        part.rename(order.folder)
        self.pipe.send(orders.Done(order.folder, {'letter_s': 2.0}))
        (order.folder / 'disc.png').write_bytes(bytes(1000))
        self.pipe.send(orders.Finished(order.folder))


def main():
    pipe = Connection(int(sys.argv[1]))
    quick = Quick(pipe)
    deeds = {orders.Prepare: quick.prepare, orders.Preview: quick.preview, orders.Cut: quick.cut}
    try:
        while True:
            said = pipe.recv()
            if deed := deeds.get(type(said)):
                deed(said)
    except (EOFError, OSError):  # the parent has been killed, or has forgotten the take meanwhile
        os._exit(0)


if __name__ == '__main__':
    main()
