"""A desk with a handful of commands, its server on a socket, and a client that says exactly what it is told to."""

from __future__ import annotations

import errno
import json
import os
import queue
import socket
import threading

from appliance.booth.doors import Heard
from appliance.desk.book import Blob, Call, Command, Line, Look
from appliance.desk.catalogue import Catalogue
from appliance.desk.office import Office
from appliance.desk.server import SOCKET, Server
from appliance.desk.session import Room
from appliance.desk.wire import Limits
from appliance.errors import MachineRefusesError
from appliance.workflow.values import Booth, State

WAIT_S = 60.0  # of this computer's time, for what is to come at once


class StubDesk:
    """Implements `book.Desk` as far as these commands go."""

    def __init__(self):
        self.state, self.told, self.deeds = State.ATTRACT, queue.SimpleQueue(), []
        self.begun, self.ended = queue.SimpleQueue(), queue.SimpleQueue()

    def look(self):
        return Look(Booth(state=self.state), 0.0, Heard(present=True))

    def tell(self, event):
        self.told.put(event)

    def deed(self, who, what, how):
        self.deeds.append((who, what, how))

    def now_s(self):
        return 0.0

    def wall_s(self):
        return 1_800_000_000.0


def hello(call: Call, name: str = 'world'):
    """Say hello."""
    return Line(f'hello {name}, I am {call.who}')


def width(call: Call):
    """How wide it is there."""
    return Line(f'{call.width} columns')


def jog(call: Call):
    """Move until it is cancelled."""
    call.desk.begun.put('jog')
    try:
        while not call.cancelled.wait(6 * WAIT_S):
            yield Line('still moving')
    finally:
        call.desk.ended.put('jog')


def flood(call: Call):
    """Say more than anybody reads."""
    call.desk.begun.put('flood')
    try:
        while not call.cancelled.is_set():
            yield Line('x' * 5000)
    finally:
        call.desk.ended.put('flood')


def change(call: Call, value: int):
    """Change something."""
    yield Line(f'changed to {value}')


def forget(call: Call, number: int):
    """Forget something."""
    yield Line(f'forgotten {number}')


def forgettable(call: Call, number: int):
    if number == 0:
        raise MachineRefusesError('there is no number 0')
    return f'Forget {number}?'


def read(call: Call):
    """Read a file."""
    data = call.read()
    call.desk.ended.put('read')
    return Blob('back', data[::-1])


def wrong(call: Call):
    """Be a mistake."""
    raise ZeroDivisionError('of the program')


def unwritable(call: Call):
    """Write where nothing can be written."""
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), '/data/tests')


def refuse(call: Call):
    """Refuse."""
    raise MachineRefusesError('the lid is open', where='lathe', remedy='close it')


def address(call: Call, name: str):
    """Note an address."""
    raise MachineRefusesError(f'{name} has no street')


def stop(call: Call):
    """Stop everything."""
    yield Line(f'{call.sessions.stop()} stopped')


def take_over(call: Call):
    """Take over."""
    return Line(call.sessions.take_over())


def who(call: Call):
    """Who is there."""
    yield from (Line(f'{seat.number} {seat.who} {seat.commands} {seat.doing}') for seat in call.sessions.seats())


COMMANDS = (
    Command('hello', hello), Command('width', width), Command('jog', jog, changes=True), Command('flood', flood),
    Command('change', change, changes=True), Command('forget', forget, asks=forgettable, changes=True),
    Command('read', read), Command('wrong', wrong), Command('refuse', refuse), Command('stop', stop, urgent=True),
    Command('address', address, changes=True, private=True), Command('take over', take_over, noted=True),
    Command('who', who), Command('unwritable', unwritable),
    Command('test', jog, maintenance=True),
)  # fmt: skip


class Client:
    """Raw lines over the socket."""

    def __init__(self, folder, who='anna', greet=True):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(WAIT_S)
        self.socket.connect(str(folder / SOCKET))
        self.file = self.socket.makefile('rb')
        if greet:
            assert self.hear()['hello'] == 'audioletter'
            self.say(protocol=1, who=who, width=80, terminal=False)

    def say(self, **line):
        self.socket.sendall(json.dumps(line).encode() + b'\n')

    def hear(self):
        """The next line; None when it was hung up on."""
        try:
            line = self.file.readline()
        except ConnectionResetError:
            return None
        return json.loads(line) if line else None

    def until_end(self, id_=1):
        """All lines up to the last of this id."""
        heard = []
        while (line := self.hear()) is not None:
            heard.append(line)
            if line.get('id') == id_ and 'end' in line:
                return heard
        raise AssertionError(f'hung up after {heard}')

    def do(self, words, id_=1):
        self.say(id=id_, do=words.split())
        return self.until_end(id_)

    def close(self):
        self.file.close()
        self.socket.close()


class DeskRig:
    """Use as a context."""

    def __init__(self, folder, limits=None, commands=COMMANDS):
        self.folder, self.desk = folder, StubDesk()
        self.room = Room(self.desk, Catalogue(commands), Office(), '1.2.3')
        self.server = Server(folder, self.room, limits or Limits())
        self.clients = []

    def client(self, who='anna', greet=True):
        self.clients.append(Client(self.folder, who, greet))
        return self.clients[-1]

    def threads(self):
        return [thread.name for thread in threading.enumerate() if thread.name.startswith(('session', 'urgent'))]

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *error):
        for client in self.clients:
            client.close()
        self.server.close()
