"""The world outside a real supervisor: board, interlock, motors and time.

The supervisor's processes are real. Their board is the virtual Pi, which executes the control blocks that they write
into a file mapped as /dev/mem would be, and goes on when they are dead; the interlock is the firmware's own loop at the
other end of a pseudo-terminal. Time passes here alone, and only while every thread of theirs that lives and is not
frozen sleeps: so nothing depends on how fast the computer is, and whoever is to be late is made late on purpose.
"""

import contextlib
import mmap
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np

from appliance.lathe.settings import memory_words
from appliance.machine import bit, load_machine
from appliance.native import lib
from appliance.virtual.carriage import CarriageFollower, VirtualCarriage
from appliance.virtual.lathe import initial_levels, pi_settings
from appliance.virtual.pi import PiMemory, VirtualPi
from appliance.virtual.platter import PlatterFollower, VirtualPlatter
from tests.compose.real_rig import Logic
from tests.pi.boards import Firmware, board
from tests.through import wire
from tests.through.cable import Cable

ROOT = Path(__file__).parents[2]
TURN_US = 2000  # of the interlock's loop
PATIENCE_S = 300.0  # for a process that has something to do: more is a failure, however busy the computer
OFF_MS = 300  # within which power must be off and the head up, whatever happens
PAGE = 4096


