"""The cutter's child of a virtual booth as it is; but it tells of each sign of life and of what its interlock lets be,
and when its machine has come to a moment, the booth above it is frozen or killed, by the next sign of its life."""

import os
import signal
import sys

from appliance.compose import cutter_child
from appliance.virtual.interlock import FRAMES_PER_MS, VirtualInterlock
from appliance.virtual.lathe import VirtualLathe
from appliance.virtual.power.signs import Signs

MOMENT, DEED = os.environ['THROUGH_MOMENT'], os.environ['THROUGH_DEED']
TOLD = os.open(os.environ['THROUGH_TOLD'], os.O_WRONLY)
MS = 200  # frames
AT = {  # frame of a cut with these marks
    'spin-up': lambda marks, frames: marks.head_down_frame // 2,
    'lead-in': lambda marks, frames: (marks.head_down_frame + marks.message_frame) // 2,
    'programme': lambda marks, frames: (marks.message_frame + marks.message_end_frame) // 2,
    'run-out': lambda marks, frames: marks.message_end_frame + 500 * MS,
    'spin-down': lambda marks, frames: marks.head_up_frame + 300 * MS,
}


class Watch:
    """What moves now. `due_ms`: in the interlock's time; None: nothing is to happen in this movement."""

    def __init__(self):
        self.due_ms, self.at_frame, self.done = None, None, False

    def begins(self, score):
        marks = score.marks
        cut = marks.head_down_frame < marks.head_up_frame
        self.due_ms = self.at_frame = None
        if MOMENT == 'homing' and not cut:
            self.at_frame = 0
        elif cut and MOMENT in AT:
            self.at_frame = AT[MOMENT](marks, score.frames)


WATCH = Watch()


def tell(*words):
    os.write(TOLD, ' '.join(map(str, words)).encode() + b'\n')


def watched(interlock):
    """A rehearsal has a time of its own, and nobody watches over it."""
    return interlock._signs is not None


def start(lathe, score, begin=VirtualLathe.start):
    WATCH.begins(score)
    begin(lathe, score)


def begin(interlock, plain=VirtualInterlock.begin):
    plain(interlock)
    if WATCH.at_frame is not None:
        WATCH.due_ms = interlock.now_s() * 1000 + WATCH.at_frame / FRAMES_PER_MS


def live(interlock, first, counts, plain=VirtualInterlock.live):
    lets = plain(interlock, first, counts)
    for let in lets if watched(interlock) else ():
        tell('let', interlock._from_ms + let.frame / FRAMES_PER_MS, int(let.power), int(let.head))
    return lets


def end(interlock, plain=VirtualInterlock.end):
    plain(interlock)
    if watched(interlock):
        tell('let', interlock.now_s() * 1000, int(interlock.pico.power), int(interlock.pico.head))


def say(child, message, plain=cutter_child.Child.say):
    tell('said', type(message).__name__)
    plain(child, message)


def heard(signs, ms, plain=Signs.heard):
    tell('sign', ms)
    plain(signs, ms)
    if WATCH.due_ms is not None and ms >= WATCH.due_ms and not WATCH.done:
        WATCH.done = True
        os.kill(os.getppid(), getattr(signal, DEED))
        tell('done', ms)


if __name__ == '__main__':
    VirtualLathe.start, Signs.heard, cutter_child.Child.say = start, heard, say
    VirtualInterlock.begin, VirtualInterlock.live, VirtualInterlock.end = begin, live, end
    cutter_child.main(int(sys.argv[1]), *sys.argv[2:])
