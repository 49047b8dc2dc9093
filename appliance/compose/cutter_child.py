"""The child of `appliance.kiosk.cutter`: one thread listens to the pipe, one works; a stop never waits for the work."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import shutil
import signal
import sys
import threading
import traceback
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from appliance import orders
from appliance.clock import RealClock, monotonic_s
from appliance.compose.bed import Bed
from appliance.compose.hands import Hand
from appliance.compose.machines import Around, Shop, bed_of, watch_over, workshop
from appliance.compose.real.site import RUN, Site, tidy_up
from appliance.compose.real.standby import Standby
from appliance.compose.shop import Keeping
from appliance.compose.trial import Trial
from appliance.compose.virtual.rehearsal import CancelledError, Previews
from appliance.cut import Prepared, Quiet, Request, prepare, told
from appliance.cut.master import keep_master, prepare_again
from appliance.cut.prepare import Stopwatch
from appliance.errors import AudioLetterError, CutFaultError, MachineRefusesError, OptionError, key_of
from appliance.files import whole_file
from appliance.hands.orders import TestCut
from appliance.interlock.pico import LIVES_S
from appliance.lathe.homing import longest_s
from appliance.machine import Machine, load_disc, load_machine
from appliance.message.shelf import MASTER
from appliance.urgency import give_way
from appliance.virtual.interlock import VirtualInterlock
from appliance.virtual.power.signs import Signs

MADE = '.part'
SLIP, SLIPPED = 'slip', 1.02  # a fault of the virtual machine: its belt creeps, by so much
BROKEN = 70  # exit code of a mistake in the program (sysexits.h, EX_SOFTWARE)
# A terminal, or whoever ends a whole group of processes, says these to the child too; its parent ends it, by the pipe.
NOT_FOR_US = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)

Order = orders.Prepare | orders.Preview | orders.Cut | orders.Forget | orders.Errand
ENDS_PREVIEW = orders.Prepare | orders.Forget | orders.Cut | orders.Stop | None


class Child:
    """Works off orders; `hear` is called by the pipe's thread, everything else by the worker's."""

    def __init__(self, pipe: Connection, site: Site | None = None, real: str = '') -> None:
        """`site`: where a real machine's parts are; None: where they usually are. `real`: the booth's, if it is one."""
        self._pipe, self._site, self._real = pipe, site or Site(), real
        self._orders: queue.Queue[Order | None] = queue.Queue()
        self._signs = Signs(self._ask)  # by which a virtual machine lives; a real one by `alive_s`
        self._interlock = VirtualInterlock(signs=self._signs)
        self._lock = threading.Lock()
        self._saying = threading.Lock()  # both threads speak, and what one says must not lie within the other's
        self._wanted: orders.Prepare | None = None  # what is to be prepared; anything else is given up
        self._prepared: tuple[orders.Prepare, Prepared] | None = None
        self._shop: Shop | Hand | Trial | None = None  # whatever moves the machine now
        self._doing: orders.Prepare | None = None
        self._previews = Previews()
        self._bed: Bed | None = None
        self._slips = False
        self._stop: orders.Stop | None = None  # asked for since the last order to cut or to move
        self._pinged_s = float('-inf')
        self._errand = 0  # number of the one that is wanted; any other is given up

    def hear(self, order: Any) -> None:
        """None: the parent has gone."""
        if isinstance(order, orders.Ping):
            self._pinged_s = min(order.at_s, monotonic_s())
            self.say(order)
            return
        if isinstance(order, orders.Alive):
            self._signs.heard(order.ms)
            return
        if order is None:
            self._signs.gone()
        if isinstance(order, ENDS_PREVIEW | orders.Preview):
            self._previews.want(order if isinstance(order, orders.Preview) else None)
        with self._lock:
            if isinstance(order, orders.Switch):
                setattr(self._interlock, order.name, order.on)
            elif isinstance(order, orders.Inject):
                self._inject(order.fault)
            elif isinstance(order, orders.EndErrand):
                self._end_errand(order.number)
            elif isinstance(order, orders.Stop) or order is None:
                self._stop = order or orders.Stop('the booth has ended', 'power')
                if self._shop:
                    self._shop.stop(self._stop.cause, self._stop.key)
            elif isinstance(order, orders.Prepare | orders.Forget):
                self._wanted = order if isinstance(order, orders.Prepare) else None
                self._prepared = None
            elif isinstance(order, orders.Cut | orders.Errand):
                self._stop = None
                self._errand = order.number if isinstance(order, orders.Errand) else 0
        if order is None or isinstance(order, Order):
            self._orders.put(order)

    def alive_s(self) -> float:
        """How long the parent is still believed to be."""
        return self._pinged_s + LIVES_S - monotonic_s()

    def _inject(self, fault: str) -> None:
        self._slips |= fault == SLIP
        try:
            if self._shop:
                self._shop.inject(fault)
        except OptionError as error:
            print(error.line, file=sys.stderr)

    def work(self) -> None:
        tidy_up(self._real, self._site)
        around = Around(self._interlock, self.alive_s, self._site)
        self._standby = Standby(lambda: watch_over(self._real, around), self.say, self._site.clock.now_s)
        while (order := self._standby.next(self._orders)) is not None:
            if isinstance(order, orders.Prepare | orders.Forget):
                self._previews.wipe()
            if isinstance(order, orders.Prepare):
                self._prepare(order)
            elif isinstance(order, orders.Preview):
                self._preview(order)
            elif isinstance(order, orders.Cut):
                self._cut(order)
            elif isinstance(order, orders.Errand):
                self._run_errand(order)

    def say(self, message: Any) -> None:
        with self._saying, contextlib.suppress(OSError):  # nobody listens any more
            self._pipe.send(message)

    def _ask(self, ms: float) -> None:
        """By the thread that moves the machine, which waits for nobody: where the pipe is full, it asks again soon."""
        if self._saying.acquire(blocking=False):
            try:
                if select.select([], [self._pipe], [], 0)[1]:
                    self._pipe.send(orders.Alive(ms))
            except OSError:
                self._signs.gone()
            finally:
                self._saying.release()

    # what a preparation watches
    def stage(self, name: str) -> None:
        if self._wanted is not self._doing:
            raise CancelledError
        self._standby.glance()

    def part(self, done: float) -> None:
        self.stage('')

    def _prepare(self, order: orders.Prepare) -> None:
        self._doing, asked = order, order.order
        try:
            machine, disc = load_machine(asked.machine), load_disc(asked.disc)
            request = Request(order.wav, disc, machine, asked.speed, asked.curve)
            kept, folder = order.master, order.wav.parent
            made = prepare_again(request, kept, folder, self) if kept else prepare(request, folder, self)
            self.stage('')
        except CancelledError:
            return
        except (AudioLetterError, OSError, MemoryError) as error:
            self.say(orders.Refused(key_of(error), str(error) or type(error).__name__, asked.take))
            return
        with self._lock:
            self._prepared = (order, made)
        self._tell_facts(asked, made)

    def _tell_facts(self, asked: orders.Order, made: Prepared) -> None:
        """How it would be cut from where the carriage is now."""
        plan, machine, slow = made.chosen.plan, made.request.machine, asked.slowness
        self.say(
            orders.Facts(
                made.letter_s,
                made.total_s * slow,
                made.speed_rpm,
                made.level_db,
                made.why,
                plan.radius_start_mm,
                plan.radius_end_mm,
                made.request.disc.name,
                asked.take,
                bool(made.master) and not made.anew,
                made.anew,
                0.0 if self._bed_of(machine).carriage.parked else longest_s(machine) / (asked.pace or 1.0),
            )
        )

    def _bed_of(self, machine: Machine) -> Bed:
        """As the last cut or the last hand has left it; another machine has another."""
        if self._bed is None or self._bed.machine != machine:
            self._bed = bed_of(machine, Around(self._interlock, self.alive_s, self._site))
        if self._slips:
            self._bed.slip(SLIPPED)
        return self._bed

    def _preview(self, order: orders.Preview) -> None:
        """Nothing of it is left behind by the time another order begins."""
        self._previews.wipe()
        take = 0
        try:
            what, made = self._at_hand('heard')
            take = what.order.take
            sound = self._previews.make(order, made)
        except CancelledError:
            return
        except (AudioLetterError, OSError, MemoryError) as error:
            if self._previews.is_wanted(order):
                self.say(orders.Refused(key_of(error), str(error) or type(error).__name__, take))
            return
        self.say(orders.Previewed(sound))

    def _at_hand(self, for_what: str) -> tuple[orders.Prepare, Prepared]:
        """The letter that was prepared."""
        with self._lock:
            if self._prepared is None:
                raise OptionError(f'there is no letter to be {for_what}', remedy='prepare it first')
            return self._prepared

    def _cut(self, order: orders.Cut) -> None:
        """What is said last is said when nothing half-made lies about any more."""
        part = order.folder.with_name(order.folder.name + MADE)
        last: Any = None
        try:
            asked, made, shop = self._begin(order, part)
            self._carry_out(made, shop, order, made.total_s * asked.slowness)
        except CutFaultError as error:
            stopped = self._shop is not None and self._shop.stopped
            last = orders.Stopped(error.line, error.key) if stopped else orders.Fault(error.key, error.line)
        except (OptionError, MachineRefusesError) as error:
            last = orders.Refused(error.key, error.line)
        except (AudioLetterError, OSError, MemoryError) as error:
            last = orders.Fault(key_of(error), str(error) or type(error).__name__)
        finally:
            self._shop = None
            shutil.rmtree(part, ignore_errors=True)
        if last is not None:
            self.say(last)
            with self._lock:
                prepared = self._prepared
            if prepared is not None:  # a carriage that was stopped must go home first: the next cut takes longer
                self._tell_facts(prepared[0].order, prepared[1])

    def _end_errand(self, number: int) -> None:
        """Whether it runs or has not begun. Called by the pipe's thread, which holds the lock."""
        if number == self._errand:
            self._errand, self._stop = 0, orders.Stop('the host has stopped it', 'visitor')
            if self._shop:
                self._shop.stop(self._stop.cause, self._stop.key)

    def _run_errand(self, errand: orders.Errand) -> None:
        """By a maintainer's hand. What ends it is the last that is said, power off and head up."""
        order = errand.order
        try:
            bed = self._bed_of(load_machine(order.setup.machine))
            made = Trial if isinstance(order, TestCut) else Hand

            def tell(said: Any) -> None:
                self.say(orders.ErrandSaid(errand.number, said))

            with self._lock:
                if errand.number != self._errand:
                    raise CutFaultError('it was stopped before it began', key='visitor')
                self._shop = hand = made(bed, tell, order.setup)
                if self._stop:
                    hand.stop(self._stop.cause, self._stop.key)
            last: Any = hand.carry_out(order)
        except AudioLetterError as error:
            last = error
        except (OSError, MemoryError) as error:
            last = CutFaultError(str(error) or type(error).__name__, where='the machine', key=key_of(error))
        finally:
            self._shop = None
        self.say(orders.ErrandSaid(errand.number, last, last=True))

    def _begin(self, order: orders.Cut, part: Path) -> tuple[orders.Order, Prepared, Shop]:
        """The shop for the letter that was prepared; OptionError before a blank is spent if there is nothing to cut or
        no place for the results."""
        what, made = self._at_hand('cut')
        if order.folder.exists():
            where = str(order.folder)
            raise OptionError('there are results already', where=where, remedy='name another', key='storage')
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        bench = self._bed_of(made.request.machine).bench(what.order.pace, RealClock())
        shop = workshop(made.request.machine, made.request.disc, part, Keeping(results=True), bench)
        with self._lock:  # not while disk and board are asked: who speaks of a stop is heard at once
            self._shop = shop
            if self._stop:
                shop.stop(self._stop.cause, self._stop.key)
        return what.order, made, shop

    def _carry_out(self, made: Prepared, shop: Shop, order: orders.Cut, total_s: float) -> None:
        """Takes `total_s`. Disc and report first: the visitor need not wait for master, picture and sound."""
        folder = order.folder
        clock = Stopwatch(Quiet(), dict(made.spent_s))
        with clock.stage('cut'):
            outcome = shop.cut(made.timeline, made.facts, Teller(self, shop, total_s))
        report = {'number': order.mark, **told(made, outcome, clock.spent_s)}
        with whole_file(shop.scratch / 'report.json') as file:
            file.write_text(json.dumps(report, indent=2) + '\n', encoding='utf-8')
        shop.scratch.replace(folder)
        shop.scratch = folder
        self.say(orders.Done(folder, report))
        self._keep_master(folder)
        shop.finish(Quiet())
        self.say(orders.Finished(folder))

    def _keep_master(self, folder: Path) -> None:
        """Of a disc that is done, beside its letter, for copies. Where that cannot be, they are planned anew."""
        with self._lock:
            prepared = self._prepared
        if prepared is None:
            return
        asked, made = prepared
        if not made.master:
            try:
                made = replace(made, master=keep_master(made, folder.parent / MASTER))
            except (AudioLetterError, OSError):  # a full disk, or the letter was forgotten meanwhile
                return
            with self._lock:
                if self._prepared is prepared:
                    self._prepared = (asked, made)
        self.say(orders.Mastered(made.master))