class SharedPi(VirtualPi):
    """Its chain memory is a piece of the file that stands for physical memory."""

    def __init__(self, file, machine):
        self._file = file
        words = memory_words(machine)
        words += -words % (PAGE // 4)
        super().__init__(pi_settings(machine), PiMemory(chain_words=words, frames=1 << 16, edges=1 << 14))

    def _lend(self, memory):
        at = (lib.bcm_chip_named(b'bcm2837').ram_alias | 0x1DE00000) & ~lib.BUS_ALIAS_MASK
        with self._file.open('r+b') as file:
            self._map = mmap.mmap(file.fileno(), 4 * memory.chain_words, offset=at)
        self.memory = np.frombuffer(self._map, np.uint32)
        return super()._lend(memory)


class Thread:
    """One of theirs, at the other end of its socket."""

    def __init__(self, line):
        self.line, self.role, self.state = line, wire.OTHER, 'here'
        self.pid = struct.unpack('3i', line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        self.due_us = self.orders = 0

    def __repr__(self):
        return f'{wire.ROLES[self.role]} of {self.pid} ({self.state})'


class World:
    """`switched`: (ms, power, head) whenever the interlock changed its mind. `logic.set` works its inputs, `cable` the
    line to it."""

    def __init__(self, folder, letter, carriage_mm=None):
        self.folder, self._letter = folder, letter
        self.root = board(folder / 'root', '3')
        self.cable = Cable()
        self.machine = load_machine(self._machine_file())
        self.pi = SharedPi(self.root / 'dev/mem', self.machine)
        self.firmware = Firmware(bus=int(self.pi.door.memory_bus))
        self.logic, self.session = Logic(), 77
        self.carriage, self.platter = VirtualCarriage(self.machine), VirtualPlatter(self.machine)
        if carriage_mm is not None:
            self.carriage.radius_mm = carriage_mm
        self.levels = initial_levels(self.machine)
        self._carries = CarriageFollower(self.carriage, self.levels)
        self._turns = PlatterFollower(self.platter, self.levels.copy())
        self.power = self.head = False
        self.switched, self.booth, self.states = [], '', []
        self.marks, self.run_frame, self.runs = None, 0, 0
        self.accesses, self.on_access, self.on_mailbox = 0, None, None
        self.held = {}  # role -> until when none of its threads is woken
        self.threads, self.frozen, self._told, self.heard = [], set(), 0, 0
        self._orphans, self._mourners = set(), set()  # children whose parent is dead; those that have heard of it
        self.kiosk = None
        self._select = selectors.DefaultSelector()
        self._path = str(folder / 'world.sock')
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server.bind(self._path)
        self._server.listen(64)
        self._select.register(self._server, selectors.EVENT_READ)
        self._ticks = 0
        self.pass_ms(200)

    def _machine_file(self):
        file = self.folder / 'through.toml'
        file.write_text(
            '[machine]\nbase = "virtual"\nname = "through"\nkind = "real"\nchip = "bcm2837"\n'
            f'[interlock]\ndevice = "{self.cable.device}"\n'
        )
        return str(file)

    # -- the supervisor ------------------------------------------------------------------------------------------------

    def start(self, script):
        """`audioletter kiosk`, with somebody who does what the script says."""
        (self.folder / 'visit.txt').write_text(script)
        (self.folder / 'host.toml').write_text(
            '[voice]\nprompts = false\n[timeouts]\ncountdown_s = 1.0\nmaintenance_s = 3600.0\n'
        )
        words = ('kiosk', '--machine', str(self.folder / 'through.toml'), '--config', str(self.folder / 'host.toml'),
                 '--data', str(self.folder / 'data'), '--run', str(self.folder / 'run'), '--no-page', '--no-browser',
                 '--show')  # fmt: skip
        outside = {'THROUGH_SOCKET': self._path, 'THROUGH_ROOT': str(self.root), 'THROUGH_LETTER': str(self._letter),
                   'THROUGH_SCRIPT': str(self.folder / 'visit.txt')}  # fmt: skip
        self._forget()
        self._log = (self.folder / 'kiosk.log').open('ab')
        self.kiosk = subprocess.Popen(
            (sys.executable, '-m', 'tests.through.kiosk', *words),
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, env=os.environ | outside,
            start_new_session=True,
        )  # fmt: skip
        while not {wire.KIOSK, wire.WORKER} <= {thread.role for thread in self.threads}:
            self._serve('the kiosk and its cutter to start')

    def _forget(self):
        """One that was killed before."""
        if self.kiosk:
            self.kiosk.wait()
            self._log.close()
            self.kiosk = None

    @property
    def parent(self):
        return self.kiosk.pid

    @property
    def child(self):
        return next(thread.pid for thread in self.threads if thread.role == wire.EAR)

    def kill(self, *pids):
        """With -9, and until nothing of it is there any more."""
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        while any(thread.pid in pids for thread in self.threads):
            self._serve('the dead to be gone')

    def await_end(self):
        """Of all of them, by themselves, with all that needed time done."""
        while self.threads:
            self._serve('the end')

    def freeze(self, *pids):
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
            while Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'T':
                os.sched_yield()
        self.frozen |= set(pids)

    def thaw(self):
        for pid in self.frozen:
            os.kill(pid, signal.SIGCONT)
        self.frozen.clear()

    def close(self):
        """Everything that was started is ended."""
        for pid in {thread.pid for thread in self.threads} | ({self.kiosk.pid} if self.kiosk else set()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._forget()
        for thread in self.threads:
            thread.line.close()
        self._server.close()
        self._select.close()
        self.cable.close()
        self.pi.close()

    # -- what they ask -------------------------------------------------------------------------------------------------

    def _serve(self, what):
        """One request, or what has ended."""
        found = self._select.select(PATIENCE_S)
        assert found, f'waited in vain for {what}: {self.threads}, {self._told} told, {self.heard} heard\n{self.tail()}'
        for key, _ in found:
            if key.fileobj is self._server:
                line = self._server.accept()[0]
                self.threads.append(Thread(line))
                self._select.register(line, selectors.EVENT_READ, self.threads[-1])
            else:
                self._hear(key.data)

    def tail(self):
        return (self.folder / 'kiosk.log').read_text(errors='replace')[-3000:]

    def _hear(self, thread):
        try:
            said = thread.line.recv(wire.MOST)
        except ConnectionResetError:
            said = b''
        if not said:
            self._bury(thread)
            return
        kind, first, second = wire.REQUEST.unpack_from(said)
        if kind == wire.SLEEP:
            thread.state, thread.due_us = 'asleep', self.now_us + first
            return
        number, more = self._answer(thread, kind, first, second, said[wire.REQUEST.size :])
        with contextlib.suppress(BrokenPipeError):
            thread.line.sendall(wire.ANSWER.pack(number) + more)

    def _bury(self, thread):
        self._select.unregister(thread.line)
        thread.line.close()
        self.threads.remove(thread)
        if thread.role == wire.EAR:
            self._told = self.heard = 0
        elif thread.role == wire.KIOSK:
            self._orphans |= {other.pid for other in self.threads if other.role == wire.EAR}

    def _answer(self, thread, kind, first, second, more):
        door = self.pi.door
        if kind in (wire.READ, wire.WRITE):
            self.accesses += 1
            if self.on_access is not None:
                self.on_access(self.accesses)
            if kind == wire.READ:
                return int(door.read(door.self, first)), b''
            door.write(door.self, first, second)
        elif kind == wire.HERE:
            thread.role, thread.state = thread.role if first < 0 else first, 'new' if first == wire.WORKER else 'here'
        elif kind == wire.JOINS:
            thread.state = 'joins'
        elif kind == wire.SAID:
            self.cable.await_said(first)
        elif kind == wire.MAILBOX:
            return 0, self._firmware(more)
        elif kind == wire.MARKS:
            self.marks, self.run_frame = (first, *map(int, more.split()), second), self.pi.frames
            self.runs += 1
        elif kind == wire.STATE:
            if (state := more.decode()) != self.booth:
                self.booth = state
                self.states.append(state)
        else:
            self._count(thread, kind, first)
        return self.now_us, b''

    def _count(self, thread, kind, first):
        self._told += kind == wire.TOLD
        self.heard += kind == wire.HEARD
        if kind == wire.GONE:
            self._mourners.add(thread.pid)
        if kind == wire.IDLE:
            thread.orders -= thread.role == wire.WORKER and thread.state != 'new'
            thread.state = 'here' if thread.orders > 0 else 'idle'
        elif first and kind in (wire.HEARD, wire.GONE):
            worker = next(other for other in self.threads if (other.pid, other.role) == (thread.pid, wire.WORKER))
            worker.orders += 1
            if worker.state == 'idle' and worker.orders > 0:
                worker.state = 'here'

    def _firmware(self, said):
        message = memoryview(bytearray(said)).cast('I')
        if self.on_mailbox is not None:
            self.on_mailbox(message[2])
        self.firmware.call(message)
        return message.tobytes()

    # -- time ----------------------------------------------------------------------------------------------------------

    @property
    def now_us(self):
        return int(self.pi.door.now_us(self.pi.door.self))

    @property
    def now_ms(self):
        return self.now_us / 1000

    def _busy(self):
        """Whoever computes: time stands still for it."""
        live = [thread for thread in self.threads if thread.pid not in self.frozen]
        asleep = {thread.pid for thread in live if thread.state == 'asleep'}
        works = (wire.KIOSK, wire.WORKER, wire.FEEDER, wire.WATCHER)
        busy = [thread for thread in live if thread.role in works and thread.state == 'here']
        # Whoever waits for others of the same process of whom none sleeps is about to go on.
        busy += [thread for thread in live if thread.state == 'joins' and thread.pid not in asleep]
        ears = [thread for thread in live if thread.role == wire.EAR and thread.state != 'joins']
        unaware = self._orphans - self._mourners
        return busy or [ear for ear in ears if self._told != self.heard or ear.pid in unaware]

    def settle(self):
        while self._busy():
            self._serve('those who compute')

    def run(self, until):
        """Until `until()`, which is asked between any two things that happen; or for so many ms."""
        if not callable(until):
            end_us = self.now_us + round(until * 1000)
            return self._run(lambda: self.now_us >= end_us, end_us)
        return self._run(until, float('inf'))

    def _run(self, until, end_us):
        self.settle()
        limit_us = self.now_us + 120_000_000
        while not until():
            assert self.now_us < limit_us, f'two minutes are over: {self.threads}\n{self.tail()}'
            sleepers = [thread for thread in self.threads if thread.state == 'asleep' and thread.pid not in self.frozen]
            first = min(sleepers, key=self._due, default=None)
            at_us = min(end_us, (self._ticks + 1) * TURN_US, self._due(first) if first else float('inf'))
            self._pass_to(at_us)
            if first and self._due(first) <= self.now_us:
                first.state = 'idle' if first.role == wire.OTHER else 'here'
                with contextlib.suppress(BrokenPipeError):
                    first.line.sendall(wire.ANSWER.pack(self.now_us))
            self.settle()

    def _due(self, thread):
        return max(thread.due_us, self.held.get(thread.role, 0))

    def pass_ms(self, ms):
        """With nobody there."""
        end_us = self.now_us + round(ms * 1000)
        while self.now_us < end_us:
            self._pass_to(min(end_us, (self._ticks + 1) * TURN_US))

    def _pass_to(self, at_us):
        self.pi.pass_us(int(at_us) - self.now_us)
        if self.now_us >= (self._ticks + 1) * TURN_US:
            self._ticks += 1
            self._turn()

    def _turn(self):
        """One of the interlock's, with all that the board has done since the last."""
        due = {'beats': 0, 'steps': 0, 'turns': 0}
        while len((block := self.pi.drain(timeout_ms=0)).pwm) or len(block.edge_frame):
            self._take(block, due)
        self.logic.set(home=int(self.carriage.at_home))
        self.logic.hear(self.cable.take())
        before = self.power, self.head
        self.power, self.head = self.logic.turn(ms=TURN_US // 1000, relay_contact=int(self.power), **due)
        wrote, self.logic.wrote = self.logic.wrote, b''
        self.cable.give(wrote)
        if before != (self.power, self.head):
            self.switched.append((self.now_us / 1000, self.power, self.head))

    def _take(self, block, due):
        pins, passed = self.machine.pins, len(self._turns.pulses)
        self._carries.take(block)
        self._carries.finish()
        self._turns.take(block)
        due['beats'] += int((block.edge_gpio == pins.heartbeat).sum())
        due['steps'] += int(((block.edge_gpio == pins.platter_step) & (block.edge_level == 1)).sum())
        due['turns'] += len(self._turns.pulses) - passed

    # -- what is seen --------------------------------------------------------------------------------------------------

    def pin(self, gpio):
        return self.pi.door.read(self.pi.door.self, lib.GPLEV0) >> gpio & 1

    @property
    def pins_off(self):
        """Whether the Pi's own pins ask for no power and hold the head up."""
        pins = self.machine.pins
        asked = ((pins.enable, pins.enable_active), (pins.bridge_enable, pins.bridge_enable_active),
                 (pins.head_lift, pins.lift_down))  # fmt: skip
        return not any(self.pin(gpio) == bit(active) for gpio, active in asked)

    @property
    def prepared(self):
        """Whether the cutter has thought about the letter and waits for the order to cut it."""
        workers = [thread for thread in self.threads if thread.role == wire.WORKER]
        return self.heard > 0 and any(worker.state == 'idle' for worker in workers)

    @property
    def frame(self):
        """Of the run, in which its marks are counted."""
        return self.pi.frames - self.run_frame

    def dma(self, register):
        """Of the channel that is ours."""
        channel = lib.bcm_chip_named(b'bcm2837').dma_channel
        return self.pi.door.read(self.pi.door.self, lib.bcm_dma_register(channel, getattr(lib, f'DMA_{register}')))

    def reset_pico(self):
        """As its watchdog or a loose supply would: outputs off, another session."""
        self.session += 1
        self.logic = Logic(session=self.session)
        self.power = self.head = False
        self.switched.append((self.now_us / 1000, False, False))