class Teller(Quiet):
    """Tells the parent how a cut goes that takes `total_s`."""

    def __init__(self, child: Child, shop: Shop, total_s: float) -> None:
        self._child, self._shop, self._total_s = child, shop, total_s

    def part(self, done: float) -> None:
        seen, left_s = self._shop.look(), self._total_s * (1 - done)
        place = (seen.angle_rad, seen.radius_mm, seen.rpm, seen.head_down, seen.points)
        homing = self._shop.homing
        self._child.say(orders.Progress(done, left_s, *place, homing=homing, queued_ms=seen.queued_ms))


def _working(child: Child) -> None:
    """A mistake of the program ends the child, so that the parent hears of it; a cut has closed its lathe by then."""
    try:
        child.work()
    except BaseException:
        traceback.print_exc()
        os._exit(BROKEN)


def _next(pipe: Connection) -> Any:
    """The next order; None when there will be no more."""
    with contextlib.suppress(EOFError, OSError):
        return pipe.recv()


def main(descriptor: int, run: str = str(RUN), real: str = '') -> None:
    """Until the pipe closes; then whatever is cut is stopped, and the work ended, before this process ends. So too
    after a mistake of the program in what is heard, for nobody would hear of a stop any more."""
    for number in NOT_FOR_US:
        signal.signal(number, signal.SIG_IGN)
    give_way(0)  # mastering gives way to sound and screen
    pipe = Connection(descriptor)
    child = Child(pipe, Site(run=Path(run)), real)
    worker = threading.Thread(target=_working, args=(child,), name='worker', daemon=True)
    worker.start()
    try:
        while (order := _next(pipe)) is not None:
            child.hear(order)
    finally:
        child.hear(None)
        worker.join()


if __name__ == '__main__':
    main(int(sys.argv[1]), *sys.argv[2:])
